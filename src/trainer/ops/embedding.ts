import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { heapOf } from '../kernels/registerWasmKernels.ts';
import type { Tf } from '../tf.ts';
import { differentiable, tensorOf } from './differentiable.ts';

/** Rows of a table [rows, width], chosen by ids [n], int32. */
export interface Lookup {
  readonly table: Tensor2D;
  readonly ids: Tensor1D;
}

/** The sum of the lookups, which all have the same n and width: [n, width]. */
export function embedding(tf: Tf, lookups: readonly Lookup[]): Tensor2D {
  const tables = lookups.map(({ table }) => table);
  return differentiable(tf, tables, () => ({
    value: lookups.map(({ table, ids }): Tensor => tf.gather(table, ids)).reduce((sum, rows) => tf.add(sum, rows)),
    keep: lookups.map(({ ids }) => ids),
    gradient: (dy, kept) => tables.map(({ shape }, index) => slope(tf, dy as Tensor2D, kept[index] as Tensor1D, shape)),
  }));
}

/** TensorFlow.js's own gradient of a gather takes a kernel that its wasm backend lacks and that is slow on its cpu backend. */
function slope(tf: Tf, dy: Tensor2D, ids: Tensor1D, shape: readonly [number, number]): Tensor {
  const heap = heapOf(tf);
  if (!heap) return tf.scatterND(tf.reshape(ids, [ids.size, 1]), dy, [...shape]);
  const sums = heap.output(shape);
  heap.kernels.segmentSums(heap.at(dy), heap.at(ids), heap.at(sums), ids.size, shape[1], shape[0]);
  return tensorOf(tf, sums);
}
