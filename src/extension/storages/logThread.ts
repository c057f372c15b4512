/** Entry of the thread that reads one large log, so that the window never waits for a parser: see `ThreadLog`. */
import { parentPort, workerData } from 'node:worker_threads';
import { TuneboardError, wordsOf } from '../../core/errors.ts';
import type { TrialTemplate } from '../../core/study/changes.ts';
import { isFinished } from '../../core/study/states.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { type OpenOptions, openTrialLog } from '../../storage/openTrialLog.ts';
import { templateOf } from '../../storage/trialTemplate.ts';
import type { Message } from '../../words/message.ts';

export interface LogJob {
  readonly location: string;
  readonly options: OpenOptions;
}

/** What the window asks: to read what is new, and for the next batch of what was read. */
export type LogQuestion = 'refresh' | 'more';

/** A study without its trials. `key` stands for the record: one that was replaced has another key. */
export type StudyHead = Omit<StudyRecord, 'history'> & { readonly key: number };

export type LogAnswer =
  /** Given from time to time while the thread works. */
  | { readonly type: 'alive' }
  | { readonly type: 'failed'; readonly code: string; readonly message: Message }
  | {
      readonly type: 'batch';
      readonly kind: TrialLog['kind'];
      readonly location: string;
      readonly warnings: readonly string[];
      readonly studies: readonly StudyHead[];
      readonly trials: readonly (readonly [key: number, number: number, template: Required<TrialTemplate>])[];
      readonly isLast: boolean;
    };

const ALIVE_MS = 1000;
/** Values in one batch: the window takes it in a few milliseconds. */
const BATCH_VALUES = 3000;

interface Sent {
  readonly key: number;
  revision: number;
  /** States as they were sent. */
  states: Uint8Array;
}

/** Reads a log and tells its trials in batches. */
class LogSender {
  readonly #job: LogJob;
  #log: TrialLog | undefined;
  #sent = new Map<StudyRecord, Sent>();
  #keys = 0;
  #rest: Iterator<readonly [number, number, Required<TrialTemplate>], void> = [][Symbol.iterator]();

  constructor(job: LogJob) {
    this.#job = job;
  }

  async answer(question: LogQuestion): Promise<LogAnswer> {
    if (question === 'refresh') {
      if (this.#log) await this.#log.refresh();
      else this.#log = await openTrialLog(this.#job.location, this.#job.options);
      this.#begin();
    }
    return this.#batch(this.#log as TrialLog);
  }

  #begin(): void {
    const records = (this.#log as TrialLog).studies();
    this.#sent = new Map(records.map((record) => [record, this.#known(record)]));
    this.#rest = this.#news([...this.#sent]);
  }

  /** A finished trial never changes in the window's history: a study with one that did is sent as a new one. */
  #known(record: StudyRecord): Sent {
    const known = this.#sent.get(record);
    const isSame = known && record.history.changedSince(known.revision).every((number) => !isFinal(known, number));
    return isSame ? known : { key: this.#keys++, revision: 0, states: new Uint8Array(0) };
  }

  *#news(
    studies: readonly (readonly [StudyRecord, Sent])[],
  ): Generator<readonly [number, number, Required<TrialTemplate>], void> {
    for (const [record, sent] of studies) {
      const { history } = record;
      const numbers = sent.revision === 0 ? history.states.keys() : history.changedSince(sent.revision);
      sent.revision = history.revision;
      sent.states = history.states.slice();
      for (const number of numbers) yield [sent.key, number, templateOf(record, number, undefined)];
    }
  }

  #batch({ kind, location, warnings }: TrialLog): LogAnswer {
    const trials: (readonly [number, number, Required<TrialTemplate>])[] = [];
    let isLast = false;
    for (let values = 0; values < BATCH_VALUES; ) {
      const next = this.#rest.next();
      isLast = next.done === true;
      if (next.done) break;
      trials.push(next.value);
      const { params, intermediate } = next.value[2];
      values += 4 + params.length + intermediate.length;
    }
    const studies = [...this.#sent].map(([{ id, name, directions, userAttrs, systemAttrs }, { key }]) => {
      return { key, id, name, directions, userAttrs, systemAttrs };
    });
    return { type: 'batch', kind, location, warnings, studies, trials, isLast };
  }
}

function isFinal({ states }: Sent, number: number): boolean {
  return number < states.length && isFinished(states[number] as never);
}

function post(answer: LogAnswer): void {
  parentPort?.postMessage(answer);
}

const sender = new LogSender(workerData as LogJob);
parentPort?.on('message', (question: LogQuestion) => {
  const timer = setInterval(() => post({ type: 'alive' }), ALIVE_MS);
  sender
    .answer(question)
    .catch((error: unknown): LogAnswer => {
      const code = error instanceof TuneboardError ? error.code : 'io';
      return { type: 'failed', code, message: wordsOf(error) };
    })
    .then((answer) => {
      clearInterval(timer);
      post(answer);
    });
});
