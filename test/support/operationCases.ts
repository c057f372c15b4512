/** Operations of a transformer on a few numbers, whose values and gradients backends are compared by. */
import assert from 'node:assert/strict';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../src/core/random.ts';
import { gelu, tanh } from '../../src/trainer/ops/activations.ts';
import { attention } from '../../src/trainer/ops/attention.ts';
import { drop } from '../../src/trainer/ops/dropout.ts';
import { embedding } from '../../src/trainer/ops/embedding.ts';
import { addAndNorm, layerNorm } from '../../src/trainer/ops/layerNorm.ts';
import { linear } from '../../src/trainer/ops/linear.ts';
import type { Tf } from '../../src/trainer/tf.ts';

export interface Case {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  readonly run: (tf: Tf, inputs: Tensor[]) => Tensor;
  /** An operation of TensorFlow.js, whose kernel is ours: the trainer has none of its gradients. */
  readonly isStock?: true;
}

const mask = { seed: 11, step: 3, place: 2, rate: 0.3 };
const ids = (tf: Tf, ...values: number[]): Tensor1D => tf.tensor1d(values, 'int32');

/** Two texts, `queries` and `length` keys each, heads that are `part` wide; of the second text two keys are padding. */
export function attending(queries: number, heads: number, part: number, masked: boolean, length = 5): Case {
  const width = heads * part;
  return {
    name: `attention, ${queries} of ${length} queries, ${heads} heads, ${part} wide${masked ? ', dropout' : ''}`,
    inputs: [
      [2 * queries, width],
      [2 * length, width],
      [2 * length, width],
    ],
    run: (tf, inputs) => {
      const bias = tf.tensor2d(new Float32Array(2 * length).fill(-1e9, 2 * length - 2), [2, length]);
      const shape = { size: 2, queries, length, heads, bias, mask: masked ? mask : null };
      return attention(tf, inputs as [Tensor2D, Tensor2D, Tensor2D], shape);
    },
  };
}

export const CASES: readonly Case[] = [
  {
    name: 'linear',
    inputs: [[7, 13], [13, 5], [5]],
    run: (tf, [x, w, b]) => linear(tf, x as Tensor2D, w as Tensor2D, b as Tensor1D),
  },
  {
    name: 'linear, one of each',
    inputs: [[1, 1], [1, 1], [1]],
    run: (tf, [x, w, b]) => linear(tf, x as Tensor2D, w as Tensor2D, b as Tensor1D),
  },
  { name: 'gelu', inputs: [[5, 7]], run: (tf, [x]) => gelu(tf, x as Tensor2D) },
  { name: 'tanh', inputs: [[3, 5]], run: (tf, [x]) => tanh(tf, x as Tensor2D) },
  { name: 'dropout', inputs: [[9, 31]], run: (tf, [x]) => drop(tf, x as Tensor2D, mask) },
  {
    name: 'layer norm',
    inputs: [[5, 17], [17], [17]],
    run: (tf, [x, s, b]) =>
      layerNorm(tf, x as Tensor2D, { scale: s as Tensor1D, shift: b as Tensor1D, epsilon: 1e-12 }),
  },
  ...[null, mask].map((own) => ({
    name: `sum and layer norm${own ? ', dropout' : ''}`,
    inputs: [[3, 22], [3, 22], [22], [22]],
    run: (tf: Tf, [x, r, s, b]: Tensor[]) =>
      addAndNorm(tf, x as Tensor2D, r as Tensor2D, own, {
        scale: s as Tensor1D,
        shift: b as Tensor1D,
        epsilon: 1e-5,
      }),
  })),
  {
    name: 'embedding',
    inputs: [
      [6, 5],
      [2, 5],
    ],
    run: (tf, [words, kinds]) =>
      embedding(tf, [
        { table: words as Tensor2D, ids: ids(tf, 5, 0, 5, 5, 2) },
        { table: kinds as Tensor2D, ids: ids(tf, 0, 1, 1, 0, 0) },
      ]),
  },
  attending(5, 3, 7, false),
  attending(5, 2, 8, true),
  attending(1, 1, 3, true),
  {
    name: 'sums of segments',
    inputs: [[4, 2, 3]],
    isStock: true,
    run: (tf, [x]) => tf.unsortedSegmentSum(x as Tensor, ids(tf, 2, 0, 2, 4), 5),
  },
  {
    name: 'the sum of a row and a matrix',
    inputs: [[5], [3, 5]],
    isStock: true,
    run: (tf, [a, b]) => tf.add(a as Tensor, b as Tensor),
  },
  ...[
    { a: [2, 3, 4, 5], b: [2, 3, 5, 6], ta: false, tb: false },
    { a: [2, 3, 5, 4], b: [2, 3, 6, 5], ta: true, tb: true },
    { a: [2, 3, 4, 5], b: [5, 6], ta: false, tb: false },
    { a: [3, 5, 4], b: [1, 6, 5], ta: true, tb: true },
    { a: [4, 5], b: [3, 5, 6], ta: false, tb: false },
  ].map(({ a, b, ta, tb }) => ({
    name: `the product of ${a.join(' × ')}${ta ? ' turned' : ''} and ${b.join(' × ')}${tb ? ' turned' : ''}`,
    inputs: [a, b],
    isStock: true as const,
    run: (tf: Tf, [left, right]: Tensor[]) => tf.matMul(left as Tensor, right as Tensor, ta, tb),
  })),
];

export interface Outcome {
  readonly value: Float32Array;
  readonly gradients: readonly Float32Array[];
}

/** The value, and the gradients for a random slope. `disturb` is called between forward and backward. */
export function outcome(tf: Tf, { inputs, run, isStock }: Case, disturb: () => void): Outcome {
  const random = new Random(5, 1, 'ops');
  const draw = (shape: readonly number[]) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => random.normal()),
      [...shape],
    );
  return tf.tidy(() => {
    const tensors = inputs.map(draw);
    if (isStock) return { value: Float32Array.from(run(tf, tensors).dataSync()), gradients: [] };
    const { shape } = run(tf, tensors);
    let value: Float32Array | undefined;
    const gradients = tf.grads((...given: Tensor[]) => {
      const result = run(tf, given);
      value = Float32Array.from(result.dataSync());
      disturb();
      return result;
    })(tensors, draw(shape));
    return { value: value as Float32Array, gradients: gradients.map((one) => Float32Array.from(one.dataSync())) };
  });
}

export function close(actual: Float32Array | undefined, expected: Float32Array, what: string): void {
  assert.equal(actual?.length, expected.length, what);
  for (const [at, want] of expected.entries()) {
    const have = actual?.[at] as number;
    assert.ok(Math.abs(have - want) <= 1e-5 * (1 + Math.abs(want)), `${what}[${at}]: ${have} instead of ${want}`);
  }
}
