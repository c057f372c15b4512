/** Without the names that every object has: a person may write any. */
function table<T>(entries: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.assign(Object.create(null), entries);
}

/** What people call an argument elsewhere: other libraries, papers. Not taken, but understood. */
export const EVERYDAY_NAMES = table<string>({
  lr: 'learning_rate',
  epochs: 'num_train_epochs',
  num_epochs: 'num_train_epochs',
  n_epochs: 'num_train_epochs',
  steps: 'max_steps',
  batch_size: 'per_device_train_batch_size',
  train_batch_size: 'per_device_train_batch_size',
  per_device_batch_size: 'per_device_train_batch_size',
  eval_batch_size: 'per_device_eval_batch_size',
  optimizer: 'optim',
  optimiser: 'optim',
  momentum: 'optim_args',
  scheduler: 'lr_scheduler_type',
  lr_scheduler: 'lr_scheduler_type',
  schedule: 'lr_scheduler_type',
  warmup: 'warmup_steps',
  decay: 'weight_decay',
  label_smoothing: 'label_smoothing_factor',
  accumulation_steps: 'gradient_accumulation_steps',
  clip: 'max_grad_norm',
  gradient_clipping: 'max_grad_norm',
  random_seed: 'seed',
  random_state: 'seed',
});

/** Optimisers of transformers that need other libraries, or that nobody has written here yet. */
export const OTHER_OPTIMIZERS =
  /^(adamw_|adagrad|rmsprop|lion|paged_|ademamix|galore|lomo|adalomo|grokadamw|schedule_free|apollo|stable_adamw)/;

const PRECISION = 'training here is in float32';
const ONE_DEVICE = 'training here is on one device';
const SYNCHRONOUS = 'rows are read where training runs';
const NO_HUB = 'nothing is sent to the Hub from here';
const NO_TORCH = 'there is no PyTorch here';
const NO_REPORTS = 'curves are in the history panel';
const ALWAYS = 'it is always so here';

/**
 * Arguments of transformers that mean nothing here, with the reason. One that is given what changes nothing is accepted in
 * silence: see `hasNoEffect`.
 */
export const WITHOUT_EFFECT = table<string>({
  ...reason(
    PRECISION,
    'bf16 fp16 bf16_full_eval fp16_full_eval tf32 half_precision_backend fp16_opt_level fp16_backend',
  ),
  ...reason(
    ONE_DEVICE,
    'ddp_find_unused_parameters ddp_bucket_cap_mb ddp_broadcast_buffers ddp_static_graph ddp_backend ddp_timeout fsdp fsdp_config',
    'deepspeed local_rank parallelism_config accelerator_config average_tokens_across_devices log_on_each_node',
    'save_on_each_node log_level_replica no_cuda use_cpu use_mps_device fsdp_min_num_params fsdp_transformer_layer_cls_to_wrap',
    'tpu_num_cores tpu_metrics_debug xpu_backend',
  ),
  ...reason(
    SYNCHRONOUS,
    'dataloader_num_workers dataloader_pin_memory dataloader_persistent_workers dataloader_prefetch_factor',
    'dataloader_multiprocessing_context dataloader_in_order',
  ),
  ...reason(
    NO_HUB,
    'push_to_hub hub_token hub_private_repo hub_model_id hub_strategy hub_always_push hub_revision push_to_hub_model_id',
    'push_to_hub_organization push_to_hub_token',
  ),
  ...reason(
    NO_TORCH,
    'torch_compile torch_compile_backend torch_compile_mode torch_empty_cache_steps use_liger_kernel liger_kernel_config',
    'use_ipex jit_mode_eval torchdynamo activation_checkpointing activation_checkpointing_kwargs gradient_checkpointing',
    'gradient_checkpointing_kwargs optim_target_modules debug skip_memory_metrics use_cache mp_parameters ray_scope',
  ),
  ...reason(
    NO_REPORTS,
    'report_to run_name project trackio_space_id trackio_bucket_id trackio_static_space_id logging_dir',
  ),
  ...reason(
    ALWAYS,
    'remove_unused_columns save_safetensors full_determinism overwrite_output_dir eval_do_concat_batches do_train do_eval',
  ),
  ...reason(
    'it is not there',
    'neftune_noise_alpha eval_accumulation_steps eval_use_gather_object include_for_metrics batch_eval_metrics do_predict',
    'include_tokens_per_second include_inputs_for_metrics label_names',
    'past_index log_level split_batches',
  ),
  ...reason('give it to train() instead', 'resume_from_checkpoint'),
});

/** What these arguments are by default in transformers, where that is no null, false, 0 or empty. */
const USUAL = table<readonly unknown[]>({
  report_to: ['none', 'all', 'tensorboard'],
  log_level: ['passive', 'warning', 'info', 'error'],
  log_level_replica: ['warning'],
  hub_strategy: ['every_save'],
  project: ['huggingface'],
  ray_scope: ['last'],
  ddp_timeout: [1800],
  local_rank: [-1],
  past_index: [-1],
  logging_dir: [],
});

const SILENT_WHEN_TRUE = new Set([
  'use_cpu',
  'no_cuda',
  'dataloader_pin_memory',
  'dataloader_in_order',
  'log_on_each_node',
  'average_tokens_across_devices',
  'skip_memory_metrics',
  ...Object.keys(WITHOUT_EFFECT).filter((name) => WITHOUT_EFFECT[name] === ALWAYS),
]);

/** Whether a value of an argument in `WITHOUT_EFFECT` asks for nothing that is not so anyway. */
export function hasNoEffect(name: string, value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return true;
  if (Array.isArray(value) && value.length === 0) return true;
  return (value === true && SILENT_WHEN_TRUE.has(name)) || (USUAL[name]?.includes(value) ?? false);
}

function reason(why: string, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((line) => line.split(' ')).map((name) => [name, why]));
}
