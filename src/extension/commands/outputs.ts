import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ProgressLocation, window } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import { TrialState } from '../../core/study/states.ts';
import { type RunFolder, trialOutputPath } from '../../runs/runFolder.ts';
import { outputIn } from '../storages/runOutput.ts';
import { pick } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';
import type { Choosing, Collaborators } from './collaborators.ts';
import { chooseStudy, chooseTrial, type TrialRef } from './studyChoice.ts';

function wish() {
  return {
    placeHolder: t('study'),
    none: t('noOutputHere'),
    fits: ({ run }: { run: unknown }) => run !== null,
  };
}

/** How often a running trial's first output is looked for, in milliseconds. */
const LOOK_MS = 250;

/**
 * A trial's output; where trials share one process, and have none of their own, the script's. What a running trial prints
 * may take a moment to arrive, from a cluster some seconds: until then a message says what is waited for.
 */
export async function showTrialOutput(parts: Choosing & Pick<Collaborators, 'logs'>, arg: unknown): Promise<void> {
  const trial = await chooseTrial(parts, arg, wish());
  const folder = trial?.study.run?.folder;
  if (!trial || !folder) return;
  if (outputOf(trial, folder) === undefined && trial.study.isForeign(trial.number)) {
    const sentence = t('outputElsewhere', { number: trial.number });
    throw new TuneboardError('no-output', sentence);
  }
  if (outputOf(trial, folder) === undefined && isRunning(trial) && !(await waitForOutput(trial, folder))) return;
  const path = outputOf(trial, folder);
  if (path === undefined) throw new TuneboardError('no-output', t('trialPrintedNothing', { number: trial.number }));
  await parts.logs.show(path);
}

/** False when the person would not wait. */
function waitForOutput(trial: TrialRef, folder: RunFolder): Thenable<boolean> {
  const title = t('waitingFirstOutputTrial', { number: trial.number });
  return window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    async (_, token) => {
      while (!token.isCancellationRequested && outputOf(trial, folder) === undefined && isRunning(trial))
        await delay(LOOK_MS);
      return !token.isCancellationRequested;
    },
  );
}

function outputOf({ study, number }: TrialRef, folder: RunFolder): string | undefined {
  return outputIn(folder, trialOutputPath(folder, number, study.name)) ?? textIn(folder, folder.scriptLog);
}

function isRunning({ study, number }: TrialRef): boolean {
  return study.isLive && study.history?.state(number) === TrialState.running;
}

/** What the script and the tuner had to say; a person chooses where both did. */
export async function showRunLog(parts: Choosing & Pick<Collaborators, 'logs'>, arg: unknown): Promise<void> {
  const study = await chooseStudy(parts, arg, wish());
  if (!study?.run) return;
  const logs = logsOf(study.run.folder);
  if (logs.length === 0) throw new TuneboardError('no-output', t('noLog', { name: study.name }));
  const chosen = logs.length === 1 ? logs[0] : await pick(logs, { placeHolder: study.name });
  if (chosen) await parts.logs.show(chosen.path);
}

function logsOf(folder: RunFolder): { label: string; path: string }[] {
  const logs = [
    { label: t('outputScript'), path: textIn(folder, folder.scriptLog) },
    { label: t('logRun'), path: textIn(folder, folder.tunerLog) },
  ];
  return logs.flatMap(({ label, path }) => (path === undefined ? [] : [{ label, path }]));
}

/** The path of an output, undefined where nothing is in it. */
function textIn(folder: RunFolder, path: string): string | undefined {
  const found = outputIn(folder, path);
  return found !== undefined && statSync(found).size > 0 ? found : undefined;
}
