/**
 * Optimisers work on plain arrays, so that they are the same on every backend: sums are taken in double precision, where a
 * float32 norm over millions of weights is short by parts in a thousand.
 */

/** One parameter's values with its gradient; `values` are changed in place. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly weightDecay: number;
  /** Of the learning rate, as PyTorch's parameter groups have rates of their own. */
  readonly lrFactor: number;
}

/** What an optimiser keeps between updates: written to a checkpoint as it is, so that training goes on bit for bit. */
export interface OptimizerState {
  /** Updates made. */
  readonly step: number;
  /** By `<what>.<parameter>`, with PyTorch's words: `exp_avg.bert.pooler.dense.weight`. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

export interface Optimizer {
  /** One update. The same slots every time. */
  step(slots: readonly Slot[], learningRate: number): void;
  state(): OptimizerState;
  /** Goes on from a state of an optimiser of the same kind. */
  restore(state: OptimizerState): void;
}

/** An optimiser whose state is its arrays. */
export abstract class ArrayOptimizer implements Optimizer {
  protected readonly memory = new OptimizerMemory();

  abstract step(slots: readonly Slot[], learningRate: number): void;

  state(): OptimizerState {
    return this.memory.state();
  }

  restore(state: OptimizerState): void {
    this.memory.restore(state);
  }
}

/** The arrays of an optimiser, made when they are first asked for, all zero. */
class OptimizerMemory {
  readonly #arrays = new Map<string, Float32Array>();
  #step = 0;

  /** Updates made, after counting this one. */
  next(): number {
    return ++this.#step;
  }

  has(what: string, { name }: Slot): boolean {
    return this.#arrays.has(`${what}.${name}`);
  }

  array(what: string, { name }: Slot, length: number): Float32Array {
    const key = `${what}.${name}`;
    const known = this.#arrays.get(key);
    if (known) return known;
    const made = new Float32Array(length);
    this.#arrays.set(key, made);
    return made;
  }

  state(): OptimizerState {
    return { step: this.#step, tensors: this.#arrays };
  }

  restore({ step, tensors }: OptimizerState): void {
    this.#step = step;
    this.#arrays.clear();
    for (const [key, values] of tensors) this.#arrays.set(key, Float32Array.from(values));
  }
}
