/** Hugging Face's names of the ways in which a learning rate falls. */
export const SCHEDULES = [
  'linear',
  'cosine',
  'cosine_with_restarts',
  'polynomial',
  'constant',
  'constant_with_warmup',
  'inverse_sqrt',
] as const;

export type ScheduleName = (typeof SCHEDULES)[number];

/** `lr_scheduler_kwargs` by schedule, with the values where they are left out. */
export const SCHEDULE_OPTIONS: Readonly<Record<ScheduleName, Readonly<Record<string, number>>>> = {
  linear: {},
  cosine: { num_cycles: 0.5 },
  cosine_with_restarts: { num_cycles: 1 },
  polynomial: { lr_end: 1e-7, power: 1 },
  constant: {},
  constant_with_warmup: {},
  inverse_sqrt: { timescale: 10_000 },
};

export interface Schedule {
  readonly name: ScheduleName;
  /** Updates in which the rate rises from 0. */
  readonly warmup: number;
  /** Updates of the whole run. */
  readonly total: number;
  readonly learningRate: number;
  readonly options: Readonly<Record<string, number>>;
}

/** The learning rate of update `step` (from 0), as transformers' get_scheduler has it. */
export function learningRateAt({ name, warmup, total, learningRate, options }: Schedule, step: number): number {
  if (name === 'constant') return learningRate;
  if (step < warmup) return (learningRate * step) / Math.max(1, warmup);
  const given = { ...SCHEDULE_OPTIONS[name], ...options };
  const progress = (step - warmup) / Math.max(1, total - warmup);
  switch (name) {
    case 'linear':
      return learningRate * Math.max(0, 1 - progress);
    case 'cosine':
      return learningRate * half(2 * (given['num_cycles'] as number) * progress);
    case 'cosine_with_restarts':
      return progress >= 1 ? 0 : learningRate * half(((given['num_cycles'] as number) * progress) % 1);
    case 'polynomial': {
      const end = given['lr_end'] as number;
      if (step > total) return end;
      return (learningRate - end) * (1 - progress) ** (given['power'] as number) + end;
    }
    case 'inverse_sqrt': {
      const timescale = options['timescale'] ?? (warmup || (given['timescale'] as number));
      return learningRate / Math.sqrt((step + timescale - warmup) / timescale);
    }
    default:
      return learningRate;
  }
}

/** From 1 down to 0 along half a cosine, as `turn` goes from 0 to 1. */
function half(turn: number): number {
  return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * turn)));
}

/** Updates of warm-up: a number below 1 is a share of all of them, rounded up. */
export function warmupUpdates(warmupSteps: number, total: number): number {
  return warmupSteps < 1 ? Math.ceil(warmupSteps * total) : Math.floor(warmupSteps);
}
