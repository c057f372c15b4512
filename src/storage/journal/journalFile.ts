import { closeSync, existsSync, openSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../../core/text/pythonJson.ts';
import { Mutex } from '../eventLoop.ts';
import { checkRegularFile, type FileRules } from '../regularFile.ts';
import { type OnWaiting, Retry } from '../retry.ts';
import { fromSystemError, isAway } from '../storageError.ts';
import { AppendFile, TornWrite } from './appendFile.ts';
import { JournalLock } from './journalLock.ts';
import { type Answer, type JournalMedium, type JournalRequest, planBatch } from './journalMedium.ts';
import type { JournalEncoder } from './journalOps.ts';
import { JournalPlan } from './journalPlan.ts';
import { JournalReader } from './journalReader.ts';
import type { JournalState } from './journalState.ts';

/** How long one process keeps a lock that others want while it has more to write, and then leaves it to them, in milliseconds. */
const HOLD_MS = 10;
const PAUSE_MS = 1;
/** How long one keeps it that nobody else is seen to want, in milliseconds: making and removing it slows the disk down. */
const HOLD_ALONE_MS = 100;
const ROUNDS_A_FLUSH = 32;

export interface JournalFileOptions extends FileRules {
  /** Makes the file where it is missing. */
  readonly create?: boolean;
  /** How long a disk that is away or full is waited for, in milliseconds. Default: 0. */
  readonly patienceMs?: number;
  readonly onWaiting?: OnWaiting | undefined;
}

/** Lines that are in the file and in the history, but not durable yet. */
interface Unflushed {
  readonly start: number;
  text: string;
  readonly answers: Answer[];
}

/**
 * A journal in a file. Many processes, Python's among them, may share one.
 *
 * Requests that arrive while a commit is being made durable wait and go together into the next one: one lock, one
 * write, one fsync for all. While the disk is away or full, they wait: what was written is looked for and completed, and
 * what was not is planned anew.
 */
export class JournalFile implements JournalMedium {
  readonly kind = 'journal';
  readonly location: string;
  readonly #reader: JournalReader;
  readonly #lock: JournalLock;
  readonly #encoder: JournalEncoder;
  readonly #reading = new Mutex();
  #file: AppendFile | undefined;
  readonly #retry: Retry;
  #unflushed: Unflushed | undefined;
  /** Whether a piece of the unflushed lines may be missing. */
  #isTorn = false;
  /** While the lock is ours and the file was read: nobody else can have written. */
  #isHolding = false;

  /** `path` must be absolute. */
  constructor(path: string, encoder: JournalEncoder, options: JournalFileOptions = {}) {
    this.location = path;
    this.#encoder = encoder;
    this.#reader = new JournalReader(path, options);
    this.#lock = new JournalLock(path);
    this.#retry = new Retry({
      place: path,
      patienceMs: options.patienceMs ?? 0,
      remedyFor: (error) => (isAway(error) ? 'reconnect' : 'none'),
      meaningOf: (error) => fromSystemError(error, 'write', path),
      onWaiting: options.onWaiting,
    });
    if (options.create) createIfMissing(path);
  }

  get state(): JournalState {
    return this.#reader.state;
  }

  get isNewest(): boolean {
    return this.#isHolding;
  }

  refresh(): Promise<boolean> {
    return this.#retry.run(() => this.#reading.run(() => this.#sync()));
  }

  async #sync(): Promise<boolean> {
    try {
      // The file may end before what is not durable yet: nothing is read until that is settled.
      return !this.#unflushed && (await this.#reader.sync());
    } catch (error) {
      if (isAway(error)) this.#reader.reopen();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#reading.run(async () => {
      this.#reader.close();
      this.#file?.close();
      this.#file = undefined;
    });
  }

  async drain(queue: JournalRequest[]): Promise<void> {
    while (queue.length > 0) {
      try {
        await this.#retry.run(() => this.#writeUnderLock(queue));
      } catch (error) {
        const unflushed = this.#unflushed;
        if (unflushed) await this.#takeBack(unflushed);
        // Only now: a refresh meanwhile would read the lines that are being cut off.
        this.#unflushed = undefined;
        this.#isTorn = false;
        for (const { request } of unflushed?.answers ?? []) request.reject(error);
        for (const request of queue.splice(0)) request.reject(error);
      }
      if (queue.length > 0) await sleep(PAUSE_MS);
    }
  }

  async #writeUnderLock(queue: JournalRequest[]): Promise<void> {
    await this.#lock.acquire();
    try {
      await this.#writeWhileAlone(queue);
    } catch (error) {
      if (isAway(error)) this.#reopen();
      throw error;
    } finally {
      this.#isHolding = false;
      this.#lock.release();
    }
  }

  #reopen(): void {
    this.#reader.reopen();
    try {
      this.#file?.close();
    } catch {
      // It is of no use any more.
    }
    this.#file = undefined;
  }

  /** For the holder of the lock: writes until nothing is left, or it is the others' turn. */
  async #writeWhileAlone(queue: JournalRequest[]): Promise<void> {
    const heldAt = performance.now();
    let lookAt = heldAt + HOLD_MS;
    for (;;) {
      await this.#reading.run(() => this.#commitBatch(queue));
      // A writer often sends its next request as soon as one resolves: the lock is kept for one more turn.
      await nextTurn();
      const now = performance.now();
      if (queue.length === 0 || now > heldAt + HOLD_ALONE_MS) return;
      if (now < lookAt) continue;
      if (this.#lock.isWanted()) return;
      lookAt = now + HOLD_MS;
    }
  }

  /**
   * Writes the queue and makes it durable with one flush. A request that was refused, because another request of the
   * batch took its number, is rejected before the flush and may be repeated; a request with `onApplied` may bring more.
   * Both join the same flush. Throws what went wrong: the queue and `#unflushed` then hold all that was not answered.
   */
  async #commitBatch(queue: JournalRequest[]): Promise<void> {
    if (this.#unflushed) await this.#settle(this.#unflushed);
    if (!this.#isHolding) {
      if (await this.#sync()) this.#lock.noteOther();
      await this.#repairTail();
      this.#isHolding = true;
    }
    const until = performance.now() + HOLD_MS;
    try {
      for (let round = 0; round < ROUNDS_A_FLUSH && queue.length > 0; round++) {
        const told = this.#writeRound(queue);
        if (told === 0 || (round > 0 && performance.now() > until)) break;
        await nextTurn();
      }
    } finally {
      // Also where a later round could not be written.
      if (this.#unflushed && !this.#isTorn) await this.#flush(this.#unflushed);
    }
  }

  /** Finds the lines of an earlier attempt in the file, completes them, and makes them durable. */
  async #settle(unflushed: Unflushed): Promise<void> {
    const file = this.#openForAppend();
    if (file.inode !== this.#reader.inode || !file.restore(unflushed.text, unflushed.start)) {
      this.#reader.forget();
      this.#unflushed = undefined;
      const error = new Error('another program wrote to it without its lock');
      for (const { request } of unflushed.answers) request.reject(fromSystemError(error, 'write', this.location));
      return;
    }
    this.#isTorn = false;
    await this.#flush(unflushed);
  }

  async #flush(unflushed: Unflushed): Promise<void> {
    await this.#openForAppend().flush();
    this.#unflushed = undefined;
    for (const { request, result } of unflushed.answers) request.resolve(result);
  }

  /**
   * Writes the lines of the queued requests to the file, without a flush. Resolves requests that wrote nothing and returns
   * their number.
   */
  #writeRound(queue: JournalRequest[]): number {
    const plan = new JournalPlan(this.location, this.state.replay, this.#encoder);
    const batch = queue.splice(0);
    const { waiting, early } = planBatch(batch, plan);
    if (plan.text !== '') {
      const start = this.#reader.offset;
      try {
        this.#openForAppend().write(plan.text, start);
        this.#keep(plan.text, start, waiting);
      } catch (error) {
        this.#isTorn = error instanceof TornWrite;
        if (this.#isTorn) this.#keep(plan.text, start, waiting);
        else for (const { request } of waiting) queue.push(request);
        for (const tell of early) queueMicrotask(tell);
        throw error;
      }
    }
    for (const { request } of waiting) if (request.onApplied) early.push(request.onApplied);
    // Each in a call of its own: none may keep the others from theirs, nor the lines from the disk.
    for (const tell of early) queueMicrotask(tell);
    return early.length;
  }

  #keep(text: string, start: number, answers: readonly Answer[]): void {
    this.#reader.applyOwn(text);
    this.#unflushed ??= { start, text: '', answers: [] };
    this.#unflushed.text += text;
    this.#unflushed.answers.push(...answers);
  }

  /** Cuts off what could not be made durable, unless others wrote behind it. What was read of it is forgotten. */
  async #takeBack({ text, start }: Unflushed): Promise<void> {
    this.#reader.forget();
    try {
      await this.#lock.acquire();
    } catch {
      return;
    }
    try {
      this.#openForAppend().takeBack(text, start);
    } catch {
      // The disk fails altogether: the next writer repairs what it can.
    } finally {
      this.#lock.release();
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
}

function createIfMissing(path: string): void {
  try {
    if (existsSync(path)) checkRegularFile(path);
    else closeSync(openSync(path, 'a'));
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
