import type { OptimizerState, Slot } from '../optimizers/optimizer.ts';

/** Names in a checkpoint, beside the optimiser's own arrays. */
const PREFIX = 'hypergradient_';
const COUNTS = `${PREFIX}factor`;
const ARRAYS = { steps: `${PREFIX}step.`, spreads: `${PREFIX}spread.`, squares: `${PREFIX}square.` } as const;

/** Of the factor, so that it is never 0 and never more than a number. */
const LEAST = 1e-12;
const MOST = 1e12;

/** What is kept of the running means of steps, of their squares, and of the gradients' squares, an update. */
const STEP_DECAY = 0.9;
const SPREAD_DECAY = 0.9;
const SQUARE_DECAY = 0.99;

/** Updates that are heard before a move, and those after which what was heard is forgotten. */
const FEWEST = 3;
const LONGEST = 20;
/** Standard errors that the mean agreement must be away from none: to raise the learning rate, which does more harm, and to lower it. */
const RAISED = 2;
const LOWERED = 1;

/** What the moments of each weight are kept in: of its steps, over the factor that they were made with, and of its gradients. */
interface Moments {
  readonly steps: Float32Array;
  readonly spreads: Float32Array;
  readonly squares: Float32Array;
}

/**
 * Hypergradient descent (Baydin, Cornish, Martínez Rubio, Schmidt and Wood 2018, arXiv 1703.04782), in a form for small
 * batches. The derivative of a loss by the learning rate of the steps before it is the product of its gradient with them:
 * where they agree, the learning rate was too small. In that product a few weights with large gradients, and so much noise,
 * are nearly all. So each weight has one voice here: the *agreement* is the mean over all weights of the new gradient over
 * its own running deviation, times the running mean of the weight's steps over theirs, which knows no scale. And a single
 * agreement is mostly noise still: the learning rate moves by the mean of several where that is away from 0 by enough of its
 * standard errors, and begins to listen anew after each move, so that what was heard at another rate counts no more.
 *
 * The steps are taken as the weights really made them, by whichever optimiser, with weight decay and factors.
 */
export class HypergradientDescent {
  readonly #growth: number;
  /** On the learning rate of the schedule; as all numbers here a float32, as a checkpoint keeps it. */
  #factor = 1;
  #updates = 0;
  /** Agreements since the last move: how many, their mean, and the mean of their squares. */
  #heard = 0;
  #mean = 0;
  #square = 0;
  readonly #moments = new Map<string, Moments>();
  readonly #before = new Map<string, Float32Array>();

  /** `rate`: the share of itself that the learning rate moves by; from 0 to below 1. */
  constructor(rate: number) {
    this.#growth = 1 + rate;
  }

  get factor(): number {
    return this.#factor;
  }

  /** Before the optimiser's step, with the gradient of its update: moves the factor. */
  learn(slots: readonly Slot[]): void {
    for (const { name, values } of slots) {
      const kept = this.#before.get(name);
      if (kept) kept.set(values);
      else this.#before.set(name, values.slice());
    }
    // One gradient that is no number would stay in the means for ever.
    if (!slots.every(({ gradient }) => Number.isFinite(sumOf(gradient)))) return;
    this.#updates++;
    const agreement = this.#agreement(slots);
    if (agreement !== undefined) this.#hear(agreement);
  }

  /** After the optimiser's step. */
  remember(slots: readonly Slot[]): void {
    for (const { name, values } of slots) {
      const before = this.#before.get(name) as Float32Array;
      const { steps, spreads } = this.#momentsOf(name, values.length);
      const share = (1 - STEP_DECAY) / this.#factor;
      for (let at = 0; at < steps.length; at++) {
        const step = STEP_DECAY * (steps[at] as number) + share * ((values[at] as number) - (before[at] as number));
        if (!Number.isFinite(step)) continue;
        steps[at] = step;
        spreads[at] = SPREAD_DECAY * (spreads[at] as number) + (1 - SPREAD_DECAY) * step * step;
      }
    }
  }

