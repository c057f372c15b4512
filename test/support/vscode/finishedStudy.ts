import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { repository } from '../cache.ts';
import type { Workspace } from './workspace.ts';

const FILES = ['train.mjs', 'digits.mjs', 'network.mjs', 'digits.csv.gz'];

/** The digits example with a smaller budget: what a person has who starts a study. */
export function copyDigits(workspace: Workspace, trials: number): void {
  for (const name of FILES) workspace.copy(join('examples', 'digits', name));
  const study = workspace.sourceText('examples/digits/digits.study.yaml');
  workspace.write('digits.study.yaml', study.replace(/trials: \d+/, `trials: ${trials}`));
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

/** The digits example with a study that was run before. Returns where its trials are. */
export function runDigits(workspace: Workspace, trials: number): string {
  copyDigits(workspace, trials);
  runStudy(workspace, 'digits.study.yaml');
  return workspace.path('.tuneboard', 'digits', 'journal.log');
}
