import type { Variable } from '@tensorflow/tfjs-core';
import type { TrainingArgumentValues } from './arguments/trainingArguments.ts';
import type { LabelledBatch } from './datasets/collator.ts';
import type { BertForSequenceClassification } from './models/bert.ts';
import { Dropout } from './models/dropout.ts';
import { crossEntropy } from './models/loss.ts';
import { clipGradients, createOptimizer, isDecayed, type Optimizer, scheduleFactor } from './optimizers/optimizers.ts';
import type { Tf } from './tf.ts';

interface Weight {
  readonly name: string;
  readonly variable: Variable;
  readonly values: Float32Array;
}

export interface Update {
  /** Mean over the batches. */
  readonly loss: number;
  /** Before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
}

/** The updates of one training run: forward, backward, clipping, optimiser, schedule. */
export class TrainingStep {
  readonly #tf: Tf;
  readonly #model: BertForSequenceClassification;
  readonly #args: TrainingArgumentValues;
  readonly #optimizer: Optimizer;
  readonly #weights: readonly Weight[];
  readonly #total: number;
  readonly #warmup: number;

  /** `total`: updates of the whole run. */
  constructor(tf: Tf, model: BertForSequenceClassification, args: TrainingArgumentValues, total: number) {
    this.#tf = tf;
    this.#model = model;
    this.#args = args;
    const { adam_beta1: beta1, adam_beta2: beta2, adam_epsilon: epsilon } = args;
    this.#optimizer = createOptimizer(args.optim, { beta1, beta2, epsilon });
    this.#weights = [...model.parameters].map(([name, variable]) => ({
      name,
      variable,
      values: Float32Array.from(variable.dataSync()),
    }));
    this.#total = total;
    this.#warmup = args.warmup_steps < 1 ? Math.ceil(args.warmup_steps * total) : args.warmup_steps;
  }

  /** Update number `step`, from 0, with the mean gradient of the batches. */
  update(batches: readonly LabelledBatch[], step: number): Update {
    const args = this.#args;
    const gradients = this.#weights.map(({ values }) => new Float32Array(values.length));
    let loss = 0;
    for (const [index, batch] of batches.entries()) {
      loss +=
        this.#accumulate(batch, new Dropout(args.seed, step * batches.length + index), gradients) / batches.length;
    }
    if (batches.length > 1)
      for (const gradient of gradients)
        for (let at = 0; at < gradient.length; at++) gradient[at] = (gradient[at] as number) / batches.length;
    const gradNorm = clipGradients(gradients, args.max_grad_norm);
    const learningRate = args.learning_rate * scheduleFactor(args.lr_scheduler_type, step, this.#warmup, this.#total);
    const slots = this.#weights.map(({ name, values }, index) => ({
      values,
      gradient: gradients[index] as Float32Array,
      weightDecay: isDecayed(name) ? args.weight_decay : 0,
    }));
    this.#optimizer.step(slots, learningRate);
    this.#store();
    return { loss, gradNorm, learningRate };
  }

  /** Adds the gradient of the batch's loss to `gradients`; returns the loss. */
  #accumulate(batch: LabelledBatch, dropout: Dropout, gradients: readonly Float32Array[]): number {
    const tf = this.#tf;
    return tf.tidy(() => {
      const smoothing = this.#args.label_smoothing_factor;
      const { value, grads } = tf.variableGrads(
        () => crossEntropy(tf, this.#model.logits(batch, dropout), batch.labels, smoothing),
        this.#weights.map(({ variable }) => variable),
      );
      for (const [index, { variable }] of this.#weights.entries()) {
        const part = grads[variable.name]?.dataSync() as Float32Array;
        const sum = gradients[index] as Float32Array;
        for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + (part[at] as number);
      }
      return value.dataSync()[0] as number;
    });
  }

  /** `assign` gives the variable new data: the wasm backend keeps packed copies of old data. */
  #store(): void {
    const tf = this.#tf;
    for (const { variable, values } of this.#weights) {
      tf.tidy(() => variable.assign(tf.tensor(values.slice(), variable.shape)));
    }
  }
}
