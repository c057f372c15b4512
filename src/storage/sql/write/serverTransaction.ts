import type { TrialChange } from '../../../core/study/changes.ts';
import { isFinished, TrialState } from '../../../core/study/states.ts';
import type { StudyRecord } from '../../../core/study/studyStore.ts';
import { inTurn } from '../../eventLoop.ts';
import { changedMeanwhile, StorageError } from '../../storageError.ts';
import { InDoubt, Overtaken, type ServerDatabase, type Transaction } from '../connect/serverDatabase.ts';
import { STATE_NAMES, type TrialRow } from '../read/rowDecoder.ts';
import type { ServerReader } from '../read/serverReader.ts';
import type { RdbStudy } from '../read/studyTracker.ts';
import { finishedTrial, requireWritable } from '../rules.ts';
import { LockedStudies } from './lockedStudies.ts';
import { RowBatch } from './rowBatch.ts';
import { isItsEnd, isSameRun } from './secondAttempt.ts';
import { type CommitRequest, newTrialsOf, type ServerRequest } from './serverRequests.ts';
import { lockTrials, type StoredTrial } from './trialLocks.ts';
import type { TrialPlanner } from './trialPlanner.ts';

/** What of the store a transaction works with. */
export interface TransactionParts {
  readonly database: ServerDatabase;
  readonly reader: ServerReader;
  readonly planner: TrialPlanner;
  /** The study as it is read now. Throws when the record means another one. */
  current(study: StudyRecord): RdbStudy;
}

/**
 * Writes requests within one transaction of the database. Changes of running trials come first, on locked rows of their own;
 * then each study that gets a trial, or loses a waiting one, is locked as Optuna locks it and read, so that a number is given
 * once. Changes are shown in the history at once, as nothing may keep them from the database any more; new and claimed trials
 * once the transaction is durable: had it to be done again, they might be others.
 */
export class ServerTransaction {
  readonly #queries: Transaction;
  readonly #parts: TransactionParts;
  readonly #batch = new RowBatch();
  readonly #studies: LockedStudies;
  readonly #trials = new Map<number, StoredTrial>();
  /** Trials whose state may have been written by a transaction that nobody knows the end of, as they are now. */
  readonly #again = new Map<number, TrialRow>();
  /** Whether the batch has changes of unfinished trials: every reader of their study reads them. */
  #mustWriteFirst = false;
  readonly #answered = new Set<ServerRequest>();
  /** The result of each request once this transaction is durable. */
  readonly results = new Map<ServerRequest, unknown>();

  constructor(queries: Transaction, parts: TransactionParts) {
    this.#queries = queries;
    this.#parts = parts;
    this.#studies = new LockedStudies(queries, parts, this.#batch);
  }

  /** When the first lock of a study was given; undefined as long as nobody waits for this transaction to give a number. */
  get lockedAt(): number | undefined {
    return this.#studies.lockedAt;
  }

