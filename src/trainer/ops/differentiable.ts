import type { GradSaveFunc, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tf } from '../tf.ts';

/** A result with its gradient. */
export interface Differentiable {
  readonly value: Tensor;
  /** What `gradient` gets, in this order: inputs, constants or what was made on the way. */
  readonly keep: readonly Tensor[];
  /** From the slope of the value those of the inputs; no two may be one tensor. */
  gradient(dy: Tensor, kept: readonly Tensor[]): Tensor[];
}

/**
 * An operation with a gradient of its own, in the form that frees memory: TensorFlow.js runs a custom gradient outside any
 * tidy and keeps all slopes and all that was saved until the whole backward pass has ended, which is more than twice as
 * much at a time. So a gradient may be taken once, and there is none of higher order.
 */
export function differentiable<T extends Tensor>(tf: Tf, inputs: readonly Tensor[], forward: () => Differentiable): T {
  const operation = tf.customGrad((...args) => {
    const { value, keep, gradient } = forward();
    (args.at(-1) as GradSaveFunc)([...keep]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const gradients = tf.tidy(() => gradient(dy, saved));
        dy.dispose();
        for (const tensor of saved) tensor.dispose();
        return gradients;
      },
    };
  });
  return operation(...inputs) as T;
}

/** A tensor that a kernel has made. */
export function tensorOf<T extends Tensor>(tf: Tf, info: TensorInfo): T {
  return tf.engine().makeTensorFromTensorInfo(info) as T;
}
