import { window, workspace } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { ControlMethod, ControlRequests } from '../../protocol/control.ts';
import type { PanelOrder } from '../../protocol/panel.ts';
import type { Steering } from '../../protocol/runRecord.ts';
import { replayArguments } from '../../runs/launchTuner.ts';
import { isOwnRecord } from '../../runs/recordTrust.ts';
import type { RunEntry, StudyEntry } from '../studies/studyEntry.ts';
import { pick, showBriefly, showInformation, showWarning } from '../window/plainWindow.ts';
import { showDocument } from '../window/showDocument.ts';
import { t } from '../window/words.ts';
import type { Choosing, Collaborators } from './collaborators.ts';
import { launch, requireTrust } from './launch.ts';
import { chooseStudy, chooseTrial } from './studyChoice.ts';

/** One order to the process of a study. */
export async function order<M extends ControlMethod>(
  study: StudyEntry,
  method: M,
  params: ControlRequests[M]['params'],
): Promise<ControlRequests[M]['result']> {
  if (!study.run) throw new TuneboardError('not-running', t('studyNotRunning', { name: study.name }));
  // Loaded when it is needed: most windows never steer a study.
  const { connectControl } = await import('../../runs/controlClient.ts');
  const client = await connectControl(study.run.record);
  try {
    return await client.request(method, params);
  } finally {
    client.close();
  }
}

export async function stopStudy(parts: Choosing, arg: unknown): Promise<void> {
  requireTrust();
  const study = await chooseStudy(parts, arg, {
    placeHolder: t('studyStop'),
    none: t('noStudyRunning'),
    // The editor shows a lens for up to a second longer than it is true: who stops what has just ended has what he wants.
    fits: ({ isLive, run }) => isLive || (typeof arg === 'string' && run !== null),
  });
  if (!study) return;
  if (!study.isLive) {
    showBriefly(t('studyNotRunning', { name: study.name }), 5000);
    return;
  }
  const others = study.runningElsewhere;
  const running = study.runningHere;
  const after = {
    label: t('afterCurrentTrials'),
    description: running === 1 ? t('oneTrialRunsToEnd') : t('trialsRunToEnd', { running }),
    mode: 'afterCurrent' as const,
  };
  const now = {
    label: t('now'),
    description: t('runningTrialsRecordedFailed'),
    mode: 'now' as const,
  };
  // Already asked to stop: what is left to say is that it should not wait.
  const items = study.state === 'stopping' ? [now, after] : [after, now];
  const placeHolder =
    others === 0 ? t('stopOf', { name: study.name }) : t('stopHereTrialsOthers', { name: study.name, others });
  const chosen = await pick(items, { placeHolder });
  if (!chosen) return;
  await order(study, 'stop', { mode: chosen.mode });
  await parts.registry.refresh();
}

/** `wanted`: trials to add to a budget that is used up; asked for where it is left out. */
export async function resumeStudy(parts: Collaborators, arg: unknown, wanted?: number): Promise<void> {
  requireTrust();
  const study = await chooseStudy(parts, arg, {
    placeHolder: t('studyResume'),
    none: t('noStudyToResume'),
    fits: ({ run, isLive, state }) => run !== null && (!isLive || state === 'paused'),
  });
  if (!study?.run) return;
  if (study.isLive) {
    await order(study, 'resume', {});
    await parts.registry.refresh();
    return;
  }
  if (study.isExhausted) {
    const sentence = t('nothingLeftTryGo', { name: study.name });
    const open = t('openStudyFile');
    if ((await showInformation(sentence, open)) === open)
      await showDocument(await workspace.openTextDocument(study.run.record.source));
    return;
  }
  const { source } = study.run.record;
  // How many trials a script runs is in the script; the number of others can be raised from here.
  const more = study.isUsedUp ? (wanted ?? (await askForMore(study))) : 0;
  if (more === undefined) return;
  if (!(await agreesToRecord(parts, study.name, study.run))) return;
  const goOn = more > 0 ? ['--trials', String(study.finished + more)] : ['--resume'];
  await launch(parts, source, [...goOn, ...replayArguments(study.run.record)]);
}

/**
 * A resume repeats what the run was given on its command line. Where it is not proven that this person's own tuner wrote the
 * record, it may be somebody else's wish: the person sees it first.
 */
