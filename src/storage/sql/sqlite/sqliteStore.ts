import { resolve } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
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
import type { OnWaiting, Retry } from '../../retry.ts';
import { StorageError } from '../../storageError.ts';
import type { RdbStudy } from '../read/studyTracker.ts';
import { TrackedView } from '../read/trackedView.ts';
import { requireCurrent, studyNamed } from '../rules.ts';
import { createDatabase, openWritable } from './openDatabase.ts';
import { rollBack } from './schema.ts';
import { fromSqliteError, requireRoom, writerRetry } from './sqliteError.ts';
import { SqliteReader } from './sqliteReader.ts';
import { SqliteWriter } from './sqliteWriter.ts';

/** How long a database that others write is tried again, in milliseconds: six times as long as Optuna does. */
const LOCKED_MS = 30_000;
/** How long one transaction may collect what is asked for, and in how many turns, in milliseconds. */
const HOLD_MS = 10;
const ROUNDS_A_COMMIT = 32;
/** How long it may write at most, in milliseconds. */
const LONGEST_MS = 50;
/**
 * A process that waits for SQLite's lock tries up to every 100 ms and gives up after 5 s: a store with a full queue pauses
 * from time to time, more often while others write. In milliseconds.
 */
const ALONE = { work: 60, pause: 6 };
const SHARED = { work: 40, pause: 10 };
const SHARED_MS = 1000;

export interface SqliteStoreOptions {
  readonly create?: boolean;
  /** How long a full disk is waited for, in milliseconds. Default: not at all. */
  readonly patienceMs?: number;
  readonly onWaiting?: OnWaiting | undefined;
}

