import { hostname } from 'node:os';
import { paretoFront } from '../../core/fronts/paretoFront.ts';
import { partlyTrained, populationProgress } from '../../core/schedulers/progress.ts';
import { METRIC_NAMES } from '../../core/study/attributes.ts';
import type { History } from '../../core/study/history.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import type { BestTrial } from '../../protocol/editor.ts';
import type { MetricCandidate, RunRecord, RunState, Steering } from '../../protocol/runRecord.ts';
import { CountedTrials } from '../../runs/countedTrials.ts';
import { hasProcess } from '../../runs/processIdentity.ts';
import { isOwnRecord } from '../../runs/recordTrust.ts';
import { otherAccount, type RunFolder } from '../../runs/runFolder.ts';
import { isVisible, type Owner, ownerOf } from '../../runs/trialOwner.ts';
import { StorageError } from '../../storage/storageError.ts';
import { etaMs } from './eta.ts';
import { placeOf } from './rowIds.ts';

/** `idle`: nobody here runs it. `interrupted`: its record says that it runs, but the process is gone. */
export type StudyState = RunState | 'idle' | 'interrupted';

/** A run as its record tells it, and whether its process is there. */
export interface RunEntry {
  readonly folder: RunFolder;
  readonly record: RunRecord;
  readonly alive: boolean;
  /** When this window found the process gone, epoch milliseconds. */
  readonly goneAt: number | null;
  /** Location of the storage that its trials are in; null until a script has told. */
  readonly location?: string | null;
  /** Whether this window started it. */
  readonly isOwn?: boolean;
}

/** A run folder whose record cannot be used: it costs its own row and nothing else. */
export interface BadRun {
  readonly folder: RunFolder;
  /** Why, in one sentence. */
  readonly problem: string;
}

/** Where a storage is that is not opened by itself, because only a run record names it. */
export type HeldPlace = 'server' | 'outside';

/** A storage that is open, or why it is not. */
export interface StorageEntry {
  readonly location: string;
  log: TrialLog | null;
  /** Why it could not be opened or read: one sentence. */
  problem: string | null;
  /** The error behind `problem`, with its code. */
  failure: unknown;
  /** Opened by a person, not only because a run writes to it: stays in the list by itself. */
  pinned: boolean;
  /** Set while only a run record names it: nothing is connected to and no file is touched before a person opens it. */
  held?: HeldPlace | undefined;
  /** The folder that it must lie in, where a run record names it; absent once a person has opened it. */
  within?: string | undefined;
  /** Whether a tuner of this user wrote the run record. */
  isOwn?: boolean;
  /** Whether `log` has what rows show and no more: nobody has looked at its studies. */
  isDigest?: boolean;
}

/** A count that changes by itself holds for so many times as long as the counting took. */
const COUNTED_FOR = 100;

/** One study in the list. The object stays the same for as long as the study is listed; what it holds changes. */
export class StudyEntry {
  /** Stays the same for as long as the study is listed, also when its storage becomes known. */
  readonly id: string;
  name: string;
  storage: StorageEntry | null = null;
  record: StudyRecord | null = null;
  run: RunEntry | null = null;
  /** Of a study without a run of its own: the run of a script that made it and has gone on to another one. */
  earlierRun: RunEntry | null = null;
  /** Whether another study of the list has the same name. */
  hasNamesake = false;
  /** Put away by a person; kept by `TreeOrder`. */
  isArchived = false;
  /** Kept by `OthersAtWork`. */
  heldElsewhere = 0;
  #counted: CountedTrials | undefined;
  #elsewhere:
    | { history: History; run: RunEntry | null; revision: number; numbers: readonly number[]; until: number }
    | undefined;

  constructor(id: string, name: string) {
    this.id = id;
    this.name = name;
  }

  /** What the study is known by in every window and after a reload; `id` is this window's. */
  get place(): string {
    return this.storage && this.record ? placeOf(this.storage.location, this.record.name) : this.id;
  }

  /** Why its storage cannot be read now. A run that has not come to write, or failed before it did, has nothing to be read. */
  get storageProblem(): string | null {
    if (!this.storage) return null;
    const isUnwritten = this.run !== null && this.record === null && hasNothing(this.storage.failure);
    return isUnwritten ? null : this.storage.problem;
  }

  /** Whether the file that its trials were read from is there no more: they are what it had. */
  get isDeleted(): boolean {
    const { storage } = this;
    return this.storageProblem !== null && storage?.log != null && hasNothing(storage.failure);
  }

  get history(): History | null {
    return this.record?.history ?? null;
  }

  /** Whether its trials are still to be read. */
  get isUnread(): boolean {
    const { storage } = this;
    return !this.record && storage !== null && !storage.log && storage.problem === null && !storage.held;
  }

  /** The run that made it, as far as is known. */
  get ranBy(): RunEntry | null {
    return this.run ?? this.earlierRun;
  }

  /** The function or class that it runs, as the launcher saw it. */
  get objective(): string | undefined {
    return this.ranBy?.record.studies?.find(({ name }) => name === this.record?.name)?.objective?.name;
  }

