import type { Random } from '../../random.ts';
import { decay } from '../../stats/decay.ts';
import { ensureLength } from '../../study/columns/growable.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { Candidates } from './candidates.ts';
import { type Dimension, DimensionKind } from './dimension.ts';
import { drawChoice, logPrior, setChoiceLogs } from './kernelParts.ts';
import { SortedNeighbours } from './sortedNeighbours.ts';
import { drawTruncated, logCellMass, logMassInside } from './truncatedNormal.ts';

/** exp(−37) is below the rounding error of the sum that it would be added to. */
const NEGLIGIBLE = 37;
/** Trial number of the prior's centre among the neighbours: it comes after its equals. */
const PRIOR = Number.POSITIVE_INFINITY;
/** From here on the smallest bandwidth no longer depends on the number of kernels. */
const STEADY_COUNT = 99;

/**
 * A Parzen estimator: a weighted mixture of products of one-dimensional kernels, one an observation, and a prior kernel
 * over the whole range (Bergstra et al. 2011; the product form of Falkner et al. 2018; constants as in Optuna 5):
 * a numeric kernel is a normal distribution truncated to the range whose bandwidth is the distance to the farther
 * neighbour (for the outermost ones: the inner neighbour; see `Bandwidth` for others), clipped to [1 / min(100, n + 2), 1] of the range; on a grid it
 * is integrated over the cell. A categorical kernel gives its choice 1 + 1/(n + 1) and every other 1/(n + 1), normalised.
 *
 * Kernels are kept in the order of trial numbers and every number here is a function of the set of observations alone,
 * so an estimator that grew by insertions equals one that was built at once, to the last bit.
 */
export class Kernels {
  readonly #dimensions: readonly Dimension[];
  readonly #bandwidths: Bandwidth;
  readonly #width: number;
  /** Dimensions are ordered: continuous ones, categorical ones, discrete ones. */
  readonly #continuousEnd: number;
  readonly #categoricalEnd: number;
  #count = 0;
  #numbers = new Float64Array(16);
  #centres: Float64Array;
  /** 1/(2σ²) of a continuous kernel, 1/σ of a discrete one. */
  #precisions: Float64Array;
  /** Minus the log of a kernel's normalising constant, a dimension. */
  #norms: Float64Array;
  #logWeights = new Float64Array(16);
  /** Place by trial number, filled where all bandwidths are made anew. */
  #places = new Uint32Array(16);
  #weights = new Float64Array(17);
  readonly #neighbours: readonly (SortedNeighbours | null)[];
  #stale = true;
  /** The smallest bandwidth, and its log: many kernels have it. */
  #lowest = 1;
  #logLowest = 0;
  /** Log-probabilities of a categorical kernel's own and other choices, a dimension. */
  readonly #logSame: Float64Array;
  readonly #logOther: Float64Array;
  readonly #scratch: Float64Array;

