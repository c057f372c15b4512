import { homedir } from 'node:os';
import { join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { isLrGroup } from '../../core/samplers/gradient/hyperparameters.ts';
import { shown } from '../../core/text/shown.ts';
import { createOptimizer } from '../optimizers/createOptimizer.ts';
import { isMetricSchedule } from '../optimizers/metricSchedule.ts';
import { checkSchedule } from '../optimizers/scheduleOptions.ts';
import type { TrainingArgumentValues } from './argumentFields.ts';

/** What follows from other arguments, as Hugging Face's `__post_init__` fills it in, once. */
export function fillIn(values: TrainingArgumentValues): void {
  if (values.output_dir === '~' || values.output_dir.startsWith('~/')) {
    values.output_dir = join(homedir(), values.output_dir.slice(1));
  }
  if (values.eval_strategy === 'steps' && !values.eval_steps) {
    if (!(values.logging_steps > 0)) {
      throw invalid(
        `evaluation strategy ${values.eval_strategy} requires either non-zero --eval_steps or --logging_steps`,
      );
    }
    values.eval_steps = values.logging_steps;
  }
  if (values.load_best_model_at_end || isMetricSchedule(values.lr_scheduler_type)) {
    values.metric_for_best_model ??= 'loss';
  }
  if (values.metric_for_best_model !== null) {
    values.greater_is_better ??= !values.metric_for_best_model.endsWith('loss');
  }
}

/** Throws `training-arguments`, in Hugging Face's words, for arguments that do not go together. */
export function requireSense(values: TrainingArgumentValues): void {
  if (values.logging_strategy === 'steps' && values.logging_steps === 0) {
    throw invalid(`logging strategy ${values.logging_strategy} requires non-zero --logging_steps`);
  }
  requireWhole('logging_steps', values.logging_strategy, values.logging_steps);
  requireWhole('eval_steps', values.eval_strategy, values.eval_steps ?? 0);
  requireWhole('save_steps', values.save_strategy, values.save_steps);
  requireBest(values);
  if ((values.save_strategy === 'best' || values.load_best_model_at_end) && values.metric_for_best_model === null) {
    throw invalid(
      "`args.metric_for_best_model` must be provided when using 'best' save_strategy or if `args.load_best_model_at_end` is set to `True`.",
    );
  }
  checkSchedule(values);
  requireLrFactors(values);
  // Its `optim_args` are read where they are used.
  createOptimizer(values);
}

function requireWhole(name: string, strategy: string, steps: number): void {
  if (strategy !== 'steps' || steps <= 1 || Number.isInteger(steps)) return;
  throw invalid(`--${name} must be an integer if bigger than 1: ${steps}`);
}

/** The best model can be loaded only if there is a checkpoint of it. */
function requireBest(values: TrainingArgumentValues): void {
  const { load_best_model_at_end, save_strategy, eval_strategy, save_steps, eval_steps } = values;
  if (!load_best_model_at_end || save_strategy === 'best') return;
  if (eval_strategy !== save_strategy) {
    throw invalid(
      '--load_best_model_at_end requires the save and eval strategy to match, except when --save_strategy="best", but found\n' +
        `- Evaluation strategy: ${eval_strategy}\n- Save strategy: ${save_strategy}`,
    );
  }
  const every = eval_steps ?? values.logging_steps;
  if (eval_strategy !== 'steps' || isMultiple(save_steps, every)) return;
  if (save_steps < 1 !== every < 1) {
    throw invalid(
      '--load_best_model_at_end requires the saving steps to be a multiple of the evaluation steps, which cannot get guaranteed ' +
        `when mixing ratio and absolute steps for save_steps ${save_steps} and eval_steps ${every}.`,
    );
  }
  const round = save_steps < 1 ? '' : 'round ';
  throw invalid(
    `--load_best_model_at_end requires the saving steps to be a ${round}multiple of the evaluation steps, but found ` +
      `${save_steps}, which is not a ${round}multiple of ${every}.`,
  );
}

/** Of shares to a millionth, as Hugging Face compares them. */
function isMultiple(steps: number, of: number): boolean {
  if (steps >= 1 !== of >= 1) return steps % of === 0;
  return steps >= 1 ? steps % of === 0 : Math.round(steps * 1e6) % Math.round(of * 1e6) === 0;
}

function requireLrFactors({ lr_factors: factors }: TrainingArgumentValues): void {
  for (const [group, factor] of Object.entries(factors ?? {})) {
    if (!isLrGroup(group)) {
      throw invalid(`lr_factors has ${group}: use embeddings, layer_0, layer_1 and so on, or classifier.`);
    }
    if (typeof factor !== 'number' || !Number.isFinite(factor) || factor < 0) {
      throw invalid(`lr_factors: ${group} is ${shown(factor)}: use a number from 0 on.`);
    }
  }
}

function invalid(message: string): TuneboardError {
  return new TuneboardError('training-arguments', message);
}
