import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue, TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import type { Direction } from '../../core/study/states.ts';
import type {
  ClaimOptions,
  CommitOptions,
  CreateOptions,
  StudyRecord,
  WritableTrialLog,
} from '../../core/study/studyStore.ts';
import { parseJson } from '../../core/text/pythonJson.ts';
import { Mutex } from '../eventLoop.ts';
import type { ExactAttrs } from '../exactAttrs.ts';
import { fromSystemError, StorageError } from '../storageError.ts';
import { AppendFile } from './appendFile.ts';
import { JournalLock } from './journalLock.ts';
import { JournalEncoder } from './journalOps.ts';
import { JournalPlan } from './journalPlan.ts';
import { JournalReader } from './journalReader.ts';
import type { JournalStudy } from './journalReplay.ts';

/** How long one process keeps the lock while it has more to write, and then leaves it to the others, in milliseconds. */
const HOLD_MS = 10;
const PAUSE_MS = 1;
/** How often it does so although nobody else is seen to want the lock, in milliseconds. */
const PAUSE_EVERY_MS = 100;
const ROUNDS_A_FLUSH = 32;

interface Request {
  /** Adds the request's lines; what it returns is handed out once they are durable. */
  readonly plan: (plan: JournalPlan) => unknown;
  /** Told once its lines are in the file and in the history. */
  readonly onApplied?: (() => void) | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A request whose lines are written, and what it is told once they are durable. */
interface Answer {
  readonly request: Request;
  readonly result: unknown;
}

/**
 * An Optuna journal file, read and written. Many processes, Python's among them, may share one.
 *
 * Requests that arrive while a commit is being made durable wait and go together into the next one: one lock, one
 * write, one fsync for all. After the file was replaced or shrank, `studies()` returns new records.
 */
export class JournalLog implements WritableTrialLog {
  readonly kind = 'journal';
  readonly location: string;
  readonly #reader: JournalReader;
  readonly #lock: JournalLock;
  readonly #encoder = new JournalEncoder(`${randomUUID()}-${process.pid}`);
  readonly #reading = new Mutex();
  #queue: Request[] = [];
  #isDraining = false;
  #drained: Promise<void> = Promise.resolve();
  #file: AppendFile | undefined;
  #isClosed = false;
  /** While the lock is ours and the file was read: nobody else can have written. */
  #isHolding = false;

  private constructor(path: string) {
    this.location = path;
    this.#reader = new JournalReader(path);
    this.#lock = new JournalLock(path);
  }

  /** Opens and reads a journal. Throws `not-found` unless it exists or `create` is set. */
  static async open(path: string, options: { create?: boolean } = {}): Promise<JournalLog> {
    const log = new JournalLog(resolve(path));
    if (options.create) createIfMissing(log.location);
    await log.refresh();
    return log;
  }

  get warnings(): readonly string[] {
    return this.#reader.warnings;
  }

  /** Attributes in Python's spelling, where the history's plain values lose it. */
  get exactAttrs(): ExactAttrs {
    return this.#reader.replay.exact;
  }

  studies(): readonly StudyRecord[] {
    return this.#reader.replay.studies();
  }

