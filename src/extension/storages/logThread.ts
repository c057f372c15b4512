/**
 * Entry of a thread that reads logs, so that the window never waits for a parser: see `ThreadLog`. And of one that works
 * out a Pareto front: see `FrontedLog`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { TuneboardError, wordsOf } from '../../core/errors.ts';
import { paretoFront } from '../../core/fronts/paretoFront.ts';
import type { TrialTemplate } from '../../core/study/changes.ts';
import { notedTrials } from '../../core/study/notes.ts';
import { isFinished } from '../../core/study/states.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';
import { type OpenOptions, openTrialLog } from '../../storage/openTrialLog.ts';
import { StorageError } from '../../storage/storageError.ts';
import { templateOf } from '../../storage/trialTemplate.ts';
import { storageMessage } from '../../words/en/storage.ts';
import type { Message } from '../../words/message.ts';
import {
  boundedAttrs,
  boundedTrial,
  type DigestTrials,
  digestBytes,
  digestTrials,
  isSmall,
  listedIn,
  shownTrials,
  studyAttrsOf,
  weightOf,
} from './digest.ts';
import { type FrontAnswer, type FrontQuestion, frontOf, LARGE_FRONT } from './fronts.ts';

export interface LogJob {
  readonly location: string;
  readonly options: OpenOptions;
  /**
   * Only a stranger's record names it: of many studies the newest are sent and those of these names, and of trials what
   * `boundedTrial` leaves.
   */
  readonly strange?: { readonly names: readonly string[] } | undefined;
  /**
   * Digests will do, if they take at most `mostBytes`. A small log is sent whole all the same.
   */
  readonly digest?: { readonly mostBytes: number } | undefined;
}

/** What the window asks: to open a log in place of the last one, to read what is new, and for the next batch of it. */
export type LogQuestion = LogJob | 'refresh' | 'more';

/** A study without its trials. `key` stands for the record: one that was replaced has another key. */
export type StudyHead = Omit<StudyRecord, 'history' | 'trialIds'> & {
  readonly key: number;
  /** Of trials with a note, which the window needs the ids of. */
  readonly noted: readonly (readonly [number: number, id: number])[];
};

type SentTrial = readonly [key: number, number: number, template: Required<TrialTemplate>];
type SentDigest = readonly [key: number, trials: DigestTrials];

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
      readonly trials: readonly SentTrial[];
      readonly digests: readonly SentDigest[];
      /** With the last batch: Pareto fronts that have changed and would take the window long to work out. */
      readonly fronts: readonly (readonly [key: number, numbers: Uint32Array])[];
      readonly isLast: boolean;
      /** What digests take in the window, about; undefined where the trials are sent whole. */
      readonly digestBytes: number | undefined;
      /** Heap of the thread. */
      readonly heapBytes: number;
    };

const ALIVE_MS = 500;
/** Values in one batch: the window takes it in a few milliseconds. */
const BATCH_VALUES = 3000;
const BATCH_DIGESTS = 1000;

interface Sent {
  readonly key: number;
  revision: number;
  /** States as they were sent. */
  states: Uint8Array;
  /** Of the history, when the Pareto front was sent. */
  frontRevision: number;
}

/** Reads a log and tells its trials in batches. */
class LogSender {
  readonly #job: LogJob;
  #log: TrialLog | undefined;
  #sent = new Map<StudyRecord, Sent>();
  #keys = 0;
  #rest: Iterator<SentTrial | SentDigest, void> = [][Symbol.iterator]();
  #digestBytes: number | undefined;

  constructor(job: LogJob) {
    this.#job = job;
  }

  async answer(question: LogQuestion): Promise<LogAnswer> {
    if (question !== 'more') {
      if (this.#log) await this.#log.refresh();
      else this.#log = await openTrialLog(this.#job.location, this.#job.options);
      this.#begin(this.#log);
    }
    return this.#batch(this.#log as TrialLog);
  }

  close(): Promise<void> | undefined {
    return this.#log?.close();
  }

  #begin(log: TrialLog): void {
    const { digest, location, strange } = this.#job;
    const all = log.studies();
    const isDigest = digest !== undefined && !isSmall(all);
    const records = strange ? listedIn(all, strange.names) : all;
    this.#digestBytes = isDigest ? digestBytes(records) : undefined;
    if (digest && this.#digestBytes !== undefined && this.#digestBytes > digest.mostBytes) {
      throw new StorageError('too-large', storageMessage('moreTrialsThanUnasked', { location }));
    }
    this.#sent = new Map(records.map((record) => [record, this.#known(record)]));
    this.#rest = this.#news([...this.#sent]);
  }

