import type { Hyperparameter } from '../../core/samplers/gradient/hyperparameters.ts';
import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { isDecayed, lrFactorsOf, lrGroupOf } from '../optimizers/parameterGroups.ts';
import type { WeightArrays, Weights } from '../training/weights.ts';
import { clippingAt, dot, type LrShare, ratesOf } from './adamWUpdate.ts';
import type { Differentiation, Sum, UpdateNumbers } from './differentiation.ts';
import { type Kept, ReplayedUpdates } from './replay.ts';

/** The length of the step along the adjoint by which the second derivative is taken: shorter, float32 rounds; longer, the loss bends. */
const PROBE = 3e-3;

/** The derivatives of the loss in the end by a weight, and by its mean and square in AdamW. */
interface Adjoint {
  readonly weight: Float32Array;
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

interface WeightShare extends LrShare {
  readonly isDecayed: boolean;
}

/**
 * Differentiates a training backwards (Maclaurin, Duvenaud, Adams: "Gradient-based hyperparameter optimization through
 * reversible learning", 2015; Franceschi et al. 2017), with what was kept of each update in place of reversed arithmetic:
 * its gradient. Weights, means and squares are made again from snapshots, to the bit. One more gradient an update, however
 * many hyperparameters there are: that of the loss beside the weights in the direction of the adjoint, whose difference to
 * the kept one is the product of the second derivative with it. A sweep costs nothing until `derivatives` is called.
 */
export class ReverseMode implements Differentiation {
  readonly #weights: Weights;
  readonly #names: readonly Hyperparameter[];
  readonly #args: TrainingArgumentValues;
  readonly #updates: ReplayedUpdates;
  /** By parameter. */
  readonly #shares: readonly WeightShare[];
  #again: Sum | undefined;

