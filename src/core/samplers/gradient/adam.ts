/** Decay of the running mean and mean square of the gradient: shorter memories than in training, for tens of steps. */
const MEAN_DECAY = 0.8;
const SQUARE_DECAY = 0.95;
/** How the step grows after a better value and shrinks after a worse one, and its longest. */
const GROWTH = 1.1;
const SHRINKAGE = 0.6;
const LONGEST = 0.25;
/** A run is over when no coordinate moves by this share of its range any more, or so many steps brought nothing better. */
const SHORTEST = 1e-6;
const PATIENCE = 15;

/**
 * Projected Adam (Kingma, Ba 2015) in the unit cube: a step of about `rate` in every coordinate, clipped to the cube, whose
 * length follows success. One evaluation with its gradient a step.
 */
export class AdamDescent {
  /** The next point to evaluate. */
  readonly point: Float64Array;
  #rate: number;
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  #steps = 0;
  #last = Number.POSITIVE_INFINITY;
  #best = Number.POSITIVE_INFINITY;
  #idle = 0;
  #isOver = false;

  constructor(start: Float64Array, rate: number) {
    this.point = start.slice();
    this.#rate = rate;
    this.#mean = new Float64Array(start.length);
    this.#square = new Float64Array(start.length);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Moves on from what was found at `point`: the loss and its derivatives along the cube's axes. */
  accept(loss: number, gradient: Float64Array): void {
    if (this.#steps > 0) this.#rate = Math.min(this.#rate * (loss > this.#last ? SHRINKAGE : GROWTH), LONGEST);
    this.#idle = loss < this.#best ? 0 : this.#idle + 1;
    this.#best = Math.min(this.#best, loss);
    this.#last = loss;
    this.#steps++;
    this.#isOver = this.#move(gradient) < SHORTEST || this.#idle >= PATIENCE;
  }

  /** Returns the longest way along an axis. */
  #move(gradient: Float64Array): number {
    let longest = 0;
    for (let axis = 0; axis < this.point.length; axis++) {
      const derivative = gradient[axis];
      const mean = MEAN_DECAY * this.#mean[axis] + (1 - MEAN_DECAY) * derivative;
      const square = SQUARE_DECAY * this.#square[axis] + (1 - SQUARE_DECAY) * derivative * derivative;
      this.#mean[axis] = mean;
      this.#square[axis] = square;
      if (square === 0) continue;
      const unbiasedMean = mean / (1 - MEAN_DECAY ** this.#steps);
      const unbiasedSquare = square / (1 - SQUARE_DECAY ** this.#steps);
      const from = this.point[axis];
      const wanted = from - (this.#rate * unbiasedMean) / Math.sqrt(unbiasedSquare);
      const to = Math.min(Math.max(wanted, 0), 1);
      // What pushes against a border is forgotten: it must not hold the coordinate there when the gradient turns.
      if (to !== wanted) this.#mean[axis] = 0;
      this.point[axis] = to;
      longest = Math.max(longest, Math.abs(to - from));
    }
    return longest;
  }
}