  /** A finished trial never changes in the window's history: a study with one that did is sent as a new one. */
  #known(record: StudyRecord): Sent {
    const known = this.#sent.get(record);
    const isSame = known && record.history.changedSince(known.revision).every((number) => !isFinal(known, number));
    return isSame ? known : { key: this.#keys++, revision: 0, states: new Uint8Array(0), frontRevision: 0 };
  }

  *#news(studies: readonly (readonly [StudyRecord, Sent])[]): Generator<SentTrial | SentDigest, void> {
    for (const [record, sent] of studies) {
      const { history } = record;
      if (this.#digestBytes !== undefined) {
        const shown = shownTrials(record);
        for (let from = 0; from < history.length; from += BATCH_DIGESTS)
          yield [sent.key, digestTrials(record, shown, from, BATCH_DIGESTS)];
        continue;
      }
      const numbers = sent.revision === 0 ? history.states.keys() : history.changedSince(sent.revision);
      sent.revision = history.revision;
      sent.states = history.states.slice();
      for (const number of numbers) {
        const template = templateOf(record, number, undefined);
        yield [sent.key, number, this.#job.strange ? boundedTrial(template) : template];
      }
    }
  }

  #batch({ kind, location, warnings }: TrialLog): LogAnswer {
    const trials: SentTrial[] = [];
    const digests: SentDigest[] = [];
    let isLast = false;
    for (let values = 0; values < BATCH_VALUES; ) {
      const next = this.#rest.next();
      isLast = next.done === true;
      if (next.done) break;
      if (next.value.length === 2) {
        digests.push(next.value);
        values += 1 + (BATCH_VALUES * next.value[1].states.length) / BATCH_DIGESTS;
        continue;
      }
      trials.push(next.value);
      values += weightOf(next.value[2]);
    }
    const studies = [...this.#sent].map(([record, { key }]) => {
      const { id, name, directions } = record;
      // The window takes them with the last batch; they may be megabytes.
      const all = isLast ? this.#attrsOf(record) : { userAttrs: {}, systemAttrs: {} };
      const attrs = this.#digestBytes === undefined ? all : studyAttrsOf(record);
      const noted = isLast ? notedTrials(record) : [];
      return { key, id, name, directions, noted, ...attrs };
    });
    return {
      type: 'batch',
      kind,
      location,
      warnings,
      studies,
      trials,
      digests,
      fronts: isLast ? this.#fronts() : [],
      isLast,
      digestBytes: this.#digestBytes,
      heapBytes: process.memoryUsage().heapTotal,
    };
  }

  #fronts(): [key: number, numbers: Uint32Array][] {
    const fronts: [number, Uint32Array][] = [];
    for (const [{ history }, sent] of this.#sent) {
      if (history.directions.length < 2 || history.length < LARGE_FRONT) continue;
      if (sent.frontRevision === history.revision) continue;
      sent.frontRevision = history.revision;
      fronts.push([sent.key, Uint32Array.from(paretoFront(history))]);
    }
    return fronts;
  }

  #attrsOf({ userAttrs, systemAttrs }: StudyRecord): Pick<StudyRecord, 'userAttrs' | 'systemAttrs'> {
    if (!this.#job.strange) return { userAttrs, systemAttrs };
    return { userAttrs: boundedAttrs(userAttrs), systemAttrs: boundedAttrs(systemAttrs) };
  }
}

function isFinal({ states }: Sent, number: number): boolean {
  return number < states.length && isFinished(states[number] as never);
}

function post(answer: LogAnswer): void {
  parentPort?.postMessage(answer);
}

/** What lies beside the heap counts too: V8 limits the heap alone. */
function checkMemory(): void {
  const { heapMb } = workerData as { readonly heapMb: number };
  if (process.memoryUsage().arrayBuffers <= heapMb * 2 ** 20) return;
  throw Object.assign(new Error('memory'), { code: 'ERR_WORKER_OUT_OF_MEMORY' });
}

let sender: LogSender | undefined;

async function answer(question: LogQuestion): Promise<LogAnswer> {
  if (typeof question === 'object') {
    await sender?.close();
    sender = new LogSender(question);
  }
  return (sender as LogSender).answer(question);
}

function listen(): void {
  parentPort?.on('message', (question: LogQuestion) => {
    const timer = setInterval(() => {
      checkMemory();
      post({ type: 'alive' });
    }, ALIVE_MS);
    answer(question)
      .catch((error: unknown): LogAnswer => {
        const code = error instanceof TuneboardError ? error.code : 'io';
        return { type: 'failed', code, message: wordsOf(error) };
      })
      .then((answered) => {
        clearInterval(timer);
        post(answered);
      });
  });
}

const { front } = workerData as Partial<FrontQuestion>;
if (front) parentPort?.postMessage({ numbers: frontOf(front) } satisfies FrontAnswer);
else listen();
