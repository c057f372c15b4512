import { Worker } from 'node:worker_threads';
import { History } from '../../core/study/history.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { Mutex } from '../../storage/eventLoop.ts';
import { updateTrial } from '../../storage/sql/read/historyUpdate.ts';
import { StorageError, type StorageErrorCode } from '../../storage/storageError.ts';
import { storageMessage } from '../../words/en/storage.ts';
import { type Message, verbatim } from '../../words/message.ts';
import type { LogAnswer, LogJob, LogQuestion, StudyHead } from './logThread.ts';

type Batch = Extract<LogAnswer, { type: 'batch' }>;

/** A thread that says nothing for so long, in milliseconds, is caught in a parser. */
const SILENCE_MS = 30_000;

/**
 * A trial log that a thread of its own reads and parses. The window gets the trials in batches that it takes in a few
 * milliseconds each, and asks for the next one when it has: however large the log is, and whatever is in it, the extension
 * host goes on. The thread ends with `close`.
 */
export class ThreadLog implements TrialLog {
  kind: TrialLog['kind'] = 'text';
  location: string;
  warnings: readonly string[] = [];
  readonly #heapMb: number;
  readonly #worker: Worker;
  readonly #reading = new Mutex();
  #records: readonly StudyRecord[] = [];
  /** By the thread's key. */
  #byKey = new Map<number, StudyRecord>();
  #answered: { resolve(batch: Batch): void; reject(error: Error): void } | undefined;
  #silence: NodeJS.Timeout | undefined;
  /** Why there is no thread any more. */
  #gone: Error | undefined;

  private constructor(thread: string | URL, job: LogJob, heapMb: number) {
    this.#heapMb = heapMb;
    this.location = job.location;
    this.#worker = new Worker(thread, { workerData: job, resourceLimits: { maxOldGenerationSizeMb: heapMb } });
    this.#worker.unref();
    this.#worker.on('message', (answer: LogAnswer) => this.#hear(answer));
    this.#worker.on('error', (error) => this.#end(this.#failure(error)));
    this.#worker.on('exit', () => this.#end(this.#problem(storageMessage('readerEnded'))));
  }

  /**
   * Starts the thread, whose program is `thread`, and reads the log: one that needs more heap than `heapMb` MB is refused
   * instead of taking the window's memory. Throws what the storage throws.
   */
  static async open(thread: string | URL, job: LogJob, heapMb: number): Promise<ThreadLog> {
    const log = new ThreadLog(thread, job, heapMb);
    try {
      await log.refresh();
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  studies(): readonly StudyRecord[] {
    return this.#records;
  }

  refresh(): Promise<boolean> {
    return this.#reading.run(async () => {
      let isChanged = false;
      for (let question: LogQuestion = 'refresh'; ; question = 'more') {
        const batch = await this.#ask(question);
        if (this.#take(batch)) isChanged = true;
        if (!batch.isLast) continue;
        this.#keep(batch);
        return isChanged;
      }
    });
  }

  async close(): Promise<void> {
    this.#end(new StorageError('closed', storageMessage('closedUnread', { place: this.location })));
  }

  #ask(question: LogQuestion): Promise<Batch> {
    if (this.#gone) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject };
      this.#listen();
      this.#worker.postMessage(question);
    });
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
    return new StorageError('io', storageMessage('unreadable', { place: this.location, reason }));
  }

  /** Returns whether the batch changes a study. */
  #take(batch: Batch): boolean {
    for (const head of batch.studies) if (!this.#byKey.has(head.key)) this.#byKey.set(head.key, recordOf(head));
    for (const [key, number, template] of batch.trials) {
      const { history } = this.#byKey.get(key) as StudyRecord;
      if (number < history.length) updateTrial(history, number, template);
      else history.add(template);
    }
    return batch.trials.length > 0;
  }

  /** A study that was replaced is seen whole, or as it was before. */
  #keep({ studies, kind, location, warnings }: Batch): void {
    Object.assign(this, { kind, location, warnings });
    const known = this.#byKey;
    this.#byKey = new Map(studies.map(({ key }) => [key, known.get(key) as StudyRecord]));
    for (const { key, userAttrs, systemAttrs } of studies) {
      Object.assign(this.#byKey.get(key) as StudyRecord, { userAttrs, systemAttrs });
    }
    const records = [...this.#byKey.values()];
    const isSame = records.length === this.#records.length && records.every((one, at) => one === this.#records[at]);
    if (!isSame) this.#records = records;
  }
}

function recordOf({ id, name, directions, userAttrs, systemAttrs }: StudyHead): StudyRecord {
  return { id, name, directions, userAttrs, systemAttrs, history: new History(directions) };
}
