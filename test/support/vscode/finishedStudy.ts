import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { repository } from '../cache.ts';
import type { Workspace } from './workspace.ts';

const FILES = ['train.mjs', 'digits.mjs', 'network.mjs', 'digits.csv.gz'];

/** The digits example with a smaller budget: what a person has who starts a study. */
export function copyDigits(workspace: Workspace, trials: number): void {
  for (const name of FILES) workspace.copy(join('examples', 'digits', name));
  const study = workspace.sourceText('examples/digits/digits.study.yaml');
  workspace.write('digits.study.yaml', study.replace(/trials: \d+/, `trials: ${trials}`));
}

/** The digits example with more trials than a test lasts. Its program rests, so that the window beside it has the cores. */
export function copyLongDigits(workspace: Workspace): void {
  copyDigits(workspace, 400);
  const training = workspace.read('train.mjs');
  const rest = '  await new Promise((resolve) => setTimeout(resolve, 25));\n';
  workspace.write(
    'train.mjs',
    training.replace('  epoch++;\n', (line) => line + rest),
  );
  const data = workspace.path('digits.csv.gz');
  const rows = gunzipSync(readFileSync(data)).toString().split('\n');
  writeFileSync(data, gzipSync(`${rows.slice(0, 200).join('\n')}\n`));
}

/** Runs a study file of the workspace to its end, by the command line. */
export function runStudy(workspace: Workspace, file: string): void {
  const cli = join(repository, 'dist', 'tuneboard.mjs');
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  execFileSync(process.execPath, [cli, 'run', workspace.path(file)], {
    env: { ...process.env, PATH },
    stdio: 'ignore',
  });
}

/** The digits example with a study that was run before, two epochs a trial. Returns where its trials are. */
export function runDigits(workspace: Workspace, trials: number): string {
  copyDigits(workspace, trials);
  const study = workspace.read('digits.study.yaml');
  workspace.write('digits.study.yaml', study.replace(/(command: .*)/, '$1 --epochs 2'));
  runStudy(workspace, 'digits.study.yaml');
  return workspace.path('.tuneboard', 'digits', 'journal.log');
}