  get state(): StudyState {
    if (!this.run) return 'idle';
    const { state } = this.run.record;
    return isEnded(state) || this.run.alive ? state : 'interrupted';
  }

  /** Whether this window started its run, or a tuner of this user wrote the record: a pull may have put another in its place. */
  get isProven(): boolean {
    return this.run !== null && (this.run.isOwn === true || isOwnRecord(this.run.record, this.run.folder));
  }

  /** The account of this machine that runs it, where it is another one. */
  get otherAccount(): string | null {
    return this.run && otherAccount(this.run.record);
  }

  /** Whether a process of ours is at work on it. */
  get isLive(): boolean {
    return this.run?.alive === true && !isEnded(this.run.record.state);
  }

  /** Whether its process is there and can follow an order; any process can be stopped. */
  canSteer(order: Steering): boolean {
    return this.isLive && this.otherAccount === null && this.run?.record.steering?.includes(order) === true;
  }

  /** What its first run printed, while a person is to say which of it is the metric. */
  get question(): readonly MetricCandidate[] | undefined {
    return this.isLive ? this.run?.record.firstRun?.question : undefined;
  }

  /** Complete, pruned and failed trials, as its tuner counts them: what was cut off is run again and does not count. */
  get finished(): number {
    const { history } = this;
    if (!history) return 0;
    if (this.#counted?.history !== history) this.#counted = new CountedTrials(history);
    return this.#counted.count;
  }

  /** Trials that have shown something: the finished ones, and those that a scheduler has trained for a part. */
  get tried(): number {
    return this.finished + (this.history ? partlyTrained(this.history) : 0);
  }

  /** What `tried` goes towards: null where no number is known, or the study came to its end before it. */
  get goal(): number | null {
    const isPopulation = this.history !== null && populationProgress(this.history) !== null;
    return isPopulation || this.isExhausted ? null : this.total;
  }

  /** Whether the tuner runs its trials: a script that owns its study does that itself. */
  get isOurs(): boolean {
    return this.run?.record.steering?.includes('setParallel') === true;
  }

  /** Whether a run of ours found nothing more to do: every combination was tried, or the population is trained. */
  get isExhausted(): boolean {
    if (this.state !== 'finished' || !this.run || this.total === null) return false;
    return this.isOurs && this.run.record.budget.timeoutMs === null && this.finished < this.total;
  }

  /** Whether its run has finished all the trials that it was to run, and could be given more. */
  get isUsedUp(): boolean {
    return this.isOurs && this.total !== null && this.finished >= this.total;
  }

  /** Trials to finish, null when no limit is known. */
  get total(): number | null {
    return this.run?.record.budget.trials ?? null;
  }

  /** Name of the objective value: what the run calls it, else what Optuna's `set_metric_names` left. */
  metricName(objective = 0): string {
    const names = this.record?.systemAttrs[METRIC_NAMES];
    const stored = Array.isArray(names) ? names[objective] : undefined;
    if (typeof stored === 'string') return stored;
    if (objective === 0 && this.run?.record.metric) return this.run.record.metric;
    return (this.record?.directions.length ?? 1) > 1 ? `value ${objective}` : 'value';
  }

  /** A trial that its storage calls running, while the process that ran it is gone: it never ends by itself. */
  isInterrupted(number: number): boolean {
    const { history } = this;
    if (!history || history.state(number) !== TrialState.running) return false;
    return this.#isCutOff(history, number, ownerOf(history.systemAttrs(number)), hasEnded);
  }

  #isCutOff(history: History, number: number, owner: Owner | undefined, isOver: (owner: Owner) => boolean): boolean {
    const { run } = this;
    if (owner && isOver(owner)) return true;
    if (!run || this.isLive || !this.#isOfOwner(owner)) return false;
    // A worker elsewhere goes on without the tuner that placed it.
    if (owner?.beats !== undefined) return false;
    const until = run.record.endedAt ?? run.goneAt ?? Number.POSITIVE_INFINITY;
    return !((history.startedAt[number] as number) > until);
  }

  /**
   * As `runningElsewhere`, and what it was a moment ago while others are between two trials: a script has none running
   * then, and goes on all the same.
   */
  get atWorkElsewhere(): number {
    return this.runningElsewhere || this.heldElsewhere;
  }

  /** How many trials others than this window's run are at: they go on when it stops. */
  get runningElsewhere(): number {
    return this.trialsElsewhere.length;
  }

  /** The numbers of those trials. */
  get trialsElsewhere(): readonly number[] {
    const { history, run } = this;
    if (!history) return [];
    const known = this.#elsewhere;
    const isKnown = known?.history === history && known.run === run && known.revision === history.revision;
    if (isKnown && performance.now() < known.until) return known.numbers;
    const began = performance.now();
    const numbers = this.#findElsewhere(history);
    const now = performance.now();
    // A row asks several times in a moment, and a storage may have a hundred thousand that run.
    this.#elsewhere = { history, run, revision: history.revision, numbers, until: now + COUNTED_FOR * (now - began) };
    return numbers;
  }

  /** One pass that asks for each process once: a storage may have a hundred thousand trials that run. */
  #findElsewhere(history: History): number[] {
    const processes = new Map<number, boolean>();
    const here = hostname();
    const isOver = (owner: Owner): boolean => {
      if (!isVisible(owner, here)) return false;
      const isThere = processes.get(owner.pid) ?? hasProcess(owner.pid);
      processes.set(owner.pid, isThere);
      return !isThere;
    };
    const numbers: number[] = [];
    for (const number of history.running) {
      const owner = ownerOf(history.systemAttrs(number));
      if (!this.#isOfOwner(owner) && !this.#isCutOff(history, number, owner, isOver)) numbers.push(number);
    }
    return numbers;
  }

  /** How many trials this window's run and its workers are at. */
  get runningHere(): number {
    let count = 0;
    for (const number of this.history?.running ?? []) if (this.#isOfRun(number) && !this.isInterrupted(number)) count++;
    return count;
  }

  /** A running trial that this window's run has nothing to do with, as far as can be told. */
  isElsewhere(number: number): boolean {
    return this.history?.running.has(number) === true && !this.#isOfRun(number) && !this.isInterrupted(number);
  }

  /** A trial, running or not, that neither this window's run nor a worker of it ran, as far as can be told: its output is elsewhere. */
  isForeign(number: number): boolean {
    const { history, run } = this;
    if (!history || !run || number >= history.length) return true;
    if (history.running.has(number)) return !this.#isOfRun(number);
    const owner = ownerOf(history.systemAttrs(number));
    if (!owner) return this.isOurs && history.state(number) !== TrialState.waiting;
    return !isVisible(owner) && owner.job === undefined;
  }

  /** Whether a run of this window made it, and it is in its storage no more. */
  get isRemoved(): boolean {
    return !this.record && this.storage?.log != null && (this.state === 'finished' || this.state === 'stopped');
  }

  /** Whether a running trial is one of this window's run, or of a worker of it: others sign theirs otherwise, or not at all. */
  #isOfRun(number: number): boolean {
    return this.history !== null && this.#isOfOwner(ownerOf(this.history.systemAttrs(number)));
  }

  #isOfOwner(owner: Owner | undefined): boolean {
    if (!this.run) return false;
    if (!owner) return !this.isOurs;
    const { pid, processStart, workers } = this.run.record;
    if (owner.pid === pid && owner.start === processStart && isVisible(owner)) return true;
    return workers?.some(({ id }) => id === owner.job) === true;
  }

