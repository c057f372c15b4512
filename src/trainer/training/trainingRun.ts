import type { Hyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import { pythonInt } from '../../core/text/pythonRepr.ts';
import type { TokenCount } from '../arguments/argumentFields.ts';
import type { TrainingArguments } from '../arguments/trainingArguments.ts';
import type { TrainerControl, TrainerEvent } from '../callbacks/trainerCallback.ts';
import type { SavedRun } from '../checkpoints/readCheckpoint.ts';
import type { TrainerState } from '../checkpoints/trainerState.ts';
import type { Resumable } from '../checkpoints/writeCheckpoint.ts';
import type { LabelledBatch } from '../datasets/collator.ts';
import type { Row } from '../datasets/columns.ts';
import type { Tf } from '../tf.ts';
import { restoreSeeds, seedState } from './seed.ts';
import { speedMetrics } from './speedMetrics.ts';
import { TrainingInterrupted, turnOfTheLoop } from './termination.ts';
import type { TrainableModel } from './trainableModel.ts';
import type { DataCollator, Metrics } from './trainerOptions.ts';
import { chunks, type TrainingPlan, updatesOf } from './trainingPlan.ts';
import { TrainingStep, type Update } from './trainingStep.ts';

/** What a training run needs of its Trainer. */
export interface TrainingHost {
  readonly args: TrainingArguments;
  readonly state: TrainerState;
  readonly control: TrainerControl;
  call(event: TrainerEvent): Promise<void>;
  /** `more` comes after the epoch. */
  log(metrics: Metrics, more?: Metrics): Promise<void>;
  /**
   * Evaluates, tells the search and notes whether it is the best so far, which an untrained model never is; returns what a
   * learning rate may follow.
   */
  evaluate(isUntrained: boolean): Promise<number>;
  save(resumable: Resumable): Promise<void>;
  print(line: string): void;
  /** Throws when the training is to end before its time, after saving. */
  checkInterrupted(resumable: () => Resumable): Promise<void>;
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
  readonly #host: TrainingHost;
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

  constructor(host: TrainingHost, input: RunInput) {
    this.#host = host;
    this.#input = input;
    const { tf, model, plan, microBatchSize, differentiate, saved } = input;
    const size = saved?.microBatchSize ?? microBatchSize;
    this.#step = new TrainingStep(tf, model, host.args, {
      total: plan.maxSteps,
      differentiate,
      ...(size !== undefined && { microBatchSize: size }),
    });
    if (saved?.optimizer) this.#step.restore(saved.optimizer);
    if (saved?.metricSchedule) this.#step.restoreMetricSchedule(saved.metricSchedule);
    if (saved?.seeds) restoreSeeds(saved.seeds);
    this.#firstStep = host.state.globalStep;
    this.#firstToken = host.state.numInputTokensSeen;
    this.#lastLogged = host.state.globalStep;
  }

  /** Returns the mean loss of the updates of this call, and its speed. */
  async run(): Promise<{ trainingLoss: number; metrics: Metrics }> {
    const { plan } = this.#input;
    const { state, control, args } = this.#host;
    this.#started = performance.now();
    this.#describe();
    await this.#host.call('onTrainBegin');
    if (args.eval_on_start) await this.#evaluate(true);
    const firstEpoch = Math.floor(this.#firstStep / plan.updatesPerEpoch);
    const done = args.ignore_data_skip ? 0 : this.#firstStep % plan.updatesPerEpoch;
    for (let epoch = firstEpoch; epoch < plan.epochs; epoch++) {
      await this.#host.call('onEpochBegin');
      await this.#epoch(epoch, epoch === firstEpoch ? done : 0);
      if (control.shouldTrainingStop) break;
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
    const size = this.#host.args.per_device_eval_batch_size;
    return this.#step.derivatives(chunks(rows, size).map((part) => collator.collate(part)));
  }

  async #epoch(epoch: number, done: number): Promise<void> {
    const { rows, plan } = this.#input;
    const { args, control, state } = this.#host;
    let batches = done * args.gradient_accumulation_steps;
    for (const update of updatesOf(rows, args, epoch).slice(done)) {
      await this.#host.call('onStepBegin');
      for (const _ of update.slice(1)) await this.#host.call('onSubstepEnd');
      await this.#update(update);
      batches += update.length;
      state.epoch = epoch + batches / plan.batchesPerEpoch;
      await this.#host.call('onStepEnd');
      await this.#logEvaluateSave();
      await turnOfTheLoop();
      await this.#host.checkInterrupted(() => this.#resumable());
      if (control.shouldEpochStop || control.shouldTrainingStop) break;
    }
    await this.#host.call('onEpochEnd');
    await this.#logEvaluateSave();
  }

  async #update(batches: readonly (readonly Row[])[]): Promise<void> {
    const { collator, model } = this.#input;
    const { args, state } = this.#host;
    const collated = batches.map((rows) => collator.collate(rows));
    await this.#host.call('onPreOptimizerStep');
    const update = this.#step.update(collated, state.globalStep);
    await this.#host.call('onOptimizerStep');
    const isLost = args.logging_nan_inf_filter && !Number.isFinite(update.loss);
    this.#lossSum += isLost ? this.#lossSum / (1 + state.globalStep - this.#lastLogged) : update.loss;
    this.#last = update;
    for (const batch of collated) state.numInputTokensSeen += tokensOf(batch, args.include_num_input_tokens_seen);
    state.totalFlos += collated.reduce((sum, { inputIds }) => sum + flos(model, inputIds.length), 0);
    state.globalStep++;
  }

  async #logEvaluateSave(): Promise<void> {
    const { control, state } = this.#host;
    if (control.shouldLog && this.#last && state.globalStep > this.#lastLogged) {
      const loss = this.#lossSum / (state.globalStep - this.#lastLogged);
      this.#total += this.#lossSum;
      this.#lossSum = 0;
      this.#lastLogged = state.globalStep;
      const { gradNorm, learningRate } = this.#last;
      await this.#host.log({ loss, grad_norm: gradNorm, learning_rate: learningRate }, this.#tokenSpeed());
    }
    if (control.shouldEvaluate) this.#step.noteMetric(await this.#evaluate(false));
    if (control.shouldSave) await this.#host.save(this.#resumable());
  }

  get #seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  #tokenSpeed(): Metrics {
    const { args, state } = this.#host;
    if (args.include_num_input_tokens_seen === 'no') return {};
    return speedMetrics('train', this.#seconds, { tokens: state.numInputTokensSeen - this.#firstToken });
  }

  /** A signal does not wait for the end of an evaluation: what is trained is saved. */
  async #evaluate(isUntrained: boolean): Promise<number> {
    try {
      return await this.#host.evaluate(isUntrained);
    } catch (error) {
      if (error instanceof TrainingInterrupted) await this.#host.checkInterrupted(() => this.#resumable());
      throw error;
    }
  }

  #resumable(): Resumable {
    return {
      optimizer: this.#step.optimizerState(),
      learningRate: this.#step.learningRateAt(this.#host.state.globalStep),
      metricSchedule: this.#step.metricSchedule,
      seeds: seedState(),
      microBatchSize: this.#step.microBatchSize,
    };
  }

  #describe(): void {
    const { plan, rows, model, saved } = this.#input;
    const { args, state } = this.#host;
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
    for (const line of lines) this.#host.print(line);
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
