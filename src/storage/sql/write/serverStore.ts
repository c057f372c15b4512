import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonValue, TrialChange, TrialTemplate } from '../../../core/study/changes.ts';
import type { Direction } from '../../../core/study/states.ts';
import type {
  ClaimOptions,
  CommitOptions,
  CreateOptions,
  Heartbeats,
  StudyRecord,
  WritableTrialLog,
} from '../../../core/study/studyStore.ts';
import { storageMessage } from '../../../words/en/storage.ts';
import { Mutex } from '../../eventLoop.ts';
import { type OnWaiting, type Retry, WRITER_PATIENCE_MS } from '../../retry.ts';
import { StorageError } from '../../storageError.ts';
import { type OpenedServer, openServer } from '../connect/openServer.ts';
import { CommitLost, type ServerDatabase } from '../connect/serverDatabase.ts';
import { serverRetry } from '../connect/serverError.ts';
import type { ServerUrl } from '../connect/serverUrl.ts';
import { directionName } from '../read/rowDecoder.ts';
import { ServerView } from '../read/serverView.ts';
import type { RdbStudy } from '../read/studyTracker.ts';
import { firstRead } from '../read/trackedView.ts';
import { duplicateStudy, requireCurrent, studyNamed } from '../rules.ts';
import { RowBatch } from './rowBatch.ts';
import { writerMark } from './secondAttempt.ts';
import type { NewRequest, ServerRequest } from './serverRequests.ts';
import { ServerTransaction } from './serverTransaction.ts';
import { TrialPlanner } from './trialPlanner.ts';

/** How long a transaction that has a study locked may collect what is asked for, in milliseconds, and in how many turns. */
const HOLD_MS = 10;
/** And a transaction that holds no study's lock. */
const UNLOCKED_MS = 100;
const ROUNDS_A_COMMIT = 32;
/** Requests that are written together at most. */
const REQUESTS_A_COMMIT = 2000;

export interface ServerStoreOptions {
  /** Makes the tables where they are missing. */
  readonly create: boolean;
  /** Reads and writes this study only; the others are not read at all. */
  readonly studyName?: string | undefined;
  readonly patienceMs?: number;
  /** Names this store in the trials that it makes and claims where nothing else tells two of one second apart: see `writerMark`. */
  readonly signs?: boolean | undefined;
  /** Told when the server has been away for a second, and when it is there again. */
  readonly onWaiting?: OnWaiting | undefined;
}

/**
 * An Optuna database on a PostgreSQL or MySQL server, read and written. Many processes on many machines, Python's among
 * them, may share one.
 *
 * Requests that arrive while a transaction is made durable wait and share the next one. One that meets a deadlock, a lost
 * connection or a server that restarts is done again, so that its effect is there once. After a write that failed for good,
 * `studies()` returns new records.
 */
export class ServerStore extends ServerView implements WritableTrialLog {
  readonly heartbeats: Heartbeats = {
    heartbeat: (study, numbers) => this.#heartbeat(study, numbers),
    last: (study) => this.#lastHeartbeats(study),
  };
  readonly #planner: TrialPlanner;
  /** System attributes of every trial that is made or claimed here. */
  readonly #mark: Readonly<Record<string, JsonValue>>;
  readonly #access = new Mutex();
  readonly #retry: Retry;
  #queue: ServerRequest[] = [];
  #isDraining = false;
  #drained: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** From a transaction's read of its studies until its callers have had a turn: the state is the newest. */
  #isFresh = false;
  /** A refresh that has not begun: further calls share it. */
  #nextRefresh: Promise<boolean> | undefined;

  private constructor(opened: OpenedServer, options: ServerStoreOptions) {
    super(opened, options.studyName);
    this.#planner = new TrialPlanner(opened, this.reader.decoder);
    this.#mark = options.signs ? writerMark(opened.facts) : {};
    this.#retry = serverRetry(opened.database.url, options.patienceMs ?? WRITER_PATIENCE_MS, options.onWaiting);
    opened.database.onMoved = (place) => this.#retry.moved(place);
  }

  /** Connects, and reads what is there. Throws one sentence when that cannot be. */
  static async open(url: ServerUrl, options: ServerStoreOptions): Promise<ServerStore> {
    return firstRead(new ServerStore(await openServer(url, options), options));
  }

