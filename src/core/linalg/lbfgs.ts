/**
 * Value of a function at `x`; fills `gradient`, which is not looked at where the value is above `limit`. May return NaN or
 * Infinity where it is not defined.
 */
export type Differentiable = (x: Float64Array, gradient: Float64Array, limit: number) => number;

export interface LbfgsOptions {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Steps at most. */
  readonly iterations: number;
  /** Stop when a step lowers the value by less. */
  readonly tolerance: number;
  /** Pairs kept of the curvature; 8. */
  readonly memory?: number;
  /** Longest first step, in the units of x; 0.5. */
  readonly firstStep?: number;
}

const BACKTRACKS = 8;
const SUFFICIENT = 1e-4;

/**
 * Minimises within a box from `x`, which becomes the best point found; returns the value there. Projected L-BFGS (Liu and
 * Nocedal 1989): variables that a bound holds back take no part in a step, steps are cut at the box and shortened until
 * they satisfy Armijo's condition.
 */
export function minimise(f: Differentiable, x: Float64Array, options: LbfgsOptions): number {
  return new Lbfgs(f, x, options).run();
}

class Lbfgs {
  readonly #f: Differentiable;
  readonly #x: Float64Array;
  readonly #options: LbfgsOptions;
  readonly #size: number;
  readonly #memory: number;
  readonly #gradient: Float64Array;
  readonly #direction: Float64Array;
  readonly #next: Float64Array;
  readonly #nextGradient: Float64Array;
  /** Rings of steps and changes of gradient, and 1 / (s·y). */
  readonly #steps: Float64Array;
  readonly #changes: Float64Array;
  readonly #rho: Float64Array;
  readonly #weights: Float64Array;
  #pairs = 0;
  #newest = -1;

  constructor(f: Differentiable, x: Float64Array, options: LbfgsOptions) {
    const size = x.length;
    this.#f = f;
    this.#x = x;
    this.#options = options;
    this.#size = size;
    this.#memory = options.memory ?? 8;
    this.#gradient = new Float64Array(size);
    this.#direction = new Float64Array(size);
    this.#next = new Float64Array(size);
    this.#nextGradient = new Float64Array(size);
    this.#steps = new Float64Array(size * this.#memory);
    this.#changes = new Float64Array(size * this.#memory);
    this.#rho = new Float64Array(this.#memory);
    this.#weights = new Float64Array(this.#memory);
  }

