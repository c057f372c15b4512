/** What the tests of kernels share: memory with guards, and the same functions in plain JavaScript. */
import assert from 'node:assert/strict';
import { Random, threefry2x32 } from '../../src/core/random.ts';
import { type KernelFile, type Kernels, loadKernels } from '../../src/trainer/kernels/kernels.ts';

/** Arrays in the kernels' memory, one behind the other, each with a guard behind it that must stay as it is. */
export class KernelHeap {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  readonly #start: number;
  #end: number;
  readonly #guards: number[] = [];

  /** `start`: where the arrays begin. */
  constructor(file: KernelFile, start = 1024, pages = 200) {
    this.memory = new WebAssembly.Memory({ initial: Math.ceil(start / 65536) + pages, maximum: 65536 });
    const loaded = loadKernels(this.memory, file);
    assert.equal(loaded?.file, file);
    this.kernels = loaded.kernels;
    this.kernels.setGemmWorkspace(start);
    this.#start = start + this.kernels.gemmWorkspaceBytes();
    this.#end = this.#start;
  }

  /** A place for `count` numbers; random ones unless `values` are given. */
  put(count: number, values?: ArrayLike<number>): number {
    const at = this.#end;
    this.view(at, count).set(values ?? Float32Array.from({ length: count }, () => random.normal()));
    this.view(at + 4 * count, 1)[0] = GUARD;
    this.#guards.push(at + 4 * count);
    this.#end = at + 4 * (count + 1);
    return at;
  }

  view(at: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, at >>> 0, count);
  }

  copy(at: number, count: number): Float32Array {
    return Float32Array.from(this.view(at, count));
  }

  /** Forgets all arrays. Fails when anything was written behind one. */
  clear(): void {
    for (const at of this.#guards.splice(0)) assert.equal(this.view(at, 1)[0], GUARD, 'written behind an array');
    this.#end = this.#start;
  }
}

const GUARD = 12345;
const random = new Random(1, 1, 'kernels');
export function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (let at = 0; at < expected.length; at++) {
    const [have, want] = [actual[at] as number, expected[at] as number];
    assert.ok(Math.abs(have - want) <= tolerance * (1 + Math.abs(want)), `${what}[${at}]: ${have} instead of ${want}`);
  }
}

/** Number (row, column) of a matrix with these strides. */
type Entry = (row: number, column: number) => number;

export function product(m: number, n: number, k: number, a: Entry, b: Entry): Float64Array {
  const c = new Float64Array(m * n);
  for (let row = 0; row < m; row++)
    for (let column = 0; column < n; column++)
      for (let inner = 0; inner < k; inner++)
        c[row * n + column] = (c[row * n + column] as number) + a(row, inner) * b(inner, column);
  return c;
}

/** Φ(x) by the series of erf (|x| < 3) or its continued fraction, to double precision. */
export function normalDistribution(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  let tail: number;
  if (z < 2.2) {
    let term = z;
    let sum = z;
    for (let n = 1; n < 80; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    tail = 0.5 - sum / Math.sqrt(Math.PI);
  } else {
    let fraction = 0;
    for (let n = 80; n > 0; n--) fraction = n / 2 / (z + fraction);
    tail = Math.exp(-z * z) / (z + fraction) / Math.sqrt(Math.PI) / 2;
  }
  return x > 0 ? 1 - tail : tail;
}

export function slopeAt(along: (shift: number) => number): number {
  return (along(1e-4) - along(-1e-4)) / 2e-4;
}

/** In double precision. */
export function normOf(sums: Float64Array, scale: Float32Array, shift: Float32Array, epsilon: number): Float64Array {
  const width = scale.length;
  const result = new Float64Array(sums.length);
  for (let start = 0; start < sums.length; start += width) {
    const row = sums.subarray(start, start + width);
    const mean = row.reduce((total, value) => total + value, 0) / width;
    const variance = row.reduce((total, value) => total + (value - mean) ** 2, 0) / width;
    for (const [column, value] of row.entries())
      result[start + column] =
        ((value - mean) / Math.sqrt(variance + epsilon)) * (scale[column] as number) + (shift[column] as number);
  }
  return result;
}

export function maskOf(
  seed: number,
  step: number,
  place: number,
  limit: number,
  kept: number,
  count: number,
): Float32Array {
  const mask = new Float32Array(count);
  const bits = new Uint32Array(2);
  for (let start = 0; start < count; start += 4) {
    threefry2x32(seed, step, start, place, bits);
    for (let part = 0; part < 4 && start + part < count; part++) {
      const word = bits[part >> 1] as number;
      mask[start + part] = (part % 2 === 0 ? word & 0xffff : word >>> 16) < limit ? 0 : kept;
    }
  }
  return mask;
}
