import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { nativeOf } from '../kernels/nativeOperations.ts';
import { heapOf } from '../kernels/registerWasmKernels.ts';
import type { WasmHeap } from '../kernels/wasmHeap.ts';
import type { Tf } from '../tf.ts';
import { differentiable, tensorOf } from './differentiable.ts';

/** x [n, in] · weight [in, out] + bias [out]. */
export function linear(tf: Tf, x: Tensor2D, weight: Tensor2D, bias: Tensor1D): Tensor2D {
  const heap = heapOf(tf);
  return differentiable(tf, [x, weight, bias], () => ({
    value: heap ? product(tf, heap, x, weight, bias) : added(tf, tf.matMul(x, weight), bias),
    keep: [x, weight],
    gradient: (dy, kept) => {
      const [a, w] = kept as [Tensor2D, Tensor2D];
      if (heap) return slopes(tf, heap, dy as Tensor2D, a, w);
      return [turned(tf, dy as Tensor2D, w, 'right'), turned(tf, a, dy as Tensor2D, 'left'), tf.sum(dy, 0)];
    },
  }));
}

/** The sum takes the product's memory where it can. */
function added(tf: Tf, product: Tensor2D, bias: Tensor1D): Tensor {
  const native = nativeOf(tf);
  return native ? (native.run(tf, 'AddBias', [product, bias])[0] as Tensor) : tf.add(product, bias);
}

/** a · bᵀ or aᵀ · b. TensorFlow.js's wasm backend is slow with turned factors and fast with plain ones. */
function turned(tf: Tf, a: Tensor2D, b: Tensor2D, which: 'left' | 'right'): Tensor2D {
  const [left, right] = [which === 'left', which === 'right'];
  if (tf.getBackend() !== 'wasm') return tf.matMul(a, b, left, right);
  return left ? tf.matMul(tf.transpose(a), b) : tf.matMul(a, tf.transpose(b));
}

function product(tf: Tf, heap: WasmHeap, x: Tensor2D, weight: Tensor2D, bias: Tensor1D): Tensor2D {
  const [n, inner] = x.shape;
  const [, outer] = weight.shape;
  const y = heap.output([n, outer]);
  heap.kernels.gemm(
    ...([heap.at(x), inner, 1, heap.at(weight), outer, 1, heap.at(y), outer] as const),
    ...([n, outer, inner, heap.at(bias), false] as const),
  );
  return tensorOf(tf, y);
}

function slopes(tf: Tf, heap: WasmHeap, dy: Tensor2D, x: Tensor2D, weight: Tensor2D): Tensor[] {
  const [n, inner] = x.shape;
  const [, outer] = weight.shape;
  const [dx, dWeight, dBias] = [heap.output(x.shape), heap.output(weight.shape), heap.output([outer])];
  const { kernels } = heap;
  const slope = heap.at(dy);
  kernels.gemm(
    ...([slope, outer, 1, heap.at(weight), 1, outer, heap.at(dx), inner] as const),
    ...([n, inner, outer, 0, false] as const),
  );
  kernels.gemm(
    ...([heap.at(x), 1, inner, slope, outer, 1, heap.at(dWeight), outer] as const),
    ...([inner, outer, n, 0, false] as const),
  );
  kernels.columnSums(slope, heap.at(dBias), n, outer);
  return [dx, dWeight, dBias].map((info) => tensorOf(tf, info));
}