  /** Writes some requests. Returns the answers that can be given before the end. Throws what the driver throws. */
  async write(requests: readonly ServerRequest[]): Promise<(() => void)[]> {
    const early: (() => void)[] = [];
    const refuse = (request: ServerRequest, error: unknown) => {
      if (!(error instanceof StorageError)) throw error;
      this.results.delete(request);
      early.push(() => this.#answer(request, () => request.reject(error)));
    };
    const commits = requests.filter((request) => request.kind === 'commit');
    await inTurn(this.#lockTrials(commits), this.#readGuarded(commits), this.#readAgain(commits));
    for (const request of commits) {
      try {
        if (request.onlyIf && !request.isApplied) this.#requireUnchanged(request, request.onlyIf);
        this.#commit(request);
        this.results.set(request, undefined);
        early.push(() => this.#tellApplied(request));
      } catch (error) {
        refuse(request, error);
      }
    }
    for (const request of requests) {
      if (request.kind === 'commit') continue;
      try {
        const result = await this.#writeOne(request, requests);
        if (result !== undefined || request.kind === 'attr' || this.#isBehindOwn(request))
          this.results.set(request, result);
        else early.push(() => this.#answer(request, () => request.resolve(undefined)));
      } catch (error) {
        refuse(request, error);
      }
    }
    return early;
  }

  /** Sends everything that is written, so that only the commit is left, and notes what that may have made. */
  async finish(): Promise<void> {
    await this.#batch.write(this.#queries, this.#parts.database.dialect);
    this.#studies.remember();
  }

  /** Whether a request was answered before the end of the transaction. */
  isAnswered(request: ServerRequest): boolean {
    return this.#answered.has(request);
  }

  /** Whether this very transaction took the number: a repeated request would be refused again. */
  #isBehindOwn(request: ServerRequest): boolean {
    return request.kind === 'create' && request.options.ifNumber === request.study.history.length;
  }

  #answer(request: ServerRequest, answer: () => void): void {
    this.#answered.add(request);
    answer();
  }

  #tellApplied(request: CommitRequest): void {
    if (request.isTold) return;
    request.isTold = true;
    request.onApplied?.();
  }

  async #writeOne(
    request: Exclude<ServerRequest, CommitRequest>,
    requests: readonly ServerRequest[],
  ): Promise<number | undefined> {
    const study = this.#parts.current(request.study);
    await this.#lockStudy(study, newTrialsOf(requests, request.study));
    if (request.kind === 'claim') return this.#studies.claim(study, request);
    return request.kind === 'create' ? this.#studies.create(study, request) : this.#studies.attr(study, request);
  }

  /** The transaction is durable: what it made is shown. */
  committed(): void {
    this.#studies.committed();
  }

  async #lockTrials(requests: readonly CommitRequest[]): Promise<void> {
    const unlocked = idsOf(requests).filter((id) => !this.#trials.has(id));
    if (unlocked.length === 0) return;
    const { database, reader } = this.#parts;
    const locked = await lockTrials(this.#queries, database, reader.decoder, unlocked);
    for (const [id, trial] of locked) this.#trials.set(id, trial);
  }

  /** Reads other workers' changes of trials whose commits depend on them, without the study's lock: a caller may then ask a slow sampler. */
  async #readGuarded(requests: readonly CommitRequest[]): Promise<void> {
    const ids = idsOf(requests.filter(({ onlyIf, isApplied }) => onlyIf && !isApplied));
    if (ids.length === 0) return;
    await this.#writeFirst();
    await this.#parts.reader.syncTrials(this.#queries, ids);
  }

  /** Of a second attempt nobody knows whether the first one was made durable, and what others have done since. */
  async #readAgain(requests: readonly CommitRequest[]): Promise<void> {
    const again = requests.filter(
      ({ isApplied, changes }) => isApplied && changes.some(({ type }) => type === 'state'),
    );
    const ids = idsOf(again).filter((id) => !this.#again.has(id));
    if (ids.length === 0) return;
    for (const row of await this.#parts.reader.rows(this.#queries, ids)) this.#again.set(row.trialId, row);
  }

  /**
   * Whether a trial that was made to wait by the first attempt waits, or is another worker's by now: what the first attempt wrote
   * is not written again then, as that would take the trial from its worker.
   */
  #isDone(study: RdbStudy, number: number): boolean {
    const row = this.#again.get(study.trialIds[number] as number);
    if (!row || study.history.state(number) !== TrialState.waiting) return false;
    if (row.template.state === TrialState.running && isSameRun(study.history, number, row.template)) return false;
    this.#parts.reader.tracker.update(row);
    return true;
  }

  /** What is read of trials that go on has to have what was written of them. */
  async #writeFirst(): Promise<void> {
    if (!this.#mustWriteFirst) return;
    this.#mustWriteFirst = false;
    await this.#batch.write(this.#queries, this.#parts.database.dialect);
  }

  /** The trials are locked and read: nobody can end or claim them. */
  #requireUnchanged({ study: record, changes }: CommitRequest, onlyIf: () => boolean): void {
    const study = this.#parts.current(record);
    const isKnown = ({ number }: TrialChange) => {
      const stored = this.#trials.get(study.trialIds[number] as number);
      // The write itself reports a trial that was deleted with its study.
      return !stored || stored.state === STATE_NAMES[study.history.state(number)];
    };
    if (changes.every(isKnown) && onlyIf()) return;
    throw changedMeanwhile(this.#parts.database.url.location, study, changes);
  }

  #commit(request: CommitRequest): void {
    const { location } = this.#parts.database.url;
    const study = this.#parts.current(request.study);
    if (!request.isApplied) {
      requireWritable(location, study, request.changes);
      this.#parts.planner.requireStorable(study, request.changes);
    }
    for (const number of new Set(request.changes.map((change) => change.number))) {
      if (request.isApplied && this.#isDone(study, number)) return;
      const stored = this.#trials.get(study.trialIds[number] as number);
      const again = this.#again.get(study.trialIds[number] as number);
      const isOthers =
        again?.template.state === TrialState.running && !isSameRun(study.history, number, again.template);
      if (stored && !isFinished(STATE_NAMES.indexOf(stored.state as never) as TrialState) && !isOthers) continue;
      if (study.trialIds[number] === -1) throw changedMeanwhile(location, study, request.changes);
      if (!stored) {
        this.#parts.reader.isInDoubt = true;
        throw new InDoubt();
      }
      if (!request.isApplied) throw finishedTrial(location, study, number);
      // A transaction that was lost on its way back may have written just this.
      if (request.changes.some((change) => isItsEnd(change, number, stored))) return;
      throw new Overtaken(`trial ${number} of study "${study.name}" is another worker's, or has ended otherwise`);
    }
    const read: TrialChange[] = [];
    for (const change of request.changes) {
      const id = study.trialIds[change.number] as number;
      // As in the history: a trial that runs already keeps its start.
      const isStarted = study.history.state(change.number) !== TrialState.waiting;
      if (change.type === 'state' && change.state === TrialState.running && isStarted && !request.isApplied) continue;
      const known = this.#parts.planner.change(this.#batch, study, { id }, change);
      if (!request.isApplied) this.#parts.reader.tracker.apply(study, known);
      if (change.type === 'state') this.#parts.reader.own.delete(id);
      read.push(known);
      this.#mustWriteFirst ||= !isFinished(study.history.state(change.number));
    }
    request.changes = read;
    request.isApplied = true;
  }

  async #lockStudy(study: RdbStudy, newTrials: number): Promise<void> {
    if (!this.#studies.has(study)) await this.#writeFirst();
    await this.#studies.lock(study, newTrials);
  }
}

/** The trials that these requests change, ascending; −1 stands for those that are unknown. */
function idsOf(requests: readonly CommitRequest[]): number[] {
  const ids = new Set<number>();
  for (const { study, changes } of requests) {
    const { trialIds } = study as RdbStudy;
    for (const { number } of changes) ids.add(trialIds[number] ?? -1);
  }
  return [...ids].sort((a, b) => a - b);
}
