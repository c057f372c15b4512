import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../tf.ts';

/** What is used of tfjs-node's backend. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  executeMultipleOutputs(
    operation: string,
    attributes: readonly { readonly name: string; readonly type: number; readonly value: unknown }[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): Tensor[];
}

/** The operations that the addon brings to libtensorflow (backend/native/operations.cc), each with its number of outputs. */
const OUTPUTS = {
  AddBias: 1,
  Gelu: 1,
  GeluGradient: 1,
  Drop: 1,
  Norm: 1,
  SumNorm: 2,
  NormGradient: 3,
  DropNormGradient: 4,
  Attention: 2,
  AttentionGradient: 3,
} as const;

const natives = new WeakMap<object, NativeOperations>();

/** Operations of our own on the backend `tensorflow`. */
export class NativeOperations {
  readonly #backend: NodeBackend;

  constructor(backend: NodeBackend) {
    this.#backend = backend;
  }

  /** Inputs as the operation has them; a list of numbers stands for its settings. */
  run(tf: Tf, operation: keyof typeof OUTPUTS, inputs: readonly (Tensor | Int32Array)[]): Tensor[] {
    const settings: Tensor[] = [];
    const tensors = inputs.map((input) => {
      if (!(input instanceof Int32Array)) return input;
      const tensor = tf.tensor1d(input, 'int32');
      settings.push(tensor);
      return tensor;
    });
    const outputs = this.#backend.executeMultipleOutputs(`Tuneboard${operation}`, [], tensors, OUTPUTS[operation]);
    for (const tensor of settings) tensor.dispose();
    return outputs;
  }
}

/** The operations of the backend in use; undefined where TensorFlow's own have to do. */
export function nativeOf(tf: Tf): NativeOperations | undefined {
  return natives.get(tf.backend());
}

/**
 * Has `src/trainer/ops` use the addon's operations on the backend `tensorflow`, which must be the one in use. Throws where
 * there are none: in a libtensorflow without the functions for it, and on a GPU.
 */
export function useNativeOperations(tf: Tf): void {
  const backend = tf.backend() as unknown as NodeBackend;
  if (backend.isUsingGpuDevice) throw new Error('they are for the processor, and this libtensorflow computes on a GPU');
  const operations = new NativeOperations(backend);
  tf.tidy(() => operations.run(tf, 'Gelu', [tf.zeros([1])]));
  natives.set(tf.backend(), operations);
}

/** All goes on with TensorFlow's own operations. */
export function forgetNativeOperations(tf: Tf): void {
  natives.delete(tf.backend());
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The bits of a number in single precision. */
export function floatBits(value: number): number {
  float[0] = value;
  return bits[0] as number;
}
