import { existsSync, statSync } from 'node:fs';
import { l10n, window } from 'vscode';
import { TuneboardError } from '../core/errors.ts';
import { type RunFolder, trialOutputPath } from '../runs/runFolder.ts';
import { chooseStudy, chooseTrial } from './studyChoice.ts';
import type { Tuneboard } from './tuneboard.ts';

function wish() {
  return {
    placeHolder: l10n.t('Study'),
    none: l10n.t('There is no output: the study was not run from this window’s folders.'),
    fits: ({ run }: { run: unknown }) => run !== null,
  };
}

/** A trial's output; where trials share one process, and have none of their own, the script's. */
export async function showTrialOutput(tuneboard: Tuneboard, arg: unknown): Promise<void> {
  const trial = await chooseTrial(tuneboard, arg, wish());
  const folder = trial?.study.run?.folder;
  if (!trial || !folder) return;
  const own = trialOutputPath(folder, trial.number, trial.study.name);
  if (existsSync(own)) await tuneboard.logs.show(own);
  else if (hasText(folder.scriptLog)) await tuneboard.logs.show(folder.scriptLog);
  else throw new TuneboardError('no-output', l10n.t('Trial {0} has printed nothing.', trial.number));
}

/** What the script and the tuner had to say; a person chooses where both did. */
export async function showRunLog(tuneboard: Tuneboard, arg: unknown): Promise<void> {
  const study = await chooseStudy(tuneboard, arg, wish());
  if (!study?.run) return;
  const logs = logsOf(study.run.folder);
  if (logs.length === 0) throw new TuneboardError('no-output', l10n.t('{0} has no log.', study.name));
  const chosen = logs.length === 1 ? logs[0] : await window.showQuickPick(logs, { placeHolder: study.name });
  if (chosen) await tuneboard.logs.show(chosen.path);
}

function logsOf(folder: RunFolder): { label: string; path: string }[] {
  return [
    { label: l10n.t('Output of the script'), path: folder.scriptLog },
    { label: l10n.t('Log of the run'), path: folder.tunerLog },
  ].filter(({ path }) => hasText(path));
}

function hasText(path: string): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