  refresh(): Promise<boolean> {
    return this.#reading.run(() => this.#reader.sync());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#drained;
    await this.#reading.run(async () => {
      this.#reader.close();
      this.#file?.close();
      this.#file = undefined;
    });
  }

  async createStudy({ name, directions }: { name: string; directions: readonly Direction[] }): Promise<StudyRecord> {
    await this.#enqueue((plan) => plan.createStudy(name, directions));
    return this.#named(name);
  }

  async setStudyAttr(study: StudyRecord, kind: 'user' | 'system', key: string, value: JsonValue): Promise<void> {
    await this.#enqueue((plan) => {
      plan.addLine(this.#encoder.studyAttr(kind, this.#current(study).id, key, value));
    });
  }

  async createTrial(
    study: StudyRecord,
    template: TrialTemplate,
    options: CreateOptions = {},
  ): Promise<number | undefined> {
    const number = await this.#enqueue((plan) => plan.createTrial(this.#current(study), template, options.ifNumber));
    return number as number | undefined;
  }

  async claimWaiting(study: StudyRecord, options: ClaimOptions = {}): Promise<number | undefined> {
    if (!this.#isHolding) await this.refresh();
    const { history } = this.#current(study);
    const wanted = options.number ?? history.firstWaiting;
    if (wanted === undefined || !history.waiting.has(wanted)) return undefined;
    const number = await this.#enqueue((plan) => plan.claimWaiting(this.#current(study), options));
    return number as number | undefined;
  }

  async commit(study: StudyRecord, changes: readonly TrialChange[], options: CommitOptions = {}): Promise<void> {
    if (changes.length === 0) return options.onApplied?.();
    await this.#enqueue((plan) => plan.commit(this.#current(study), changes, options.onlyIf), options.onApplied);
  }

  #enqueue(plan: Request['plan'], onApplied?: Request['onApplied']): Promise<unknown> {
    if (this.#isClosed) {
      return Promise.reject(new StorageError('closed', `${this.location} was closed before it was written.`));
    }
    return new Promise((resolvePromise, reject) => {
      this.#queue.push({ plan, onApplied, resolve: resolvePromise, reject });
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
        await this.#lock.acquire();
      } catch (error) {
        for (const request of this.#queue.splice(0)) request.reject(error);
        continue;
      }
      const until = performance.now() + HOLD_MS;
      let isWanted = false;
      try {
        do {
          await this.#reading.run(() => this.#commitBatch());
          // Whoever was answered often writes again at once: the lock is kept for one more turn.
          await nextTurn();
        } while (this.#queue.length > 0 && performance.now() < until);
      } finally {
        this.#isHolding = false;
        isWanted = this.#queue.length > 0 && this.#lock.isWanted();
        this.#lock.release();
      }
      if (this.#queue.length === 0) pausedAt = performance.now();
      else if (isWanted || performance.now() - pausedAt > PAUSE_EVERY_MS) {
        await sleep(PAUSE_MS);
        pausedAt = performance.now();
      }
    }
    this.#isDraining = false;
  }

  /**
   * Writes what is queued and makes it durable at once. Who was refused, as the number was taken by another request of
   * the batch, is answered before the flush and may come again, and who wants to know when its lines are applied may
   * ask for more: those lines join the same flush.
   */
  async #commitBatch(): Promise<void> {
    const written: Answer[] = [];
    let start: number | undefined;
    try {
      if (!this.#isHolding) {
        if (await this.#reader.sync()) this.#lock.noteOther();
        await this.#repairTail();
        this.#isHolding = true;
      }
      const until = performance.now() + HOLD_MS;
      for (let round = 0; round < ROUNDS_A_FLUSH && this.#queue.length > 0; round++) {
        const { at, waiting, told } = this.#writeRound(this.#queue.splice(0));
        start ??= at;
        written.push(...waiting);
        if (told === 0 || !this.#isHolding || (round > 0 && performance.now() > until)) break;
        await nextTurn();
      }
      if (start !== undefined) await this.#openForAppend().flush();
      for (const { request, result } of written) request.resolve(result);
    } catch (error) {
      this.#isHolding = false;
      if (start !== undefined) this.#takeBack(start);
      const failure = fromSystemError(error, 'write', this.location);
      for (const { request } of written) request.reject(failure);
      for (const request of this.#queue.splice(0)) request.reject(failure);
    }
  }

  /** Answers at once whoever has nothing to wait for; the others' lines are in the file, but not durable yet. */
  #writeRound(batch: readonly Request[]): { at: number | undefined; waiting: Answer[]; told: number } {
    const plan = new JournalPlan(this.location, this.#reader.replay, this.#encoder);
    const waiting: Answer[] = [];
    const early: (() => void)[] = [];
    for (const request of batch) {
      const before = plan.text.length;
      try {
        const result = request.plan(plan);
        if (plan.text.length > before) waiting.push({ request, result });
        else early.push(() => request.resolve(result));
      } catch (error) {
        early.push(() => request.reject(error));
      }
    }
    let at: number | undefined;
    if (plan.text !== '') {
      try {
        this.#openForAppend().write(plan.text, this.#reader.offset);
        at = this.#reader.offset;
        this.#reader.applyOwn(plan.text);
      } catch (error) {
        const failure = fromSystemError(error, 'write', this.location);
        for (const { request } of waiting.splice(0)) request.reject(failure);
        this.#isHolding = false;
      }
    }
    for (const { request } of waiting) if (request.onApplied) early.push(request.onApplied);
    // Each in a call of its own: none may keep the others from theirs, nor the lines from the disk.
    for (const tell of early) queueMicrotask(tell);
    return { at, waiting, told: early.length };
  }

  /** Cuts off what could not be made durable. What was read of it is forgotten: the file is read anew. */
  #takeBack(start: number): void {
    this.#reader.forget();
    try {
      this.#file?.truncate(start);
    } catch {
      // The disk fails altogether: the next writer repairs what it can.
    }
  }

  /** For the holder of the lock, after a sync. */
  #openForAppend(): AppendFile {
    if (this.#file?.inode !== this.#reader.inode) {
      this.#file?.close();
      this.#file = undefined;
      this.#file = new AppendFile(this.location);
    }
    return this.#file as AppendFile;
  }

  /**
   * What stands after the last complete line was left by a writer that died: while we hold the lock nobody is at it.
   * A whole entry without its line end gets one; a piece of an entry, which was never acknowledged, is cut off. Optuna
   * would append to it and could not read the file ever again. The same holds for a damaged last line: Optuna forgives
   * it only as long as nothing follows.
   */
  async #repairTail(): Promise<void> {
    const tail = this.#reader.tail();
    if (tail.length > 0 && isEntry(tail.toString('utf8'))) {
      const file = this.#openForAppend();
      file.write('\n', this.#reader.offset + tail.length);
      await file.flush();
    } else if (tail.length > 0 || this.#reader.badTail !== undefined) {
      const end = this.#reader.badTail ?? this.#reader.offset;
      this.#openForAppend().truncate(end);
      this.#reader.rewindTo(end);
    } else return;
    await this.#reader.sync();
  }

  #named(name: string): StudyRecord {
    const study = this.#reader.replay.studyNamed(name);
    if (!study) throw new StorageError('no-study', `${this.location} has no study named "${name}" any more.`);
    return study;
  }

  /**
   * The study as it is read now. Once the file was replaced, or the study deleted and made anew, the numbers of the
   * caller's record mean other trials: nothing is written then.
   */
  #current(study: StudyRecord): JournalStudy {
    const current = this.#named(study.name);
    if (current === study) return current as JournalStudy;
    throw new StorageError(
      'study-replaced',
      `The study "${study.name}" in ${this.location} was replaced while it was in use. Resume it to go on with what is there now.`,
    );
  }
}

function createIfMissing(path: string): void {
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw fromSystemError(error, 'create', path);
  }
}

function isEntry(text: string): boolean {
  try {
    return typeof (parseJson(text) as { op_code?: unknown } | null)?.op_code === 'number';
  } catch {
    return false;
  }
}