  refresh(): Promise<boolean> {
    this.#nextRefresh ??= this.#retry.run(() =>
      this.#access.run(async () => {
        this.#nextRefresh = undefined;
        await this.#acceptLosses();
        return this.reader.sync(this.opened.database);
      }),
    );
    return this.#nextRefresh;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#drained;
    await this.#access.run(() => this.opened.database.close());
  }

  async createStudy({ name, directions }: { name: string; directions: readonly Direction[] }): Promise<StudyRecord> {
    const { limits } = this.#planner;
    const others = this.studies().map((study) => study.name);
    limits.requireName('study', name);
    if (others.includes(name)) throw duplicateStudy(this.location, name);
    limits.requireDistinct('study', name, others);
    let mayBeWritten = false;
    await this.#retry.run(async () => {
      try {
        await this.#access.run(() => insertStudy(this.opened.database, { name, directions }, mayBeWritten));
      } catch (error) {
        mayBeWritten ||= error instanceof CommitLost;
        throw error;
      }
    });
    await this.refresh();
    return this.#named(name);
  }

  async setStudyAttr(study: StudyRecord, of: 'user' | 'system', key: string, value: JsonValue): Promise<void> {
    await this.#enqueue({ kind: 'attr', study, of, key, value });
  }

  async createTrial(
    study: StudyRecord,
    template: TrialTemplate,
    options: CreateOptions = {},
  ): Promise<number | undefined> {
    const signed = { ...template, systemAttrs: { ...template.systemAttrs, ...this.#mark } };
    return (await this.#enqueue({ kind: 'create', study, template: signed, options })) as number | undefined;
  }

  async claimWaiting(study: StudyRecord, options: ClaimOptions = {}): Promise<number | undefined> {
    if (!this.#isFresh) await this.refresh();
    const { history } = this.#current(study);
    const wanted = options.number ?? history.firstWaiting;
    if (wanted === undefined || !history.waiting.has(wanted)) return undefined;
    const signed = { ...options, systemAttrs: { ...options.systemAttrs, ...this.#mark } };
    return (await this.#enqueue({ kind: 'claim', study, options: signed })) as number | undefined;
  }

  async commit(study: StudyRecord, changes: readonly TrialChange[], options: CommitOptions = {}): Promise<void> {
    if (changes.length === 0) return options.onApplied?.();
    await this.#enqueue({
      kind: 'commit',
      study,
      changes,
      onApplied: options.onApplied,
      onlyIf: options.onlyIf,
      isApplied: false,
      isTold: false,
    });
  }

  #enqueue(request: NewRequest): Promise<unknown> {
    if (this.#isClosed) {
      return Promise.reject(
        new StorageError('closed', storageMessage('closedBeforeWritten', { location: this.location })),
      );
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...request, resolve, reject } as ServerRequest);
      if (this.#isDraining) return;
      this.#isDraining = true;
      this.#drained = this.#drain();
    });
  }

  async #drain(): Promise<void> {
    // One turn, so that calls made together are committed together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      try {
        await this.#retry.run(() => this.#access.run(() => this.#transaction()));
      } catch (error) {
        const failed = this.#queue.splice(0);
        // The histories are ahead of the database: everything is read anew.
        if (failed.some((request) => request.kind === 'commit' && request.isApplied)) this.reader.forget();
        for (const request of failed) request.reject(error);
      }
      // A writer often sends its next request as soon as one resolves.
      await nextTurn();
      this.#isFresh = false;
    }
    this.#isDraining = false;
  }

  /** Writes what is queued and makes it durable. Throws while the queue is as it was when that did not succeed. */
  async #transaction(): Promise<void> {
    await this.#acceptLosses();
    const taken: ServerRequest[] = [];
    let transaction: ServerTransaction | undefined;
    try {
      await this.opened.database.transaction(async (queries) => {
        transaction = new ServerTransaction(queries, {
          database: this.opened.database,
          reader: this.reader,
          planner: this.#planner,
          current: (study) => this.#current(study),
        });
        this.#isFresh = true;
        await this.#writeRounds(transaction, taken);
        await transaction.finish();
      });
    } catch (error) {
      this.#queue.unshift(...taken.filter((request) => !transaction?.isAnswered(request)));
      this.#isFresh = false;
      throw error;
    }
    transaction?.committed();
    for (const [request, result] of transaction?.results ?? []) request.resolve(result);
  }

  /**
   * A request with `onApplied` may bring more, and a request that was refused, because another process took its number, may
   * be repeated. Both join the same transaction.
   */
  async #writeRounds(transaction: ServerTransaction, taken: ServerRequest[]): Promise<void> {
    const begunAt = performance.now();
    for (let round = 0; round < ROUNDS_A_COMMIT && this.#queue.length > 0; round++) {
      const batch = this.#queue.splice(0, REQUESTS_A_COMMIT);
      taken.push(...batch);
      const early = await transaction.write(batch);
      // Each in a call of its own: none may keep the others from theirs, nor the changes from the database.
      for (const tell of early) queueMicrotask(tell);
      const now = performance.now();
      const { lockedAt } = transaction;
      const isOver = lockedAt === undefined ? now - begunAt > UNLOCKED_MS : now - lockedAt > HOLD_MS;
      if (round > 0 && isOver) return;
      await nextTurn();
    }
  }

  /**
   * Runs first after the server may have gone down. Lost trials stay lost: only their writer could tell whether they were deleted
   * on purpose. A study of which nothing is left is another one: it is read into a new record.
   */
  async #acceptLosses(): Promise<void> {
    const { reader } = this;
    if (!reader.isInDoubt) return;
    const lost = await reader.findLost(this.opened.database);
    const isAnother = ([study, numbers]: readonly [RdbStudy, readonly number[]]) =>
      study.trialIds.every((id, number) => id === -1 || numbers.includes(number));
    for (const [study, numbers] of lost) {
      if (isAnother([study, numbers])) reader.forgetStudy(study);
      else reader.lose(study, numbers);
    }
    if (lost.size > 0) await reader.sync(this.opened.database);
    for (const message of this.reportLost(lost)) this.#retry.lost(message);
  }

  async #heartbeat(study: StudyRecord, numbers: readonly number[]): Promise<void> {
    const { trialIds } = this.#current(study);
    const ids = numbers.map((number) => trialIds[number]).filter((id) => id !== undefined);
    const { database } = this.opened;
    if (ids.length > 0) await this.#retry.run(() => database.run(database.dialect.heartbeat, [ids]));
  }

  async #lastHeartbeats(study: StudyRecord): Promise<ReadonlyMap<number, number>> {
    await this.refresh();
    const { id } = this.#current(study);
    const { database } = this.opened;
    const sql = `SELECT trial_id, ${database.dialect.seconds('heartbeat')} FROM trial_heartbeats
      WHERE trial_id IN (SELECT trial_id FROM trials WHERE study_id = ? AND state = 'RUNNING')`;
    const rows = await this.#retry.run(() => database.rows(sql, [id]));
    const beats = new Map<number, number>();
    for (const [trialId, beat] of rows) {
      const trial = this.reader.tracker.openTrial(Number(trialId));
      if (trial) beats.set(trial.number, Number(beat));
    }
    return beats;
  }

  #named(name: string): RdbStudy {
    return studyNamed(this.location, this.reader.tracker.studies, name);
  }

  /** Throws when another history stands for the study by now. */
  #current(study: StudyRecord): RdbStudy {
    return requireCurrent(this.location, study, this.#named(study.name));
  }
}

/** Makes a study. One of that name that is there is our own where `mayBeWritten`, else throws `duplicate-study`. */
async function insertStudy(
  database: ServerDatabase,
  { name, directions }: { readonly name: string; readonly directions: readonly Direction[] },
  mayBeWritten: boolean,
): Promise<void> {
  const { dialect, url } = database;
  await database.transaction(async (queries) => {
    const id = await dialect.insertStudy(queries, name);
    if (id !== undefined) {
      const batch = new RowBatch();
      for (const [objective, direction] of directions.entries()) {
        batch.add('study_directions', { id }, objective, directionName(direction));
      }
      await batch.write(queries, dialect);
      return;
    }
    // Our own, of a transaction that was lost on its way back.
    if (mayBeWritten) return;
    const found = await queries.rows('SELECT study_name FROM studies WHERE study_name = ?', [name]);
    throw duplicateStudy(url.location, String(found[0]?.[0] ?? name));
  });
}
