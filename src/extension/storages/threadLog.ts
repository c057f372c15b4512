import { Worker } from 'node:worker_threads';
import { giveFront } from '../../core/fronts/paretoFront.ts';
import { History } from '../../core/study/history.ts';
import { annotationsKey } from '../../core/study/notes.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { Mutex } from '../../storage/eventLoop.ts';
import { updateTrial } from '../../storage/sql/read/historyUpdate.ts';
import { StorageError, type StorageErrorCode } from '../../storage/storageError.ts';
import { storageMessage } from '../../words/en/storage.ts';
import { type Message, verbatim } from '../../words/message.ts';
import { addDigest } from './digest.ts';
import type { LogAnswer, LogJob, LogQuestion, StudyHead } from './logThread.ts';

type Batch = Extract<LogAnswer, { type: 'batch' }>;

/** A thread that says nothing for so long, in milliseconds, is caught in a parser. */
const SILENCE_MS = 30_000;
/** Share of the heap that is for new objects: V8 would take 48 MB of any. */
const YOUNG_SHARE = 1 / 8;

/** A thread that reads logs, one at a time, with at most `heapMb` MB of heap. Its program is `thread`. */
export class LogWorker {
  readonly #heapMb: number;
  readonly #worker: Worker;
  /** Of the log that it reads. */
  #location = '';
  #answered: { resolve(batch: Batch): void; reject(error: Error): void } | undefined;
  #silence: NodeJS.Timeout | undefined;
  /** Why there is no thread any more. */
  #gone: Error | undefined;

  constructor(thread: string | URL, heapMb: number) {
    this.#heapMb = heapMb;
    const resourceLimits = { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: heapMb * YOUNG_SHARE };
    this.#worker = new Worker(thread, { resourceLimits, workerData: { heapMb } });
    this.#worker.unref();
    this.#worker.on('message', (answer: LogAnswer) => this.#hear(answer));
    this.#worker.on('error', (error) => this.#end(this.#failure(error)));
    this.#worker.on('exit', () => this.#end(this.#problem(storageMessage('readerEnded'))));
  }

  get isGone(): boolean {
    return this.#gone !== undefined;
  }

