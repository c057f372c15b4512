import type { Params } from '../../core/space/distributions.ts';
import type { JsonValue, TrialChange } from '../../core/study/changes.ts';
import type { Study } from '../../core/study/study.ts';
import { StepCounter } from '../objectives/metricSteps.ts';
import type { TrialHandle } from '../objectives/objective.ts';
import type { CurveReach } from './curveReach.ts';

/** After this many reports a trial may store one every `THIN_MS` only, so that a program that prints without pause cannot fill the disk. */
const DENSE_REPORTS = 1000;
const THIN_MS = 100;

export interface RecorderOptions {
  readonly study: Study;
  readonly number: number;
  readonly params: Params;
  readonly metrics: readonly string[];
  readonly reach: CurveReach;
  readonly marker: TrialHandle['marker'];
  readonly gpu: number | null;
  /** A write failed: the study can't go on. */
  readonly onWriteError: (error: unknown) => void;
  readonly onReport?: (value: number, step: number) => void;
}

/** Stores what a running trial reports: written as one commit as soon as the last one is durable. */
export class TrialRecorder implements TrialHandle {
  readonly number: number;
  readonly params: Params;
  readonly marker: TrialHandle['marker'];
  readonly gpu: number | null;
  readonly #options: RecorderOptions;
  readonly #steps = new StepCounter();
  readonly #last = new Map<string, number>();
  readonly #prunable: (() => void)[] = [];
  #pending: TrialChange[] = [];
  #held: TrialChange | undefined;
  #writing: Promise<void> | undefined;
  #reports = 0;
  #lastKeptAt = 0;
  #isPrunable = false;
  #isClosed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.number = options.number;
    this.params = options.params;
    this.marker = options.marker;
    this.gpu = options.gpu;
  }

  /** The last value of every metric reported, objectives included, in the order first seen. */
  get lastValues(): ReadonlyMap<string, number> {
    return this.#last;
  }

  report(metrics: Readonly<Record<string, number>>, step: number | null): void {
    if (this.#isClosed) return;
    for (const [name, value] of Object.entries(metrics)) this.#last.set(name, value);
    const metric = this.#options.metrics[0];
    // Optuna's rule: only a study with one objective has intermediate values.
    if (this.#options.metrics.length !== 1 || metric === undefined || !Object.hasOwn(metrics, metric)) return;
    const value = metrics[metric] as number;
    const at = this.#steps.next(step);
    this.#options.onReport?.(value, at);
    this.#keep({ type: 'intermediate', number: this.number, step: at, value });
  }

  async flush(): Promise<void> {
    if (this.#held) this.#pending.push(this.#held);
    this.#held = undefined;
    while (this.#pending.length > 0 || this.#writing) {
      this.#write();
      await this.#writing;
    }
  }

  shouldPrune(): boolean {
    return this.#isPrunable;
  }

  onPrunable(listener: () => void): void {
    this.#prunable.push(listener);
  }

  async setUserAttr(key: string, value: string | number | boolean | null): Promise<void> {
    if (this.#isClosed) return;
    this.#pending.push({ type: 'userAttr', number: this.number, key, value });
    await this.flush();
  }

  setSystemAttr(key: string, value: JsonValue): void {
    this.#pending.push({ type: 'systemAttr', number: this.number, key, value });
    this.#write();
  }

  /** Writes what is left; later reports are ignored. */
  async close(): Promise<void> {
    await this.flush();
    this.#isClosed = true;
  }

  #keep(change: TrialChange): void {
    const now = performance.now();
    this.#reports++;
    if (this.#reports > DENSE_REPORTS && now - this.#lastKeptAt < THIN_MS) {
      this.#held = change;
      return;
    }
    this.#held = undefined;
    this.#lastKeptAt = now;
    this.#pending.push(change);
    this.#write();
  }

  #write(): void {
    if (this.#writing || this.#pending.length === 0) return;
    const changes = this.#pending;
    this.#pending = [];
    this.#writing = this.#options.study
      .commit(changes)
      .then(() => this.#considerPruning(changes))
      .catch((error: unknown) => this.#options.onWriteError(error))
      .finally(() => {
        this.#writing = undefined;
        this.#write();
      });
  }

  #considerPruning(changes: readonly TrialChange[]): void {
    const { study, reach } = this.#options;
    const step = Math.max(-1, ...changes.map((change) => (change.type === 'intermediate' ? change.step : -1)));
    if (this.#isPrunable || !study.pruner || step < 0 || step >= reach.longest) return;
    if (!study.pruner.shouldPrune(study.history, this.number)) return;
    this.#isPrunable = true;
    for (const listener of this.#prunable) listener();
  }
}
