import { TuneboardError } from '../../core/errors.ts';
import type { History } from '../../core/study/history.ts';
import { isAtWork, type LeftWorkers, type WorkerRecord } from '../../protocol/workers.ts';
import { ownerOf } from '../../runs/trialOwner.ts';
import { clusterMessage } from '../../words/en/cluster.ts';
import type { Executor, WorkerReport } from './executor.ts';
import type { WorkerLogs } from './workerLogs.ts';

/** Workers that fail in a row, with nothing finished between, before the run gives up. */
const MOST_FAILED = 3;
/** And how often those are lost that took the place of lost ones: a partition may lose all of its workers at once. */
const MOST_LOST = 10;
/** Records of workers that are gone; all of them would grow without end. */
const MOST_KEPT = 50;
/** An engine may not know yet what it has just been given, for so long by default. In milliseconds. */
const FORGOTTEN_MS = 20_000;

export interface WorkforceOptions {
  readonly executor: Executor;
  readonly logs: WorkerLogs;
  readonly note: (sentence: string) => void;
  /** Told after each change. */
  readonly onChange: (workers: readonly WorkerRecord[]) => void;
  /** Trials with a result so far. */
  readonly progress: () => number;
  /** How long an engine may not know a worker that it was given, in milliseconds; 20 s by default. */
  readonly forgottenMs?: number;
}

/** The workers of a run: their states, the missing ones and their replacements. */
export class Workforce {
  readonly #options: WorkforceOptions;
  readonly #workers: Map<string, WorkerRecord>;
  readonly #seenAt = new Map<string, number>();
  /** How often workers had been lost when each was placed. */
  readonly #placedAfter = new Map<string, number>();
  #failed = 0;
  #lost = 0;
  #progress: number;
  /** Workers that had nothing left to do. */
  #ended = 0;
  #hasPlaced = false;
  readonly #dismissed = new Set<string>();
  /** All that there ever were. */
  readonly #ids: Set<string>;
  #looking: Promise<void> | undefined;

  /** @param known Workers of an earlier tuner of the same run. */
  constructor(options: WorkforceOptions, known: readonly WorkerRecord[]) {
    this.#options = options;
    this.#workers = new Map(known.map((worker) => [worker.id, worker]));
    this.#ids = new Set(this.#workers.keys());
    this.#progress = options.progress();
  }

  /** The running trials of these workers, also of those that are not at work any more. */
  trialsIn(history: History): number[] {
    const isOwn = (number: number) => {
      const { engine, job } = ownerOf(history.systemAttrs(number)) ?? {};
      return job !== undefined && engine === this.#options.executor.engine && this.#ids.has(job);
    };
    return [...history.running].filter(isOwn);
  }