  ask(question: LogQuestion, location: string): Promise<Batch> {
    if (this.#gone) return Promise.reject(this.#gone);
    this.#location = location;
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject };
      this.#listen();
      this.#worker.postMessage(question);
    });
  }

  /** Ends the thread. Requests in flight are rejected: their log was closed. */
  async close(): Promise<void> {
    this.#end(new StorageError('closed', storageMessage('closedUnread', { place: this.#location })));
    await this.#worker.terminate();
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(
      () => this.#end(this.#problem(storageMessage('readerSilent', { seconds: SILENCE_MS / 1000 }))),
      SILENCE_MS,
    );
    this.#silence.unref();
  }

  #hear(answer: LogAnswer): void {
    this.#listen();
    if (answer.type === 'alive') return;
    clearTimeout(this.#silence);
    const waiting = this.#answered;
    this.#answered = undefined;
    if (answer.type === 'batch') waiting?.resolve(answer);
    else waiting?.reject(new StorageError(answer.code as StorageErrorCode, answer.message));
  }

  #end(reason: Error): void {
    if (this.#gone) return;
    this.#gone = reason;
    clearTimeout(this.#silence);
    this.#answered?.reject(reason);
    this.#answered = undefined;
    void this.#worker.terminate();
  }

  #failure(error: unknown): StorageError {
    const isMemory = (error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY';
    return this.#problem(
      isMemory ? storageMessage('readerMemory', { megabytes: this.#heapMb }) : verbatim(String(error)),
    );
  }

  #problem(reason: Message): StorageError {
    return new StorageError('io', storageMessage('unreadable', { place: this.#location, reason }));
  }
}

/**
 * A trial log that a thread reads and parses. The window gets the trials in batches that it takes in a few milliseconds
 * each, and asks for the next one when it has: however large the log is, and whatever is in it, the extension host goes
 * on. `close` ends the thread.
 */
export class ThreadLog implements TrialLog {
  kind: TrialLog['kind'] = 'text';
  location: string;
  warnings: readonly string[] = [];
  /** What the digests take, in bytes about; undefined where the trials are there whole. */
  digestBytes: number | undefined;
  /** What the thread has taken of its heap. */
  heapBytes = 0;
  readonly #job: LogJob;
  readonly #worker: LogWorker;
  readonly #reading = new Mutex();
  #isOpen = false;
  #records: readonly StudyRecord[] = [];
  /** By the thread's key. */
  #byKey = new Map<number, StudyRecord>();

  /** Reads nothing before `refresh`. */
  constructor(worker: LogWorker, job: LogJob) {
    this.#worker = worker;
    this.#job = job;
    this.location = job.location;
  }

  /**
   * Starts a thread of its own, whose program is `thread`, and reads the log: one that needs more heap than `heapMb` MB is
   * refused instead of taking the window's memory. Throws what the storage throws.
   */
  static async open(thread: string | URL, job: LogJob, heapMb: number): Promise<ThreadLog> {
    const log = new ThreadLog(new LogWorker(thread, heapMb), job);
    try {
      await log.refresh();
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /** Of a stranger's log, the studies that it is read for, besides the newest. */
  get names(): readonly string[] | undefined {
    return this.#job.strange?.names;
  }

  studies(): readonly StudyRecord[] {
    return this.#records;
  }

  refresh(): Promise<boolean> {
    return this.#reading.run(async () => {
      let isChanged = false;
      for (let question: LogQuestion = this.#isOpen ? 'refresh' : this.#job; ; question = 'more') {
        const batch = await this.#worker.ask(question, this.location);
        this.#isOpen = true;
        if (this.#take(batch)) isChanged = true;
        if (!batch.isLast) continue;
        return this.#keep(batch) || isChanged;
      }
    });
  }

  close(): Promise<void> {
    return this.#worker.close();
  }

  /** Returns whether the batch changes a study. */
  #take(batch: Batch): boolean {
    for (const head of batch.studies) if (!this.#byKey.has(head.key)) this.#byKey.set(head.key, recordOf(head));
    for (const [key, number, template] of batch.trials) {
      const { history } = this.#byKey.get(key) as StudyRecord;
      if (number < history.length) updateTrial(history, number, template);
      else history.add(template);
    }
    for (const [key, trials] of batch.digests) addDigest((this.#byKey.get(key) as StudyRecord).history, trials);
    return batch.trials.length + batch.digests.length > 0;
  }

  /** A study that was replaced is seen whole, or as it was before. Returns whether anything was noted on a study. */
  #keep({ studies, kind, location, warnings, digestBytes, heapBytes, fronts }: Batch): boolean {
    Object.assign(this, { kind, location, warnings, digestBytes, heapBytes });
    const known = this.#byKey;
    this.#byKey = new Map(studies.map(({ key }) => [key, known.get(key) as StudyRecord]));
    let isNoted = false;
    for (const { key, userAttrs, systemAttrs, noted } of studies) {
      const record = this.#byKey.get(key) as StudyRecord;
      if (annotationsKey(record.systemAttrs) !== annotationsKey(systemAttrs)) isNoted = true;
      const trialIds: number[] = [];
      for (const [number, id] of noted) trialIds[number] = id;
      Object.assign(record, { userAttrs, systemAttrs, trialIds });
    }
    for (const [key, numbers] of fronts) giveFront((this.#byKey.get(key) as StudyRecord).history, numbers);
    const records = [...this.#byKey.values()];
    const isSame = records.length === this.#records.length && records.every((one, at) => one === this.#records[at]);
    if (!isSame) this.#records = records;
    return isNoted;
  }
}

function recordOf({ id, name, directions, userAttrs, systemAttrs }: StudyHead): StudyRecord {
  return { id, name, directions, userAttrs, systemAttrs, history: new History(directions) };
}