  /** `parameters`: the names of all weights, in their order; `total`: updates to come. */
  constructor(
    weights: Weights,
    parameters: readonly string[],
    names: readonly Hyperparameter[],
    args: TrainingArgumentValues,
    total: number,
  ) {
    this.#weights = weights;
    this.#names = names;
    this.#args = args;
    const factors = lrFactorsOf(parameters, args.lr_factors);
    this.#shares = parameters.map((name, index) => ({
      lrGroup: lrGroupOf(name),
      lrFactor: factors[index] as number,
      isDecayed: isDecayed(name),
    }));
    this.#updates = new ReplayedUpdates(args, parameters, factors, total);
  }

  prepare(sum: Sum): void {
    this.#again = sum;
  }

  begin(arrays: readonly WeightArrays[], bySmoothing: number): void {
    this.#updates.begin(arrays, this.#again as Sum, bySmoothing);
  }

  end(state: OptimizerState, numbers: UpdateNumbers): void {
    this.#updates.end(state, numbers);
  }

  derivatives(sum: Sum): Record<string, number> {
    const after = this.#weights.values();
    const { bySmoothing } = sum(this.#args.label_smoothing_factor);
    const adjoints = this.#weights.take().map((weight): Adjoint => {
      const zeros = () => new Float32Array(weight.length);
      return { weight, mean: zeros(), square: zeros() };
    });
    const derivatives = new Map<Hyperparameter, number>(
      this.#names.map((name) => [name, name === 'label_smoothing_factor' ? bySmoothing : 0]),
    );
    try {
      for (const kept of this.#updates.backwards()) {
        const slope = this.#pull(adjoints, kept, derivatives);
        if (!this.#through(adjoints, slope, kept, derivatives)) break;
      }
    } finally {
      this.#weights.clear();
      this.#weights.assign(after);
    }
    return Object.fromEntries(derivatives);
  }

  /** Takes the adjoints through AdamW's step. Returns the adjoint of the gradients, before they were clipped. */
  #pull(adjoints: readonly Adjoint[], kept: Kept, derivatives: Map<Hyperparameter, number>): Float32Array[] {
    const slopes = adjoints.map((adjoint, index) => {
      const share = this.#shares[index] as WeightShare;
      const { slope, sums } = this.#pullOne(adjoint, kept, index, share.isDecayed, share.lrFactor);
      const rate = kept.numbers.learningRate * share.lrFactor;
      for (const name of this.#names) {
        const rates = ratesOf(name, share, kept.numbers, this.#args, kept.step);
        const byDecay = share.isDecayed
          ? -(rates.dLearningRate * this.#args.weight_decay + rate * rates.dWeightDecay)
          : 0;
        const more =
          rates.dSize * sums.size +
          byDecay * sums.decay +
          rates.dCorrection * sums.correction +
          rates.dBeta1 * sums.beta1 +
          rates.dBeta2 * sums.beta2;
        derivatives.set(name, (derivatives.get(name) as number) + more);
      }
      return slope;
    });
    const { gradNorm } = kept.numbers;
    const { factor, byNorm } = clippingAt(gradNorm, this.#args.max_grad_norm);
    if (factor === 1) return slopes;
    const along = slopes.reduce((sum, slope, index) => sum + dot(slope, kept.gradients[index] as Float32Array), 0);
    const towards = (byNorm * along) / gradNorm;
    for (const [index, slope] of slopes.entries()) {
      const gradient = kept.gradients[index] as Float32Array;
      for (let at = 0; at < slope.length; at++) {
        slope[at] = factor * (slope[at] as number) + towards * (gradient[at] as number);
      }
    }
    return slopes;
  }

  /** The adjoint's array for the weight is left at what goes through the step itself. */
  #pullOne(adjoint: Adjoint, kept: Kept, index: number, isDecayed: boolean, lrFactor: number) {
    const { adam_beta1: beta1, adam_beta2: beta2, adam_epsilon: epsilon, weight_decay: weightDecay } = this.#args;
    const rate = kept.numbers.learningRate * lrFactor;
    const size = rate / (1 - beta1 ** kept.step);
    const correction = Math.sqrt(1 - beta2 ** kept.step);
    const decay = isDecayed ? 1 - rate * weightDecay : 1;
    const clip = clippingAt(kept.numbers.gradNorm, this.#args.max_grad_norm).factor;
    const { weight: w, mean: m, square: v } = adjoint;
    const gradient = kept.gradients[index] as Float32Array;
    const { values, means, squares, nextMeans, nextSquares } = kept.arrays(index);
    const slope = new Float32Array(w.length);
    const sums = { size: 0, decay: 0, correction: 0, beta1: 0, beta2: 0 };
    for (let at = 0; at < w.length; at++) {
      const by = w[at] as number;
      const clipped = clip * (gradient[at] as number);
      const mean = nextMeans[at] as number;
      const root = Math.sqrt(nextSquares[at] as number);
      const divisor = root / correction + epsilon;
      const byMean = (m[at] as number) - (by * size) / divisor;
      const byDivisor = (by * size * mean) / (divisor * divisor);
      const bySquare = (v[at] as number) + (root > 0 ? byDivisor / (2 * root * correction) : 0);
      sums.size -= (by * mean) / divisor;
      sums.decay += by * (values[at] as number);
      sums.correction -= (byDivisor * root) / (correction * correction);
      sums.beta1 += byMean * ((means[at] as number) - clipped);
      sums.beta2 += bySquare * ((squares[at] as number) - clipped * clipped);
      slope[at] = (1 - beta1) * byMean + 2 * (1 - beta2) * clipped * bySquare;
      m[at] = beta1 * byMean;
      v[at] = beta2 * bySquare;
      w[at] = decay * by;
    }
    return { slope, sums };
  }

  /** Takes the adjoint of an update's gradients to its weights. False where it is no number any more. */
  #through(
    adjoints: readonly Adjoint[],
    slopes: readonly Float32Array[],
    kept: Kept,
    derivatives: Map<Hyperparameter, number>,
  ): boolean {
    const norm = Math.sqrt(slopes.reduce((sum, slope) => sum + dot(slope, slope), 0));
    if (norm === 0) return true;
    if (!Number.isFinite(norm)) {
      for (const name of this.#names) derivatives.set(name, Number.NaN);
      return false;
    }
    const step = PROBE / norm;
    this.#weights.assign(
      slopes.map((slope, index) => {
        const moved = kept.arrays(index).values.slice();
        for (let at = 0; at < moved.length; at++) moved[at] = (moved[at] as number) + step * (slope[at] as number);
        return moved;
      }),
    );
    const { bySmoothing } = kept.again(this.#args.label_smoothing_factor);
    const moved = this.#weights.take();
    for (const [index, { weight }] of adjoints.entries()) {
      const [to, from] = [moved[index] as Float32Array, kept.gradients[index] as Float32Array];
      for (let at = 0; at < weight.length; at++) {
        weight[at] = (weight[at] as number) + ((to[at] as number) - (from[at] as number)) / step;
      }
    }
    const smoothed = derivatives.get('label_smoothing_factor');
    if (smoothed !== undefined) {
      derivatives.set('label_smoothing_factor', smoothed + (bySmoothing - kept.bySmoothing) / step);
    }
    return true;
  }
}
