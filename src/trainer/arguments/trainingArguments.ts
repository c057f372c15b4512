import { TuneboardError } from '../../core/errors.ts';
import { SCHEDULES, type ScheduleName } from '../optimizers/optimizers.ts';

/** Hugging Face's defaults (transformers 5), but `save_strategy`: nothing is saved yet. */
const DEFAULTS = {
  output_dir: 'trainer_output',
  per_device_train_batch_size: 8,
  per_device_eval_batch_size: 8,
  num_train_epochs: 3,
  /** −1: as many as the epochs have. */
  max_steps: -1,
  learning_rate: 5e-5,
  lr_scheduler_type: 'linear' as ScheduleName,
  /** Below 1: a share of all updates. */
  warmup_steps: 0,
  optim: 'adamw_torch',
  weight_decay: 0,
  adam_beta1: 0.9,
  adam_beta2: 0.999,
  adam_epsilon: 1e-8,
  max_grad_norm: 1,
  gradient_accumulation_steps: 1,
  label_smoothing_factor: 0,
  logging_strategy: 'steps' as Strategy,
  logging_steps: 500,
  logging_first_step: false,
  eval_strategy: 'no' as Strategy,
  /** Null: as `logging_steps`. */
  eval_steps: null as number | null,
  save_strategy: 'no',
  seed: 42,
  /** Of the order of the rows; null: `seed`. */
  data_seed: null as number | null,
  dataloader_drop_last: false,
};

export type Strategy = 'no' | 'steps' | 'epoch';
export type TrainingArgumentValues = typeof DEFAULTS;

export const ARGUMENT_NAMES: readonly string[] = Object.keys(DEFAULTS);

/** Names and values that older versions of transformers had. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  evaluation_strategy: 'eval_strategy',
  warmup_ratio: 'warmup_steps',
};
const OLD_OPTIMISERS = 'adamw_hf';

const WHOLE = new Set([
  'per_device_train_batch_size',
  'per_device_eval_batch_size',
  'gradient_accumulation_steps',
  'logging_steps',
  'eval_steps',
  'seed',
  'data_seed',
  'max_steps',
]);
const FROM_ONE = new Set([
  'per_device_train_batch_size',
  'per_device_eval_batch_size',
  'gradient_accumulation_steps',
  'logging_steps',
  'eval_steps',
]);
const WORDS: Readonly<Record<string, readonly string[]>> = {
  lr_scheduler_type: SCHEDULES,
  optim: ['adamw_torch', 'adamw_torch_fused', 'sgd'],
  logging_strategy: ['no', 'steps', 'epoch'],
  eval_strategy: ['no', 'steps', 'epoch'],
};

/** The settings of a training run. Throws one sentence for a name or value that there is not. */
export class TrainingArguments {
  readonly values: TrainingArgumentValues;
  /** A sentence for each name that is out of date. */
  readonly warnings: readonly string[];

  constructor(given: Readonly<Record<string, unknown>> = {}) {
    const warnings: string[] = [];
    const values: Record<string, unknown> = { ...DEFAULTS };
    for (const [key, value] of Object.entries(given)) set(values, key, value, warnings);
    this.values = values as TrainingArgumentValues;
    this.warnings = warnings;
  }

  /** The same with some changed, as a trial changes them. */
  with(changes: Readonly<Record<string, unknown>>): TrainingArguments {
    return new TrainingArguments({ ...this.values, ...changes });
  }
}

function set(values: Record<string, unknown>, key: string, given: unknown, warnings: string[]): void {
  const name = OLD_NAMES[key] ?? key;
  if (name !== key) warnings.push(`${key} is called ${name} today.`);
  if (!Object.hasOwn(DEFAULTS, name)) {
    throw new TuneboardError(
      'training-arguments',
      `There is no training argument ${key} here: use some of ${ARGUMENT_NAMES.join(', ')}.`,
    );
  }
  const isOld = name === 'optim' && given === OLD_OPTIMISERS;
  if (isOld) warnings.push('optim adamw_hf is called adamw_torch today.');
  const value = isOld ? 'adamw_torch' : given;
  const wanted = wrongness(name, value);
  if (wanted !== undefined) {
    throw new TuneboardError('training-arguments', `${name} is ${JSON.stringify(value)}: use ${wanted}.`);
  }
  values[name] = value;
}

/** What should stand there instead; undefined when the value is fine. */
function wrongness(name: string, value: unknown): string | undefined {
  const before: unknown = DEFAULTS[name as keyof TrainingArgumentValues];
  if (before === null && value === null) return undefined;
  if (name === 'save_strategy' && value !== 'no') return 'no: checkpoints are not written yet';
  const words = WORDS[name];
  if (words) return words.includes(String(value)) ? undefined : words.join(', ').replace(/, ([^,]*)$/, ' or $1');
  if (typeof before === 'boolean') return typeof value === 'boolean' ? undefined : 'true or false';
  if (typeof before === 'string') return typeof value === 'string' ? undefined : 'text';
  if (typeof value !== 'number' || !Number.isFinite(value)) return 'a number';
  if (WHOLE.has(name) && !Number.isSafeInteger(value)) return 'a whole number';
  if (FROM_ONE.has(name) && value < 1) return '1 or more';
  if (name === 'num_train_epochs' && value <= 0) return 'a number above 0';
  if (name === 'max_steps') return value === -1 || value >= 1 ? undefined : '-1 or a number from 1 on';
  return value < 0 ? 'a number from 0 on' : undefined;
}
