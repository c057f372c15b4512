import { logImprovement, logImprovementSlope } from '../../stats/normalTails.ts';
import type { Merit, MeritSlopes } from './acquisition.ts';
import type { Surrogate } from './model/surrogate.ts';

/**
 * log of the expected gain of dominated volume, exact for independent outputs: over disjoint boxes [l, u) of what is not
 * dominated yet, Σ Πₘ (EIₘ(uₘ) − EIₘ(lₘ)), EIₘ(t) the expected improvement of output m below t (Yang, Emmerich, Deutz, Bäck
 * 2019 for the decomposition; Ament et al. 2023 for the logarithm). All in logarithms, so that it has slopes wherever it is
 * tiny.
 */
export class LogHypervolumeImprovement implements Merit {
  readonly surrogates: readonly Surrogate[];
  readonly #count: number;
  /** Distinct ends of boxes by objective, and what belongs to each: log EI and its slopes. */
  readonly #ends: readonly Float64Array[];
  readonly #logs: readonly Float64Array[];
  readonly #byMean: readonly Float64Array[];
  readonly #byDeviation: readonly Float64Array[];
  /** Places in `ends` by box and objective; −1 for −Infinity. */
  readonly #lower: Int32Array;
  readonly #upper: Int32Array;
  readonly #terms: Float64Array;

  /** `front` and `reference` in the units of the outputs' z. */
  constructor(surrogates: readonly Surrogate[], front: readonly ArrayLike<number>[], reference: ArrayLike<number>) {
    const boxes = nonDominatedBoxes(front, reference);
    const width = surrogates.length;
    this.surrogates = surrogates;
    this.#count = boxes.length;
    this.#ends = surrogates.map((_, m) => {
      const ends = boxes.flatMap(({ lower, upper }) => [lower[m], upper[m]]);
      return Float64Array.from(new Set(ends.filter((end) => Number.isFinite(end)))).sort();
    });
    const alike = () => this.#ends.map((ends) => new Float64Array(ends.length));
    [this.#logs, this.#byMean, this.#byDeviation] = [alike(), alike(), alike()];
    this.#lower = new Int32Array(boxes.length * width);
    this.#upper = new Int32Array(boxes.length * width);
    for (const [box, { lower, upper }] of boxes.entries()) {
      for (let m = 0; m < width; m++) {
        const ends = this.#ends[m];
        this.#lower[box * width + m] = ends.indexOf(lower[m]);
        this.#upper[box * width + m] = ends.indexOf(upper[m]);
      }
    }
    this.#terms = new Float64Array(boxes.length);
  }

  evaluate(means: Float64Array, deviations: Float64Array, slopes: MeritSlopes | null): number {
    this.#tabulate(means, deviations, slopes !== null);
    let highest = Number.NEGATIVE_INFINITY;
    for (let box = 0; box < this.#count; box++) {
      const term = this.#logVolume(box);
      this.#terms[box] = term;
      if (term > highest) highest = term;
    }
    if (highest === Number.NEGATIVE_INFINITY) return -1e300;
    let sum = 0;
    for (let box = 0; box < this.#count; box++) sum += Math.exp(this.#terms[box] - highest);
    if (slopes) this.#addSlopes(highest, sum, slopes);
    return highest + Math.log(sum);
  }

  #tabulate(means: Float64Array, deviations: Float64Array, withSlopes: boolean): void {
    for (let m = 0; m < this.surrogates.length; m++) {
      const ends = this.#ends[m];
      const deviation = deviations[m];
      const logDeviation = Math.log(deviation);
      for (let place = 0; place < ends.length; place++) {
        const z = (ends[place] - means[m]) / deviation;
        this.#logs[m][place] = logDeviation + logImprovement(z);
        if (!withSlopes) continue;
        const slope = logImprovementSlope(z);
        this.#byMean[m][place] = -slope / deviation;
        this.#byDeviation[m][place] = (1 - slope * z) / deviation;
      }
    }
  }

  /** EI(l) / EI(u) of one side of a box. */
  #ratio(box: number, m: number): number {
    const lower = this.#lower[box * this.surrogates.length + m];
    if (lower < 0) return 0;
    const logs = this.#logs[m];
    const upper = this.#upper[box * this.surrogates.length + m];
    return Math.min(Math.exp(logs[lower] - logs[upper]), 1 - 1e-12);
  }

  #logVolume(box: number): number {
    const width = this.surrogates.length;
    let sum = 0;
    for (let m = 0; m < width; m++) {
      const upper = this.#logs[m][this.#upper[box * width + m]];
      sum += upper + Math.log1p(-this.#ratio(box, m));
    }
    return sum;
  }

  #addSlopes(highest: number, sum: number, { byMean, byDeviation }: MeritSlopes): void {
    const width = this.surrogates.length;
    byMean.fill(0);
    byDeviation.fill(0);
    for (let box = 0; box < this.#count; box++) {
      const weight = Math.exp(this.#terms[box] - highest) / sum;
      if (weight < 1e-15) continue;
      for (let m = 0; m < width; m++) {
        const ratio = this.#ratio(box, m);
        const upper = this.#upper[box * width + m];
        const lower = Math.max(this.#lower[box * width + m], 0);
        const share = weight / (1 - ratio);
        const slope = (table: readonly Float64Array[]) =>
          share * (at(table, m, upper) - (ratio > 0 ? ratio * at(table, m, lower) : 0));
        byMean[m] = byMean[m] + slope(this.#byMean);
        byDeviation[m] = byDeviation[m] + slope(this.#byDeviation);
      }
    }
  }
}

function at(table: readonly Float64Array[], m: number, place: number): number {
  return table[m][place];
}

/** A box [lower, upper) of objective space. */
interface Box {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/**
 * Disjoint boxes that together are what no point of the front dominates, up to the reference point; smaller is better, a lower
 * end may be −Infinity. By slabs along the last objective: within a slab the problem has one objective less. k + 1 boxes for k
 * points of two objectives, O(kᴹ⁻¹) for M.
 */
export function nonDominatedBoxes(front: readonly ArrayLike<number>[], reference: ArrayLike<number>): Box[] {
  const limits = Array.from(reference);
  const inside = front
    .map((point) => Array.from(point))
    .filter((point) => point.every((loss, objective) => loss < limits[objective]));
  return decompose(inside, limits);
}

function decompose(points: readonly (readonly number[])[], limits: readonly number[]): Box[] {
  const last = limits.length - 1;
  const end = limits[last];
  if (last === 0) {
    const upper = points.reduce((least, point) => Math.min(least, point[0]), end);
    return [{ lower: [Number.NEGATIVE_INFINITY], upper: [upper] }];
  }
  const sorted = [...points].sort((a, b) => a[last] - b[last]);
  const rest = limits.slice(0, last);
  const boxes: Box[] = [];
  let shadow: number[][] = [];
  let from = Number.NEGATIVE_INFINITY;
  const close = (to: number) => {
    if (!(to > from)) return;
    for (const { lower, upper } of decompose(shadow, rest))
      boxes.push({ lower: [...lower, from], upper: [...upper, to] });
    from = to;
  };
  for (const point of sorted) {
    const projected = point.slice(0, last);
    if (shadow.some((other) => covers(other, projected))) continue;
    close(point[last]);
    shadow = [...shadow.filter((other) => !covers(projected, other)), projected];
  }
  close(end);
  return boxes;
}

/** Whether a is nowhere worse than b. */
function covers(a: readonly number[], b: readonly number[]): boolean {
  return a.every((loss, objective) => loss <= b[objective]);
}