  etaMs(now: number): number | null {
    const { history, run } = this;
    if (!history || !run || this.state !== 'running' || !this.isLive) return null;
    const { startedAt, parallel, budget } = run.record;
    const { timeoutMs } = budget;
    return etaMs({ history, startedAt, parallel, timeoutMs, total: this.total, finished: this.finished, now });
  }

  /** A trial in the form that the language server inserts; null without an objective value or parameters. */
  trialForCode(number: number | undefined): BestTrial | null {
    const { history } = this;
    if (!history || number === undefined || number >= history.length) return null;
    const params = history.paramNames(number).map((name) => ({
      name,
      value: history.param(number, name) ?? null,
      kind: history.distribution(number, name)?.type ?? 'categorical',
    }));
    return params.length > 0 ? { number, value: history.value(number), params } : null;
  }

  /** Of a study with one objective. */
  get best(): BestTrial | null {
    return this.trialForCode(this.history?.best);
  }

  /** Whether there are parameters to insert: of the best trial or, of several objectives, of the Pareto front. */
  get hasBest(): boolean {
    const { history } = this;
    if (!history) return false;
    if (history.directions.length < 2) return history.best !== undefined && history.paramNames(history.best).length > 0;
    return paretoFront(history).some((number) => this.trialForCode(number) !== null);
  }
}

/** Whether an owner would be seen here, and its process is not there. */
function hasEnded(owner: Owner): boolean {
  return isVisible(owner) && !hasProcess(owner.pid);
}

export function isEnded(state: RunState): boolean {
  return state === 'finished' || state === 'stopped' || state === 'failed';
}

/**
 * Whether a storage has a row of its own, beside or above those of its studies: where it holds several, and where it is
 * listed for itself.
 */
export function hasOwnRow(storage: StorageEntry, studies: readonly StudyEntry[]): boolean {
  const stored = studies.reduce((count, { record }) => (record ? count + 1 : count), 0);
  if (stored > 1) return true;
  return stored === 0 && studies.length === 0 && (storage.pinned || storage.problem !== null);
}

const { compare } = new Intl.Collator();

/** Studies by name, so that each keeps its place; those with one name know of each other. */
export function listedByName(studies: Iterable<StudyEntry>): readonly StudyEntry[] {
  const sorted = [...studies].sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
  for (const [index, study] of sorted.entries()) {
    study.hasNamesake = [sorted[index - 1], sorted[index + 1]].some((other) => other?.name === study.name);
  }
  return sorted;
}

/** Whether there is no such file, or an empty one. */
function hasNothing(failure: unknown): boolean {
  return failure instanceof StorageError && (failure.code === 'not-found' || failure.code === 'no-study');
}
