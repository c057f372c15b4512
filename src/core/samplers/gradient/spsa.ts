import type { Random } from '../../random.ts';

/** Exponents of the two gain sequences (Spall 1998). */
const STEP_DECAY = 0.602;
const PROBE_DECAY = 0.101;
/** Iterations by which the steps are held back at first. */
const STABILITY = 10;
/** Length of the first probe and of the first step along an axis, in shares of the range; the longest step. */
const FIRST_PROBE = 0.05;
const FIRST_STEP = 0.1;
const LONGEST_STEP = 0.2;
/** Share of the newest slopes in what is known about how steep the objective is. */
const NEWEST = 0.3;
/** After so many iterations without a better mean of two probes all lengths shrink, down to this share. */
const PATIENCE = 6;
const SHRINKAGE = 0.5;
const SMALLEST = 1e-3;

/**
 * Simultaneous perturbation stochastic approximation (Spall 1992; gains of Spall 1998) in the unit cube: two evaluations an
 * iteration, at x ± c·Δ with Δ of random signs, tell the slope along Δ and so an unbiased gradient. Steps are measured
 * by the first slopes, so the scale of the objective does not matter, and clipped. Where the mean of the two stands still,
 * it goes back to the best place so far with shorter probes and steps. `widths` is the width of a grid's cells (0 for a
 * continuous axis): a probe there reaches into other cells.
 */
export class SpsaDescent {
  #point: Float64Array;
  readonly #widths: Float64Array;
  #bestPoint: Float64Array;
  #best = Number.POSITIVE_INFINITY;
  #steepness = 0;
  #calibrated = 0;
  #scale = 1;
  #idle = 0;
  #iteration = 0;

  constructor(start: Float64Array, widths: Float64Array) {
    this.#point = start.slice();
    this.#bestPoint = this.#point;
    this.#widths = widths;
    if (start.length === 0) this.#scale = 0;
  }

  /** Whether nothing more is to be gained: its lengths have shrunk to nothing, on grids to less than a cell. */
  get isOver(): boolean {
    if (this.#scale < SMALLEST) return true;
    return this.#scale < 1 && this.#widths.every((width) => FIRST_PROBE * this.#scale < 0.5 * width);
  }

  /** One of the two points of the present iteration; `random` is the same for both. */
  probe(side: 1 | -1, random: Random): Float64Array {
    const reach = (this.#scale * FIRST_PROBE) / (this.#iteration + 1) ** PROBE_DECAY;
    return this.#point.map((place, axis) => {
      const sign = random.uniform() < 0.5 ? -side : side;
      const wanted = place + sign * Math.max(reach, 0.51 * this.#widths[axis]);
      return Math.min(Math.max(wanted, 0), 1);
    });
  }

  /** Ends an iteration with what was found at both points, as they were evaluated. */
  accept(above: Float64Array, lossAbove: number, below: Float64Array, lossBelow: number): void {
    const mean = lossAbove / 2 + lossBelow / 2;
    const isBetter = mean < this.#best;
    if (isBetter) {
      this.#best = mean;
      this.#bestPoint = this.#point.slice();
    }
    const slopes = above.map((place, axis) => {
      const distance = place - below[axis];
      return distance === 0 ? 0 : (lossAbove - lossBelow) / distance;
    });
    this.#calibrate(slopes);
    this.#step(slopes);
    this.#end(isBetter);
  }

  /** Ends an iteration of which an evaluation failed. */
  skip(): void {
    this.#end(false);
  }

  #end(isBetter: boolean): void {
    this.#iteration++;
    this.#idle = isBetter ? 0 : this.#idle + 1;
    if (this.#idle < PATIENCE) return;
    this.#idle = 0;
    this.#scale *= SHRINKAGE;
    this.#point = this.#bestPoint.slice();
  }

  #calibrate(slopes: Float64Array): void {
    const mean = slopes.reduce((sum, slope) => sum + Math.abs(slope), 0) / slopes.length;
    if (!(mean > 0 && Number.isFinite(mean))) return;
    const share = Math.max(NEWEST, 1 / ++this.#calibrated);
    this.#steepness += share * (mean - this.#steepness);
  }

  #step(slopes: Float64Array): void {
    if (this.#steepness === 0) return;
    const gain = this.#scale * FIRST_STEP * ((STABILITY + 1) / (STABILITY + this.#iteration + 1)) ** STEP_DECAY;
    const longest = this.#scale * LONGEST_STEP;
    for (let axis = 0; axis < slopes.length; axis++) {
      const step = (gain * slopes[axis]) / this.#steepness;
      const clipped = Math.min(Math.max(step, -longest), longest);
      this.#point[axis] = Math.min(Math.max(this.#point[axis] - clipped, 0), 1);
    }
  }
}
