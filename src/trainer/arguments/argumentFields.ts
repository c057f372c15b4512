import { OPTIMIZERS, SCHEDULES } from '../../core/trainerWords.ts';
import type { OptimizerName } from '../optimizers/createOptimizer.ts';
import type { ScheduleOptions } from '../optimizers/scheduleOptions.ts';
import type { ScheduleName } from '../optimizers/schedules.ts';

export type IntervalStrategy = 'no' | 'steps' | 'epoch';
export type SaveStrategy = IntervalStrategy | 'best';
/** Tokens that training is counted by: all that go through the model, or those that are no padding. */
export type TokenCount = 'no' | 'all' | 'non_padding';
export type SamplingStrategy = 'random' | 'sequential' | 'group_by_length';

/** Every training argument that has an effect here, with Hugging Face's default (transformers 5). */
export const DEFAULTS = {
  output_dir: 'trainer_output',
  per_device_train_batch_size: 8,
  per_device_eval_batch_size: 8,
  num_train_epochs: 3,
  /** −1: as many as the epochs have. */
  max_steps: -1,
  learning_rate: 5e-5,
  /** Of the learning rate, by group of weights: `embeddings`, `layer_0` and so on, `classifier`; 1 for those left out. Not in transformers. */
  lr_factors: null as Readonly<Record<string, number>> | null,
  /** How fast the learning rate itself learns, by hypergradient descent; 0: not at all. Not in transformers. */
  hypergradient_lr: 0,
  lr_scheduler_type: 'linear' as ScheduleName,
  /** What the schedule takes, as in transformers; also as a text of JSON. See scheduleOptions.ts. */
  lr_scheduler_kwargs: null as ScheduleOptions | null,
  /** Updates in which the learning rate rises; below 1 a share of all updates. */
  warmup_steps: 0,
  optim: 'adamw_torch' as OptimizerName,
  /** Such as `momentum=0.9, nesterov=True` for sgd. */
  optim_args: null as string | null,
  weight_decay: 0,
  adam_beta1: 0.9,
  adam_beta2: 0.999,
  adam_epsilon: 1e-8,
  /** 0: gradients are not clipped. */
  max_grad_norm: 1,
  gradient_accumulation_steps: 1,
  label_smoothing_factor: 0,
  /** Memory that runs out halves the rows at a time by itself; `true` takes the batch itself for a first guess too. */
  auto_find_batch_size: false,
  logging_strategy: 'steps' as IntervalStrategy,
  /** Below 1 a share of all updates, as `eval_steps` and `save_steps`. */
  logging_steps: 500,
  logging_first_step: false,
  logging_nan_inf_filter: true,
  /** As `num_input_tokens_seen` in the logs, with a speed; `true` is `all`. */
  include_num_input_tokens_seen: 'no' as TokenCount,
  disable_tqdm: null as boolean | null,
  eval_strategy: 'no' as IntervalStrategy,
  /** Null: as `logging_steps`. */
  eval_steps: null as number | null,
  /** Epochs or updates, as `eval_strategy` has it, before the first evaluation. */
  eval_delay: 0,
  eval_on_start: false,
  /** Evaluate by the loss alone, without `computeMetrics`. */
  prediction_loss_only: false,
  save_strategy: 'steps' as SaveStrategy,
  save_steps: 500,
  /** Checkpoints that are kept: the newest and the best always. Null: all. */
  save_total_limit: null as number | null,
  /** Without what `resumeFromCheckpoint` needs. */
  save_only_model: false,
  /** Save and stop on SIGTERM even where `save_strategy` is `no`. */
  enable_jit_checkpoint: false,
  load_best_model_at_end: false,
  /** With or without `eval_`. Null: `loss` when the best model is loaded at the end. */
  metric_for_best_model: null as string | null,
  /** Null: unless the metric's name ends in `loss`. */
  greater_is_better: null as boolean | null,
  /** Begin the epoch that was broken off anew. */
  ignore_data_skip: false,
  restore_callback_states_from_checkpoint: false,
  seed: 42,
  /** Of the order of the rows. Null: `seed`. */
  data_seed: null as number | null,
  dataloader_drop_last: false,
  /** The order of the rows: see rowOrder.ts. */
  train_sampling_strategy: 'random' as SamplingStrategy,
  /** Of the numbers that `group_by_length` goes by; without such a column, the tokens are counted. */
  length_column_name: 'length',
};