interface Request {
  /** Writes; throws a StorageError before that when it refuses. What it returns is handed out once it is durable. */
  readonly write: (writer: SqliteWriter) => unknown;
  readonly onApplied?: (() => void) | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface Answer {
  readonly request: Request;
  readonly result: unknown;
}

/**
 * An Optuna database in SQLite, read and written. Many processes, Python's among them, may share one.
 *
 * Everything is written under SQLite's write lock (BEGIN IMMEDIATE) on what was read under it: a number is given once, a
 * waiting trial claimed once. Requests that arrive while a transaction is made durable wait and share the next one. After
 * a write that failed, and after the file was replaced, `studies()` returns new records.
 */
export class SqliteStore extends TrackedView implements WritableTrialLog {
  readonly kind = 'sqlite';
  readonly location: string;
  readonly heartbeats: Heartbeats = {
    heartbeat: async (study, numbers) => {
      await this.#enqueue((writer) => writer.heartbeat(this.#current(study), numbers));
    },
    last: async (study) => {
      const look = (writer: SqliteWriter) => writer.lastHeartbeats(this.#current(study));
      return (await this.#enqueue(look)) as Map<number, number>;
    },
  };
  protected readonly reader: SqliteReader;
  readonly #retry: Retry;
  readonly #access = new Mutex();
  #writer: SqliteWriter | undefined;
  #queue: Request[] = [];
  #isDraining = false;
  #drained: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** While a transaction is open and collects requests: nobody else can write. */
  #isHolding = false;
  /** When others were last seen to have written. */
  #sharedAt = Number.NEGATIVE_INFINITY;

  private constructor(path: string, { patienceMs = 0, onWaiting }: SqliteStoreOptions) {
    super();
    this.location = path;
    this.#retry = writerRetry(path, LOCKED_MS, patienceMs, onWaiting);
    this.reader = new SqliteReader(path, () => openWritable(path));
  }

  /** Opens and reads a database. Throws `not-found` unless it exists or `create` is set. */
  static async open(path: string, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
    const store = new SqliteStore(resolve(path), options);
    try {
      if (options.create) await store.#retry.run(() => createDatabase(store.location));
      await store.refresh();
    } catch (error) {
      await store.close();
      throw error;
    }
    return store;
  }

  /** Who created the file, such as `4.1.0`. */
  get optunaVersion(): string | undefined {
    return this.reader.optunaVersion;
  }

  refresh(): Promise<boolean> {
    return this.#retry.run(() => this.#access.run(() => this.#sync()));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#drained;
    await this.#access.run(async () => this.reader.close());
  }

  async createStudy({ name, directions }: { name: string; directions: readonly Direction[] }): Promise<StudyRecord> {
    await this.#enqueue((writer) => writer.createStudy(name, directions));
    return this.#named(name);
  }

  async deleteStudy(study: StudyRecord): Promise<void> {
    await this.#enqueue((writer) => writer.deleteStudy(this.#current(study)));
  }

  async setStudyAttr(study: StudyRecord, kind: 'user' | 'system', key: string, value: JsonValue): Promise<void> {
    await this.#enqueue((writer) => writer.setStudyAttr(this.#current(study), kind, key, value));
  }

  async createTrial(
    study: StudyRecord,
    template: TrialTemplate,
    options: CreateOptions = {},
  ): Promise<number | undefined> {
    const write = (writer: SqliteWriter) => writer.createTrial(this.#current(study), template, options);
    return (await this.#enqueue(write)) as number | undefined;
  }

  async claimWaiting(study: StudyRecord, options: ClaimOptions = {}): Promise<number | undefined> {
    if (!this.#isHolding) await this.refresh();
    const { history } = this.#current(study);
    const wanted = options.number ?? history.firstWaiting;
    if (wanted === undefined || !history.waiting.has(wanted)) return undefined;
    const write = (writer: SqliteWriter) => writer.claimWaiting(this.#current(study), options);
    return (await this.#enqueue(write)) as number | undefined;
  }

  async commit(study: StudyRecord, changes: readonly TrialChange[], options: CommitOptions = {}): Promise<void> {
    if (changes.length === 0) return options.onApplied?.();
    await this.#enqueue((writer) => writer.commit(this.#current(study), changes, options.onlyIf), options.onApplied);
  }

  #enqueue(write: Request['write'], onApplied?: Request['onApplied']): Promise<unknown> {
    if (this.#isClosed) {
      return Promise.reject(
        new StorageError('closed', storageMessage('closedBeforeWritten', { location: this.location })),
      );
    }
    return new Promise((resolvePromise, reject) => {
      this.#queue.push({ write, onApplied, resolve: resolvePromise, reject });
      if (this.#isDraining) return;
      this.#isDraining = true;
      this.#drained = this.#drain();
    });
  }

  async #drain(): Promise<void> {
    // One turn, so that calls made together are committed together.
    await Promise.resolve();
    let pausedAt = performance.now();
    while (this.#queue.length > 0) {
      try {
        await this.#retry.run(() => this.#access.run(() => this.#transaction()));
      } catch (error) {
        for (const request of this.#queue.splice(0)) request.reject(error);
      }
      // A writer often sends its next request as soon as one resolves.
      await nextTurn();
      const now = performance.now();
      const { work, pause } = now - this.#sharedAt < SHARED_MS ? SHARED : ALONE;
      if (this.#queue.length === 0 || now - pausedAt < work) continue;
      await sleep(pause);
      pausedAt = performance.now();
    }
    this.#isDraining = false;
  }

  async #sync(): Promise<boolean> {
    const isFirst = this.reader.opened === undefined;
    const isChanged = await this.reader.sync();
    if (isChanged && !isFirst) this.#sharedAt = performance.now();
    return isChanged;
  }

  /** Writes what is queued and makes it durable. Throws while the queue is as it was when others have the lock. */
  async #transaction(): Promise<void> {
    const { db, rows } = await this.reader.current();
    requireRoom(this.location);
    db.exec('BEGIN IMMEDIATE');
    rows.isInTransaction = true;
    const written: Answer[] = [];
    try {
      await this.#sync();
      this.#isHolding = true;
      await this.#writeRounds(await this.#writerNow(), written);
      this.#isHolding = false;
      await this.#retry.run(async () => db.exec('COMMIT'));
    } catch (error) {
      this.#isHolding = false;
      rollBack(db);
      const failure = fromSqliteError(error, this.location, 'write');
      // The histories are ahead of the file: everything is read anew.
      if (written.length > 0) this.reader.forget();
      for (const { request } of written) request.reject(failure);
      throw failure;
    } finally {
      rows.isInTransaction = false;
    }
    for (const { request, result } of written) request.resolve(result);
  }

  /**
   * A request that was refused, because another request of the batch took its number, is rejected before the commit and may
   * be repeated; a request with `onApplied` may bring more. Both join the same transaction.
   */
  async #writeRounds(writer: SqliteWriter, written: Answer[]): Promise<void> {
    const until = performance.now() + HOLD_MS;
    for (let round = 0; round < ROUNDS_A_COMMIT && this.#queue.length > 0; round++) {
      const early: (() => void)[] = [];
      this.#writeQueue(writer, written, early);
      // Each in a call of its own: none may keep the others from theirs, nor the changes from the disk.
      for (const tell of early) queueMicrotask(tell);
      if (early.length === 0 || (round > 0 && performance.now() > until)) return;
      await nextTurn();
    }
  }

  /** What takes too long at once stays in the queue for the next transaction. */
  #writeQueue(writer: SqliteWriter, written: Answer[], early: (() => void)[]): void {
    const until = performance.now() + LONGEST_MS;
    const batch = this.#queue;
    this.#queue = [];
    let done = 0;
    try {
      while (done < batch.length && (done % 64 !== 0 || performance.now() < until)) {
        this.#write(writer, batch[done++] as Request, written, early);
      }
    } finally {
      this.#queue = batch.slice(done);
    }
  }

  #write(writer: SqliteWriter, request: Request, written: Answer[], early: (() => void)[]): void {
    const answer: { request: Request; result: unknown } = { request, result: undefined };
    written.push(answer);
    try {
      answer.result = request.write(writer);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      written.pop();
      early.push(() => request.reject(error));
      return;
    }
    if (request.onApplied) early.push(request.onApplied);
  }

  async #writerNow(): Promise<SqliteWriter> {
    const opened = await this.reader.current();
    if (this.#writer?.opened !== opened) this.#writer = new SqliteWriter(this.location, this.reader.tracker, opened);
    return this.#writer;
  }

  #named(name: string): RdbStudy {
    return studyNamed(this.location, this.reader.tracker.studies, name);
  }

  /** Throws when another history stands for the study by now. */
  #current(study: StudyRecord): RdbStudy {
    return requireCurrent(this.location, study, this.#named(study.name));
  }
}
