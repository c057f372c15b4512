import * as z from 'zod';
import { lrFactorGroup } from '../../core/samplers/gradient/hyperparameters.ts';
import { OPTIMIZERS, SCHEDULES } from '../../core/trainerWords.ts';
import type { SchemaText } from '../../words/en.ts';

export type ArgumentValue = string | number | boolean | Readonly<Record<string, string | number | boolean | null>>;

/** What the value of a training argument must be, the key of what it means, and how it is usually searched. */
export interface TrainerArgument {
  readonly schema: z.ZodType<ArgumentValue>;
  readonly about: SchemaText;
  /** Range to offer where it is put into the space; undefined: nobody searches it. */
  readonly range?: string;
}

const INTERVALS = ['no', 'steps', 'epoch'] as const;

const count = () => z.int().min(1);
const whole = () => z.int();
const fromZero = () => z.number().min(0);
const rate = () => z.number().min(0).lt(1);
const flag = () => z.boolean();

function argument(schema: z.ZodType<ArgumentValue>, about: SchemaText, range?: string): TrainerArgument {
  return range === undefined ? { schema, about } : { schema, about, range };
}

const FACTOR = 'factorLearningRateGroup';
const factor = fromZero().describe(FACTOR);
const RATE_RANGE = '{ type: float, low: 1.0e-6, high: 1.0e-3, log: true }';
const BATCH_RANGE = '{ type: categorical, choices: [8, 16, 32, 64] }';

/** The training arguments that a study file may set, by Hugging Face's names; a test holds them equal to the trainer's own. */
export const TRAINER_ARGUMENTS = {
  output_dir: argument(z.string().min(1), 'folderCheckpointsBesideTrials'),
  per_device_train_batch_size: argument(count(), 'textsUpdateMade8', BATCH_RANGE),
  per_device_eval_batch_size: argument(count(), 'textsEvaluatedTime8'),
  num_train_epochs: argument(z.number().positive(), 'passesOverTrainingPart', '{ type: int, low: 1, high: 5 }'),
  max_steps: argument(whole(), 'updatesAllWhateverEpochs'),
  learning_rate: argument(fromZero(), 'sizeUpdateHighest5e', RATE_RANGE),
  lr_factors: argument(z.record(z.string(), factor), 'factorsLearningRateGroup'),
  hypergradient_lr: argument(rate(), 'howFarLearningRate', '{ type: float, low: 0.01, high: 0.5, log: true }'),
  lr_scheduler_type: argument(
    z.enum(SCHEDULES),
    'howLearningRateGoes',
    '{ type: categorical, choices: [linear, cosine] }',
  ),
  lr_scheduler_kwargs: argument(
    z.record(z.string(), z.union([z.number(), z.boolean(), z.string(), z.null()])),
    'optionsScheduleSuchNum',
  ),
  warmup_steps: argument(fromZero(), 'updatesWhichLearningRate', '{ type: float, low: 0.0, high: 0.3 }'),
  optim: argument(
    z.union([z.enum(OPTIMIZERS), z.string().regex(/^(adamw|adamw_hf)$/)]),
    'optimiserAdamwTorchDefault',
    '{ type: categorical, choices: [adamw_torch, adafactor] }',
  ),
  optim_args: argument(z.string(), 'optionsOptimiserSuchMomentum'),
  weight_decay: argument(fromZero(), 'decoupledWeightDecayAll', '{ type: float, low: 0.0, high: 0.1 }'),
  adam_beta1: argument(rate(), 'decayAdamsMeanGradients', '{ type: float, low: 0.8, high: 0.95 }'),
  adam_beta2: argument(rate(), 'decayAdamsMeanSquares', '{ type: float, low: 0.9, high: 0.9999 }'),
  adam_epsilon: argument(fromZero(), 'addedAdamsDenominator1e'),
  max_grad_norm: argument(fromZero(), 'normWhichGradientsClipped', '{ type: float, low: 0.1, high: 5.0, log: true }'),
  gradient_accumulation_steps: argument(count(), 'batchesWhoseGradientsMake', '{ type: int, low: 1, high: 4 }'),
  label_smoothing_factor: argument(
    z.number().min(0).max(1),
    'shareEachLabelSpread',
    '{ type: float, low: 0.0, high: 0.2 }',
  ),
  auto_find_batch_size: argument(flag(), 'beginWholeBatchHalve'),
  logging_strategy: argument(z.enum(INTERVALS), 'whenTrainingLossLogged'),
  logging_steps: argument(fromZero(), 'updatesBetweenTwoLogs'),
  logging_first_step: argument(flag(), 'logFirstUpdateToo'),
  logging_nan_inf_filter: argument(flag(), 'leaveLossesNoNumbers'),
  include_num_input_tokens_seen: argument(z.union([flag(), z.enum(['no', 'all', 'non_padding'])]), 'logHowManyTokens'),
  disable_tqdm: argument(flag(), 'noProgressBars'),
  eval_strategy: argument(z.enum(INTERVALS), 'whenModelEvaluatedEpoch'),
  eval_steps: argument(fromZero(), 'updatesBetweenTwoEvaluations'),
  eval_delay: argument(fromZero(), 'epochsUpdatesBeforeFirst'),
  eval_on_start: argument(flag(), 'evaluateBeforeFirstUpdate'),
  prediction_loss_only: argument(flag(), 'evaluateLossAloneFalse'),
  save_strategy: argument(z.enum([...INTERVALS, 'best']), 'whenCheckpointSavedEpoch'),
  save_steps: argument(fromZero(), 'updatesBetweenTwoCheckpoints'),
  save_total_limit: argument(whole(), 'checkpointsTrialKeptNewest'),
  save_only_model: argument(flag(), 'saveModelWithoutWhat'),
  enable_jit_checkpoint: argument(flag(), 'saveCheckpointWhenTrial'),
  load_best_model_at_end: argument(flag(), 'keepBestCheckpointsWeights'),
  metric_for_best_model: argument(z.string().min(1), 'whatBestMetricWithout'),
  greater_is_better: argument(flag(), 'whetherMoreMetricBetter'),
  ignore_data_skip: argument(flag(), 'beginEpochBrokenOff'),
  restore_callback_states_from_checkpoint: argument(flag(), 'takeUpStatesCallbacks'),
  seed: argument(z.int().min(0), 'seedNewWeightsDropout', '{ type: int, low: 1, high: 40 }'),
  data_seed: argument(z.int().min(0), 'seedOrderRowsSeed'),
  dataloader_drop_last: argument(flag(), 'leaveOutLastBatch'),
  train_sampling_strategy: argument(z.enum(['random', 'sequential', 'group_by_length']), 'orderRowsRandomDefault'),
  length_column_name: argument(z.string().min(1), 'columnLengthsGroupLength'),
} as const satisfies Record<string, TrainerArgument>;

/** What each entry of `lr_factors` is under its flat name, such as `lr_factor_layer_0`. */
export const LR_FACTOR = argument(factor, FACTOR, '{ type: float, low: 0.1, high: 10.0, log: true }');

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