export type TrainingArgumentValues = typeof DEFAULTS;
export type ArgumentName = keyof TrainingArgumentValues;

export const ARGUMENT_NAMES = Object.keys(DEFAULTS) as readonly ArgumentName[];

export function isArgumentName(name: string): name is ArgumentName {
  return Object.hasOwn(DEFAULTS, name);
}

/** What a value must be; `int` and `float` as Python tells them apart. */
export type Kind = 'int' | 'float' | 'bool' | 'text' | 'dict' | Words;

export interface Words {
  /** Hugging Face's class of these words, which its error message names. */
  readonly enumeration: string;
  readonly words: readonly string[];
}

const INTERVALS: Words = { enumeration: 'IntervalStrategy', words: ['no', 'steps', 'epoch'] };

const KINDS: Readonly<Partial<Record<ArgumentName, Kind>>> = {
  per_device_train_batch_size: 'int',
  per_device_eval_batch_size: 'int',
  max_steps: 'int',
  gradient_accumulation_steps: 'int',
  save_total_limit: 'int',
  seed: 'int',
  data_seed: 'int',
  eval_steps: 'float',
  optim_args: 'text',
  metric_for_best_model: 'text',
  greater_is_better: 'bool',
  disable_tqdm: 'bool',
  lr_scheduler_kwargs: 'dict',
  lr_factors: 'dict',
  optim: { enumeration: 'OptimizerNames', words: OPTIMIZERS },
  lr_scheduler_type: { enumeration: 'SchedulerType', words: SCHEDULES },
  logging_strategy: INTERVALS,
  eval_strategy: INTERVALS,
  include_num_input_tokens_seen: {
    enumeration: 'include_num_input_tokens_seen',
    words: ['no', 'all', 'non_padding'],
  },
  train_sampling_strategy: {
    enumeration: 'train_sampling_strategy',
    words: ['random', 'sequential', 'group_by_length'],
  },
  save_strategy: { enumeration: 'SaveStrategy', words: [...INTERVALS.words, 'best'] },
};

export function kindOf(name: ArgumentName): Kind {
  const kind = KINDS[name];
  if (kind) return kind;
  const value = DEFAULTS[name];
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' ? 'float' : 'text';
}

interface Range {
  readonly isIn: (value: number) => boolean;
  readonly wanted: string;
}

const FROM_ONE: Range = { isIn: (value) => value >= 1, wanted: '1 or more' };
const RATE: Range = { isIn: (value) => value >= 0 && value < 1, wanted: 'a number from 0 to below 1' };
const ABOVE_ZERO: Range = { isIn: (value) => value > 0, wanted: 'a number above 0' };
const FROM_ZERO: Range = { isIn: (value) => value >= 0, wanted: 'a number from 0 on' };

const RANGES: Readonly<Partial<Record<ArgumentName, Range>>> = {
  per_device_train_batch_size: FROM_ONE,
  per_device_eval_batch_size: FROM_ONE,
  gradient_accumulation_steps: FROM_ONE,
  num_train_epochs: ABOVE_ZERO,
  hypergradient_lr: RATE,
  adam_beta1: RATE,
  adam_beta2: RATE,
  label_smoothing_factor: { isIn: (value) => value >= 0 && value <= 1, wanted: 'a number from 0 to 1' },
  max_steps: { isIn: (value) => value === -1 || value >= 1, wanted: '-1 or a number from 1 on' },
  save_total_limit: { isIn: () => true, wanted: 'a whole number' },
};

/** What a number must be. */
export function rangeOf(name: ArgumentName): Range {
  return RANGES[name] ?? FROM_ZERO;
}
