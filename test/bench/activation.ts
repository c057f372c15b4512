/**
 * What activation costs beside its budget of 50 ms, and the size of what is installed beside 2 MB. Needs
 * `npm run package`; with the VS Code of the end-to-end tests also the time until a real extension host, which is busy
 * starting, has activated it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../support/cache.ts';
import { prepareParts } from '../support/parts.ts';
import { runInExtensionHost } from '../support/vscode/extensionHost.ts';
import { Workspace } from '../support/vscode/workspace.ts';

const RUNS = 3;
const FRESH_RUNS = 7;

export async function run(): Promise<void> {
  const vsix = join(repository, 'dist', 'tuneboard.vsix');
  if (!existsSync(vsix)) throw new Error('There is no dist/tuneboard.vsix: run `npm run package`.');
  const alone = middle(Array.from({ length: FRESH_RUNS }, freshMs));
  console.log(`load and activate: ${alone.toFixed(1)} ms, ${(alone / 50).toFixed(2)} of the budget (of ${FRESH_RUNS})`);
  const megabytes = statSync(vsix).size / 1024 / 1024;
  console.log(`VSIX: ${megabytes.toFixed(2)} MB, ${(megabytes / 2).toFixed(2)} of the budget`);
  const missing = await prepareParts(['vscode', 'browser'], console.log);
  if (missing.length > 0) return;
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push(await activationMs());
  console.log(`in a starting extension host: ${middle(times).toFixed(1)} ms (middle of ${RUNS})`);
}

function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** In a Node that has loaded nothing yet, without an editor around it. */
function freshMs(): number {
  const stub = join(repository, 'test', 'bench', 'activation.stub.ts');
  const told = JSON.parse(execFileSync(process.execPath, [stub], { encoding: 'utf8' })) as Record<string, number>;
  return (told['loadMs'] ?? Number.NaN) + (told['activateMs'] ?? Number.NaN);
}

async function activationMs(): Promise<number> {
  const workspace = new Workspace();
  try {
    const suite = join(repository, 'test', 'bench', 'activation.suite.ts');
    const log = await runInExtensionHost(suite, workspace.folder);
    const match = /activation-ms=([\d.]+)/.exec(log.join('\n'));
    if (!match) throw new Error(`The suite told no time:\n${log.join('\n')}`);
    return Number(match[1]);
  } finally {
    workspace.dispose();
  }
}
