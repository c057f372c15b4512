import { TuneboardError } from '../../core/errors.ts';
import type { TrainingArgumentValues } from '../arguments/argumentFields.ts';
import type { ScheduleOptions } from './scheduleOptions.ts';
import type { ScheduleName } from './schedules.ts';

interface MetricOptions {
  readonly mode: 'min' | 'max';
  /** The rate is multiplied by it to fall, and `greedy` divides by it to rise. */
  readonly factor: number;
  /** Evaluations in a row that nothing follows from. */
  readonly patience: number;
  readonly threshold: number;
  readonly threshold_mode: 'rel' | 'abs';
  /** Evaluations after a fall that do not count. */
  readonly cooldown: number;
  readonly min_lr: number;
  /** Changes that are not larger are not made. */
  readonly eps: number;
}

interface GreedyOptions extends MetricOptions {
  /** Evaluations after a rise that do not count. */
  readonly warmup: number;
  readonly max_lr: number;
  /** Take the mean of the last `window_size` metrics. */
  readonly smooth: boolean;
  readonly window_size: number;
  /** Falls at the lowest rate after which everything begins anew. */
  readonly reset_start: number;
}

/** The defaults of torch's ReduceLROnPlateau and of transformers' GreedyLR. */
export const METRIC_DEFAULTS: {
  readonly reduce_lr_on_plateau: MetricOptions;
  readonly greedy: GreedyOptions;
} = {
  reduce_lr_on_plateau: {
    mode: 'min',
    factor: 0.1,
    patience: 10,
    threshold: 1e-4,
    threshold_mode: 'rel',
    cooldown: 0,
    min_lr: 0,
    eps: 1e-8,
  },
  greedy: {
    mode: 'min',
    factor: 0.95,
    patience: 10,
    threshold: 1e-6,
    threshold_mode: 'abs',
    cooldown: 0,
    min_lr: 1e-3,
    eps: 1e-8,
    warmup: 0,
    max_lr: 1,
    smooth: false,
    window_size: 50,
    reset_start: 500,
  },
};

export type MetricScheduleName = keyof typeof METRIC_DEFAULTS;

export function isMetricSchedule(name: ScheduleName): name is MetricScheduleName {
  return Object.hasOwn(METRIC_DEFAULTS, name);
}

/** What a checkpoint keeps of it. */
export interface MetricScheduleState {
  readonly rate: number;
  /** Infinite before the first metric. */
  readonly best: number;
  readonly bad: number;
  readonly good: number;
  readonly cooldown: number;
  readonly warmup: number;
  readonly reset: number;
  readonly window: readonly number[];
  /** Of the window, as it has run on: NaN stays in it, as in transformers. */
  readonly sum: number;
}

/**
 * A learning rate that follows the metric of the evaluations: `reduce_lr_on_plateau` as torch's ReduceLROnPlateau, `greedy`
 * as transformers' GreedyLR (arXiv 2512.14527), which also raises it while the metric improves.
 */
export class MetricSchedule {
  readonly #options: MetricOptions;
  readonly #greedy: GreedyOptions | null;
  readonly #start: number;
  #state: MetricScheduleState;

  constructor(name: MetricScheduleName, learningRate: number, given: ScheduleOptions) {
    const known = Object.entries(given).filter(([, value]) => value !== null);
    const options = { ...METRIC_DEFAULTS[name], ...Object.fromEntries(known) };
    this.#options = options;
    this.#greedy = name === 'greedy' ? (options as GreedyOptions) : null;
    this.#start = learningRate;
    this.#state = this.#begin();
  }

  /** Of the next update. */
  get rate(): number {
    return this.#state.rate;
  }

  get state(): MetricScheduleState {
    return this.#state;
  }

  restore(state: MetricScheduleState): void {
    this.#state = state;
  }

