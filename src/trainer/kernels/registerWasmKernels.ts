import type { KernelConfig, KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../tf.ts';
import type { KernelFile } from './kernels.ts';
import { type WasmBackend, WasmHeap } from './wasmHeap.ts';

const LIMIT = 2 ** 32;

/** What the allocator adds to a block, generously. */
const EXTRA = 64;

const guarded = new WeakSet<object>();

const heaps = new WeakMap<object, WasmHeap>();

/**
 * Loads the kernels over the memory of TensorFlow.js's wasm backend, which must be the one in use, and gives that backend
 * its missing `UnsortedSegmentSum` and a `BatchMatMul` that is fast with turned factors too. `src/trainer/ops` uses the
 * kernels from then on. Returns which build was loaded (`only`: no other); undefined where there is none, and then all
 * goes on with TensorFlow.js's own kernels.
 */
export function registerWasmKernels(tf: Tf, only?: KernelFile): KernelFile | undefined {
  const backend = tf.backend();
  const known = heaps.get(backend);
  if (known && (!only || known.file === only)) return known.file;
  const heap = WasmHeap.over(backend as unknown as WasmBackend, only);
  if (!heap) return undefined;
  heaps.set(backend, heap);
  guardMemory((backend as unknown as WasmBackend).wasm);
  replace(tf, 'UnsortedSegmentSum', () => (inputs, attrs) => unsortedSegmentSum(heap, inputs as never, attrs as never));
  replace(tf, 'BatchMatMul', (stock) => (inputs, attrs) => {
    const { a, b } = inputs as Pair;
    // It says what is wrong with other types.
    if (a.dtype !== 'float32' || b.dtype !== 'float32') return stock(inputs, attrs);
    return batchMatMul(tf, heap, { a, b }, attrs as never);
  });
  replace(tf, 'Add', (stock) => (inputs, attrs) => {
    const { a, b } = inputs as Pair;
    const isPlain = a.dtype === 'float32' && b.dtype === 'float32' && String(a.shape) === String(b.shape);
    if (!isPlain) return stock(inputs, attrs);
    const sum = heap.output(a.shape);
    heap.kernels.add(heap.at(a), heap.at(b), heap.at(sum), sizeOf(a.shape));
    return sum;
  });
  // TensorFlow.js's own copies the numbers, of all that is kept for a gradient too.
  replace(tf, 'Identity', (stock) => (inputs, attrs) => {
    const { x } = inputs as { readonly x: TensorInfo };
    return x.dtype === 'string' ? stock(inputs, attrs) : heap.share(x);
  });
  return heap.file;
}

interface Pair {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

/** The kernels of the backend in use; undefined where TensorFlow.js's own have to do. */
export function heapOf(tf: Tf): WasmHeap | undefined {
  return heaps.get(tf.backend());
}

/** Takes the kernels out again: all goes on with TensorFlow.js's own. */
export function forgetWasmKernels(tf: Tf): void {
  if (!heaps.delete(tf.backend())) return;
  for (const [kernelName, stock] of stocks) {
    tf.unregisterKernel(kernelName, 'wasm');
    if (stock) tf.registerKernel(stock);
  }
}

type Run = (inputs: object, attrs: NonNullable<Parameters<KernelFunc>[0]['attrs']>) => TensorInfo | TensorInfo[];

/** What TensorFlow.js had under the names that are replaced. */
const stocks = new Map<string, KernelConfig | undefined>();

function replace(tf: Tf, kernelName: string, make: (stock: Run) => Run): void {
  if (!stocks.has(kernelName)) stocks.set(kernelName, tf.getKernel(kernelName, 'wasm'));
  const stock = stocks.get(kernelName);
  const run = make((inputs, attrs) => {
    if (!stock) throw new Error(`TensorFlow.js's wasm backend has no ${kernelName}.`);
    return stock.kernelFunc({ inputs: inputs as never, backend: tf.backend(), attrs });
  });
  if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc: ({ inputs, attrs }) => run(inputs, attrs ?? {}) });
}

/** Sums the rows of x that have the same id: what TensorFlow.js takes for the gradient of a gather. */
function unsortedSegmentSum(
  heap: WasmHeap,
  { x, segmentIds }: { readonly x: TensorInfo; readonly segmentIds: TensorInfo },
  { numSegments }: { readonly numSegments: number },
): TensorInfo {
  const ids = segmentIds.shape.length;
  const rows = sizeOf(segmentIds.shape);
  const width = sizeOf(x.shape.slice(ids));
  const sums = heap.output([numSegments, ...x.shape.slice(ids)]);
  heap.kernels.segmentSums(heap.at(x), heap.at(segmentIds), heap.at(sums), rows, width, numSegments);
  return sums;
}

