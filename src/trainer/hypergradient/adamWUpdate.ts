import { type Hyperparameter, lrFactorGroup } from '../../core/samplers/gradient/hyperparameters.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import type { UpdateNumbers } from './differentiation.ts';

/** The constants of AdamW's update of one weight, and their derivatives by one hyperparameter. */
export interface Rates {
  /** What the learning rate, times the weight's factor, changes by. */
  readonly dLearningRate: number;
  readonly dWeightDecay: number;
  readonly dBeta1: number;
  readonly dBeta2: number;
  /** The learning rate over the bias correction of the mean. */
  readonly size: number;
  readonly dSize: number;
  /** The root of the bias correction of the square. */
  readonly correction: number;
  readonly dCorrection: number;
}

/** Which group's factor of the learning rate a weight has, and the factor. */
export interface LrShare {
  readonly lrGroup: string;
  readonly lrFactor: number;
}

/** `step`: number of the update, from 1. */
export function ratesOf(
  name: Hyperparameter,
  { lrGroup, lrFactor }: LrShare,
  { learningRate: base, schedule }: UpdateNumbers,
  { adam_beta1: beta1, adam_beta2: beta2 }: TrainingArgumentValues,
  step: number,
): Rates {
  const learningRate = base * lrFactor;
  const isOwnFactor = lrFactorGroup(name) === lrGroup;
  const dLearningRate = name === 'learning_rate' ? schedule * lrFactor : isOwnFactor ? base : 0;
  const dBeta1 = name === 'adam_beta1' ? 1 : 0;
  const dBeta2 = name === 'adam_beta2' ? 1 : 0;
  const first = 1 - beta1 ** step;
  const correction = Math.sqrt(1 - beta2 ** step);
  return {
    dLearningRate,
    dWeightDecay: name === 'weight_decay' ? 1 : 0,
    dBeta1,
    dBeta2,
    size: learningRate / first,
    dSize: dLearningRate / first + (dBeta1 * learningRate * step * beta1 ** (step - 1)) / first ** 2,
    correction,
    dCorrection: (-dBeta2 * step * beta2 ** (step - 1)) / (2 * correction),
  };
}

/** The factor that clipping puts on all gradients, and its derivative by their norm. */
export function clippingAt(norm: number, limit: number): { readonly factor: number; readonly byNorm: number } {
  const factor = limit / (norm + 1e-6);
  return limit <= 0 || factor >= 1 ? { factor: 1, byNorm: 0 } : { factor, byNorm: -factor / (norm + 1e-6) };
}

/** In double precision. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number);
  return sum;
}
