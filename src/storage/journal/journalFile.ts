import { closeSync, existsSync, openSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { parseJson } from '../../core/text/pythonJson.ts';
import { Mutex } from '../eventLoop.ts';
import { checkRegularFile, type FileRules } from '../regularFile.ts';
import { fromSystemError } from '../storageError.ts';
import { AppendFile } from './appendFile.ts';
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

/**
 * A journal in a file. Many processes, Python's among them, may share one.
 *
 * Requests that arrive while a commit is being made durable wait and go together into the next one: one lock, one
 * write, one fsync for all.
 */
export class JournalFile implements JournalMedium {
  readonly kind = 'journal';
  readonly location: string;
  readonly #reader: JournalReader;
  readonly #lock: JournalLock;
  readonly #encoder: JournalEncoder;
  readonly #reading = new Mutex();
  #file: AppendFile | undefined;
  /** While the lock is ours and the file was read: nobody else can have written. */
  #isHolding = false;

  /** `path` must be absolute. With `create`, makes the file where it is missing. */
  constructor(path: string, encoder: JournalEncoder, options: { create?: boolean } & FileRules = {}) {
    this.location = path;
    this.#encoder = encoder;
    this.#reader = new JournalReader(path, options);
    this.#lock = new JournalLock(path);
    if (options.create) createIfMissing(path);
  }

  get state(): JournalState {
    return this.#reader.state;
  }

  get isNewest(): boolean {
    return this.#isHolding;
  }

  refresh(): Promise<boolean> {
    return this.#reading.run(() => this.#reader.sync());
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
        await this.#lock.acquire();
      } catch (error) {
        for (const request of queue.splice(0)) request.reject(error);
        continue;
      }
      try {
        await this.#writeWhileAlone(queue);
      } finally {
        this.#isHolding = false;
        this.#lock.release();
      }
      if (queue.length > 0) await sleep(PAUSE_MS);
    }
  }

  /** For the holder of the lock: writes until nothing is left, or it is the others' turn. */
  async #writeWhileAlone(queue: JournalRequest[]): Promise<void> {
    const heldAt = performance.now();
    let lookAt = heldAt + HOLD_MS;
    for (;;) {
      await this.#reading.run(() => this.#commitBatch(queue));
      // Whoever was answered often writes again at once: the lock is kept for one more turn.
      await nextTurn();
      const now = performance.now();
      if (queue.length === 0 || now > heldAt + HOLD_ALONE_MS) return;
      if (now < lookAt) continue;
      if (this.#lock.isWanted()) return;
      lookAt = now + HOLD_MS;
    }
  }

  /**
   * Writes what is queued and makes it durable at once. Who was refused, as the number was taken by another request of
   * the batch, is answered before the flush and may come again, and who wants to know when its lines are applied may
   * ask for more: those lines join the same flush.
   */
  async #commitBatch(queue: JournalRequest[]): Promise<void> {
    const written: Answer[] = [];
    let start: number | undefined;
    try {
      if (!this.#isHolding) {
        if (await this.#reader.sync()) this.#lock.noteOther();
        await this.#repairTail();
        this.#isHolding = true;
      }
      const until = performance.now() + HOLD_MS;
      for (let round = 0; round < ROUNDS_A_FLUSH && queue.length > 0; round++) {
        const { at, waiting, told } = this.#writeRound(queue.splice(0));
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
      for (const request of queue.splice(0)) request.reject(failure);
    }
  }

  /** Answers at once whoever has nothing to wait for; the others' lines are in the file, but not durable yet. */
  #writeRound(batch: readonly JournalRequest[]): { at: number | undefined; waiting: Answer[]; told: number } {
    const plan = new JournalPlan(this.location, this.state.replay, this.#encoder);
    const { waiting, early } = planBatch(batch, plan);
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
