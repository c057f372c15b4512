import { TuneboardError } from '../../core/errors.ts';
import { shown } from '../../core/text/shown.ts';
import { isMetricSchedule, METRIC_DEFAULTS } from './metricSchedule.ts';
import type { ScheduleName } from './schedules.ts';

export type ScheduleOption = number | string | boolean;
export type ScheduleOptions = Readonly<Record<string, ScheduleOption | null>>;

/** What an option may be: a number, true or false, or one of some words. */
type Kind = 'number' | 'boolean' | readonly string[];

const RAMPS = ['linear', 'cosine', '1-sqrt'];

const MIN_LR: Readonly<Record<string, Kind>> = { num_cycles: 'number', min_lr: 'number', min_lr_rate: 'number' };

/** `lr_scheduler_kwargs` by schedule, as transformers' functions and torch's ReduceLROnPlateau name them. */
const OPTIONS: Readonly<Record<ScheduleName, Readonly<Record<string, Kind>>>> = {
  linear: {},
  cosine: { num_cycles: 'number' },
  cosine_with_restarts: { num_cycles: 'number' },
  polynomial: { lr_end: 'number', power: 'number' },
  constant: {},
  constant_with_warmup: {},
  inverse_sqrt: { timescale: 'number' },
  cosine_with_min_lr: MIN_LR,
  cosine_warmup_with_min_lr: { ...MIN_LR, warmup_lr_rate: 'number' },
  warmup_stable_decay: {
    num_decay_steps: 'number',
    num_stable_steps: 'number',
    warmup_type: RAMPS,
    decay_type: RAMPS,
    min_lr_ratio: 'number',
    num_cycles: 'number',
  },
  reduce_lr_on_plateau: kindsOf(METRIC_DEFAULTS.reduce_lr_on_plateau),
  greedy: kindsOf(METRIC_DEFAULTS.greedy),
};

interface Scheduled {
  readonly lr_scheduler_type: ScheduleName;
  readonly lr_scheduler_kwargs: ScheduleOptions | null;
  readonly learning_rate: number;
  readonly eval_strategy: string;
}

/** Throws `training-arguments` in one sentence for options that the schedule does not have, lacks or cannot use. */
export function checkSchedule(values: Scheduled): void {
  const { lr_scheduler_type: name } = values;
  const options = values.lr_scheduler_kwargs ?? {};
  const kinds = OPTIONS[name];
  for (const [key, value] of Object.entries(options)) {
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
    if (kind === undefined) {
      const known = Object.keys(kinds);
      const use = known.length > 0 ? `use ${known.join(', ')}` : 'leave it out';
      throw invalid(`lr_scheduler_kwargs has ${key}, which ${name} does not know: ${use}.`);
    }
    const wanted = value === null ? undefined : wrongness(kind, value);
    if (wanted !== undefined) {
      throw invalid(`lr_scheduler_kwargs: ${key} is ${shown(value)}: use ${wanted}.`);
    }
  }
  checkTogether(values, options);
}

function checkTogether({ lr_scheduler_type: name, learning_rate, eval_strategy }: Scheduled, options: ScheduleOptions) {
  const has = (key: string) => (options[key] ?? null) !== null;
  if (name === 'cosine_with_min_lr' || name === 'cosine_warmup_with_min_lr') {
    if (has('min_lr') && has('min_lr_rate')) throw invalid('Only one of min_lr or min_lr_rate should be set');
    if (!has('min_lr') && !has('min_lr_rate')) {
      throw invalid('One of min_lr or min_lr_rate should be set through the `lr_scheduler_kwargs`');
    }
  }
  if (name === 'warmup_stable_decay' && !has('num_decay_steps')) {
    throw invalid(
      'warmup_stable_decay needs the updates in which the rate falls: give num_decay_steps in lr_scheduler_kwargs.',
    );
  }
  const end = has('lr_end') ? Number(options['lr_end']) : 1e-7;
  if (name === 'polynomial' && !(learning_rate > end)) {
    throw invalid(`lr_end (${end}) must be smaller than initial lr (${learning_rate})`);
  }
  if (!isMetricSchedule(name)) return;
  if (eval_strategy === 'no') throw invalid(`lr_scheduler_type ${name} requires an eval strategy`);
  if (Number(options['factor'] ?? 0) >= 1) throw invalid('lr_scheduler_kwargs: factor should be below 1.');
}

/** What should be said before a training whose rate follows a metric, where it would not do what was meant. */
export function scheduleWarnings(values: Scheduled & { readonly greater_is_better: boolean | null }): string[] {
  const { lr_scheduler_type: name, lr_scheduler_kwargs, learning_rate, greater_is_better } = values;
  if (!isMetricSchedule(name)) return [];
  const options = lr_scheduler_kwargs ?? {};
  const warnings: string[] = [];
  if (greater_is_better && (options['mode'] ?? 'min') === 'min') {
    warnings.push(
      `lr_scheduler_type ${name} takes a lower metric for a better one, as in transformers: give lr_scheduler_kwargs mode "max".`,
    );
  }
  const lowest = Number(options['min_lr'] ?? METRIC_DEFAULTS[name].min_lr);
  if (learning_rate < lowest) {
    warnings.push(
      `lr_scheduler_type ${name} never lowers a learning_rate of ${learning_rate}, which is below its min_lr of ${lowest}: give min_lr in lr_scheduler_kwargs.`,
    );
  }
  return warnings;
}

function wrongness(kind: Kind, value: ScheduleOption): string | undefined {
  if (kind === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false';
  if (kind === 'number') return typeof value === 'number' && Number.isFinite(value) ? undefined : 'a number';
  return typeof value === 'string' && kind.includes(value) ? undefined : kind.join(' or ');
}

function kindsOf(defaults: object): Readonly<Record<string, Kind>> {
  const words: Readonly<Record<string, readonly string[]>> = { mode: ['min', 'max'], threshold_mode: ['rel', 'abs'] };
  return Object.fromEntries(
    Object.entries(defaults).map(([key, value]) => [key, words[key] ?? (typeof value as 'number' | 'boolean')]),
  );
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('training-arguments', message);
}
