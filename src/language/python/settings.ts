/** Calls and names with a meaning of their own to tuning: what their keywords are, and are not. */

/** Calls whose keywords and contents describe the search or the data, never a parameter's value. */
const NOT_VALUES =
  /^(suggest_\w+|create_study|load_study|enqueue_trial|create_trial|add_subparsers|add_parser|add_argument_group|ArgumentParser|\w*Sampler|\w*Pruner|\w*Distribution|print|train_test_split|\w*Split|\w*KFold|set_seed|seed|default_rng|RandomState|manual_seed|ParameterGrid|GridSearchCV|RandomizedSearchCV|argument|command|group|Option|Argument)$/;

/** Calls whose own keywords steer the search, though a lambda among them may hold values. */
const STEERING = /^(optimize|hyperparameter_search|add_argument|option|set_defaults|DEFINE_\w+)$/;

/** Calls that make an object of settings. */
const SETTINGS = /(Arguments|Args|Config|Configuration|Settings|Options|Params|Parameters|HParams|Namespace)$/;

export function holdsNoValues(callee: string): boolean {
  return NOT_VALUES.test(callee);
}

export function isSteering(callee: string): boolean {
  return STEERING.test(callee);
}

export function makesSettings(callee: string): boolean {
  return SETTINGS.test(callee);
}

/**
 * Fields of Hugging Face's TrainingArguments that a search tunes (names of transformers 5): one that is missing from the
 * only `TrainingArguments(…)` of a file is added there, because its default is what the search replaced.
 */
const TRAINING_ARGUMENTS: ReadonlySet<string> = new Set([
  'adam_beta1',
  'adam_beta2',
  'adam_epsilon',
  'bf16',
  'dataloader_num_workers',
  'eval_steps',
  'fp16',
  'gradient_accumulation_steps',
  'gradient_checkpointing',
  'group_by_length',
  'label_smoothing_factor',
  'learning_rate',
  'lr_scheduler_type',
  'max_grad_norm',
  'max_steps',
  'neftune_noise_alpha',
  'num_train_epochs',
  'optim',
  'per_device_eval_batch_size',
  'per_device_train_batch_size',
  'seed',
  'warmup_ratio',
  'warmup_steps',
  'weight_decay',
]);

export function isTrainingArgument(name: string): boolean {
  return TRAINING_ARGUMENTS.has(name);
}
