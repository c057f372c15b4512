import type { Hyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import type { Trial } from '../../core/study/trial.ts';
import { pythonInt } from '../../core/text/pythonRepr.ts';
import { TrialPruned } from '../../library/optimize.ts';
import type { TokenCount } from '../arguments/argumentFields.ts';
import type { TrainingArguments } from '../arguments/trainingArguments.ts';
import type { CallbackHandler } from '../callbacks/callbackHandler.ts';
import type { TrainerEvent } from '../callbacks/trainerCallback.ts';
import type { CheckpointKeeper } from '../checkpoints/checkpointKeeper.ts';
import type { SavedRun } from '../checkpoints/readCheckpoint.ts';
import type { TrainerState } from '../checkpoints/trainerState.ts';
import type { Resumable } from '../checkpoints/writeCheckpoint.ts';
import type { LabelledBatch } from '../datasets/collator.ts';
import type { Row } from '../datasets/columns.ts';
import type { SearchHooks } from '../search/searchHooks.ts';
import type { Tf } from '../tf.ts';
import { evalName } from './evaluationNames.ts';
import { restoreSeeds, seedState } from './seed.ts';
import { speedMetrics } from './speedMetrics.ts';
import { type Termination, TrainingInterrupted, turnOfTheLoop } from './termination.ts';
import type { TrainableModel } from './trainableModel.ts';
import type { DataCollator, Metrics } from './trainerOptions.ts';
import { chunks, type TrainingPlan, updatesOf } from './trainingPlan.ts';
import { TrainingStep, type Update } from './trainingStep.ts';

/** What a training run works with, which its Trainer owns. */
export interface RunParts {
  readonly args: TrainingArguments;
  readonly state: TrainerState;
  readonly callbacks: CallbackHandler;
  readonly keeper: CheckpointKeeper;
  readonly termination: Termination;
  readonly trial: Trial | null;
  /** Null outside a search. */
  readonly hooks: SearchHooks | null;
  call(event: TrainerEvent): Promise<void>;
  /** `more` comes after the epoch. */
  log(metrics: Metrics, more?: Metrics): Promise<void>;
  evaluate(): Promise<Metrics>;
  print(line: string): void;
}

export interface RunInput {
  readonly tf: Tf;
  readonly model: TrainableModel;
  readonly rows: readonly Row[];
  readonly collator: DataCollator;
  readonly plan: TrainingPlan;
  readonly microBatchSize: number | undefined;
  readonly differentiate: readonly Hyperparameter[];
  /** What the run goes on from; null: the start. */
  readonly saved: SavedRun | null;
}

/** One call of `train`: the epochs and updates, in Hugging Face's order of events. */
export class TrainingRun {
  readonly #parts: RunParts;
  readonly #input: RunInput;
  readonly #step: TrainingStep;
  readonly #firstStep: number;
  readonly #firstToken: number;
  #started = 0;
  /** Of the updates since the last log. */
  #lossSum = 0;
  #lastLogged: number;
  /** Of the logged updates. */
  #total = 0;
  #last: Update | undefined;

  constructor(parts: RunParts, input: RunInput) {
    this.#parts = parts;
    this.#input = input;
    const { tf, model, plan, microBatchSize, differentiate, saved } = input;
    const size = saved?.microBatchSize ?? microBatchSize;
    this.#step = new TrainingStep(tf, model, parts.args, {
      total: plan.maxSteps,
      differentiate,
      ...(size !== undefined && { microBatchSize: size }),
    });
    if (saved?.optimizer) this.#step.restore(saved.optimizer);
    if (saved?.metricSchedule) this.#step.restoreMetricSchedule(saved.metricSchedule);
    if (saved?.seeds) restoreSeeds(saved.seeds);
    this.#firstStep = parts.state.globalStep;
    this.#firstToken = parts.state.numInputTokensSeen;
    this.#lastLogged = parts.state.globalStep;
  }

  /** Returns the mean loss of the updates of this call, and its speed. */
  async run(): Promise<{ trainingLoss: number; metrics: Metrics }> {
    const { plan } = this.#input;
    const { state, callbacks, args } = this.#parts;
    this.#started = performance.now();
    this.#describe();
    await this.#parts.call('onTrainBegin');
    if (args.eval_on_start) await this.#evaluate(true);
    const firstEpoch = Math.floor(this.#firstStep / plan.updatesPerEpoch);
    const done = args.ignore_data_skip ? 0 : this.#firstStep % plan.updatesPerEpoch;
    for (let epoch = firstEpoch; epoch < plan.epochs; epoch++) {
      await this.#parts.call('onEpochBegin');
      await this.#epoch(epoch, epoch === firstEpoch ? done : 0);
      if (callbacks.control.shouldTrainingStop) break;
    }
    const steps = state.globalStep - this.#firstStep;
    const trainingLoss = (this.#total + this.#lossSum) / Math.max(steps, 0.001);
    const samples = (plan.samples * steps) / Math.max(plan.maxSteps, 1);
    const metrics = {
      ...speedMetrics('train', this.#seconds, { samples, steps }),
      total_flos: state.totalFlos,
      train_loss: trainingLoss,
    };
    return { trainingLoss, metrics };
  }

  /** The derivatives of the mean loss of these rows, by the hyperparameters that the run was to be differentiated by. */
  derivatives(rows: readonly Row[]): Record<string, number> {
    const { collator } = this.#input;
    const size = this.#parts.args.per_device_eval_batch_size;
    return this.#step.derivatives(chunks(rows, size).map((part) => collator.collate(part)));
  }

  async #epoch(epoch: number, done: number): Promise<void> {
    const { rows, plan } = this.#input;
    const { args, callbacks, state } = this.#parts;
    let batches = done * args.gradient_accumulation_steps;
    for (const update of updatesOf(rows, args, epoch).slice(done)) {
      await this.#parts.call('onStepBegin');
      for (const _ of update.slice(1)) await this.#parts.call('onSubstepEnd');
      await this.#update(update);
      batches += update.length;
      state.epoch = epoch + batches / plan.batchesPerEpoch;
      await this.#parts.call('onStepEnd');
      await this.#logEvaluateSave();
      await turnOfTheLoop();
      await this.#checkInterrupted();
      if (callbacks.control.shouldEpochStop || callbacks.control.shouldTrainingStop) break;
    }
    await this.#parts.call('onEpochEnd');
    await this.#logEvaluateSave();
  }

  async #update(batches: readonly (readonly Row[])[]): Promise<void> {
    const { collator, model } = this.#input;
    const { args, state } = this.#parts;
    const collated = batches.map((rows) => collator.collate(rows));
    await this.#parts.call('onPreOptimizerStep');
    const update = this.#step.update(collated, state.globalStep);
    await this.#parts.call('onOptimizerStep');
    const isLost = args.logging_nan_inf_filter && !Number.isFinite(update.loss);
    this.#lossSum += isLost ? this.#lossSum / (1 + state.globalStep - this.#lastLogged) : update.loss;
    this.#last = update;
    for (const batch of collated) state.numInputTokensSeen += tokensOf(batch, args.include_num_input_tokens_seen);
    state.totalFlos += collated.reduce((sum, { inputIds }) => sum + flos(model, inputIds.length), 0);
    state.globalStep++;
  }

  async #logEvaluateSave(): Promise<void> {
    const { state } = this.#parts;
    const { control } = this.#parts.callbacks;
    if (control.shouldLog && this.#last && state.globalStep > this.#lastLogged) {
      const loss = this.#lossSum / (state.globalStep - this.#lastLogged);
      this.#total += this.#lossSum;
      this.#lossSum = 0;
      this.#lastLogged = state.globalStep;
      const { gradNorm, learningRate } = this.#last;
      await this.#parts.log({ loss, grad_norm: gradNorm, learning_rate: learningRate }, this.#tokenSpeed());
    }
    if (control.shouldEvaluate) this.#step.noteMetric(await this.#evaluate(false));
    if (control.shouldSave) {
      await this.#save();
      await this.#parts.call('onSave');
    }
  }

  get #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  #tokenSpeed(): Metrics {
    const { args, state } = this.#parts;
    if (args.include_num_input_tokens_seen === 'no') return {};
    return speedMetrics('train', this.#seconds, { tokens: state.numInputTokensSeen - this.#firstToken });
  }

  /**
   * Evaluates, reports to the search, then to the checkpoints, in Hugging Face's order; an untrained model is never the best.
   * Returns what a learning rate may follow. A signal does not wait for the end of an evaluation: what is trained is saved.
   */
  async #evaluate(isUntrained: boolean): Promise<number> {
    const { args, state, callbacks, keeper, trial, hooks } = this.#parts;
    try {
      const metrics = await this.#parts.evaluate();
      if (trial && (await hooks?.isPruned(trial, metrics, state))) {
        await this.#parts.call('onTrainEnd');
        throw new TrialPruned();
      }
      const isBest = !isUntrained && keeper.noteBest(metrics);
      if (args.save_strategy === 'best') callbacks.control.shouldSave = isBest;
      return metrics[evalName(args.metric_for_best_model ?? 'loss')] ?? Number.NaN;
    } catch (error) {
      if (error instanceof TrainingInterrupted) await this.#checkInterrupted();
      throw error;
    }
  }

  #save(): Promise<string> {
    const { state, callbacks, keeper } = this.#parts;
    state.statefulCallbacks = callbacks.exportStates();
    return keeper.save(this.#resumable());
  }

  /** Throws when a signal asked the training to end before its time, after saving. */
  async #checkInterrupted(): Promise<void> {
    const { args, termination } = this.#parts;
    if (termination.asked === null) return;
    const isSaved = args.save_strategy !== 'no' || args.enable_jit_checkpoint;
    throw new TrainingInterrupted(termination.asked, isSaved ? await this.#save() : null);
  }

  #resumable(): Resumable {
    return {
      optimizer: this.#step.optimizerState(),
      learningRate: this.#step.learningRateAt(this.#parts.state.globalStep),
      metricSchedule: this.#step.metricSchedule,
      seeds: seedState(),
      microBatchSize: this.#step.microBatchSize,
    };
  }

  #describe(): void {
    const { plan, rows, model, saved } = this.#input;
    const { args, state } = this.#parts;
    const size = args.per_device_train_batch_size;
    const weights = [...model.parameters.values()].reduce((sum, { size: own }) => sum + own, 0);
    const lines = [
      '***** Running training *****',
      `  Num examples = ${grouped(rows.length)}`,
      `  Num Epochs = ${grouped(plan.epochs)}`,
      `  Num update steps per epoch = ${grouped(plan.updatesPerEpoch)}`,
      `  Instantaneous batch size per device = ${grouped(size)}`,
      `  Total train batch size (w. parallel, distributed & accumulation) = ${grouped(size * args.gradient_accumulation_steps)}`,
      `  Gradient Accumulation steps = ${args.gradient_accumulation_steps}`,
      `  Total optimization steps = ${grouped(plan.maxSteps)}`,
      `  Number of trainable parameters = ${grouped(weights)}`,
    ];
    if (args.label_smoothing_factor > 0 && model.config.problem_type === 'multi_label_classification') {
      lines.push('label_smoothing_factor has no effect where a row has several labels: this training goes without.');
    }
    if (saved) {
      const epochs = Math.floor(this.#firstStep / plan.updatesPerEpoch);
      lines.push(`  Resuming training from checkpoint with epoch ${epochs} and global step ${state.globalStep}`);
    }
    for (const line of lines) this.#parts.print(line);
  }
}

function tokensOf({ inputIds, attentionMask }: LabelledBatch, count: TokenCount): number {
  if (count === 'no') return 0;
  return count === 'all' ? inputIds.length : attentionMask.reduce((sum, one) => sum + one, 0);
}

/** Hugging Face's estimate: 6 a token and parameter outside the embeddings (Kaplan et al. 2020). */
function flos(model: TrainableModel, tokens: number): number {
  let parameters = 0;
  for (const [name, { size }] of model.parameters) if (!/_embeddings\.weight$/.test(name)) parameters += size;
  return 6 * tokens * parameters;
}

function grouped(count: number): string {
  return pythonInt(count).replace(/\B(?=(\d{3})+$)/g, ',');
}
