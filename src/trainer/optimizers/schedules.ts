import type { SCHEDULES } from '../../core/trainerWords.ts';
import type { ScheduleOptions } from './scheduleOptions.ts';

export type ScheduleName = (typeof SCHEDULES)[number];

export interface Schedule {
  readonly name: ScheduleName;
  /** Updates in which the rate rises from 0. */
  readonly warmup: number;
  /** Updates of the whole run. */
  readonly total: number;
  readonly learningRate: number;
  readonly options: ScheduleOptions;
}

/**
 * The learning rate of update `step` (from 0), as transformers' get_scheduler has it; of those that follow a metric, the rate
 * at the start.
 */
export function learningRateAt(schedule: Schedule, step: number): number {
  const { name, warmup, total, learningRate, options } = schedule;
  const given = (key: string, usual: number) => Number(options[key] ?? usual);
  if (name === 'constant' || name === 'reduce_lr_on_plateau' || name === 'greedy') return learningRate;
  if (name === 'cosine_warmup_with_min_lr') return cosineFromItsFirstUpdate(schedule, step);
  if (name === 'warmup_stable_decay') return learningRate * stableShare(schedule, step);
  if (step < warmup) return (learningRate * step) / Math.max(1, warmup);
  const progress = (step - warmup) / Math.max(1, total - warmup);
  switch (name) {
    case 'linear':
      return learningRate * Math.max(0, 1 - progress);
    case 'cosine':
      return learningRate * half(2 * given('num_cycles', 0.5) * progress);
    case 'cosine_with_restarts':
      return progress >= 1 ? 0 : learningRate * half((given('num_cycles', 1) * progress) % 1);
    case 'cosine_with_min_lr':
      return aboveLowest(schedule, half(2 * given('num_cycles', 0.5) * progress));
    case 'polynomial': {
      const end = given('lr_end', 1e-7);
      if (step > total) return end;
      return (learningRate - end) * (1 - progress) ** given('power', 1) + end;
    }
    case 'inverse_sqrt': {
      const timescale = given('timescale', warmup || 10_000);
      return learningRate / Math.sqrt((step + timescale - warmup) / timescale);
    }
    case 'constant_with_warmup':
      return learningRate;
  }
}

/** Between the lowest rate (share 0) and the learning rate (share 1); never below 0. */
function aboveLowest({ learningRate, options }: Schedule, share: number): number {
  const lowest = Number(options['min_lr'] ?? learningRate * Number(options['min_lr_rate'] ?? 0));
  return Math.max(0, (learningRate - lowest) * share + lowest);
}

/** One update ahead of `cosine_with_min_lr`, and its warm-up begins at `warmup_lr_rate` in place of 0. */
function cosineFromItsFirstUpdate(schedule: Schedule, step: number): number {
  const { warmup, total, learningRate, options } = schedule;
  if (step < warmup) {
    const from = options['warmup_lr_rate'] ?? null;
    if (from === null) return (learningRate * (step + 1)) / warmup;
    return learningRate * (Number(from) + ((1 - Number(from)) * step) / Math.max(1, warmup - 1));
  }
  const progress = (step - warmup + 1) / Math.max(1, total - warmup);
  const cycles = Number(options['num_cycles'] ?? 0.5);
  return aboveLowest(schedule, half(2 * cycles * progress));
}

/** Warm-up, a stretch at the full rate, then down to `min_lr_ratio` in `num_decay_steps` updates; where it stays. */
function stableShare({ warmup, total, options }: Schedule, step: number): number {
  const lowest = Number(options['min_lr_ratio'] ?? 0);
  const decay = Number(options['num_decay_steps']);
  const stable = Number(options['num_stable_steps'] ?? total - warmup - decay);
  const above = (share: number) => Math.max(0, share * (1 - lowest) + lowest);
  if (step < warmup) return above(fall(options['warmup_type'] ?? 'linear', 1 - step / warmup, 0.5));
  if (step < warmup + stable) return 1;
  if (step >= warmup + stable + decay) return lowest;
  const progress = (step - warmup - stable) / Math.max(1, decay);
  return above(fall(options['decay_type'] ?? 'cosine', progress, Number(options['num_cycles'] ?? 0.5)));
}

/** From 1 down to 0 as `progress` goes from 0 to 1; a rise is the same backwards. */
function fall(type: unknown, progress: number, cycles: number): number {
  if (type === 'cosine') return half(2 * cycles * progress);
  return 1 - (type === '1-sqrt' ? Math.sqrt(progress) : progress);
}

/** From 1 down to 0 along half a cosine, as `turn` goes from 0 to 1. */
function half(turn: number): number {
  return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * turn)));
}

/** Updates of warm-up: a number below 1 is a share of all of them, rounded up. */
export function warmupUpdates(warmupSteps: number, total: number): number {
  return warmupSteps < 1 ? Math.ceil(warmupSteps * total) : Math.floor(warmupSteps);
}
