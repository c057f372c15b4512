import { TuneboardError } from '../../core/errors.ts';
import { TrialState } from '../../core/study/states.ts';
import type { Study } from '../../core/study/study.ts';
import type { StartCause } from '../../protocol/runRecord.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { Message } from '../../words/message.ts';
import type { ObjectiveOutcome } from '../objective/objective.ts';
import type { OtherWorkers } from '../run/budget.ts';
import type { SessionEvents } from '../run/events.ts';
import { StartFailure } from '../run/outcome.ts';
import type { SessionHost } from '../run/session.ts';
import { recordVerdict } from './recordVerdict.ts';
import type { ScheduledTrials } from './scheduledTrials.ts';
import type { TrialRecorder } from './trialRecorder.ts';
import { isToPause, judge, type Verdict, type WantedMetrics } from './verdict.ts';

/** A run whose first this many trials all fail for the same cause will not do better. */
const SAME_FAILURES = 5;

/** Notices a run that can only waste its budget. */
export class FailureStreak {
  #cause: string | undefined;
  #count = 0;
  #isOver = false;
  readonly #hasWorked: boolean;

  /** @param hasWorked The study has trials with results, of earlier runs. */
  constructor(hasWorked = false) {
    this.#hasWorked = hasWorked;
  }

  /** Takes a trial's end (undefined: it did not fail) and answers why the run should stop, if it should. */
  add(failure: Failure | undefined): Message | undefined {
    // A program that could not begin its work will not do so with other parameters.
    if (failure?.isFatal || (failure?.cause && this.#count === 0 && !this.#isOver && !this.#hasWorked))
      return failure.reason;
    if (this.#isOver) return undefined;
    if (!failure) {
      this.#isOver = true;
      return undefined;
    }
    // Numbers differ from trial to trial (line numbers do not, but values, times and addresses do).
    const cause = `${failure.code} ${failure.reason.text.replace(/0x[0-9a-f]+|[-+.\d]+(e[-+]?\d+)?/gi, '#')}`;
    if (this.#cause !== undefined && this.#cause !== cause) this.#isOver = true;
    this.#cause = cause;
    this.#count++;
    if (this.#isOver || this.#count < SAME_FAILURES) return undefined;
    return tunerMessage('allFailedAlike', { count: SAME_FAILURES, reason: failure.reason });
  }
}

/** Hands a stopped trial back to other workers; false: it is not to run again, it has failed. */
export type HandBack = (number: number) => Promise<boolean>;

export interface TrialEndsOptions {
  readonly study: Study;
  readonly host: SessionHost;
  readonly events: SessionEvents;
  readonly wanted: WantedMetrics;
  readonly scheduled: ScheduledTrials | null;
  readonly others: OtherWorkers;
  readonly handBack: HandBack | undefined;
}

/** What a storage answers for a trial that another worker has ended, or has now. */
const TAKEN: ReadonlySet<unknown> = new Set(['finished-trial', 'waiting-trial', 'changed-meanwhile']);

/** What becomes of a trial whose objective has ended: it waits for its next part, is recorded, or is handed back to other workers. */
export class TrialEnds {
  readonly #options: TrialEndsOptions;
  readonly #streak: FailureStreak;

  constructor(options: TrialEndsOptions) {
    this.#options = options;
    this.#streak = new FailureStreak(options.study.history.informative > 0);
  }

  /**
   * Records it. `onApplied`: its place is free, although nothing is durable yet. Rejects where the study can't go on, with
   * `no-python` where an interpreter is what is missing, `all-failed` where all trials fail alike for another reason,
   * `never-read` where a parameter has no effect.
   */
  async settle(recorder: TrialRecorder, outcome: ObjectiveOutcome, onApplied: () => void): Promise<void> {
    const { wanted, scheduled, others } = this.#options;
    const { number } = recorder;
    const neverRead = outcome.type === 'done' ? outcome.neverRead : undefined;
    // No other trial starts where the study ends.
    const makeRoom = neverRead ? () => undefined : onApplied;
    try {
      if (others.haveTaken(number)) this.#sayTaken(number);
      else if (scheduled && isToPause(outcome, () => scheduled.isThrough(number))) {
        await this.#pause(scheduled, number, makeRoom);
      } else await this.#tell(recorder, judge(outcome, wanted, recorder.lastValues), makeRoom);
    } catch (error) {
      if (!this.isTaken(error)) throw error;
      this.#sayTaken(number);
    }
    if (neverRead) throw new TuneboardError('never-read', neverRead);
  }

  /** Whether a write failed because the trial is another worker's by now. */
  isTaken(error: unknown): boolean {
    return TAKEN.has((error as { code?: unknown }).code);
  }

  #sayTaken(number: number): void {
    this.#say(`Trial ${number} was taken over by another worker, as this one gave no sign of life for too long.`);
  }

  #say(sentence: string): void {
    this.#options.host.note(sentence);
    this.#options.events.note?.(sentence);
  }

  async #pause(scheduled: ScheduledTrials, number: number, onApplied: () => void): Promise<void> {
    this.#streak.add(undefined);
    await scheduled.pause(number, { onApplied, onlyIf: () => !this.#options.others.haveTaken(number) });
    const last = this.#options.study.history.lastReport(number);
    this.#options.events.trialPaused?.(number, last?.value ?? Number.NaN, last?.step ?? 0);
  }

  async #tell(recorder: TrialRecorder, verdict: Verdict, onApplied: () => void): Promise<void> {
    const { study, wanted, events, host, others, handBack } = this.#options;
    const { number } = recorder;
    const { failure } = verdict;
    if (verdict.interrupted && (await handBack?.(number))) {
      this.#say(`Trial ${number} was handed back: another worker runs it again.`);
      return events.trialEnded?.(number, TrialState.waiting, null, undefined);
    }
    const isOwnEnd = !verdict.interrupted && failure?.code !== 'killed';
    const verdictOnRun = isOwnEnd ? this.#streak.add(failure) : undefined;
    // What the program lacks to begin says nothing of the parameters, and is tried again once it is mended.
    const isStart = verdictOnRun !== undefined && (failure?.cause !== undefined || failure?.isFatal === true);
    const recorded: Verdict = isStart ? { ...verdict, interrupted: 'start' } : verdict;
    const told = await recordVerdict(study, recorder, wanted, recorded, {
      onApplied: () => verdictOnRun === undefined && onApplied(),
      onlyIf: () => !others.haveTaken(number),
    });
    const reason = failure?.reason.text ?? told.reason;
    if (reason) host.note(`Trial ${number} failed: ${reason}`);
    events.trialEnded?.(number, told.state, told.values, reason);
    if (verdictOnRun === undefined) return;
    if (failure?.cause) throw new StartFailure(failure.cause, verdictOnRun);
    throw new TuneboardError(failure?.code === 'no-python' ? failure.code : 'all-failed', verdictOnRun);
  }
}

interface Failure {
  readonly code: string;
  readonly reason: Message;
  readonly isFatal: boolean;
  readonly cause?: StartCause;
}
