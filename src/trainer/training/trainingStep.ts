import type { Tensor2D } from '@tensorflow/tfjs-core';
import { TuneboardError } from '../../core/errors.ts';
import type { Hyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import type { LabelledBatch } from '../datasets/collator.ts';
import { differentiationOf } from '../hypergradient/chooseMode.ts';
import type { Differentiation, Summed } from '../hypergradient/differentiation.ts';
import { HypergradientDescent, withoutHypergradient } from '../hypergradient/hypergradientDescent.ts';
import { lossBySmoothing, modelLoss } from '../models/loss.ts';
import { Dropout } from '../ops/dropout.ts';
import { clipGradients } from '../optimizers/clipGradients.ts';
import { createOptimizer } from '../optimizers/createOptimizer.ts';
import { type MetricSchedule, type MetricScheduleState, metricScheduleOf } from '../optimizers/metricSchedule.ts';
import type { Optimizer, OptimizerState } from '../optimizers/optimizer.ts';
import { isDecayed, lrFactorsOf } from '../optimizers/parameterGroups.ts';
import { learningRateAt, type Schedule, warmupUpdates } from '../optimizers/schedules.ts';
import type { Tf } from '../tf.ts';
import { isOutOfMemory, microBatches, outOfMemory } from './microBatches.ts';
import type { TrainableModel } from './trainableModel.ts';
import { type Weights, weightsOf } from './weights.ts';

export interface Update {
  /** Mean over the batches. */
  readonly loss: number;
  /** Before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
}

export interface StepOptions {
  /** Updates of the whole run. */
  readonly total: number;
  /** Rows that go through the model at once at the most; the whole batch by default. Halved when memory runs out. */
  readonly microBatchSize?: number;
  /** Hyperparameters that the training is differentiated by; none by default. */
  readonly differentiate?: readonly Hyperparameter[];
  /** Bytes that reverse mode may keep of the training, 1 GiB by default; forward mode where it would need more. */
  readonly mostBytes?: number;
}

/** The updates of one training run: forward, backward, clipping, optimiser, schedule. */
export class TrainingStep {
  readonly #schedule: Schedule;
  /** In place of the schedule where the rate follows a metric. */
  readonly #metricSchedule: MetricSchedule | null;
  readonly #tf: Tf;
  readonly #model: TrainableModel;
  readonly #args: TrainingArgumentValues;
  readonly #optimizer: Optimizer;
  readonly #weights: Weights;
  readonly #differentiated: readonly Hyperparameter[];
  readonly #differentiation: Differentiation | null;
  readonly #descent: HypergradientDescent | null;
  /** Of the learning rate, by parameter. */
  readonly #lrFactors: readonly number[];
  #microBatchSize: number;

  /** Throws `training-arguments` and `hypergradient`. */
  constructor(tf: Tf, model: TrainableModel, args: TrainingArgumentValues, options: StepOptions) {
    const { total, microBatchSize, differentiate = [] } = options;
    this.#tf = tf;
    this.#model = model;
    this.#args = args;
    this.#optimizer = createOptimizer(args);
    const names = [...model.parameters.keys()];
    this.#lrFactors = lrFactorsOf(names, args.lr_factors);
    this.#weights = weightsOf(tf, model.parameters);
    this.#differentiated = differentiate;
    this.#differentiation =
      differentiate.length > 0 ? differentiationOf(this.#weights, names, differentiate, args, options) : null;
    this.#descent = args.hypergradient_lr > 0 ? new HypergradientDescent(args.hypergradient_lr) : null;
    this.#schedule = {
      name: args.lr_scheduler_type,
      warmup: warmupUpdates(args.warmup_steps, total),
      total,
      learningRate: args.learning_rate,
      options: args.lr_scheduler_kwargs ?? {},
    };
    this.#metricSchedule = metricScheduleOf(args, differentiate.length > 0);
    this.#microBatchSize = Math.max(1, microBatchSize ?? args.per_device_train_batch_size);
  }

  /** Rows that go through the model at once at the most: smaller than what was asked for when memory has run out. */
  get microBatchSize(): number {
    return this.#microBatchSize;
  }

  optimizerState(): OptimizerState {
    const state = this.#optimizer.state();
    if (!this.#descent) return state;
    return { step: state.step, tensors: new Map([...state.tensors, ...this.#descent.tensors()]) };
  }

  /** The learning rate that update number `step`, from 0, has by what is known before it. */
  learningRateAt(step: number): number {
    return (this.#metricSchedule?.rate ?? learningRateAt(this.#schedule, step)) * (this.#descent?.factor ?? 1);
  }

  /** Takes note of the evaluation's metric that the learning rate follows, if it follows one. */
  noteMetric(metric: number): void {
    this.#metricSchedule?.note(metric);
  }

  /** Where a learning rate that follows a metric is; null for one that does not. */
  get metricSchedule(): MetricScheduleState | null {
    return this.#metricSchedule?.state ?? null;
  }

  /** Goes on from what `metricSchedule` was. */
  restoreMetricSchedule(state: MetricScheduleState): void {
    this.#metricSchedule?.restore(state);
  }

  /** Goes on from the state of an optimiser of the same kind. The weights are the model's. */
  restore(state: OptimizerState): void {
    this.#optimizer.restore(withoutHypergradient(state));
    this.#descent?.restore(state.tensors);
  }

  /**
   * Update number `step`, from 0, with the mean gradient of the batches. When memory runs out, the same update is made with
   * half as many rows at a time. Throws `out-of-memory` when one row is too many.
   */
  update(batches: readonly LabelledBatch[], step: number): Update {
    return this.#withRoom(batches, () => this.#update(batches, step));
  }

  /**
   * The derivatives of the mean loss of these batches, in evaluation mode, by the hyperparameters that `differentiate`
   * names. Of a training that goes on from a checkpoint they are those of its rest. NaN where memory does not suffice: the
   * training is as good without.
   */
  derivatives(batches: readonly LabelledBatch[]): Record<string, number> {
    const rows = batches.reduce((sum, { size }) => sum + size, 0);
    const sum = (smoothing: number) =>
      this.#withRoom(batches, () => {
        const total = { loss: 0, bySmoothing: 0 };
        for (const batch of batches) {
          for (const part of microBatches(batch, this.#microBatchSize)) {
            addTo(total, part.size / rows, this.#accumulate(part, part.size / rows, null, smoothing));
          }
        }
        return total;
      });
    try {
      return this.#differentiation?.derivatives(sum) ?? {};
    } catch (error) {
      const isOut = error instanceof TuneboardError ? error.code === 'out-of-memory' : isOutOfMemory(error);
      if (!isOut) throw error;
      return Object.fromEntries(this.#differentiated.map((name) => [name, Number.NaN]));
    }
  }

  /** Makes sums of gradients from these batches again with half as many rows at a time when memory runs out. */
  #withRoom<T>(batches: readonly LabelledBatch[], make: () => T): T {
    for (;;) {
      try {
        return make();
      } catch (error) {
        this.#weights.clear();
        if (!isOutOfMemory(error)) throw error;
        if (this.#microBatchSize === 1) throw outOfMemory(error);
        this.#microBatchSize = Math.ceil(Math.min(this.#microBatchSize, largest(batches)) / 2);
      }
    }
  }

  #update(batches: readonly LabelledBatch[], step: number): Update {
    const args = this.#args;
    // The same parts whenever the update is gone through again: dropout's masks hang on them.
    const size = this.#microBatchSize;
    this.#differentiation?.prepare((smoothing) => this.#sum(batches, step, smoothing, size));
    const { loss, bySmoothing } = this.#sum(batches, step, args.label_smoothing_factor, size);
    let learningRate = 0;
    let gradNorm = 0;
    this.#weights.update((arrays) => {
      this.#differentiation?.begin(arrays, bySmoothing);
      gradNorm = clipGradients(
        arrays.map(({ gradient }) => gradient),
        args.max_grad_norm,
      );
      const slots = arrays.map(({ name, variable, values, gradient }, index) => ({
        name,
        shape: variable.shape,
        values,
        gradient,
        weightDecay: isDecayed(name) ? args.weight_decay : 0,
        lrFactor: this.#lrFactors[index] as number,
      }));
      this.#descent?.learn(slots);
      learningRate = this.learningRateAt(step);
      this.#optimizer.step(slots, learningRate);
      this.#descent?.remember(slots);
    });
    this.#differentiation?.end(this.#optimizer.state(), { learningRate, gradNorm, schedule: this.#shareAt(step) });
    return { loss, gradNorm, learningRate };
  }

  /** The derivative of an update's learning rate by `learning_rate`, in which every schedule is linear. */
  #shareAt(step: number): number {
    const at = (learningRate: number) => learningRateAt({ ...this.#schedule, learningRate }, step);
    const { learningRate } = this.#schedule;
    return (at(2 * learningRate + 1) - at(learningRate)) / (learningRate + 1);
  }

  /** Adds the gradient of an update's mean loss. */
  #sum(batches: readonly LabelledBatch[], step: number, smoothing: number, microBatchSize: number): Summed {
    const { gradient_accumulation_steps: steps, per_device_train_batch_size: size, seed } = this.#args;
    // Masks are drawn by the number that a part's first row has in the whole training.
    let row = step * steps * size;
    const total = { loss: 0, bySmoothing: 0 };
    for (const batch of batches) {
      for (const part of microBatches(batch, microBatchSize)) {
        const share = part.size / batch.size / batches.length;
        addTo(total, share, this.#accumulate(part, share, new Dropout(seed, row), smoothing));
        row += part.size;
      }
    }
    return total;
  }

  /** Adds the gradient of the batch's loss, times its share. */
  #accumulate(batch: LabelledBatch, share: number, dropout: Dropout | null, smoothing: number): Summed {
    const tf = this.#tf;
    const { config } = this.#model;
    let seen: Tensor2D | undefined;
    try {
      return tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => {
          const logits = this.#model.logits(batch, dropout);
          if (this.#differentiation) seen = tf.keep(tf.clone(logits));
          return modelLoss(tf, config, logits, batch.labels, smoothing);
        }, [...this.#weights.variables]);
        this.#weights.add(grads, share);
        const bySmoothing = seen ? lossBySmoothing(config, seen.dataSync(), batch.labels) : 0;
        return { loss: value.dataSync()[0] as number, bySmoothing };
      });
    } catch (error) {
      forgetTape(tf);
      throw error;
    } finally {
      seen?.dispose();
    }
  }
}

function addTo(total: { loss: number; bySmoothing: number }, share: number, part: Summed): void {
  total.loss += share * part.loss;
  total.bySmoothing += share * part.bySmoothing;
}

function largest(batches: readonly LabelledBatch[]): number {
  return Math.max(...batches.map(({ size }) => size));
}

/**
 * Frees what a gradient that was broken off by an error had kept for its way back: TensorFlow.js does it at the end of that
 * way alone, so that after each attempt for which memory did not suffice still less would be left.
 */
function forgetTape(tf: Tf): void {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) return;
  for (const { saved } of state.activeTape ?? []) {
    for (const tensor of saved ?? []) if (!tensor.isDisposed) tensor.dispose();
  }
  state.activeTape = [];
}