  get atWork(): readonly WorkerRecord[] {
    return [...this.#workers.values()].filter(isAtWork);
  }

  get queued(): readonly WorkerRecord[] {
    return this.atWork.filter(({ state }) => state === 'queued');
  }

  /** How many workers have found that there is nothing left to do. */
  get ended(): number {
    return this.#ended;
  }

  /** Whether the engine has taken workers, now or earlier. */
  get hasPlaced(): boolean {
    return this.#hasPlaced || this.atWork.length > 0;
  }

  /** Asks the engine for more. */
  async place(count: number): Promise<void> {
    for (const id of await this.#options.executor.submit(count)) {
      // It was found already, while the answer took its time.
      if (this.#workers.has(id)) continue;
      this.#set({ id, state: 'queued' });
      this.#placedAfter.set(id, this.#lost);
    }
    this.#hasPlaced = true;
    this.#tell();
  }

  /** Asks for no more from here on. */
  stopAsking(): void {
    this.#options.executor.stopAsking();
  }

  /** See Executor. */
  get heardAt(): number {
    return this.#options.executor.heardAt;
  }

  /** Whether there may be workers, or some still come, that are not known here. */
  get isAsking(): boolean {
    return this.#options.executor.isAsking;
  }

  /** Those at work and those that may be there unheard, to be ended later. */
  left(): LeftWorkers {
    return this.#options.executor.left(this.atWork.map(({ id }) => id));
  }

  /** Takes in those that the engine has after all, though its answer was lost. */
  async findUnheard(): Promise<void> {
    const ids = (await this.#options.executor.unheard()).filter((id) => !this.#workers.has(id));
    for (const id of ids) this.#set({ id, state: 'queued' });
    if (ids.length > 0) this.#tell();
  }

  /**
   * Asks the engine how they are; where somebody is asking already, that answer is waited for. Throws `workers-failed` when
   * more of them can only fail too.
   */
  look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const known = this.atWork;
    if (known.length === 0) return;
    const reports = await this.#options.executor.poll(known.map(({ id }) => id));
    let isChanged = false;
    for (const worker of known) {
      const report = reports.get(worker.id) ?? this.#forgotten(worker);
      if (reports.has(worker.id)) this.#seenAt.set(worker.id, performance.now());
      isChanged = (await this.#update(worker, report)) || isChanged;
    }
    await this.#options.logs.follow(this.atWork.filter(({ state }) => state === 'running').map(({ id }) => id));
    if (isChanged) this.#tell();
  }

  async cancel(workers: readonly WorkerRecord[]): Promise<void> {
    const ids = workers.map(({ id }) => id);
    for (const id of ids) this.#dismissed.add(id);
    if (ids.length > 0) await this.#options.executor.cancel(ids);
  }

  #forgotten(worker: WorkerRecord): WorkerReport {
    const seen = this.#seenAt.get(worker.id) ?? performance.now();
    this.#seenAt.set(worker.id, seen);
    const { forgottenMs = FORGOTTEN_MS } = this.#options;
    if (performance.now() - seen < forgottenMs) {
      return { state: worker.state, where: worker.where ?? null, reason: worker.reason ?? null };
    }
    return { state: 'lost', where: null, reason: 'the engine does not know it any more' };
  }

  async #update(worker: WorkerRecord, report: WorkerReport): Promise<boolean> {
    // It followed an order, whatever its exit code.
    const isDismissed = this.#dismissed.has(worker.id) && !isAtWork(report);
    const told = recordOf(worker.id, isDismissed ? { ...report, state: 'ended' } : report);
    if (JSON.stringify(told) === JSON.stringify(worker)) return false;
    const end = isAtWork(told) ? undefined : await this.#options.logs.finish(worker.id);
    // Slurm counts a job as lost when the kernel has killed the program of one trial, whatever its worker did then.
    const next = end?.hasDoneAll ? recordOf(worker.id, { ...report, state: 'ended', reason: null }) : told;
    const lastWords = next.state === 'ended' ? undefined : end?.lastWords;
    this.#set(lastWords === undefined ? next : { ...next, reason: lastWords });
    if (!isAtWork(next) && !isDismissed) this.#judge(next, lastWords);
    return true;
  }

  /** Whether more of them would only fail too, while those that run may do well on other nodes. */
  get isHopeless(): boolean {
    this.#forgive();
    return this.#areTooMany && this.atWork.some(({ state }) => state === 'running');
  }

  get #areTooMany(): boolean {
    return this.#failed >= MOST_FAILED || this.#lost >= MOST_LOST;
  }

  /** A result shows that workers can work. */
  #forgive(): void {
    const progress = this.#options.progress();
    if (progress <= this.#progress) return;
    this.#failed = 0;
    this.#lost = 0;
    this.#placedAfter.clear();
    this.#progress = progress;
  }

  #judge({ id, state, reason }: WorkerRecord, lastWords: string | undefined): void {
    this.#forgive();
    const wereTooMany = this.#areTooMany;
    const why = lastWords ?? reason ?? 'no reason is known.';
    if (state === 'ended') this.#ended++;
    else this.#options.note(`Worker ${id} ${state === 'failed' ? 'failed' : 'is lost'}: ${why}`);
    if (state === 'failed') this.#failed++;
    if (state === 'lost' && (this.#placedAfter.get(id) ?? 0) >= this.#lost) this.#lost++;
    this.#placedAfter.delete(id);
    if (!this.#areTooMany || state === 'ended') return;
    const cause = sentence(why);
    const sentences =
      this.#failed >= MOST_FAILED
        ? clusterMessage('workersFailed', { count: this.#failed, why: cause })
        : clusterMessage('workersLost', { count: this.#lost, why: cause });
    if (!this.isHopeless) throw new TuneboardError('workers-failed', sentences);
    if (!wereTooMany) this.#options.note(`${sentences.text} No more are started until one that runs finishes a trial.`);
  }

  #set(worker: WorkerRecord): void {
    this.#ids.add(worker.id);
    this.#workers.delete(worker.id);
    this.#workers.set(worker.id, worker);
    const gone = [...this.#workers.values()].filter((one) => !isAtWork(one));
    for (const { id } of gone.slice(0, Math.max(0, gone.length - MOST_KEPT))) this.#workers.delete(id);
  }

  #tell(): void {
    this.#options.onChange([...this.#workers.values()]);
  }
}

function recordOf(id: string, { state, where, reason }: WorkerReport): WorkerRecord {
  return { id, state, ...(where && { where }), ...(reason && { reason }) };
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