  /** Takes note of an evaluation's metric; NaN is no progress. */
  note(metric: number): void {
    if (this.#greedy) this.#noteGreedily(this.#smoothed(metric, this.#greedy), this.#greedy);
    else this.#noteOnPlateau(metric);
  }

  #noteOnPlateau(metric: number): void {
    const { patience, cooldown: pause } = this.#options;
    let { bad, cooldown } = this.#count(metric);
    if (cooldown > 0) {
      cooldown--;
      bad = 0;
    }
    this.#change({ bad, cooldown, good: 0 });
    if (bad <= patience) return;
    this.#lower();
    this.#change({ bad: 0, cooldown: pause });
  }

  #noteGreedily(metric: number, options: GreedyOptions): void {
    const { cooldown, warmup } = this.#state;
    if (cooldown > 0 || warmup > 0) {
      this.#change({ bad: 0, good: 0, ...(cooldown > 0 ? { cooldown: cooldown - 1 } : { warmup: warmup - 1 }) });
      return;
    }
    const { bad, good } = this.#count(metric);
    if (good > options.patience) {
      this.#raise(options);
      this.#change({ warmup: options.warmup, good: 0 });
    } else if (bad > options.patience) {
      this.#lower();
      if (this.rate <= options.min_lr) this.#countDown(options);
      this.#change({ cooldown: options.cooldown, bad: 0 });
    }
  }

  /** Notes whether the metric is better than the best before. */
  #count(metric: number): MetricScheduleState {
    const { bad, good } = this.#state;
    if (this.#isBetter(metric)) this.#change({ best: metric, bad: 0, good: good + 1 });
    else this.#change({ bad: bad + 1, good: 0 });
    return this.#state;
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, threshold_mode: kind } = this.#options;
    const sign = mode === 'min' ? -1 : 1;
    const { best } = this.#state;
    const wanted = kind === 'rel' ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === 'min' ? metric < wanted : metric > wanted;
  }

  #lower(): void {
    const { factor, min_lr, eps } = this.#options;
    const rate = Math.max(this.rate * factor, min_lr);
    if (this.rate - rate > eps) this.#change({ rate });
  }

  #raise({ factor, max_lr, eps, reset_start: reset }: GreedyOptions): void {
    const rate = Math.min(this.rate / factor, max_lr);
    if (rate - this.rate > eps) this.#change({ rate });
    this.#change({ reset });
  }

  #countDown({ reset_start }: GreedyOptions): void {
    const reset = this.#state.reset - 1;
    this.#state = reset > 0 ? { ...this.#state, reset } : { ...this.#begin(), reset: reset_start };
  }

  #smoothed(metric: number, { smooth, window_size: size }: GreedyOptions): number {
    if (!smooth) return metric;
    const window = [...this.#state.window, metric];
    let sum = this.#state.sum + metric;
    if (window.length > size) sum -= window.shift() as number;
    this.#change({ window, sum });
    return sum / window.length;
  }

  #begin(): MetricScheduleState {
    const reset = this.#greedy?.reset_start ?? 0;
    const best = this.#options.mode === 'min' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    return { rate: this.#start, best, bad: 0, good: 0, cooldown: 0, warmup: 0, reset, window: [], sum: 0 };
  }

  #change(part: Partial<MetricScheduleState>): void {
    this.#state = { ...this.#state, ...part };
  }
}

/**
 * What the arguments name; null where the rate follows no metric. Throws `hypergradient` where the training is to be
 * differentiated: the rate jumps.
 */
export function metricScheduleOf(args: TrainingArgumentValues, isDifferentiated: boolean): MetricSchedule | null {
  const { lr_scheduler_type: name, lr_scheduler_kwargs: options, learning_rate: rate } = args;
  if (!isMetricSchedule(name)) return null;
  if (!isDifferentiated) return new MetricSchedule(name, rate, options ?? {});
  throw new TuneboardError(
    'hypergradient',
    `lr_scheduler_type ${name} jumps by a metric, which has no derivative: take another schedule, or another sampler than hypergradient.`,
  );
}
