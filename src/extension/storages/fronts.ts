import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { giveFront } from '../../core/fronts/paretoFront.ts';
import { unbeatenRows } from '../../core/fronts/unbeatenRows.ts';
import { isFeasible } from '../../core/study/constraints.ts';
import type { History } from '../../core/study/history.ts';
import { Direction, TrialState } from '../../core/study/states.ts';
import type { StudyRecord, TrialLog } from '../../core/study/studyStore.ts';

/** From so many complete trials on a Pareto front is worked out in a thread: fewer take a few milliseconds. */
export const LARGE_FRONT = 500;
/** How long the trials wait for their front, in milliseconds: most take less, and come together with it. */
const PATIENCE_MS = 1000;

/** The trials among which a front is to be found: `losses` holds as many a trial as it has objectives. */
export interface FrontJob {
  readonly numbers: Uint32Array;
  /** Smaller is better, none is NaN. */
  readonly losses: Float64Array;
}

/** The numbers of the trials that no other one of the job beats, ascending. */
export function frontOf({ numbers, losses }: FrontJob): Uint32Array {
  if (numbers.length === 0) return numbers;
  const isUnbeaten = unbeatenRows(losses, losses.length / numbers.length);
  return numbers.filter((_, row) => isUnbeaten[row] === 1).sort();
}

/** What a thread is asked that works out a front, as its `workerData`; it answers with the numbers of the trials. */
export interface FrontQuestion {
  readonly front: FrontJob;
}

export interface FrontAnswer {
  readonly numbers: Uint32Array;
}

/**
 * A log that the window reads itself, with the Pareto fronts of its large studies worked out in a thread: a hundred
 * thousand trials with six objectives, none of which beats another, take twenty seconds. Until a front is there, that
 * before it stands; the next refresh reports it as a change.
 */
export class FrontedLog implements TrialLog {
  readonly #log: TrialLog;
  readonly #thread: string | URL;
  /** What was worked out of each study, and at which revision. */
  readonly #known = new WeakMap<History, { readonly revision: number; readonly numbers: Uint32Array }>();
  #worker: Worker | undefined;
  #work: Promise<void> = Promise.resolve();
  #isWorking = false;
  #hasNews = false;
  #isClosed = false;

  private constructor(log: TrialLog, thread: string | URL) {
    this.#log = log;
    this.#thread = thread;
  }

  /** `log` has been read; `thread` is the program that answers a `FrontQuestion`. */
  static async of(log: TrialLog, thread: string | URL): Promise<FrontedLog> {
    const fronted = new FrontedLog(log, thread);
    await fronted.#begin();
    fronted.#hasNews = false;
    return fronted;
  }

  get kind(): string {
    return this.#log.kind;
  }

  get location(): string {
    return this.#log.location;
  }

  get warnings(): readonly string[] {
    return this.#log.warnings;
  }

  studies(): readonly StudyRecord[] {
    return this.#log.studies();
  }

  async refresh(): Promise<boolean> {
    const isChanged = await this.#log.refresh();
    await this.#begin();
    const hasNews = this.#hasNews;
    this.#hasNews = false;
    return isChanged || hasNews;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
    await this.#log.close();
  }

  /** Resolves when all fronts are there, or after a moment. */
  async #begin(): Promise<void> {
    const due = this.#due();
    if (due.length === 0) return;
    // A front that was never worked out is not begun by the next reader in the window's own thread.
    for (const history of due) giveFront(history, this.#known.get(history)?.numbers ?? new Uint32Array(0));
    if (!this.#isWorking) this.#work = this.#all();
    await Promise.race([this.#work, delay(PATIENCE_MS, undefined, { ref: false })]);
  }

  #due(): History[] {
    const due: History[] = [];
    for (const { history } of this.#log.studies()) {
      const isLarge = history.directions.length > 1 && history.count(TrialState.complete) >= LARGE_FRONT;
      if (isLarge && this.#known.get(history)?.revision !== history.revision) due.push(history);
    }
    return due;
  }

  /** One study after the other, until none has changed. */
  async #all(): Promise<void> {
    this.#isWorking = true;
    try {
      for (let [history] = this.#due(); history && !this.#isClosed; [history] = this.#due()) {
        const { revision } = history;
        const known = this.#known.get(history);
        const job = frontJob(history, known?.numbers ?? new Uint32Array(0), known?.revision ?? 0);
        const numbers = job.numbers.length < LARGE_FRONT ? frontOf(job) : await this.#ask(job);
        if (!numbers) return;
        this.#known.set(history, { revision, numbers });
        giveFront(history, numbers);
        this.#hasNews = true;
      }
    } finally {
      this.#isWorking = false;
    }
  }

  /** Undefined when the thread ended without an answer, as when the log is closed. */
  #ask(front: FrontJob): Promise<Uint32Array | undefined> {
    const workerData: FrontQuestion = { front };
    const transferList = [front.numbers.buffer as ArrayBuffer, front.losses.buffer as ArrayBuffer];
    const worker = new Worker(this.#thread, { workerData, transferList });
    worker.unref();
    this.#worker = worker;
    return new Promise((resolve) => {
      worker.once('message', ({ numbers }: FrontAnswer) => resolve(numbers));
      worker.once('error', () => resolve(undefined));
      worker.once('exit', () => resolve(undefined));
    });
  }
}

/** What is to be compared for the front of a study now: `known`, its front at `revision`, and what has completed since. */
function frontJob(history: History, known: Uint32Array, revision: number): FrontJob {
  const signs = history.directions.map((direction) => (direction === Direction.maximize ? -1 : 1));
  const isKnown = new Set(known);
  const isUsable = (number: number) =>
    !isKnown.has(number) && history.state(number) === TrialState.complete && isFeasible(history.systemAttrs(number));
  const candidates = [...known, ...history.changedSince(revision).filter(isUsable)];
  const hasValues = (number: number) => signs.every((_, objective) => !Number.isNaN(history.value(number, objective)));
  const numbers = Uint32Array.from(candidates.filter(hasValues));
  const losses = new Float64Array(numbers.length * signs.length);
  for (const [row, number] of numbers.entries()) {
    for (const [objective, sign] of signs.entries()) {
      losses[row * signs.length + objective] = sign * history.value(number, objective);
    }
  }
  return { numbers, losses };
}
