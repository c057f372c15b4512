import { TuneboardError } from '../../core/errors.ts';
import type { GivenOptions } from '../../core/methodOptions.ts';
import { createPruner } from '../../core/pruners/createPruner.ts';
import { createSampler } from '../../core/samplers/createSampler.ts';
import type { Params } from '../../core/space/distributions.ts';
import { MemoryLog } from '../../core/study/memoryLog.ts';
import { Direction, TrialState } from '../../core/study/states.ts';
import { Study } from '../../core/study/study.ts';
import type { Trial } from '../../core/study/trial.ts';
import { pythonFloat, pythonRepr } from '../../core/text/pythonRepr.ts';
import { ARGUMENT_NAMES } from '../arguments/trainingArguments.ts';
import type { Metrics, Trainer } from '../trainer.ts';

export interface SearchOptions {
  /** Draws the training arguments of a trial; Hugging Face's default space by default. */
  readonly hpSpace?: (trial: Trial) => Params;
  /** The sum of all metrics by default, or the loss where there are none, as in Hugging Face. */
  readonly computeObjective?: (metrics: Metrics) => number;
  /** Must be given where the default objective sums metrics: Hugging Face would minimise them. */
  readonly direction?: 'minimize' | 'maximize';
  /** 20 by default. */
  readonly nTrials?: number;
  readonly backend?: string;
  readonly sampler?: { readonly type: string; readonly seed: number; readonly options?: GivenOptions };
  /** `median` by default. */
  readonly pruner?: { readonly type: string; readonly options?: GivenOptions };
}

/** The best trial, as Hugging Face's BestRun. */
export interface BestRun {
  readonly run_id: string;
  readonly objective: number;
  readonly hyperparameters: Params;
  readonly run_summary: null;
}

class Pruned extends Error {}

/**
 * Trains once a trial with the arguments that `hpSpace` draws. As in Hugging Face, a trial's value is its last evaluation,
 * and the trainer's arguments stay those of the last trial.
 */
export async function hyperparameterSearch(trainer: Trainer, options: SearchOptions = {}): Promise<BestRun> {
  const { nTrials = 20, hpSpace = defaultHpSpace } = options;
  refuseBackend(options.backend ?? 'tuneboard');
  refuseMissingDirection(trainer, options);
  const print = trainer.options.print ?? (() => undefined);
  const direction = Direction[options.direction ?? 'minimize'];
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'hyperparameter_search', directions: [direction] });
  const study = new Study(log, record, {
    sampler: createSampler({ options: {}, ...(options.sampler ?? { type: 'auto', seed: trainer.args.values.seed }) }),
    pruner: createPruner({ options: {}, ...(options.pruner ?? { type: 'median' }) }),
  });
  for (let count = 0; count < nTrials && !study.isExhausted; count++) {
    const trial = await study.ask();
    await runTrial(study, trial, trainer, { ...options, hpSpace }, print);
  }
  const { best } = study.history;
  if (best === undefined) throw new TuneboardError('no-best', 'No trial was completed: there is no best run.');
  const hyperparameters = study.history.params(best);
  return { run_id: String(best), objective: study.history.value(best, 0), hyperparameters, run_summary: null };
}

async function runTrial(
  study: Study,
  trial: Trial,
  trainer: Trainer,
  { hpSpace, computeObjective = defaultComputeObjective }: SearchOptions & Required<Pick<SearchOptions, 'hpSpace'>>,
  print: (line: string) => void,
): Promise<void> {
  applyParams(trainer, hpSpace(trial), print);
  print(`Trial: ${pythonRepr(trial.params)}`);
  let objective: number | undefined;
  try {
    await trainer.train(trial, async (metrics, globalStep) => {
      objective = computeObjective({ ...metrics });
      await trial.report(objective, globalStep);
      if (trial.shouldPrune()) throw new Pruned();
    });
    objective ??= computeObjective(await trainer.evaluate());
    await study.tell(trial, { values: objective });
    const { best = trial.number } = study.history;
    print(
      `Trial ${trial.number} finished with value: ${pythonFloat(objective)} and parameters: ${pythonRepr(trial.params)}. ` +
        `Best is trial ${best} with value: ${pythonFloat(study.history.value(best, 0))}.`,
    );
  } catch (error) {
    const isPruned = error instanceof Pruned;
    await study.tell(trial, { state: isPruned ? TrialState.pruned : TrialState.fail });
    if (!isPruned) throw error;
    print(`Trial ${trial.number} pruned. `);
  } finally {
    trainer.dispose();
  }
}

function applyParams(trainer: Trainer, params: Params, print: (line: string) => void): void {
  const known = Object.entries(params).filter(([name]) => {
    if (ARGUMENT_NAMES.includes(name)) return true;
    print(
      `Trying to set ${name} in the hyperparameter search but there is no corresponding field in \`TrainingArguments\`.`,
    );
    return false;
  });
  trainer.args = trainer.args.with(Object.fromEntries(known));
}

/** Hugging Face's default_hp_space_optuna. */
function defaultHpSpace(trial: Trial): Params {
  return {
    learning_rate: trial.suggestFloat('learning_rate', 1e-6, 1e-4, { log: true }),
    num_train_epochs: trial.suggestInt('num_train_epochs', 1, 5),
    seed: trial.suggestInt('seed', 1, 40),
    per_device_train_batch_size: trial.suggestCategorical('per_device_train_batch_size', [4, 8, 16, 32, 64]),
  };
}

/** Hugging Face's default_compute_objective. */
export function defaultComputeObjective(metrics: Metrics): number {
  const scores = Object.entries(metrics).filter(
    ([name]) => name !== 'eval_loss' && name !== 'epoch' && !/_(runtime|per_second|compilation_time)$/.test(name),
  );
  return scores.length === 0 ? (metrics['eval_loss'] as number) : scores.reduce((sum, [, value]) => sum + value, 0);
}

const REFUSED: Readonly<Record<string, string>> = {
  optuna: 'an Optuna script that is run as a study keeps its own sampler',
  ray: 'parallel trials are `parallel:` of a study file',
  wandb: 'curves are in the history panel',
  sigopt: 'its service has ended',
};

function refuseBackend(backend: string): void {
  if (backend === 'tuneboard') return;
  const why = REFUSED[backend];
  throw new TuneboardError(
    'search-backend',
    `The search backend ${backend} is not there${why ? ` (${why})` : ''}: use "tuneboard", or leave it out.`,
  );
}

function refuseMissingDirection(trainer: Trainer, { direction, computeObjective }: SearchOptions): void {
  if (direction !== undefined || computeObjective !== undefined || !trainer.options.computeMetrics) return;
  throw new TuneboardError(
    'no-direction',
    'The default objective sums the metrics, and the default direction would minimise the sum: give a direction.',
  );
}
