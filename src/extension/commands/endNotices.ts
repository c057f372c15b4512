import { commands, workspace } from 'vscode';
import { paretoFront } from '../../core/fronts/paretoFront.ts';
import { isInParts, populationProgress } from '../../core/schedulers/progress.ts';
import { findingsOf } from '../../core/study/startComparison.ts';
import { TrialState } from '../../core/study/states.ts';
import { type RunRecord, recordMessage } from '../../protocol/runRecord.ts';
import { canDebug, failuresText, sharedTexts } from '../failures/failureText.ts';
import type { Mend } from '../launching/mendStart.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import { valueFormat } from '../studies/studyInsight.ts';
import { Disposable } from '../window/disposable.ts';
import { Command, Setting } from '../window/ids.ts';
import { showError, showInformation } from '../window/plainWindow.ts';
import { t } from '../window/words.ts';
import type { Collaborators } from './collaborators.ts';

type Parts = Pick<Collaborators, 'launched' | 'notices' | 'registry'>;

/** One message when a study ends that this window saw running; none before. */
export class EndNotices extends Disposable {
  readonly #parts: Parts;
  readonly #mends: (record: RunRecord) => Promise<readonly Mend[]>;
  /** Run folders seen running, with the process that ran. */
  readonly #live = new Map<string, StudyEntry>();

  constructor(parts: Parts, mends: (record: RunRecord) => Promise<readonly Mend[]>) {
    super();
    this.#parts = parts;
    this.#mends = mends;
    this.register(
      parts.registry.onDidChange(({ studies }) => {
        for (const study of studies) this.#look(study);
      }),
    );
  }

  #look(study: StudyEntry): void {
    const folder = study.run?.folder.path;
    if (folder === undefined) return;
    const wasLaunched = !study.isLive && this.#parts.launched.delete(study.run?.record.pid ?? 0);
    if (study.isLive) this.#live.set(folder, study);
    else if (this.#live.delete(folder) || wasLaunched)
      this.#tell(study).catch((error: unknown) => this.#parts.notices.report(error));
  }

  async #tell(study: StudyEntry): Promise<void> {
    if (!workspace.getConfiguration().get(Setting.notificationsOnEnd, true)) return;
    const insert = { title: t('insertBestParameters'), command: Command.insertBestParameters };
    const history = { title: t('showHistory'), command: Command.showHistory };
    const log = { title: t('showRunLog'), command: Command.showRunLog };
    const resume = { title: t('resumeStudy'), command: Command.resumeStudy };
    const { state } = study;
    // A mend starts a program that the record names, and the run again with what it replays.
    const mends = state === 'failed' && study.run && study.isProven ? await this.#mends(study.run.record) : [];
    const isBroken = state === 'failed' || state === 'interrupted';
    const number = state === 'failed' ? newestFailure(study.history) : null;
    const actions =
      state === 'failed'
        ? mends.length > 0
          ? [log]
          : number === null
            ? [log, history]
            : failedTrialActions(study, number)
        : state === 'interrupted'
          ? [resume, log]
          : study.hasBest
            ? [insert, history]
            : state === 'stopped'
              ? [resume, log]
              : [log];
    const show = isBroken ? showError : showInformation;
    const chosen = await show(
      `${endSentence(study)}${failedSentence(study)}${findings(study)}${othersSentence(study)}${leftSentence(study)}`,
      ...mends.map(({ title }) => title),
      ...actions.map(({ title }) => title),
    );
    const mend = mends.find(({ title }) => title === chosen);
    if (mend) {
      await mend.run().catch((error: unknown) => this.#parts.notices.error(error));
      return;
    }
    const action = actions.find(({ title }) => title === chosen);
    const isAboutTrial = action?.command === Command.showTraceback || action?.command === Command.debugTrial;
    const subject = isAboutTrial && number !== null ? { studyId: study.id, number } : study.id;
    if (action) await commands.executeCommand(action.command, subject);
  }
}

/** What helps with a run that ended for its trials: where the newest failed, that trial in a debugger, the run again. */
function failedTrialActions(study: StudyEntry, number: number) {
  const traceback = { title: t('showTraceback'), command: Command.showTraceback };
  const debug = { title: t('debugTrial', { number }), command: Command.debugTrial };
  const again = { title: t('rerun'), command: Command.resumeStudy };
  return [traceback, ...(canDebug(study, number) ? [debug] : []), again];
}

function newestFailure(history: StudyEntry['history']): number | null {
  const number = history?.states.lastIndexOf(TrialState.fail) ?? -1;
  return number < 0 ? null : number;
}

function endedText({ name, tried, state, history }: StudyEntry): string {
  const population = history && populationProgress(history);
  const isStopped = state === 'stopped';
  if (population) {
    const { members, step } = population;
    return isStopped
      ? t('stoppedMembersStep', { name, members, step })
      : t('finishedMembersStep', { name, members, step });
  }
  return isStopped ? t('stoppedAfterTrials', { name, tried }) : t('finishedTrials', { name, tried });
}

/** How far the best is ahead of the person's own values, or that nothing makes a difference. */
function findings({ history, state }: StudyEntry): string {
  if (!history || (state !== 'finished' && state !== 'stopped')) return '';
  return findingsOf(history)
    .map((finding) => ` ${t.say(finding)}`)
    .join('');
}

/** A study that has ended here may go on. */
function othersSentence({ runningElsewhere }: StudyEntry): string {
  return runningElsewhere === 0 ? '' : ` ${t('othersGoTrialsRun', { count: runningElsewhere })}`;
}

/** What failed in a study that has ended well, and what the failures share. */
function failedSentence({ state, history }: StudyEntry): string {
  const told = history && state !== 'failed' ? failuresText(history, t) : null;
  if (!history || told === null) return '';
  return [` ${told}.`, ...sharedTexts(history, t).slice(0, 1)].join(' ');
}

/** What a stop could not reach, or why the study ended before its budget was used up. */
function leftSentence({ state, run }: StudyEntry): string {
  const isTold = state === 'finished' || run?.record.left;
  const message = run && isTold && recordMessage(run.record);
  return (state === 'finished' || state === 'stopped') && message ? ` ${t.say(message)}` : '';
}

function endSentence(study: StudyEntry): string {
  const { name, tried, state, best, history } = study;
  const told = study.run && recordMessage(study.run.record);
  if (state === 'failed') {
    if (!told) return t('studyFailed', { name });
    const number = study.run?.record.code === undefined ? failedAtLast(history) : null;
    return number === null
      ? t('studyFailedWhy', { name, reason: told })
      : t('failedInTrial', { name, number, reason: told });
  }
  if (state === 'interrupted') {
    return t('studyInterrupted', { name, tried });
  }
  if (state === 'stopped' && tried === 0) return t('stoppedBeforeAny', { name });
  const verb = endedText(study);
  const front = history ? paretoFront(history).length : 0;
  if (front > 0) return t('endedWithFront', { study: verb, front });
  if (history && !best && isInParts(history)) return t('endedUntrained', { study: verb });
  if (!best || !history) return t('endedWithoutValue', { study: verb });
  return t('endedWithBest', { study: verb, value: valueFormat(history).format(best.value), number: best.number });
}

/** The newest trial, where it failed: an error without a code is an exception that ended the script, and that trial. */
function failedAtLast(history: StudyEntry['history']): number | null {
  const last = (history?.length ?? 0) - 1;
  return history && last >= 0 && history.state(last) === TrialState.fail ? last : null;
}
