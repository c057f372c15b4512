import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../tf.ts';

/** What is used of tfjs-node's backend. */
interface NodeBackend {
  readonly binding: { readonly TF_ATTR_BOOL: number; readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  executeSingleOutput(
    operation: string,
    attributes: readonly { readonly name: string; readonly type: number; readonly value: unknown }[],
    inputs: readonly TensorInfo[],
  ): TensorInfo;
}

/**
 * Has the backend `tensorflow`, whose kernels must be registered, take libtensorflow's `MatMul` for products of two
 * matrices: tfjs-node takes `BatchMatMulV2`, which gets half as far with large ones (70 instead of 170 GFLOPS for
 * 4096 × 768 by 768 × 3072).
 */
export function registerTensorflowKernels(tf: Tf): void {
  const stock = tf.getKernel('BatchMatMul', 'tensorflow');
  const kernelFunc: KernelFunc = (params) => {
    const { a, b } = params.inputs as { readonly a: TensorInfo; readonly b: TensorInfo };
    const isPlain = [a, b].every(({ shape, dtype }) => shape.length === 2 && dtype === 'float32');
    if (!isPlain) return stock.kernelFunc(params);
    const backend = params.backend as NodeBackend;
    const { TF_ATTR_BOOL, TF_ATTR_TYPE, TF_FLOAT } = backend.binding;
    return backend.executeSingleOutput(
      'MatMul',
      [
        { name: 'transpose_a', type: TF_ATTR_BOOL, value: params.attrs?.['transposeA'] },
        { name: 'transpose_b', type: TF_ATTR_BOOL, value: params.attrs?.['transposeB'] },
        { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
      ],
      [a, b],
    );
  };
  tf.unregisterKernel('BatchMatMul', 'tensorflow');
  tf.registerKernel({ ...stock, kernelFunc });
}
