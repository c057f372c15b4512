import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tf } from '../tf.ts';
import { smokeTest } from './smokeTest.ts';
import { registerTensorflow, type TensorflowCheck } from './tensorflow.ts';
import { readFolder } from './tensorflowFolder.ts';

/** `trainer --check-tensorflow FOLDER`: loads libtensorflow from it and tries it out. */
export async function checkFolder(folder: string): Promise<TensorflowCheck> {
  try {
    const found = readFolder(folder);
    if (!found) return { ok: false, why: `${folder} is not whole` };
    tf.enableProdMode();
    const version = registerTensorflow(tf, found);
    if (!(await tf.setBackend('tensorflow'))) return { ok: false, why: 'it does not start' };
    const why = operationTest(tf) ?? smokeTest(tf);
    return why === undefined ? { ok: true, version } : { ok: false, why };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Runs the operations that BERT and its gradients are made of (and those that a model of a person's own is likely to use), each on a few numbers whose result is known. Returns the
 * first that is wrong, undefined when none is: attributes of operations are checked by libtensorflow when they run.
 */
export function operationTest(tf: Tf): string | undefined {
  const a = [1, 2, 3, 4];
  const square = () => tf.tensor2d(a, [2, 2]);
  const cases: readonly (readonly [name: string, result: () => Tensor, expected: readonly number[]])[] = [
    ['MatMul', () => tf.matMul(square(), square(), true, false), [10, 14, 14, 20]],
    ['MatMul', () => tf.matMul(square(), square(), false, true), [5, 11, 11, 25]],
    ['GatherV2', () => tf.gather(square(), tf.tensor1d([1, 0], 'int32')), [3, 4, 1, 2]],
    ['Erf', () => tf.erf(tf.tensor1d([0, 0.5])), [0, 0.5204999]],
    ['Softmax', () => tf.softmax(tf.tensor1d([0, Math.log(3)])), [0.25, 0.75]],
    ['AddN', () => tf.addN([square(), square(), square()]), [3, 6, 9, 12]],
    ['UnsortedSegmentSum', () => tf.unsortedSegmentSum(tf.tensor1d(a), tf.tensor1d([1, 0, 1, 1], 'int32'), 2), [2, 8]],
    ['OneHot', () => tf.oneHot(tf.tensor1d([1, 0], 'int32'), 2), [0, 1, 1, 0]],
    ['Transpose', () => tf.transpose(square()), [1, 3, 2, 4]],
    ['Rsqrt', () => tf.rsqrt(tf.tensor1d([4, 16])), [0.5, 0.25]],
    ['Cast', () => tf.cast(tf.tensor1d([1.7, -1.7]), 'int32'), [1, -1]],
    ['Tanh', () => tf.tanh(tf.tensor1d([0, 0.5])), [0, 0.4621172]],
    ['StridedSlice', () => tf.stridedSlice(square(), [0, 1], [2, 2], [1, 1]), [2, 4]],
    ['Sum', () => tf.sum(square(), 0), [4, 6]],
    ['Select', () => tf.where(tf.greater(square(), 2), square(), tf.zerosLike(square())), [0, 0, 3, 4]],
    ['Mean', () => tf.mean(square(), 1), [1.5, 3.5]],
  ];
  for (const [name, result, expected] of cases) {
    try {
      const values = tf.tidy(() => [...result().dataSync()]);
      if (
        values.length === expected.length &&
        values.every((value, at) => Math.abs(value - (expected[at] as number)) < 1e-5)
      )
        continue;
      return `${name} gives ${values.join(', ')}, not ${expected.join(', ')}`;
    } catch (error) {
      return `${name} fails: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}
