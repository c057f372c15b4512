import type { OptimizerState, Slot } from '../optimizers/optimizer.ts';

/** Names in a checkpoint, beside the optimiser's own arrays. */
const FACTOR = 'hypergradient_factor';
const STEP = 'hypergradient_step.';
/** Of the factor, so that it is never 0 and never more than a number. */
const LEAST = 1e-12;
const MOST = 1e12;

/**
 * Hypergradient descent (Baydin, Cornish, Martínez Rubio, Schmidt and Wood 2018, arXiv 1703.04782): the learning rate is
 * moved at every update, down the derivative by it of the loss after the update before. That derivative is the product of
 * the new gradient with the last step of the weights, over its learning rate. Here in the paper's multiplicative form,
 * which knows no scale: of the product only the cosine counts, so that one update changes the learning rate by at most
 * `rate` of itself. The step is taken as the weights really made it, by whichever optimiser, with weight decay and factors.
 */
export class HypergradientDescent {
  readonly #rate: number;
  /** On the learning rate of the schedule; a float32, as a checkpoint keeps it. */
  #factor = 1;
  /** What each parameter moved by in the last update. */
  #steps = new Map<string, Float32Array>();

  /** `rate`: from 0 to below 1. */
  constructor(rate: number) {
    this.#rate = rate;
  }

  get factor(): number {
    return this.#factor;
  }

  /** Before the optimiser's step, with the gradient of its update: moves the factor. */
  learn(slots: readonly Slot[]): void {
    const cosine = this.#cosine(slots);
    const moved = this.#factor * (1 - this.#rate * cosine);
    this.#factor = Math.fround(Math.min(MOST, Math.max(LEAST, moved)));
    for (const { name, values } of slots) this.#steps.set(name, values.slice());
  }

  /** After the optimiser's step. */
  remember(slots: readonly Slot[]): void {
    for (const { name, values } of slots) {
      const step = this.#steps.get(name) as Float32Array;
      for (let at = 0; at < step.length; at++) step[at] = (values[at] as number) - (step[at] as number);
    }
  }

  /**
   * The product of this gradient with the last step: the derivative of the loss by that step's learning rate, times that
   * learning rate. 0 before the first step.
   */
  derivative(slots: readonly Slot[]): number {
    let sum = 0;
    for (const { name, gradient } of slots) {
      const step = this.#steps.get(name);
      if (step) sum += product(gradient, step);
    }
    return sum;
  }

  tensors(): ReadonlyMap<string, Float32Array> {
    const tensors = new Map<string, Float32Array>([[FACTOR, Float32Array.of(this.#factor)]]);
    for (const [name, step] of this.#steps) tensors.set(STEP + name, step);
    return tensors;
  }

  /** From a checkpoint's arrays, those of the optimiser among them; with none of its own it begins anew. */
  restore(tensors: ReadonlyMap<string, Float32Array>): void {
    this.#factor = tensors.get(FACTOR)?.[0] ?? 1;
    this.#steps = new Map();
    for (const [name, values] of tensors) {
      if (name.startsWith(STEP)) this.#steps.set(name.slice(STEP.length), values.slice());
    }
  }

  /** 0 where there is no direction: no step yet, a learning rate of 0, a gradient that is no number. */
  #cosine(slots: readonly Slot[]): number {
    let gradients = 0;
    let steps = 0;
    for (const { name, gradient } of slots) {
      const step = this.#steps.get(name);
      if (!step) return 0;
      gradients += product(gradient, gradient);
      steps += product(step, step);
    }
    const cosine = this.derivative(slots) / Math.sqrt(gradients * steps);
    return Number.isFinite(cosine) ? Math.min(1, Math.max(-1, cosine)) : 0;
  }
}

/** The state of an optimiser without what hypergradient descent has beside it. */
export function withoutHypergradient({ step, tensors }: OptimizerState): OptimizerState {
  const own = [...tensors].filter(([name]) => name !== FACTOR && !name.startsWith(STEP));
  return { step, tensors: new Map(own) };
}

/** In double precision. */
function product(one: Float32Array, other: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += (one[at] as number) * (other[at] as number);
  return sum;
}
