import { TuneboardError } from '../core/errors.ts';
import type { Trial } from '../core/study/trial.ts';
import { pythonFloat, pythonInt, pythonString } from '../core/text/pythonRepr.ts';
import type { Strategy, TrainingArguments } from './arguments/trainingArguments.ts';
import type {
  CallbackContext,
  TrainerCallback,
  TrainerControl,
  TrainerEvent,
  TrainerState,
} from './callbacks/trainerCallback.ts';
import type { DataCollatorWithPadding } from './datasets/collator.ts';
import type { Dataset } from './datasets/dataset.ts';
import type { BertForSequenceClassification } from './models/bert.ts';
import { crossEntropy } from './models/loss.ts';
import type { Tf } from './tf.ts';
import { chunks, planTraining, type TrainingPlan, updatesOf } from './trainingPlan.ts';
import { TrainingStep, type Update } from './trainingStep.ts';

export type Metrics = Record<string, number>;

/** What `computeMetrics` gets: a row of logits and a label a text. */
export interface EvalPrediction {
  readonly predictions: readonly Float32Array[];
  readonly labelIds: Int32Array;
}

export interface TrainerOptions {
  readonly tf: Tf;
  /** Makes the model anew for every training run; its weights should depend on the seed only. */
  readonly modelInit: (context: {
    readonly seed: number;
    readonly trial: Trial | null;
  }) => BertForSequenceClassification;
  readonly args: TrainingArguments;
  readonly trainDataset: Dataset;
  readonly evalDataset: Dataset;
  readonly dataCollator: DataCollatorWithPadding;
  readonly computeMetrics?: (prediction: EvalPrediction) => Metrics;
  readonly callbacks?: readonly TrainerCallback[];
  /** Gets every line that Hugging Face's Trainer would print; nowhere by default. */
  readonly print?: (line: string) => void;
}

export interface TrainOutput {
  readonly globalStep: number;
  readonly trainingLoss: number;
  readonly metrics: Metrics;
}

/** Called after each evaluation of a trial, with the update at which it was made. */
export type OnEvaluated = (metrics: Metrics, globalStep: number) => Promise<void>;

/**
 * Fine-tuning in the terms of Hugging Face's Trainer: the same defaults, counts, order of events and lines. Runs on the
 * thread it is called on.
 */
export class Trainer {
  args: TrainingArguments;
  readonly options: TrainerOptions;
  #model: BertForSequenceClassification | null = null;
  readonly #control: TrainerControl = { shouldTrainingStop: false, shouldLog: false, shouldEvaluate: false };
  #state: TrainerState = { epoch: 0, globalStep: 0, maxSteps: 0, logHistory: [] };
  /** Since the last log. */
  #losses: number[] = [];

  constructor(options: TrainerOptions) {
    this.options = options;
    this.args = options.args;
    for (const warning of options.args.warnings) this.#print(warning);
  }

  /** The model of the last training run; null before. */
  get model(): BertForSequenceClassification | null {
    return this.#model;
  }

  get state(): TrainerState {
    return this.#state;
  }

