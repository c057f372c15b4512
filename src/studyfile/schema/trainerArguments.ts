import * as z from 'zod';
import { lrFactorGroup } from '../../core/samplers/gradient/hyperparameters.ts';
import { OPTIMIZERS, SCHEDULES } from '../../core/trainerWords.ts';

export type ArgumentValue = string | number | boolean | Readonly<Record<string, string | number | boolean | null>>;

/** What the value of a training argument must be, what it means in both languages, and how it is usually searched. */
export interface TrainerArgument {
  readonly schema: z.ZodType<ArgumentValue>;
  readonly english: string;
  readonly chinese: string;
  /** Range to offer where it is put into the space; undefined: nobody searches it. */
  readonly range?: string;
}

const INTERVALS = ['no', 'steps', 'epoch'] as const;

const count = () => z.int().min(1);
const whole = () => z.int();
const fromZero = () => z.number().min(0);
const rate = () => z.number().min(0).lt(1);
const flag = () => z.boolean();

function argument(schema: z.ZodType<ArgumentValue>, english: string, chinese: string, range?: string): TrainerArgument {
  return range === undefined ? { schema, english, chinese } : { schema, english, chinese, range };
}

const FACTOR = 'Factor on the learning rate of this group of weights; 1 by default.';
const factor = fromZero().describe(FACTOR);
const RATE_RANGE = '{ type: float, low: 1.0e-6, high: 1.0e-3, log: true }';
const BATCH_RANGE = '{ type: categorical, choices: [8, 16, 32, 64] }';