function batchMatMul(
  tf: Tf,
  heap: WasmHeap,
  { a, b }: Pair,
  { transposeA, transposeB }: { readonly transposeA: boolean; readonly transposeB: boolean },
): TensorInfo {
  const [aHeight, aWidth] = a.shape.slice(-2) as [number, number];
  const [bHeight, bWidth] = b.shape.slice(-2) as [number, number];
  const [m, k] = transposeA ? [aWidth, aHeight] : [aHeight, aWidth];
  const [inner, n] = transposeB ? [bWidth, bHeight] : [bHeight, bWidth];
  if (k !== inner) throw new Error(`matMul: the inner sizes ${k} and ${inner} of ${a.shape} and ${b.shape} differ.`);
  const [aOuter, bOuter] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const outer = tf.broadcast_util.assertAndGetBroadcastShape(aOuter, bOuter);
  const product = heap.output([...outer, m, n]);
  const [aAt, bAt, to] = [heap.at(a), heap.at(b), heap.at(product)];
  if (k === 0) heap.view(product).fill(0);
  const [aRow, aColumn] = transposeA ? [1, m] : [k, 1];
  const [bRow, bColumn] = transposeB ? [1, k] : [n, 1];
  const one = (from: number, by: number, at: number, rows: number) =>
    heap.kernels.gemm(from, aRow, aColumn, by, bRow, bColumn, at, n, rows, n, k, 0, false);
  const count = sizeOf(outer);
  // One right factor for all: the left ones are rows of one matrix.
  if (sizeOf(bOuter) === 1 && !transposeA && sizeOf(aOuter) === count) one(aAt, bAt, to, count * m);
  else
    for (let number = 0; number < count; number++) {
      const left = placeOf(number, outer, aOuter) * m * k;
      const right = placeOf(number, outer, bOuter) * k * n;
      one(aAt + 4 * left, bAt + 4 * right, to + 4 * number * m * n, m);
    }
  return product;
}

/** The number, in a batch of shape `own` that is stretched to `outer`, of what stands at `number` there. */
function placeOf(number: number, outer: readonly number[], own: readonly number[]): number {
  let place = 0;
  let stride = 1;
  let rest = number;
  for (let axis = outer.length - 1, mine = own.length - 1; mine >= 0; axis--, mine--) {
    const size = own[mine] as number;
    if (size > 1) place += (rest % (outer[axis] as number)) * stride;
    stride *= size;
    rest = Math.floor(rest / (outer[axis] as number));
  }
  return place;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Makes allocations that do not fit into WebAssembly's 4 GB fail with a sentence. TensorFlow.js's allocator gives 0 for
 * most of them, which nobody looks at, so that a tensor would be written over constants; and one that reaches over the end
 * it takes modulo 4 GB and lets succeed, so that two tensors would share memory.
 */
function guardMemory(wasm: WasmBackend['wasm']): void {
  if (guarded.has(wasm)) return;
  guarded.add(wasm);
  const blocks = new Map<number, number>();
  const { _malloc: malloc, _free: free } = wasm;
  wasm._malloc = (bytes) => {
    const isSafe = wasm.HEAPU8.length + bytes + EXTRA < LIMIT || (bytes < LIMIT && fits(blocks, bytes + EXTRA));
    const at = isSafe ? malloc(bytes) >>> 0 : 0;
    if (bytes > 0 && (at === 0 || at + bytes > wasm.HEAPU8.length)) {
      throw new Error(`WebAssembly is out of memory: of its 4 GB no ${Math.ceil(bytes / 2 ** 20)} MB are left.`);
    }
    blocks.set(at, bytes);
    return at;
  };
  wasm._free = (at) => {
    blocks.delete(at >>> 0);
    free(at);
  };
}

/** Whether there is a gap between blocks, or behind the last of them. */
function fits(blocks: ReadonlyMap<number, number>, bytes: number): boolean {
  let end = 0;
  for (const [at, size] of [...blocks].sort(([a], [b]) => a - b)) {
    if (end > 0 && at - end >= bytes) return true;
    end = Math.max(end, at + size);
  }
  return LIMIT - end >= bytes;
}