  /** Trains a new model. Throws `training-arguments` and `dataset`. */
  async train(trial: Trial | null = null, onEvaluated?: OnEvaluated): Promise<TrainOutput> {
    const { tf, modelInit, trainDataset } = this.options;
    const args = this.args.values;
    const started = performance.now();
    const plan = planTraining(trainDataset.rows.length, args);
    this.dispose();
    this.#model = modelInit({ seed: args.seed, trial });
    this.#state = { epoch: 0, globalStep: 0, maxSteps: plan.maxSteps, logHistory: [] };
    this.#losses = [];
    this.#control.shouldTrainingStop = false;
    const step = new TrainingStep(tf, this.#model, args, plan.maxSteps);
    this.#printPlan(plan);
    this.#call('onTrainBegin');
    let total = 0;
    for (let epoch = 0; epoch < plan.epochs && !this.#control.shouldTrainingStop; epoch++) {
      total += await this.#epoch(epoch, step, plan, onEvaluated);
    }
    const trainingLoss = total / this.#state.globalStep;
    const seconds = (performance.now() - started) / 1000;
    const samples =
      args.max_steps > 0
        ? this.#state.globalStep * args.per_device_train_batch_size * args.gradient_accumulation_steps
        : trainDataset.rows.length * args.num_train_epochs;
    const metrics = { ...speed('train', seconds, samples, this.#state.globalStep), train_loss: trainingLoss };
    this.#log(metrics);
    this.#call('onTrainEnd');
    return { globalStep: this.#state.globalStep, trainingLoss, metrics };
  }

  /** Scores the model of the last training run: `eval_loss`, then what `computeMetrics` gives, then speeds. */
  async evaluate(dataset: Dataset = this.options.evalDataset): Promise<Metrics> {
    const model = this.#model;
    if (!model) throw new TuneboardError('no-model', 'There is no model to evaluate: call train() first.');
    const started = performance.now();
    const { tf, dataCollator, computeMetrics } = this.options;
    const { per_device_eval_batch_size: size, label_smoothing_factor: smoothing } = this.args.values;
    const predictions: Float32Array[] = [];
    const labels: number[] = [];
    let loss = 0;
    const batches = chunks(dataset.rows, size);
    for (const rows of batches) {
      const batch = dataCollator.collate(rows);
      tf.tidy(() => {
        const logits = model.logits(batch, null);
        loss += (crossEntropy(tf, logits, batch.labels, smoothing).dataSync()[0] as number) * rows.length;
        const flat = Float32Array.from(logits.dataSync());
        predictions.push(...chunksOf(flat, model.config.num_labels));
      });
      labels.push(...batch.labels);
      this.#call('onPredictionStep');
    }
    const scores = computeMetrics?.({ predictions, labelIds: Int32Array.from(labels) }) ?? {};
    const named = Object.entries(scores).map(([name, value]) => [
      name.startsWith('eval_') ? name : `eval_${name}`,
      value,
    ]);
    const seconds = (performance.now() - started) / 1000;
    const count = dataset.rows.length;
    const metrics: Metrics = {
      eval_loss: loss / count,
      ...Object.fromEntries(named),
      ...speed('eval', seconds, count, batches.length),
    };
    this.#log(metrics);
    this.#call('onEvaluate', metrics);
    this.#control.shouldEvaluate = false;
    return metrics;
  }

  /** Frees the model's memory. */
  dispose(): void {
    this.#model?.dispose();
    this.#model = null;
  }

  /** Returns the sum of the losses of its updates. */
  async #epoch(epoch: number, step: TrainingStep, plan: TrainingPlan, onEvaluated?: OnEvaluated): Promise<number> {
    const { trainDataset, dataCollator } = this.options;
    const state = this.#state;
    let sum = 0;
    let last: Update | undefined;
    this.#call('onEpochBegin');
    for (const [index, batches] of updatesOf(trainDataset.rows, this.args.values, epoch).entries()) {
      this.#call('onStepBegin');
      for (const _ of batches.slice(1)) this.#call('onSubstepEnd');
      const collated = batches.map((rows) => dataCollator.collate(rows));
      this.#call('onPreOptimizerStep');
      last = step.update(collated, state.globalStep);
      this.#call('onOptimizerStep');
      sum += last.loss;
      this.#losses.push(last.loss);
      state.globalStep++;
      state.epoch = epoch + (index + 1) / plan.updatesPerEpoch;
      this.#wish('steps');
      this.#call('onStepEnd');
      await this.#logAndEvaluate(last, onEvaluated);
      if (state.globalStep >= state.maxSteps) this.#control.shouldTrainingStop = true;
      if (this.#control.shouldTrainingStop) break;
    }
    this.#wish('epoch');
    this.#call('onEpochEnd');
    await this.#logAndEvaluate(last, onEvaluated);
    return sum;
  }

  /** What the strategies ask for now. */
  #wish(moment: Strategy): void {
    const { logging_strategy, logging_steps, logging_first_step, eval_strategy, eval_steps } = this.args.values;
    const { globalStep } = this.#state;
    const isDue = (strategy: Strategy, every: number) =>
      strategy === moment && (moment === 'epoch' || globalStep % every === 0);
    if (isDue(logging_strategy, logging_steps)) this.#control.shouldLog = true;
    if (moment === 'steps' && globalStep === 1 && logging_first_step) this.#control.shouldLog = true;
    if (isDue(eval_strategy, eval_steps ?? logging_steps)) this.#control.shouldEvaluate = true;
  }

  async #logAndEvaluate(last: Update | undefined, onEvaluated?: OnEvaluated): Promise<void> {
    if (this.#control.shouldLog && last && this.#losses.length > 0) {
      const loss = this.#losses.reduce((sum, one) => sum + one, 0) / this.#losses.length;
      this.#losses = [];
      this.#log({ loss: rounded(loss, 4), grad_norm: last.gradNorm, learning_rate: last.learningRate });
    }
    this.#control.shouldLog = false;
    if (!this.#control.shouldEvaluate) return;
    const metrics = await this.evaluate();
    await onEvaluated?.(metrics, this.#state.globalStep);
  }

  #log(metrics: Readonly<Metrics>): void {
    const logs = { ...metrics, epoch: rounded(this.#state.epoch, 2) };
    this.#state.logHistory.push({ ...logs, step: this.#state.globalStep });
    this.#print(pythonFloats(logs));
    this.#call('onLog', logs);
  }

  #call(event: TrainerEvent, logs?: Readonly<Metrics>): void {
    const context: CallbackContext = { state: this.#state, control: this.#control, ...(logs && { logs }) };
    for (const callback of this.options.callbacks ?? []) callback[event]?.(context);
  }

  #printPlan(plan: TrainingPlan): void {
    const args = this.args.values;
    const size = args.per_device_train_batch_size;
    const weights = [...(this.#model?.parameters.values() ?? [])].reduce((sum, { size: own }) => sum + own, 0);
    for (const line of [
      '***** Running training *****',
      `  Num examples = ${grouped(this.options.trainDataset.rows.length)}`,
      `  Num Epochs = ${grouped(plan.epochs)}`,
      `  Instantaneous batch size per device = ${grouped(size)}`,
      `  Total train batch size (w. parallel, distributed & accumulation) = ${grouped(size * args.gradient_accumulation_steps)}`,
      `  Gradient Accumulation steps = ${args.gradient_accumulation_steps}`,
      `  Total optimization steps = ${grouped(plan.maxSteps)}`,
      `  Number of trainable parameters = ${grouped(weights)}`,
    ]) {
      this.#print(line);
    }
  }

  #print(line: string): void {
    this.options.print?.(line);
  }
}

function chunksOf(values: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: values.length / size }, (_, index) => values.subarray(index * size, (index + 1) * size));
}

/** Hugging Face's speed_metrics. */
function speed(split: string, seconds: number, samples: number, steps: number): Metrics {
  return {
    [`${split}_runtime`]: rounded(seconds, 4),
    [`${split}_samples_per_second`]: rounded(samples / seconds, 3),
    [`${split}_steps_per_second`]: rounded(steps / seconds, 3),
  };
}

function rounded(value: number, digits: number): number {
  return Number.isFinite(value) ? Number(value.toFixed(digits)) : value;
}

function grouped(count: number): string {
  return pythonInt(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A dict of floats as Python prints it. */
function pythonFloats(values: Readonly<Metrics>): string {
  return `{${Object.entries(values)
    .map(([name, value]) => `${pythonString(name)}: ${pythonFloat(value)}`)
    .join(', ')}}`;
}