  tensors(): ReadonlyMap<string, Float32Array> {
    const counts = Float32Array.of(this.#factor, this.#updates, this.#heard, this.#mean, this.#square);
    const tensors = new Map<string, Float32Array>([[COUNTS, counts]]);
    for (const [name, moments] of this.#moments) {
      for (const [kind, prefix] of Object.entries(ARRAYS)) tensors.set(prefix + name, moments[kind as keyof Moments]);
    }
    return tensors;
  }

  /** From a checkpoint's arrays, those of the optimiser among them; with none of its own it begins anew. */
  restore(tensors: ReadonlyMap<string, Float32Array>): void {
    const [factor = 1, updates = 0, heard = 0, mean = 0, square = 0] = tensors.get(COUNTS) ?? [];
    [this.#factor, this.#updates, this.#heard, this.#mean, this.#square] = [factor, updates, heard, mean, square];
    this.#moments.clear();
    for (const [key, squares] of tensors) {
      if (!key.startsWith(ARRAYS.squares)) continue;
      const name = key.slice(ARRAYS.squares.length);
      const [steps, spreads] = [tensors.get(ARRAYS.steps + name), tensors.get(ARRAYS.spreads + name)];
      if (!steps || !spreads) continue;
      this.#moments.set(name, { steps: steps.slice(), spreads: spreads.slice(), squares: squares.slice() });
    }
  }

  /** Takes in the gradients; undefined while there is no step to compare them with. Positive where they still point the steps' way. */
  #agreement(slots: readonly Slot[]): number | undefined {
    let sum = 0;
    let count = 0;
    const correction = 1 - SQUARE_DECAY ** this.#updates;
    for (const { name, gradient } of slots) {
      const { steps, spreads, squares } = this.#momentsOf(name, gradient.length);
      for (let at = 0; at < gradient.length; at++) {
        const slope = gradient[at] as number;
        const square = Math.fround(SQUARE_DECAY * (squares[at] as number) + (1 - SQUARE_DECAY) * slope * slope);
        squares[at] = square;
        const scale = (square / correction) * (spreads[at] as number);
        if (!(scale > 0)) continue;
        sum -= (slope * (steps[at] as number)) / Math.sqrt(scale);
        count++;
      }
    }
    return count > 0 && Number.isFinite(sum) ? sum / count : undefined;
  }

  #hear(agreement: number): void {
    this.#heard++;
    this.#mean = Math.fround(this.#mean + (agreement - this.#mean) / this.#heard);
    this.#square = Math.fround(this.#square + (agreement * agreement - this.#square) / this.#heard);
    if (this.#heard < FEWEST) return;
    const errors = this.#square > 0 ? (this.#mean * Math.sqrt(this.#heard)) / Math.sqrt(this.#square) : 0;
    if (errors > RAISED) this.#move(this.#growth);
    else if (errors < -LOWERED) this.#move(1 / this.#growth);
    else if (this.#heard >= LONGEST) this.#forget();
  }

  #move(by: number): void {
    this.#factor = Math.fround(Math.min(MOST, Math.max(LEAST, this.#factor * by)));
    this.#forget();
  }

  #forget(): void {
    this.#heard = 0;
    this.#mean = 0;
    this.#square = 0;
  }

  #momentsOf(name: string, size: number): Moments {
    let moments = this.#moments.get(name);
    if (!moments) {
      const zeros = () => new Float32Array(size);
      moments = { steps: zeros(), spreads: zeros(), squares: zeros() };
      this.#moments.set(name, moments);
    }
    return moments;
  }
}

/** The state of an optimiser without what hypergradient descent has beside it. */
export function withoutHypergradient({ step, tensors }: OptimizerState): OptimizerState {
  return { step, tensors: new Map([...tensors].filter(([name]) => !name.startsWith(PREFIX))) };
}

/** Not finite where one of them is not. */
function sumOf(values: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at] as number;
  return sum;
}
