import type { TrainingArgumentValues } from '../arguments/trainingArguments.ts';
import { clipGradients } from '../optimizers/clipGradients.ts';
import { createOptimizer } from '../optimizers/createOptimizer.ts';
import type { OptimizerState } from '../optimizers/optimizer.ts';
import { isDecayed } from '../optimizers/parameterGroups.ts';
import type { WeightArrays } from '../training/weights.ts';
import type { Sum, UpdateNumbers } from './differentiation.ts';

/** One weight around an update. */
interface Around {
  /** Before it. */
  readonly values: Float32Array;
  readonly means: Float32Array;
  readonly squares: Float32Array;
  readonly nextMeans: Float32Array;
  readonly nextSquares: Float32Array;
}

/** An update that was made. */
export interface Kept {
  /** From 1, as AdamW counts. */
  readonly step: number;
  /** Before clipping. */
  readonly gradients: readonly Float32Array[];
  /** Of its loss. */
  readonly bySmoothing: number;
  readonly numbers: UpdateNumbers;
  /** Adds the gradient of its loss at other weights. */
  readonly again: Sum;
  /** The weight at this place among all. */
  arrays(index: number): Around;
}

interface Made {
  readonly gradients: readonly Float32Array[];
  readonly bySmoothing: number;
  readonly again: Sum;
  numbers: UpdateNumbers;
}

/** All weights and what AdamW keeps of them, before an update. */
interface Snapshot {
  readonly values: readonly Float32Array[];
  readonly means: readonly Float32Array[];
  readonly squares: readonly Float32Array[];
}

/**
 * The updates of a training, to be gone through backwards. Of each its gradient is kept; the weights before about every
 * √total-th, from which those between are made again by the same optimiser, a stretch at a time.
 */
export class ReplayedUpdates {
  readonly #args: TrainingArgumentValues;
  readonly #parameters: readonly string[];
  readonly #factors: readonly number[];
  readonly #stretch: number;
  readonly #made: Made[] = [];
  readonly #snapshots: Snapshot[] = [];
  #after: OptimizerState = { step: 0, tensors: new Map() };

  constructor(args: TrainingArgumentValues, parameters: readonly string[], factors: readonly number[], total: number) {
    this.#args = args;
    this.#parameters = parameters;
    this.#factors = factors;
    this.#stretch = stretchOf(total);
  }

  begin(arrays: readonly WeightArrays[], again: Sum, bySmoothing: number): void {
    if (this.#made.length % this.#stretch === 0) {
      const kept = (what: string) =>
        arrays.map(({ name, values }) => {
          const array = this.#after.tensors.get(`${what}.${name}`);
          return array ? array.slice() : new Float32Array(values.length);
        });
      const values = arrays.map((one) => one.values.slice());
      this.#snapshots.push({ values, means: kept('exp_avg'), squares: kept('exp_avg_sq') });
    }
    const gradients = arrays.map(({ gradient }) => gradient.slice());
    this.#made.push({ gradients, again, bySmoothing, numbers: { learningRate: 0, schedule: 0, gradNorm: 0 } });
  }

  end(state: OptimizerState, numbers: UpdateNumbers): void {
    this.#after = state;
    (this.#made.at(-1) as Made).numbers = numbers;
  }

  /** From the last to the first. */
  *backwards(): Generator<Kept> {
    for (let place = this.#snapshots.length - 1; place >= 0; place--) {
      const first = place * this.#stretch;
      const made = this.#made.slice(first, first + this.#stretch);
      const states = this.#replay(this.#snapshots[place] as Snapshot, made, first);
      for (let at = made.length - 1; at >= 0; at--) {
        const [before, after] = [states[at] as Snapshot, states[at + 1] as Snapshot];
        yield {
          ...(made[at] as Made),
          step: first + at + 1,
          arrays: (index) => ({
            values: before.values[index] as Float32Array,
            means: before.means[index] as Float32Array,
            squares: before.squares[index] as Float32Array,
            nextMeans: after.means[index] as Float32Array,
            nextSquares: after.squares[index] as Float32Array,
          }),
        };
      }
    }
  }

  /** The state before each of these updates, and that after the last. */
  #replay(from: Snapshot, made: readonly Made[], first: number): Snapshot[] {
    const optimizer = createOptimizer(this.#args);
    const tensors = this.#parameters.flatMap((name, index): [string, Float32Array][] => [
      [`exp_avg.${name}`, from.means[index] as Float32Array],
      [`exp_avg_sq.${name}`, from.squares[index] as Float32Array],
    ]);
    optimizer.restore({ step: first, tensors: new Map(tensors) });
    const values = from.values.map((own) => own.slice());
    const states = [from];
    for (const { gradients, numbers } of made) {
      const clipped = gradients.map((gradient) => gradient.slice());
      clipGradients(clipped, this.#args.max_grad_norm);
      const slots = this.#parameters.map((name, index) => ({
        name,
        shape: [],
        values: values[index] as Float32Array,
        gradient: clipped[index] as Float32Array,
        weightDecay: isDecayed(name) ? this.#args.weight_decay : 0,
        lrFactor: this.#factors[index] as number,
      }));
      optimizer.step(slots, numbers.learningRate);
      const { tensors: kept } = optimizer.state();
      const copies = (what: string) =>
        this.#parameters.map((name) => (kept.get(`${what}.${name}`) as Float32Array).slice());
      states.push({
        values: values.map((own) => own.slice()),
        means: copies('exp_avg'),
        squares: copies('exp_avg_sq'),
      });
    }
    return states;
  }
}

/** Updates between two snapshots. */
function stretchOf(total: number): number {
  return Math.max(1, Math.ceil(Math.sqrt(total)));
}

/** Bytes that are kept of a training with so many weights. */
export function bytesKept(weights: number, total: number): number {
  const stretch = stretchOf(total);
  return 4 * weights * (total + 3 * Math.ceil(total / stretch) + 3 * stretch);
}
