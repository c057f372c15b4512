import { logImprovement, logImprovementSlope, logNormalCdf, logNormalCdfSlope } from '../../stats/normalTails.ts';
import type { Posterior, Surrogate } from './model/surrogate.ts';

/** How promising a point is: the higher, the better. Any two values may be compared, −Infinity aside all are finite. */
export interface Acquisition {
  value(point: Float64Array, active: Uint8Array): number;
  /** The same, with its slopes by the places of the dimensions (0 for what is no place or inactive). */
  valueWithSlopes(point: Float64Array, active: Uint8Array, slopes: Float64Array): number;
  /** The values of `count` points that lie one after the other, with their masks. */
  values(points: Float64Array, masks: Uint8Array, count: number, out: Float64Array): void;
}

/** Slopes of a merit by the outputs' means and deviations. */
export interface MeritSlopes {
  readonly byMean: Float64Array;
  readonly byDeviation: Float64Array;
}

/**
 * A function of the posteriors' means and deviations of several outputs. `evaluate` returns its value and, if `slopes`, fills
 * `byMean` and `byDeviation`.
 */
export interface Merit {
  readonly surrogates: readonly Surrogate[];
  evaluate(means: Float64Array, deviations: Float64Array, slopes: MeritSlopes | null): number;
}

/** log EI below `threshold`: log σ + log h((f* − μ) / σ) (Ament et al. 2023). */
export class LogExpectedImprovement implements Merit {
  readonly surrogates: readonly Surrogate[];
  readonly #threshold: number;

  constructor(surrogate: Surrogate, threshold: number) {
    this.surrogates = [surrogate];
    this.#threshold = threshold;
  }

  evaluate(means: Float64Array, deviations: Float64Array, slopes: MeritSlopes | null): number {
    const deviation = deviations[0];
    const z = (this.#threshold - means[0]) / deviation;
    if (slopes) {
      const slope = logImprovementSlope(z);
      slopes.byMean[0] = -slope / deviation;
      slopes.byDeviation[0] = (1 - slope * z) / deviation;
    }
    return Math.log(deviation) + logImprovement(z);
  }
}

/** Σ log P(constraint ≤ 0), the outputs being independent. */
export class LogFeasibility implements Merit {
  readonly surrogates: readonly Surrogate[];

  constructor(surrogates: readonly Surrogate[]) {
    this.surrogates = surrogates;
  }

  evaluate(means: Float64Array, deviations: Float64Array, slopes: MeritSlopes | null): number {
    let sum = 0;
    for (let output = 0; output < this.surrogates.length; output++) {
      const deviation = deviations[output];
      const z = -means[output] / deviation;
      sum += logNormalCdf(z);
      if (!slopes) continue;
      const slope = logNormalCdfSlope(z) / deviation;
      slopes.byMean[output] = -slope;
      slopes.byDeviation[output] = -slope * z;
    }
    return sum;
  }
}

interface Part extends MeritSlopes {
  readonly merit: Merit;
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

/** The sum of merits at a point of the space. */
export class MeritSum implements Acquisition {
  readonly #parts: readonly Part[];
  readonly #meanSlopes: Float64Array[];
  readonly #deviationSlopes: Float64Array[];
  readonly #posterior: Posterior = { mean: 0, deviation: 0 };
  #means = new Float64Array(0);
  #deviations = new Float64Array(0);

  constructor(merits: readonly Merit[], dimensions: number) {
    this.#parts = merits.map((merit) => {
      const vector = () => new Float64Array(merit.surrogates.length);
      return { merit, means: vector(), deviations: vector(), byMean: vector(), byDeviation: vector() };
    });
    const most = Math.max(1, ...merits.map(({ surrogates }) => surrogates.length));
    this.#meanSlopes = Array.from({ length: most }, () => new Float64Array(dimensions));
    this.#deviationSlopes = Array.from({ length: most }, () => new Float64Array(dimensions));
  }

  value(point: Float64Array, active: Uint8Array): number {
    let sum = 0;
    for (const { merit, means, deviations } of this.#parts) {
      for (let output = 0; output < merit.surrogates.length; output++) {
        const surrogate = merit.surrogates[output];
        surrogate.predict(point, active, this.#posterior);
        means[output] = this.#posterior.mean;
        deviations[output] = this.#posterior.deviation;
      }
      sum += merit.evaluate(means, deviations, null);
    }
    return sum;
  }

  valueWithSlopes(point: Float64Array, active: Uint8Array, slopes: Float64Array): number {
    slopes.fill(0);
    let sum = 0;
    for (const part of this.#parts) {
      const { merit, means, deviations, byMean, byDeviation } = part;
      for (let output = 0; output < merit.surrogates.length; output++) {
        const surrogate = merit.surrogates[output];
        const meanSlopes = this.#meanSlopes[output];
        const deviationSlopes = this.#deviationSlopes[output];
        surrogate.predictWithSlopes(point, active, this.#posterior, meanSlopes, deviationSlopes);
        means[output] = this.#posterior.mean;
        deviations[output] = this.#posterior.deviation;
      }
      sum += merit.evaluate(means, deviations, part);
      for (let output = 0; output < means.length; output++) {
        const meanSlopes = this.#meanSlopes[output];
        const deviationSlopes = this.#deviationSlopes[output];
        for (let i = 0; i < slopes.length; i++) {
          slopes[i] = slopes[i] + byMean[output] * meanSlopes[i] + byDeviation[output] * deviationSlopes[i];
        }
      }
    }
    return sum;
  }

  values(points: Float64Array, masks: Uint8Array, count: number, out: Float64Array): void {
    out.fill(0, 0, count);
    for (const { merit, means, deviations } of this.#parts) {
      const outputs = merit.surrogates.length;
      this.#reserve(outputs * count);
      for (const [output, surrogate] of merit.surrogates.entries()) {
        const toMeans = this.#means.subarray(output * count, (output + 1) * count);
        const toDeviations = this.#deviations.subarray(output * count, (output + 1) * count);
        for (let from = 0; from < count; from += 4) {
          surrogate.predictFour(points, masks, from, Math.min(4, count - from), toMeans, toDeviations);
        }
      }
      for (let place = 0; place < count; place++) {
        for (let output = 0; output < outputs; output++) {
          means[output] = this.#means[output * count + place];
          deviations[output] = this.#deviations[output * count + place];
        }
        out[place] = out[place] + merit.evaluate(means, deviations, null);
      }
    }
  }

  #reserve(length: number): void {
    if (this.#means.length >= length) return;
    this.#means = new Float64Array(length);
    this.#deviations = new Float64Array(length);
  }
}
