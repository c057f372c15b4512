import { ensureLength } from '../../src/core/study/columns/growable.ts';
import type { PanelRows } from '../../src/protocol/panel.ts';

/**
 * Intermediate values of all trials in two shared arrays. A changed curve is appended and its old place becomes waste,
 * which is squeezed out once it is the larger half, so that a long curve that grows point by point stays cheap.
 */
export class CurvePool {
  #steps = new Float64Array(0);
  #values = new Float64Array(0);
  #starts = new Uint32Array(0);
  #lengths = new Uint32Array(0);
  #used = 0;
  #live = 0;

  /** Points of all curves together. */
  get points(): number {
    return this.#live;
  }

  /** Elements in use, waste included. */
  get used(): number {
    return this.#used;
  }

  length(number: number): number {
    return this.#lengths[number] ?? 0;
  }

  step(number: number, index: number): number {
    return this.#steps[(this.#starts[number] as number) + index] as number;
  }

  value(number: number, index: number): number {
    return this.#values[(this.#starts[number] as number) + index] as number;
  }

  /** The value at the highest step, NaN for an empty curve. */
  last(number: number): { step: number; value: number } {
    let at = { step: Number.NEGATIVE_INFINITY, value: Number.NaN };
    for (let index = 0; index < this.length(number); index++) {
      const step = this.step(number, index);
      if (step >= at.step) at = { step, value: this.value(number, index) };
    }
    return at;
  }

  clear(): void {
    this.#lengths.fill(0);
    this.#used = 0;
    this.#live = 0;
  }

  grow(trials: number): void {
    this.#starts = ensureLength(this.#starts, trials, 0);
    this.#lengths = ensureLength(this.#lengths, trials, 0);
  }

  merge({ numbers, curveOffsets, curveSteps, curveValues }: PanelRows): void {
    for (let row = 0; row < numbers.length; row++) {
      const from = curveOffsets[row] ?? 0;
      const to = curveOffsets[row + 1] ?? from;
      this.#set(numbers[row] as number, curveSteps.subarray(from, to), curveValues.subarray(from, to));
    }
    if (this.#used > 1024 && this.#used > 2 * this.#live) this.#squeeze();
  }

  #set(number: number, steps: Float64Array, values: Float64Array): void {
    const length = this.#lengths[number] as number;
    const next = steps.length;
    if (next > length) {
      this.#steps = ensureLength(this.#steps, this.#used + next, Number.NaN);
      this.#values = ensureLength(this.#values, this.#used + next, Number.NaN);
      this.#starts[number] = this.#used;
      this.#used += next;
    }
    this.#steps.set(steps, this.#starts[number]);
    this.#values.set(values, this.#starts[number]);
    this.#lengths[number] = next;
    this.#live += next - length;
  }

  #squeeze(): void {
    const steps = new Float64Array(this.#live);
    const values = new Float64Array(this.#live);
    let used = 0;
    for (let number = 0; number < this.#lengths.length; number++) {
      const start = this.#starts[number] as number;
      const length = this.#lengths[number] as number;
      steps.set(this.#steps.subarray(start, start + length), used);
      values.set(this.#values.subarray(start, start + length), used);
      this.#starts[number] = used;
      used += length;
    }
    this.#steps = steps;
    this.#values = values;
    this.#used = used;
  }
}
