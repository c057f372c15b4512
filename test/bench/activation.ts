/**
 * Activation in a real extension host, beside the budget of 50 ms, and the size of what is installed, beside 2 MB. Needs
 * `npm run package` and the VS Code of the end-to-end tests.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../support/cache.ts';
import { prepareParts } from '../support/parts.ts';
import { runInExtensionHost } from '../support/vscode/extensionHost.ts';
import { Workspace } from '../support/vscode/workspace.ts';

const RUNS = 3;

export async function run(): Promise<void> {
  const vsix = join(repository, 'dist', 'tuneboard.vsix');
  if (!existsSync(vsix)) throw new Error('There is no dist/tuneboard.vsix: run `npm run package`.');
  const missing = await prepareParts(['vscode', 'browser'], console.log);
  if (missing.length > 0) return;
  const times: number[] = [];
  for (let i = 0; i < RUNS; i++) times.push(await activationMs());
  times.sort((a, b) => a - b);
  const middle = times[Math.floor(RUNS / 2)] ?? Number.NaN;
  console.log(`activate: ${middle.toFixed(1)} ms, ${(middle / 50).toFixed(2)} of the budget (middle of ${RUNS})`);
  const megabytes = statSync(vsix).size / 1024 / 1024;
  console.log(`VSIX: ${megabytes.toFixed(2)} MB, ${(megabytes / 2).toFixed(2)} of the budget`);
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