  constructor(dimensions: readonly Dimension[], bandwidths: Bandwidth) {
    this.#dimensions = dimensions;
    this.#bandwidths = bandwidths;
    this.#width = dimensions.length;
    this.#continuousEnd = dimensions.filter(({ kind }) => kind === DimensionKind.continuous).length;
    this.#categoricalEnd = dimensions.filter(({ kind }) => kind !== DimensionKind.discrete).length;
    this.#centres = new Float64Array(16 * this.#width);
    this.#precisions = new Float64Array(16 * this.#width);
    this.#norms = new Float64Array(16 * this.#width);
    this.#neighbours = dimensions.map(({ kind }) =>
      kind === DimensionKind.categorical ? null : new SortedNeighbours(),
    );
    this.#logSame = new Float64Array(this.#width);
    this.#logOther = new Float64Array(this.#width);
    this.#scratch = new Float64Array(this.#width);
    this.clear();
  }

  get count(): number {
    return this.#count;
  }

  /** Trial numbers, ascending (a view). */
  get numbers(): Float64Array {
    return this.#numbers.subarray(0, this.#count);
  }

  has(number: number): boolean {
    return this.#numbers[this.#place(number)] === number && this.#place(number) < this.#count;
  }

  clear(): void {
    this.#setCount(0);
    for (const neighbours of this.#neighbours) {
      neighbours?.clear();
      if (this.#bandwidths === 'neighbourOrPrior') neighbours?.insert(0.5, PRIOR);
    }
    this.#stale = true;
  }

  /** Emptied, over dimensions that may have other ranges; the same object where they are the same. */
  over(dimensions: readonly Dimension[]): Kernels {
    if (dimensions !== this.#dimensions) return new Kernels(dimensions, this.#bandwidths);
    this.clear();
    return this;
  }

  /** Adds a trial's kernel. Many at once are cheaper between `beginBulk` and the next `prepare`. */
  insert(number: number, internals: ArrayLike<number>): void {
    this.#reserve(this.#count + 1);
    const place = this.#place(number);
    const width = this.#width;
    this.#numbers.copyWithin(place + 1, place, this.#count);
    this.#shift((place + 1) * width, place * width);
    this.#numbers[place] = number;
    this.#setCount(this.#count + 1);
    if (this.#count <= STEADY_COUNT || this.#bandwidths === 'scott') this.#stale = true;
    for (let index = 0; index < width; index++) {
      const dimension = this.#dimensions[index];
      const centre = dimension.coordinate(internals[index]);
      this.#centres[place * width + index] = centre;
      this.#precisions[place * width + index] = 0;
      this.#norms[place * width + index] = 0;
      const at = this.#neighbours[index]?.insert(centre, number);
      if (at !== undefined && !this.#stale) this.#updateAround(index, at);
    }
  }

  remove(number: number): void {
    const place = this.#place(number);
    const width = this.#width;
    if (this.#count <= STEADY_COUNT + 1 || this.#bandwidths === 'scott') this.#stale = true;
    const centres = this.#scratch;
    for (let index = 0; index < width; index++) centres[index] = this.#centres[place * width + index];
    this.#numbers.copyWithin(place, place + 1, this.#count);
    this.#shift(place * width, (place + 1) * width);
    this.#setCount(this.#count - 1);
    for (let index = 0; index < width; index++) {
      const at = this.#neighbours[index]?.remove(centres[index], number);
      if (at !== undefined && !this.#stale) this.#updateAround(index, at);
    }
  }

  #shift(to: number, from: number): void {
    const end = this.#count * this.#width;
    this.#centres.copyWithin(to, from, end);
    this.#precisions.copyWithin(to, from, end);
    this.#norms.copyWithin(to, from, end);
  }

  #setCount(count: number): void {
    this.#count = count;
    const most = Math.min(100, count + 2);
    if (this.#lowest === 1 / most) return;
    this.#lowest = 1 / most;
    this.#logLowest = Math.log(this.#lowest);
  }

  /** Puts off all bandwidths until `prepare`. */
  beginBulk(): void {
    this.#stale = true;
  }

  /** Makes the estimator ready: `weigh` fills the weight of each kernel (given the trial numbers); the prior's is 1. */
  prepare(weigh: (numbers: Float64Array, weights: Float64Array) => void): void {
    if (this.#stale) this.#updateAll();
    setChoiceLogs(this.#dimensions, this.#count, this.#logSame, this.#logOther);
    weigh(this.numbers, this.#weights);
    this.#weights[this.#count] = 1;
    let total = 0;
    for (let kernel = 0; kernel <= this.#count; kernel++) total += this.#weights[kernel];
    for (let kernel = 0; kernel <= this.#count; kernel++) {
      this.#logWeights[kernel] = Math.log(this.#weights[kernel] / total);
    }
    const width = this.#width;
    for (let kernel = 0; kernel < this.#count; kernel++) {
      let sum = this.#logWeights[kernel];
      for (let at = kernel * width; at < (kernel + 1) * width; at++) sum += this.#norms[at];
      this.#logWeights[kernel] = sum;
    }
  }

  /** Draws candidate number `candidate` from the mixture. */
  draw(candidates: Candidates, candidate: number, random: Random): void {
    const kernel = random.choice(this.#weights, this.#count + 1);
    const isPrior = kernel === this.#count;
    for (let index = 0; index < this.#width; index++) {
      const dimension = this.#dimensions[index];
      const centre = isPrior ? 0.5 : this.#centres[kernel * this.#width + index];
      const coordinate =
        dimension.kind === DimensionKind.categorical
          ? drawChoice(dimension.choices, isPrior ? -1 : centre, this.#count, random)
          : drawTruncated(centre, isPrior ? 1 : this.#bandwidth(kernel, index), random);
      candidates.set(candidate, index, dimension, coordinate);
    }
  }

  /**
   * Log-density of one candidate, up to a constant that all estimators over the same dimensions share. Once it is sure to be above
   * `enough`, any number between `enough` and the log-density may come back.
   */
  logDensity(candidates: Candidates, candidate: number, enough = Number.POSITIVE_INFINITY): number {
    const width = this.#width;
    const continuousEnd = this.#continuousEnd;
    const x = candidates.coordinates;
    const offset = candidate * width;
    const centres = this.#centres;
    const precisions = this.#precisions;
    const logWeights = this.#logWeights;
    let highest = this.#logWeights[this.#count] + logPrior(this.#dimensions, candidates, candidate);
    let sum = 1;
    kernels: for (let kernel = this.#count - 1; kernel >= 0; kernel--) {
      let log = logWeights[kernel];
      const floor = highest - NEGLIGIBLE;
      const at = kernel * width;
      let index = 0;
      for (; index + 1 < continuousEnd; index += 2) {
        const one = x[offset + index] - centres[at + index];
        const two = x[offset + index + 1] - centres[at + index + 1];
        log -= one * one * precisions[at + index];
        log -= two * two * precisions[at + index + 1];
        if (log < floor) continue kernels;
      }
      if (index < continuousEnd) {
        const distance = x[offset + index] - centres[at + index];
        log -= distance * distance * precisions[at + index];
        if (log < floor) continue;
      }
      if (continuousEnd < width) {
        log = this.#addOthers(log, floor, candidates, offset, at);
        if (log < floor) continue;
      }
      if (log <= highest) sum += decay(highest - log);
      else {
        sum = sum * decay(log - highest) + 1;
        highest = log;
        if (highest > enough) return highest;
      }
    }
    return highest + Math.log(sum);
  }

  /** Adds the categorical and discrete dimensions of the kernel at `at`; stops early below `floor`. */
  #addOthers(start: number, floor: number, candidates: Candidates, offset: number, at: number): number {
    const centres = this.#centres;
    const { coordinates, cellLow, cellHigh } = candidates;
    let log = start;
    for (let index = this.#continuousEnd; index < this.#categoricalEnd; index++) {
      const isSame = coordinates[offset + index] === centres[at + index];
      log += (isSame ? this.#logSame : this.#logOther)[index];
    }
    for (let index = this.#categoricalEnd; index < this.#width && log >= floor; index++) {
      const low = cellLow[offset + index];
      const high = cellHigh[offset + index];
      const centre = centres[at + index];
      log += logCellMass(low, high, centre, this.#precisions[at + index], floor - log);
    }
    return log;
  }

  #bandwidth(kernel: number, index: number): number {
    const precision = this.#precisions[kernel * this.#width + index];
    return this.#isDiscrete(index) ? 1 / precision : Math.sqrt(0.5 / precision);
  }

  #updateAll(): void {
    this.#places = ensureLength(this.#places, 1 + (this.#numbers[this.#count - 1] ?? 0), 0);
    for (let place = 0; place < this.#count; place++) this.#places[this.#numbers[place]] = place;
    for (const [index, neighbours] of this.#neighbours.entries()) {
      if (!neighbours) continue;
      for (let at = 0; at < neighbours.count; at++) {
        const number = neighbours.numberAt(at);
        if (number !== PRIOR) this.#updateBandwidth(index, neighbours, at, this.#places[number]);
      }
    }
    this.#stale = false;
  }

  /** Bandwidths that an insertion or removal at this place of the sorted order may have changed. */
  #updateAround(index: number, at: number): void {
    const neighbours = this.#neighbours[index] as SortedNeighbours;
    const last = Math.min(neighbours.count - 1, at + 2);
    for (let other = Math.max(0, at - 2); other <= last; other++) {
      const number = neighbours.numberAt(other);
      if (number !== PRIOR) this.#updateBandwidth(index, neighbours, other, this.#place(number));
    }
  }

  /** Sets the bandwidth of kernel `kernel`, which is at place `at` of the sorted order. */
  #updateBandwidth(index: number, neighbours: SortedNeighbours, at: number, kernel: number): void {
    const place = kernel * this.#width + index;
    const lowest = this.#lowest;
    const wanted =
      this.#bandwidths === 'scott' ? 0.2 * this.#count ** (-1 / (this.#width + 4)) : neighbours.widerGap(at);
    const bandwidth = Math.min(1, Math.max(lowest, wanted));
    const isDiscrete = this.#isDiscrete(index);
    const precision = isDiscrete ? 1 / bandwidth : 0.5 / (bandwidth * bandwidth);
    // The norm follows from bandwidth and centre.
    if (precision === this.#precisions[place]) return;
    this.#precisions[place] = precision;
    const logBandwidth = bandwidth === lowest ? this.#logLowest : Math.log(bandwidth);
    this.#norms[place] = -logMassInside(this.#centres[place], bandwidth) - (isDiscrete ? 0 : logBandwidth);
  }

  #isDiscrete(index: number): boolean {
    return index >= this.#categoricalEnd;
  }

  /** Where a trial's kernel is, or would be. */
  #place(number: number): number {
    let from = 0;
    let to = this.#count;
    if (to > 0 && this.#numbers[to - 1] < number) return to;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#numbers[middle] < number) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #reserve(count: number): void {
    this.#numbers = ensureLength(this.#numbers, count, 0);
    this.#weights = ensureLength(this.#weights, count + 1, 0);
    this.#logWeights = ensureLength(this.#logWeights, count + 1, 0);
    this.#centres = ensureLength(this.#centres, count * this.#width, 0);
    this.#precisions = ensureLength(this.#precisions, count * this.#width, 0);
    this.#norms = ensureLength(this.#norms, count * this.#width, 0);
  }
}
