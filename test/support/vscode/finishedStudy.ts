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

/** The digits example with a study that was run before, by the command line. Returns where its trials are. */
export function runDigits(workspace: Workspace, trials: number): string {
  copyDigits(workspace, trials);
  const cli = join(repository, 'dist', 'tuneboard.mjs');
  const PATH = `${dirname(process.execPath)}:${process.env['PATH']}`;
  const args = [cli, 'run', workspace.path('digits.study.yaml')];
  execFileSync(process.execPath, args, { env: { ...process.env, PATH }, stdio: 'ignore' });
  return workspace.path('.tuneboard', 'digits', 'journal.log');
}
