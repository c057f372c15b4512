import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { heapOf } from '../kernels/registerWasmKernels.ts';
import type { WasmHeap } from '../kernels/wasmHeap.ts';
import type { Tf } from '../tf.ts';

/** One parameter as optimisers take it. */
export interface WeightArrays {
  readonly name: string;
  readonly variable: Variable;
  /** May be changed in place. */
  readonly values: Float32Array;
  readonly gradient: Float32Array;
}

/** The parameters of a model with the gradient that is being summed up. */
export interface Weights {
  readonly variables: readonly Variable[];
  /** Adds gradients by the variables' names, times `share`. Called in the tidy that they were made in. */
  add(gradients: Readonly<Record<string, Tensor>>, share: number): void;
  /** Hands out values and the sums, takes over what `change` leaves in the values, and forgets the sums. */
  update(change: (arrays: readonly WeightArrays[]) => void): void;
  /** Forgets the sums. */
  clear(): void;
  /** Copies of the values. */
  values(): Float32Array[];
  assign(values: readonly Float32Array[]): void;
  /** Copies of the sums, which are forgotten. */
  take(): Float32Array[];
}

/** On the wasm backend with our kernels nothing is copied. */
export function weightsOf(tf: Tf, parameters: ReadonlyMap<string, Variable>): Weights {
  const heap = heapOf(tf);
  return heap ? new HeapWeights(tf, heap, parameters) : new CopiedWeights(tf, parameters);
}

class CopiedWeights implements Weights {
  readonly variables: readonly Variable[];
  readonly #tf: Tf;
  readonly #names: readonly string[];
  readonly #values: readonly Float32Array[];
  /** Whether `dataSync` gives the backend's own array, which must stay as it is. */
  readonly #isShared: boolean;
  #sums: Float32Array[] | undefined;

  constructor(tf: Tf, parameters: ReadonlyMap<string, Variable>) {
    this.#tf = tf;
    this.#isShared = tf.getBackend() === 'cpu';
    this.#names = [...parameters.keys()];
    this.variables = [...parameters.values()];
    this.#values = this.variables.map((variable) => Float32Array.from(variable.dataSync()));
  }

  add(gradients: Readonly<Record<string, Tensor>>, share: number): void {
    const parts = this.variables.map(({ name }) => gradients[name]?.dataSync() as Float32Array);
    const before = this.#sums;
    this.#sums = parts.map((part, index) => {
      const sum = before?.[index];
      if (!sum && share === 1 && !this.#isShared) return part;
      return addedTo(sum ?? new Float32Array(part.length), part, share);
    });
  }

  update(change: (arrays: readonly WeightArrays[]) => void): void {
    change(
      this.variables.map((variable, index) => ({
        name: this.#names[index] as string,
        variable,
        values: this.#values[index] as Float32Array,
        gradient: this.#sums?.[index] as Float32Array,
      })),
    );
    this.#store();
    this.clear();
  }

  clear(): void {
    this.#sums = undefined;
  }

  values(): Float32Array[] {
    return this.#values.map((values) => values.slice());
  }

  assign(values: readonly Float32Array[]): void {
    for (const [index, own] of this.#values.entries()) own.set(values[index] as Float32Array);
    this.#store();
  }

  take(): Float32Array[] {
    const sums = (this.#sums ?? []).map((sum) => sum.slice());
    this.clear();
    return sums;
  }

  #store(): void {
    const tf = this.#tf;
    for (const [index, variable] of this.variables.entries()) {
      // A copy: some backends go on with the array that they are given.
      const values = (this.#values[index] as Float32Array).slice();
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
    }
  }
}

function addedTo(sum: Float32Array, part: Float32Array, share: number): Float32Array {
  for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + share * (part[at] as number);
  return sum;
}

class HeapWeights implements Weights {
  readonly variables: readonly Variable[];
  readonly #tf: Tf;
  readonly #heap: WasmHeap;
  readonly #names: readonly string[];
  #sums: readonly Tensor[] | undefined;

  constructor(tf: Tf, heap: WasmHeap, parameters: ReadonlyMap<string, Variable>) {
    this.#tf = tf;
    this.#heap = heap;
    this.#names = [...parameters.keys()];
    this.variables = [...parameters.values()];
  }

  add(gradients: Readonly<Record<string, Tensor>>, share: number): void {
    const { kernels } = this.#heap;
    const parts = this.variables.map(({ name }) => gradients[name] as Tensor);
    if (share !== 1) for (const part of parts) kernels.scaleBy(this.#heap.at(part), part.size, share);
    if (!this.#sums) {
      this.#sums = parts.map((part) => this.#tf.keep(part));
      return;
    }
    for (const [index, part] of parts.entries()) {
      const sum = this.#heap.at(this.#sums[index] as Tensor);
      kernels.add(sum, this.#heap.at(part), sum, part.size);
    }
  }

  update(change: (arrays: readonly WeightArrays[]) => void): void {
    change(
      this.variables.map((variable, index) => ({
        name: this.#names[index] as string,
        variable,
        values: this.#heap.view(variable),
        gradient: this.#heap.view(this.#sums?.[index] as Tensor),
      })),
    );
    for (const variable of this.variables) this.#heap.changed(variable);
    this.clear();
  }

  clear(): void {
    for (const sum of this.#sums ?? []) sum.dispose();
    this.#sums = undefined;
  }
  values(): Float32Array[] {
    return this.variables.map((variable) => this.#heap.view(variable).slice());
  }

  assign(values: readonly Float32Array[]): void {
    for (const [index, variable] of this.variables.entries()) {
      this.#heap.view(variable).set(values[index] as Float32Array);
      this.#heap.changed(variable);
    }
  }

  take(): Float32Array[] {
    const sums = (this.#sums ?? []).map((sum) => this.#heap.view(sum).slice());
    this.clear();
    return sums;
  }
}