async function agreesToRecord(
  parts: Pick<Collaborators, 'trust'>,
  name: string,
  { record, folder }: RunEntry,
): Promise<boolean> {
  const asked = replayArguments(record);
  if (asked.length === 0 || isOwnRecord(record, folder)) return true;
  const { givenStorage } = record;
  if (asked.length === 2 && givenStorage !== undefined && parts.trust.has(givenStorage)) return true;
  const resume = t('resume');
  const detail = t('runRecordAsksAuthor', { asked: asked.join(' ') });
  const question = t('resumeWhatRunRecord', { name });
  if ((await showWarning(question, { modal: true, detail }, resume)) !== resume) return false;
  if (givenStorage !== undefined) await parts.trust.add(givenStorage);
  return true;
}

async function askForMore(study: StudyEntry): Promise<number | undefined> {
  const answer = await window.showInputBox({
    title: t('resumeOf', { name: study.name }),
    prompt: t('finishedTrialsHowMany', { finished: study.finished }),
    value: '20',
    validateInput: (text) => (/^[1-9]\d{0,6}$/.test(text) ? undefined : t('typeWholeNumber')),
  });
  return answer === undefined ? undefined : Number(answer);
}

/** Running trials go on, no new one starts until the study is resumed. */
export async function pauseStudy(parts: Choosing, arg: unknown): Promise<void> {
  requireTrust();
  const study = await chooseStudy(parts, arg, {
    placeHolder: t('studyPause'),
    none: t('noStudyToPause'),
    fits: (one) => one.state === 'running' && one.canSteer('pause'),
  });
  if (!study) return;
  await order(study, 'pause', {});
  await parts.registry.refresh();
}

/** An order from the header of the History panel. Resolves when the study's process has followed it, and its record says so. */
export async function steer(parts: Collaborators, study: StudyEntry, given: PanelOrder): Promise<void> {
  requireTrust();
  if (given.order === 'runMore') return resumeStudy(parts, study.id, given.trials);
  switch (given.order) {
    case 'pause':
    case 'resume':
      await order(study, given.order, {});
      break;
    case 'stop':
      await order(study, 'stop', { mode: given.mode });
      break;
    case 'setBudget':
      await order(study, 'setBudget', { trials: given.trials });
      break;
    case 'setParallel':
      await order(study, 'setParallel', { parallel: given.parallel });
      break;
    default:
      given satisfies never;
  }
  await parts.registry.refresh();
}

/** Studies that a person is being asked about: saving twice asks once. */
const asked = new WeakSet<StudyEntry>();

/** After a save of a study file whose study runs: offers to go on with what it says now. */
export async function offerReload(
  { registry, notices }: Pick<Collaborators, 'registry' | 'notices'>,
  path: string,
): Promise<void> {
  if (!workspace.isTrusted) return;
  const study = registry.studiesFrom(path).find((one) => one.canSteer('reload') && one.run?.record.source === path);
  if (!study || asked.has(study)) return;
  asked.add(study);
  try {
    const use = t('useItNow');
    if ((await showInformation(t('studyFileEditedWhileRunning', { name: study.name }), use)) !== use) return;
    await order(study, 'reload', {});
    showBriefly(t('studyFileTakenOver', { name: study.name }), 5000);
  } catch (error) {
    await notices.error(error);
  } finally {
    asked.delete(study);
  }
}

const thatCan = (steering: Steering) => ({
  placeHolder: t('study'),
  none: t('noStudyCanDoThis'),
  fits: (study: StudyEntry) => study.canSteer(steering),
});

/** Runs a trial's parameters once more, as a waiting trial of the running study. */
export async function enqueueTrial(parts: Choosing, arg: unknown): Promise<void> {
  requireTrust();
  const trial = await chooseTrial(parts, arg, thatCan('enqueue'));
  const params = trial?.study.history?.params(trial.number);
  if (!trial || !params) return;
  const { number } = await order(trial.study, 'enqueue', { params });
  showBriefly(t('trialWaitingParametersTrial', { number, source: trial.number }), 5000);
}

export async function killTrial(parts: Choosing, arg: unknown): Promise<void> {
  requireTrust();
  const trial = await chooseTrial(parts, arg, thatCan('killTrial'));
  if (!trial) return;
  await order(trial.study, 'killTrial', { number: trial.number });
}
