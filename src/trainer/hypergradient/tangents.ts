import type { Hyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { clippingAt, dot, type Rates, ratesOf } from './adamWUpdate.ts';
import type { UpdateNumbers } from './differentiation.ts';

/** The length of the step along a tangent by which its gradient is taken: shorter, float32 rounds; longer, the loss bends. */
const PROBE = 3e-3;
/** For label smoothing while the weights do not depend on it yet; the loss is linear in it. */
const FIRST_PROBE = 0.1;

/** A weight in the update in hand, as it was before it but for `gradient`, which is not clipped yet. */
export interface TangentInput {
  readonly name: string;
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly isDecayed: boolean;
  /** Whose factor of the learning rate it has, and the factor. */
  readonly lrGroup: string;
  readonly lrFactor: number;
}

/** How a weight, and its mean and square in AdamW, change with the hyperparameter. */
interface Tangent {
  readonly weight: Float32Array;
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

/** A point beside the weights in the direction of a tangent. */
export interface Probe {
  readonly hyperparameter: Hyperparameter;
  /** The part of the tangent that the point is away. */
  readonly step: number;
  /** Of label smoothing. */
  readonly smoothing: number;
}

/**
 * The derivatives of all weights by hyperparameters, carried forward through the updates of AdamW (Franceschi, Donini,
 * Frasconi, Pontil, "Forward and reverse gradient-based hyperparameter optimization", 2017): at the cost of one more
 * gradient an update and hyperparameter, and of three times the weights in memory. So m hyperparameters, such as the
 * factors of all layers, make an update 1 + m times as long. The product of the loss's second derivative with a tangent is
 * the difference of two gradients.
 */
export class Tangents {
  readonly #names: readonly Hyperparameter[];
  readonly #args: TrainingArgumentValues;
  readonly #tangents: ReadonlyMap<Hyperparameter, readonly Tangent[]>;
  #updates = 0;

  constructor(names: readonly Hyperparameter[], args: TrainingArgumentValues, sizes: readonly number[]) {
    this.#names = names;
    this.#args = args;
    const zeros = (size: number): Tangent => ({
      weight: new Float32Array(size),
      mean: new Float32Array(size),
      square: new Float32Array(size),
    });
    this.#tangents = new Map(names.map((name) => [name, sizes.map(zeros)]));
  }

  /** Where gradients are wanted before an update. */
  probes(): Probe[] {
    return this.#names.flatMap((hyperparameter): Probe[] => {
      const norm = Math.sqrt(this.#of(hyperparameter).reduce((sum, { weight }) => sum + dot(weight, weight), 0));
      const isSmoothing = hyperparameter === 'label_smoothing_factor';
      if (norm === 0 && !isSmoothing) return [];
      const step = norm === 0 ? FIRST_PROBE : PROBE / norm;
      return [{ hyperparameter, step, smoothing: isSmoothing ? step : 0 }];
    });
  }

  /** The weights at a probe. */
  movedBy({ hyperparameter, step }: Probe, values: readonly Float32Array[]): Float32Array[] {
    return this.#of(hyperparameter).map(({ weight }, index) => {
      const from = values[index] as Float32Array;
      return from.map((value, at) => value + step * (weight[at] as number));
    });
  }

  /**
   * Follows an update. `before`: the weights and their gradients before it; `moved`: the gradients at the probes; `after`:
   * what the optimiser keeps now.
   */
  advance(
    before: readonly TangentInput[],
    moved: ReadonlyMap<Probe, readonly Float32Array[]>,
    after: OptimizerState,
    numbers: UpdateNumbers,
  ): void {
    this.#updates++;
    for (const hyperparameter of this.#names) {
      const [probe, gradients] = [...moved].find(([one]) => one.hyperparameter === hyperparameter) ?? [];
      const slopes = before.map(({ gradient }, index) => {
        const other = gradients?.[index];
        if (!other || !probe) return new Float32Array(gradient.length);
        return gradient.map((value, at) => ((other[at] as number) - value) / probe.step);
      });
      const clip = clipping(before, slopes, numbers.gradNorm, this.#args.max_grad_norm);
      for (const [index, input] of before.entries()) {
        const { name, values, gradient, isDecayed, lrFactor } = input;
        this.#advanceOne(this.#of(hyperparameter)[index] as Tangent, {
          values,
          gradient,
          slope: slopes[index] as Float32Array,
          means: after.tensors.get(`exp_avg.${name}`) as Float32Array,
          squares: after.tensors.get(`exp_avg_sq.${name}`) as Float32Array,
          isDecayed,
          learningRate: numbers.learningRate * lrFactor,
          clip,
          rates: ratesOf(hyperparameter, input, numbers, this.#args, this.#updates),
        });
      }
    }
  }

  /** The derivatives of a loss that has this gradient by the weights. */
  along(gradients: readonly Float32Array[]): Map<Hyperparameter, number> {
    return new Map(
      this.#names.map((name) => [
        name,
        this.#of(name).reduce((sum, { weight }, index) => sum + dot(weight, gradients[index] as Float32Array), 0),
      ]),
    );
  }

  #of(name: Hyperparameter): readonly Tangent[] {
    return this.#tangents.get(name) as readonly Tangent[];
  }

  #advanceOne(tangent: Tangent, input: WeightUpdate): void {
    const { adam_beta1: beta1, adam_beta2: beta2, adam_epsilon: epsilon, weight_decay: weightDecay } = this.#args;
    const { values, gradient, slope, means, squares, isDecayed, learningRate, clip, rates } = input;
    const { dLearningRate, dWeightDecay, dBeta1, dBeta2, size, dSize, correction, dCorrection } = rates;
    const decay = isDecayed ? 1 - learningRate * weightDecay : 1;
    const dDecay = isDecayed ? -(dLearningRate * weightDecay + learningRate * dWeightDecay) : 0;
    for (let at = 0; at < values.length; at++) {
      const clipped = clip.factor * (gradient[at] as number);
      const dClipped = clip.factor * (slope[at] as number) + clip.dFactor * (gradient[at] as number);
      const [mean, square] = [means[at] as number, squares[at] as number];
      const meanBefore = dBeta1 === 0 || beta1 === 0 ? clipped : (mean - (1 - beta1) * clipped) / beta1;
      const squareBefore = dBeta2 === 0 || beta2 === 0 ? clipped ** 2 : (square - (1 - beta2) * clipped ** 2) / beta2;
      const dMean = beta1 * (tangent.mean[at] as number) + (1 - beta1) * dClipped + dBeta1 * (meanBefore - clipped);
      const dSquare =
        beta2 * (tangent.square[at] as number) +
        2 * (1 - beta2) * clipped * dClipped +
        dBeta2 * (squareBefore - clipped ** 2);
      const root = Math.sqrt(square);
      const divisor = root / correction + epsilon;
      const dRoot = root > 0 ? dSquare / (2 * root) : 0;
      const dDivisor = dRoot / correction - (root * dCorrection) / correction ** 2;
      const dUpdate = (dSize * mean + size * dMean - (size * mean * dDivisor) / divisor) / divisor;
      tangent.mean[at] = dMean;
      tangent.square[at] = dSquare;
      tangent.weight[at] = decay * (tangent.weight[at] as number) + dDecay * (values[at] as number) - dUpdate;
    }
  }
}

interface WeightUpdate {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly slope: Float32Array;
  readonly means: Float32Array;
  readonly squares: Float32Array;
  readonly isDecayed: boolean;
  readonly learningRate: number;
  readonly clip: Clip;
  readonly rates: Rates;
}

/** The factor on all gradients, and its derivative. */
interface Clip {
  readonly factor: number;
  readonly dFactor: number;
}

function clipping(before: readonly TangentInput[], slopes: readonly Float32Array[], norm: number, limit: number): Clip {
  const { factor, byNorm } = clippingAt(norm, limit);
  if (factor === 1) return { factor: 1, dFactor: 0 };
  const along = before.reduce((sum, { gradient }, index) => sum + dot(gradient, slopes[index] as Float32Array), 0);
  return { factor, dFactor: (byNorm * along) / norm };
}