/** The training arguments that a study file may set, by Hugging Face's names; a test holds them equal to the trainer's own. */
export const TRAINER_ARGUMENTS = {
  output_dir: argument(
    z.string().min(1),
    'Folder of the checkpoints; beside the trials of the study by default.',
    '检查点的文件夹；默认在研究的试验旁边。',
  ),
  per_device_train_batch_size: argument(
    count(),
    'Texts an update is made from; 8 by default.',
    '每次更新所用的文本数；默认 8。',
    BATCH_RANGE,
  ),
  per_device_eval_batch_size: argument(
    count(),
    'Texts that are evaluated at a time; 8 by default.',
    '一次评估的文本数；默认 8。',
  ),
  num_train_epochs: argument(
    z.number().positive(),
    'Passes over the training part; 3 by default.',
    '遍历训练集的轮数；默认 3。',
    '{ type: int, low: 1, high: 5 }',
  ),
  max_steps: argument(
    whole(),
    'Updates in all, whatever the epochs are; -1 by default: as many as the epochs have.',
    '更新总数，优先于轮数；默认 -1：按轮数计算。',
  ),
  learning_rate: argument(
    fromZero(),
    'Size of an update at its highest; 5e-5 by default, more for a model from scratch.',
    '学习率的最大值；默认 5e-5，从零训练时应更大。',
    RATE_RANGE,
  ),
  lr_factors: argument(
    z.record(z.string(), factor),
    'Factors on the learning rate, by group of weights: `embeddings`, `layer_0` and so on, `classifier`. In the space each has a name of its own, such as `lr_factor_layer_0`.',
    '各组权重的学习率系数：`embeddings`、`layer_0` 等、`classifier`。在 `space` 中各有其名，例如 `lr_factor_layer_0`。',
  ),
  hypergradient_lr: argument(
    rate(),
    'How far the learning rate itself moves while training goes on (hypergradient descent): the share of itself by which it is raised where several gradients still point the way of the last steps, and lowered where they point back; 0.5 is a good one. 0 by default: not at all.',
    '训练中学习率自身移动的幅度（超梯度下降）：接连几个梯度仍指向最近几步的方向时，按自身的这一比例升高；指向相反时降低；0.5 是合适的值。默认 0：不改变。',
    '{ type: float, low: 0.01, high: 0.5, log: true }',
  ),
  lr_scheduler_type: argument(
    z.enum(SCHEDULES),
    'How the learning rate goes on after the warm-up; linear to 0 by default.',
    '预热之后学习率的变化方式；默认线性降到 0。',
    '{ type: categorical, choices: [linear, cosine] }',
  ),
  lr_scheduler_kwargs: argument(
    z.record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.null()])),
    'Options of the schedule, such as `num_cycles` of cosine_with_restarts, `min_lr` of cosine_with_min_lr (needed), `num_decay_steps` of warmup_stable_decay (needed), `patience` and `mode` of reduce_lr_on_plateau.',
    '学习率变化方式的选项，例如 cosine_with_restarts 的 `num_cycles`、cosine_with_min_lr 的 `min_lr`（必需）、warmup_stable_decay 的 `num_decay_steps`（必需）、reduce_lr_on_plateau 的 `patience` 和 `mode`。',
  ),
  warmup_steps: argument(
    fromZero(),
    'Updates in which the learning rate rises; below 1 a share of all updates. 0 by default.',
    '学习率上升阶段的更新数；小于 1 时为占全部更新的比例。默认 0。',
    '{ type: float, low: 0.0, high: 0.3 }',
  ),
  optim: argument(
    z.union([z.enum(OPTIMIZERS), z.string().regex(/^(adamw|adamw_hf)$/)]),
    'The optimiser; adamw_torch by default. `sgd` has no momentum unless `optim_args` gives one.',
    '优化器；默认 adamw_torch。`sgd` 没有动量，除非由 `optim_args` 给出。',
    '{ type: categorical, choices: [adamw_torch, adafactor] }',
  ),
  optim_args: argument(
    z.string(),
    'Options of the optimiser, such as `momentum=0.9, nesterov=True` for sgd.',
    '优化器的选项，例如 sgd 的 `momentum=0.9, nesterov=True`。',
  ),
  weight_decay: argument(
    fromZero(),
    'Decoupled weight decay of all but biases and layer norms; 0 by default.',
    '除偏置和层归一化之外的权重衰减；默认 0。',
    '{ type: float, low: 0.0, high: 0.1 }',
  ),
  adam_beta1: argument(
    rate(),
    "Decay of Adam's mean of gradients; 0.9 by default.",
    'Adam 梯度均值的衰减；默认 0.9。',
    '{ type: float, low: 0.8, high: 0.95 }',
  ),
  adam_beta2: argument(
    rate(),
    "Decay of Adam's mean of squares; 0.999 by default.",
    'Adam 平方均值的衰减；默认 0.999。',
    '{ type: float, low: 0.9, high: 0.9999 }',
  ),
  adam_epsilon: argument(
    fromZero(),
    "Added to Adam's denominator; 1e-8 by default.",
    '加在 Adam 分母上的数；默认 1e-8。',
  ),
  max_grad_norm: argument(
    fromZero(),
    'Norm to which gradients are clipped; 1 by default, 0: not at all.',
    '梯度裁剪的范数；默认 1，0 表示不裁剪。',
    '{ type: float, low: 0.1, high: 5.0, log: true }',
  ),
  gradient_accumulation_steps: argument(
    count(),
    'Batches whose gradients make one update; 1 by default.',
    '一次更新累积的批数；默认 1。',
    '{ type: int, low: 1, high: 4 }',
  ),
  label_smoothing_factor: argument(
    z.number().min(0).max(1),
    'Share of each label that is spread over all classes; 0 by default.',
    '标签平滑：摊到所有类别上的比例；默认 0。',
    '{ type: float, low: 0.0, high: 0.2 }',
  ),
  auto_find_batch_size: argument(
    flag(),
    'Begin with the whole batch and halve it when memory runs out, instead of estimating.',
    '从整批开始，内存不足时减半，而不是先估算。',
  ),
  logging_strategy: argument(
    z.enum(INTERVALS),
    'When the training loss is logged; by epoch in a study.',
    '何时记录训练损失；研究中默认按轮。',
  ),
  logging_steps: argument(
    fromZero(),
    'Updates between two logs; below 1 a share of all. 500 by default.',
    '两次记录之间的更新数；小于 1 时为比例。默认 500。',
  ),
  logging_first_step: argument(flag(), 'Log the first update too; false by default.', '也记录第一次更新；默认 false。'),
  logging_nan_inf_filter: argument(
    flag(),
    'Leave losses that are no numbers out of the mean; true by default.',
    '求均值时忽略非数值的损失；默认 true。',
  ),
  include_num_input_tokens_seen: argument(
    z.union([flag(), z.enum(['no', 'all', 'non_padding'])]),
    'Log how many tokens were trained on, and how fast; `no` by default.',
    '记录训练过的词元数与速度；默认 `no`。',
  ),
  disable_tqdm: argument(flag(), 'No progress bars.', '不显示进度条。'),
  eval_strategy: argument(
    z.enum(INTERVALS),
    'When the model is evaluated; by epoch in a study, so that trials can be compared on the way.',
    '何时评估模型；研究中默认按轮，以便中途比较试验。',
  ),
  eval_steps: argument(
    fromZero(),
    'Updates between two evaluations; as `logging_steps` by default.',
    '两次评估之间的更新数；默认与 `logging_steps` 相同。',
  ),
  eval_delay: argument(
    fromZero(),
    'Epochs or updates before the first evaluation; 0 by default.',
    '首次评估之前的轮数或更新数；默认 0。',
  ),
  eval_on_start: argument(
    flag(),
    'Evaluate before the first update too; false by default.',
    '首次更新之前也评估；默认 false。',
  ),
  prediction_loss_only: argument(flag(), 'Evaluate by the loss alone; false by default.', '只用损失评估；默认 false。'),
  save_strategy: argument(
    z.enum([...INTERVALS, 'best']),
    'When a checkpoint is saved; by epoch in a study.',
    '何时保存检查点；研究中默认按轮。',
  ),
  save_steps: argument(
    fromZero(),
    'Updates between two checkpoints; 500 by default.',
    '两个检查点之间的更新数；默认 500。',
  ),
  save_total_limit: argument(
    whole(),
    'Checkpoints of a trial that are kept, the newest and the best always; 1 by default in a study.',
    '每个试验保留的检查点数，最新和最佳的总会保留；研究中默认 1。',
  ),
  save_only_model: argument(
    flag(),
    'Save the model without what a cut-off trial needs to go on; false by default.',
    '只保存模型，不保存中断后继续所需的内容；默认 false。',
  ),
  enable_jit_checkpoint: argument(
    flag(),
    'Save a checkpoint when the trial is stopped, even where `save_strategy` is no.',
    '试验被停止时保存检查点，即使 `save_strategy` 为 no。',
  ),
  load_best_model_at_end: argument(
    flag(),
    "Keep the best checkpoint's weights at the end; false by default.",
    '结束时保留最佳检查点的权重；默认 false。',
  ),
  metric_for_best_model: argument(
    z.string().min(1),
    'What is best: a metric, with or without `eval_`; the loss by default.',
    '以哪个指标判断最佳，可带或不带 `eval_`；默认损失。',
  ),
  greater_is_better: argument(
    flag(),
    'Whether more of that metric is better; told from its name by default.',
    '该指标是否越大越好；默认由名称判断。',
  ),
  ignore_data_skip: argument(
    flag(),
    'Begin the epoch that was broken off anew; false by default.',
    '重新开始被中断的一轮；默认 false。',
  ),
  restore_callback_states_from_checkpoint: argument(
    flag(),
    'Take up the states of callbacks from the checkpoint.',
    '从检查点恢复回调的状态。',
  ),
  seed: argument(
    z.int().min(0),
    'Seed of new weights, dropout and the order of rows; 42 by default. A search over it picks by chance.',
    '新权重、dropout 和数据顺序的种子；默认 42。对它搜索只是在挑运气。',
    '{ type: int, low: 1, high: 40 }',
  ),
  data_seed: argument(
    z.int().min(0),
    'Seed of the order of rows; that of `seed` by default.',
    '数据顺序的种子；默认与 `seed` 相同。',
  ),
  dataloader_drop_last: argument(
    flag(),
    'Leave out a last batch that is not full; false by default.',
    '丢弃不满的最后一批；默认 false。',
  ),
  train_sampling_strategy: argument(
    z.enum(['random', 'sequential', 'group_by_length']),
    'Order of rows: `random` by default, or texts of like lengths together.',
    '数据顺序：默认 `random`，也可让长度相近的文本在一起。',
  ),
  length_column_name: argument(
    z.string().min(1),
    'Column with the lengths for `group_by_length`; `length` by default. Without it, tokens are counted.',
    '`group_by_length` 所用的长度列；默认 `length`，没有则数词元。',
  ),
} as const satisfies Record<string, TrainerArgument>;

/** What each entry of `lr_factors` is under its flat name, such as `lr_factor_layer_0`. */
export const LR_FACTOR = argument(
  factor,
  FACTOR,
  '这组权重的学习率系数；默认 1。',
  '{ type: float, low: 0.1, high: 10.0, log: true }',
);

/** The training argument of this name, flat names of factors too; undefined where there is none. */
export function trainerArgument(name: string): TrainerArgument | undefined {
  if (isTrainerArgument(name)) return TRAINER_ARGUMENTS[name];
  return lrFactorGroup(name) === null ? undefined : LR_FACTOR;
}

export type TrainerArgumentName = keyof typeof TRAINER_ARGUMENTS;

export const TRAINING_ARGUMENTS = Object.keys(TRAINER_ARGUMENTS) as readonly TrainerArgumentName[];

export function isTrainerArgument(name: string): name is TrainerArgumentName {
  return Object.hasOwn(TRAINER_ARGUMENTS, name);
}
