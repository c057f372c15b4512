/**
 * Words of the trainer's arguments. They are told here because what checks a study file may not import the trainer, which
 * computes.
 */

/** Hugging Face's names of the ways in which a learning rate falls. */
export const SCHEDULES = [
  'linear',
  'cosine',
  'cosine_with_restarts',
  'polynomial',
  'constant',
  'constant_with_warmup',
  'inverse_sqrt',
  'reduce_lr_on_plateau',
  'cosine_with_min_lr',
  'cosine_warmup_with_min_lr',
  'warmup_stable_decay',
  'greedy',
] as const;

/** Hugging Face's names of the optimisers that are there. */
export const OPTIMIZERS = ['adamw_torch', 'adamw_torch_fused', 'adafactor', 'sgd'] as const;

/** Names that arguments had in older versions of transformers, with today's: accepted with a warning. */
export const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ['evaluation_strategy', 'eval_strategy'],
  ['warmup_ratio', 'warmup_steps'],
  ['per_gpu_train_batch_size', 'per_device_train_batch_size'],
  ['per_gpu_eval_batch_size', 'per_device_eval_batch_size'],
  ['group_by_length', 'train_sampling_strategy'],
]);

/** And values, by today's name of their argument. */
const OLD_VALUES: ReadonlyMap<string, ReadonlyMap<unknown, string>> = new Map([
  [
    'optim',
    new Map<unknown, string>([
      ['adamw_hf', 'adamw_torch'],
      ['adamw', 'adamw_torch'],
    ]),
  ],
  [
    'train_sampling_strategy',
    // Of `group_by_length`.
    new Map<unknown, string>([
      [true, 'group_by_length'],
      [false, 'random'],
    ]),
  ],
]);

/** What an argument's value of older versions is today; undefined for other values. */
export function todaysValue(name: string, value: unknown): string | undefined {
  return OLD_VALUES.get(name)?.get(value);
}