  run(): number {
    const { iterations, tolerance } = this.#options;
    this.#clip(this.#x);
    let value = this.#f(this.#x, this.#gradient, Number.POSITIVE_INFINITY);
    if (!Number.isFinite(value)) return value;
    for (let iteration = 0; iteration < iterations; iteration++) {
      if (!(this.#setDirection() < 0)) {
        if (this.#pairs === 0) return value;
        // Curvature that was seen before other variables were held misleads: along the gradient.
        this.#pairs = 0;
        if (!(this.#setDirection() < 0)) return value;
      }
      const next = this.#search(value);
      if (!(next < value)) {
        if (this.#pairs === 0) return value;
        this.#pairs = 0;
        continue;
      }
      this.#remember();
      this.#x.set(this.#next);
      this.#gradient.set(this.#nextGradient);
      const gain = value - next;
      value = next;
      if (gain < tolerance) return value;
    }
    return value;
  }

  /** The step to try into `direction`; returns its slope. */
  #setDirection(): number {
    const { lower, upper, firstStep = 0.5 } = this.#options;
    const direction = this.#direction;
    for (let i = 0; i < this.#size; i++) {
      const g = this.#gradient[i];
      const at = this.#x[i];
      const isHeld = (at <= lower[i] && g > 0) || (at >= upper[i] && g < 0);
      direction[i] = isHeld ? 0 : -g;
    }
    if (this.#pairs > 0) this.#twoLoops();
    else {
      let longest = 0;
      for (let i = 0; i < this.#size; i++) longest = Math.max(longest, Math.abs(direction[i]));
      if (longest > firstStep) for (let i = 0; i < this.#size; i++) direction[i] = (direction[i] * firstStep) / longest;
    }
    return this.#slope();
  }

  /** Gradient · direction over the variables that are free to move along it. */
  #slope(): number {
    const { lower, upper } = this.#options;
    let slope = 0;
    for (let i = 0; i < this.#size; i++) {
      const step = this.#direction[i];
      const at = this.#x[i];
      if ((step < 0 && at <= lower[i]) || (step > 0 && at >= upper[i])) this.#direction[i] = 0;
      else slope += step * this.#gradient[i];
    }
    return slope;
  }

  /** direction ← H · direction with the remembered curvature, in the subspace of what is free. */
  #twoLoops(): void {
    const size = this.#size;
    const direction = this.#direction;
    for (let age = 0; age < this.#pairs; age++) {
      const slot = (this.#newest - age + this.#memory) % this.#memory;
      const at = slot * size;
      let dot = 0;
      for (let i = 0; i < size; i++) {
        if (direction[i] !== 0) dot += this.#steps[at + i] * direction[i];
      }
      const weight = dot * this.#rho[slot];
      this.#weights[slot] = weight;
      for (let i = 0; i < size; i++) {
        if (direction[i] !== 0) direction[i] = direction[i] - weight * this.#changes[at + i];
      }
    }
    const scale = this.#scale();
    for (let i = 0; i < size; i++) direction[i] = direction[i] * scale;
    for (let age = this.#pairs - 1; age >= 0; age--) {
      const slot = (this.#newest - age + this.#memory) % this.#memory;
      const at = slot * size;
      let dot = 0;
      for (let i = 0; i < size; i++) {
        if (direction[i] !== 0) dot += this.#changes[at + i] * direction[i];
      }
      const factor = this.#weights[slot] - dot * this.#rho[slot];
      for (let i = 0; i < size; i++) {
        if (direction[i] !== 0) direction[i] = direction[i] + factor * this.#steps[at + i];
      }
    }
  }

  /** s·y / y·y of the newest pair. */
  #scale(): number {
    const at = this.#newest * this.#size;
    let norm = 0;
    for (let i = 0; i < this.#size; i++) norm += this.#changes[at + i] ** 2;
    return 1 / (norm * this.#rho[this.#newest]);
  }

  /** Shortens the step until it descends enough; leaves the point in `next` and returns its value (Infinity if none did). */
  #search(value: number): number {
    let length = 1;
    for (let attempt = 0; attempt < BACKTRACKS; attempt++) {
      let slope = 0;
      for (let i = 0; i < this.#size; i++) {
        this.#next[i] = this.#x[i] + length * this.#direction[i];
      }
      this.#clip(this.#next);
      for (let i = 0; i < this.#size; i++) {
        slope += this.#gradient[i] * (this.#next[i] - this.#x[i]);
      }
      const limit = value + SUFFICIENT * slope;
      const next = this.#f(this.#next, this.#nextGradient, limit);
      if (next <= limit) return next;
      // Minimum of the parabola through the value, the slope and this point.
      const fitted = (-0.5 * slope * length) / (next - value - slope);
      length = Number.isFinite(fitted) ? Math.min(0.5 * length, Math.max(0.1 * length, fitted)) : 0.2 * length;
    }
    return Number.POSITIVE_INFINITY;
  }

  #remember(): void {
    const size = this.#size;
    const slot = (this.#newest + 1) % this.#memory;
    const at = slot * size;
    let curvature = 0;
    let norm = 0;
    for (let i = 0; i < size; i++) {
      const step = this.#next[i] - this.#x[i];
      const change = this.#nextGradient[i] - this.#gradient[i];
      this.#steps[at + i] = step;
      this.#changes[at + i] = change;
      curvature += step * change;
      norm += change * change;
    }
    if (!(curvature > 1e-12 * norm)) return;
    this.#rho[slot] = 1 / curvature;
    this.#newest = slot;
    this.#pairs = Math.min(this.#pairs + 1, this.#memory);
  }

  #clip(x: Float64Array): void {
    const { lower, upper } = this.#options;
    for (let i = 0; i < this.#size; i++) {
      x[i] = Math.min(Math.max(x[i], lower[i]), upper[i]);
    }
  }
}
