import type { JsonValue, TrialChange, TrialTemplate } from './changes.ts';
import type { History } from './history.ts';
import type { Direction } from './states.ts';

/** A study as a storage knows it. Its `history` is live: a refresh of the storage appends to the same object. */
export interface StudyRecord {
  /** The storage's own id (journal: from 0; SQLite: from 1). */
  readonly id: number;
  readonly name: string;
  readonly directions: readonly Direction[];
  readonly userAttrs: Readonly<Record<string, JsonValue>>;
  readonly systemAttrs: Readonly<Record<string, JsonValue>>;
  readonly history: History;
  /** The storage's own id of each trial, by its number: −1 or left out where it is not known. Undefined: it has none. */
  readonly trialIds?: readonly number[];
}

/** A trial log that can be read: one file or database, any number of studies. Implemented by every storage. */
export interface TrialLog {
  readonly kind: string;
  /** Where it is, as a person would name it: an absolute path or a URL without password. */
  readonly location: string;
  /** Non-fatal findings in the order met (a skipped line, an ambiguous time zone), one sentence each. */
  readonly warnings: readonly string[];
  studies(): readonly StudyRecord[];
  /** Reads what is new since the last call. Returns whether anything changed. Yields to the event loop on large files. */
  refresh(): Promise<boolean>;
  close(): Promise<void>;
}

/** When the caller of `commit` may go on. */
export interface CommitOptions {
  /**
   * Called once the changes are visible in `history`, in general before they are durable; never for changes that were
   * refused. What is asked of the log at once from here (in the same turn of the event loop) is made durable together
   * with them, behind them: after a crash it is there only if they are, and if they could not be made durable both are
   * rejected and neither stays. Nothing may be told to the world yet: that waits for the promise. Must not throw.
   */
  readonly onApplied?: (() => void) | undefined;
  /**
   * Asked once nobody else can change these trials any more, of their newest history: false, and nothing is written and `changed-meanwhile`
   * thrown. Other commits of these trials that are on their way make it false, too. Must not throw.
   */
  readonly onlyIf?: (() => boolean) | undefined;
}

export interface CreateOptions {
  /** The number that the trial must have, or it is not created. */
  readonly ifNumber?: number | undefined;
  /** As in `ClaimOptions`, of a trial that is created running. */
  readonly beats?: boolean | undefined;
  /**
   * Where numbers are late: resolves once the running trials before it, which other workers may be making now, have their
   * parameters. Says that of a trial. Must not throw.
   */
  readonly afterParams?: ((number: number) => boolean) | undefined;
}

export interface ClaimOptions {
  /** Exactly this trial. Without it, paused trials are passed over. */
  readonly number?: number;
  /** Written in the same append: a process killed right after it has still signed its trial. */
  readonly systemAttrs?: Readonly<Record<string, JsonValue>>;
  /** Writes a heartbeat in the same append: the last worker's no longer counts. */
  readonly beats?: boolean | undefined;
  /**
   * Asked once nobody else can start a trial of the study any more, of its newest history: false, and none is claimed. Where
   * numbers are late, another one may start in the same moment. Must not throw.
   */
  readonly onlyIf?: (() => boolean) | undefined;
}

/**
 * Heartbeats of running trials, kept in the storage, so that workers on other machines, Optuna's among them, tell a trial that
 * runs from one whose worker died. Databases have them, as Optuna's `trial_heartbeats`.
 */
export interface Heartbeats {
  /** Notes that these running trials are at work, now. Nothing else changes; trials that are finished are passed over. */
  heartbeat(study: StudyRecord, numbers: readonly number[]): Promise<void>;
  /**
   * Reads the last heartbeat of each running trial that has one, by its number: a value that changes with each heartbeat
   * and has no other meaning, as it may be a time of another clock.
   */
  last(study: StudyRecord): Promise<ReadonlyMap<number, number>>;
}

/** A trial log that can be written. Every method resolves after the change is durable (fsync) and visible in `history`. */
export interface WritableTrialLog extends TrialLog {
  /** What of a server's settings may cost trials, one sentence each. */
  readonly risks?: readonly string[] | undefined;
  /** Undefined where the storage keeps none (a journal, memory). */
  readonly heartbeats?: Heartbeats | undefined;
  /**
   * Whether only a trial that is there has its number for certain (behind Optuna's storage proxy there are no transactions):
   * `createTrial` may return a later one than `ifNumber`, so a trial is made first, and its parameters are drawn for what it is.
   */
  readonly numbersLate?: boolean | undefined;
  /** Throws a StorageError `duplicate-study` when the name exists. */
  createStudy(options: { name: string; directions: readonly Direction[] }): Promise<StudyRecord>;
  /** Deletes the study and its trials for ever. Undefined where that is left to Optuna. */
  deleteStudy?(study: StudyRecord): Promise<void>;
  setStudyAttr(study: StudyRecord, kind: 'user' | 'system', key: string, value: JsonValue): Promise<void>;
  /**
   * Creates a trial and returns its number. With `ifNumber`, nothing is written and `undefined` is returned when the
   * next number is another one by now (another process was faster): the caller refreshes its suggestion and tries again.
   */
  createTrial(study: StudyRecord, template: TrialTemplate, options?: CreateOptions): Promise<number | undefined>;
  /**
   * Takes the enqueued trial with the lowest number, or the waiting trial `number` (a paused one), and makes it running;
   * undefined when there is none. Safe between processes.
   */
  claimWaiting(study: StudyRecord, options?: ClaimOptions): Promise<number | undefined>;
  /** Writes changes as one durable commit. Concurrent calls are committed together (group commit). Throws `finished-trial` for a finished trial, `changed-meanwhile` where `onlyIf` says no. */
  commit(study: StudyRecord, changes: readonly TrialChange[], options?: CommitOptions): Promise<void>;
}
