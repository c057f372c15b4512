/** The operations of a transformer on the wasm backend with our kernels, against those without them on the cpu backend. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { Random } from '../../../../src/core/random.ts';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import type { KernelFile } from '../../../../src/trainer/kernels/kernels.ts';
import { forgetWasmKernels, heapOf, registerWasmKernels } from '../../../../src/trainer/kernels/registerWasmKernels.ts';
import { gelu, tanh } from '../../../../src/trainer/ops/activations.ts';
import { attention } from '../../../../src/trainer/ops/attention.ts';
import { drop } from '../../../../src/trainer/ops/dropout.ts';
import { embedding } from '../../../../src/trainer/ops/embedding.ts';
import { addAndNorm, layerNorm } from '../../../../src/trainer/ops/layerNorm.ts';
import { linear } from '../../../../src/trainer/ops/linear.ts';
import type { Tf } from '../../../../src/trainer/tf.ts';
import { prepareKernels } from '../../../support/trainerKernels.ts';

interface Case {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  readonly run: (tf: Tf, inputs: Tensor[]) => Tensor;
  /** An operation of TensorFlow.js, whose kernel is ours: the trainer has none of its gradients. */
  readonly isStock?: true;
}

const mask = { seed: 11, step: 3, place: 2, rate: 0.3 };
const ids = (tf: Tf, ...values: number[]): Tensor1D => tf.tensor1d(values, 'int32');

/** Two texts, `queries` and five keys each, heads that are `part` wide; of the second text two keys are padding. */
function attending(queries: number, heads: number, part: number, masked: boolean): Case {
  const width = heads * part;
  return {
    name: `attention, ${queries} of 5 queries, ${heads} heads, ${part} wide${masked ? ', dropout' : ''}`,
    inputs: [
      [2 * queries, width],
      [10, width],
      [10, width],
    ],
    run: (tf, inputs) => {
      const bias = tf.tensor2d([0, 0, 0, 0, 0, 0, 0, 0, -1e9, -1e9], [2, 5]);
      const shape = { size: 2, queries, length: 5, heads, bias, mask: masked ? mask : null };
      return attention(tf, inputs as [Tensor2D, Tensor2D, Tensor2D], shape);
    },
  };
}

const CASES: readonly Case[] = [
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

interface Outcome {
  readonly value: Float32Array;
  readonly gradients: readonly Float32Array[];
}

/** The value, and the gradients for a random slope. `disturb` is called between forward and backward. */
function outcome(tf: Tf, { inputs, run, isStock }: Case, disturb: () => void): Outcome {
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

function close(actual: Float32Array | undefined, expected: Float32Array, what: string): void {
  assert.equal(actual?.length, expected.length, what);
  for (const [at, want] of expected.entries()) {
    const have = actual?.[at] as number;
    assert.ok(Math.abs(have - want) <= 1e-5 * (1 + Math.abs(want)), `${what}[${at}]: ${have} instead of ${want}`);
  }
}

let tf: Tf;
const expected = new Map<string, Outcome>();

before(async () => {
  await prepareKernels();
  ({ tf } = await chooseBackend('cpu'));
  for (const one of CASES)
    expected.set(
      one.name,
      outcome(tf, one, () => {}),
    );
  await chooseBackend('wasm');
});

for (const file of ['relaxed', 'simd'] as const satisfies readonly KernelFile[]) {
  describe(`with the ${file} kernels`, () => {
    before(() => assert.equal(registerWasmKernels(tf, file), file));
    after(() => forgetWasmKernels(tf));

    for (const one of CASES) {
      test(one.name, () => {
        assert.equal(heapOf(tf)?.file, file);
        const tensors = tf.memory().numTensors;
        const { value, gradients } = outcome(tf, one, () => {});
        assert.equal(tf.memory().numTensors, tensors, 'tensors are left behind');
        const { value: wanted, gradients: slopes } = expected.get(one.name) as Outcome;
        close(value, wanted, 'value');
        for (const [index, slope] of slopes.entries()) close(gradients[index], slope, `gradient ${index}`);
      });
    }

    test('goes on when the memory grows between forward and backward', () => {
      const one = attending(5, 2, 8, true);
      const heap = heapOf(tf);
      const size = () => heap?.view(tf.scalar(0)).buffer.byteLength ?? 0;
      tf.tidy(() => {
        const earlier = size();
        const { value, gradients } = outcome(tf, one, () => tf.zeros([earlier / 4]));
        assert.ok(size() > earlier, 'it has grown');
        const { value: wanted, gradients: slopes } = expected.get(one.name) as Outcome;
        close(value, wanted, 'value');
        for (const [index, slope] of slopes.entries()) close(gradients[index], slope, `gradient ${index}`);
      });
    });

    test('multiplies where both factors are stretched, which the cpu backend gets wrong', () => {
      tf.tidy(() => {
        const [a, b] = [tf.reshape(tf.range(0, 40), [2, 1, 4, 5]), tf.reshape(tf.range(0, 90), [1, 3, 6, 5])];
        const whole = tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(b, [2, 1, 1, 1]), false, true);
        assert.deepEqual(tf.matMul(a, b, false, true).dataSync(), whole.dataSync());
      });
    });

    test('a clone shares numbers, and outlives what it was made of', () => {
      const tensors = tf.memory().numTensors;
      const given = tf.tensor1d([1, 2, 3]);
      const clone = tf.clone(given);
      given.dispose();
      assert.deepEqual([...clone.dataSync()], [1, 2, 3]);
      clone.dispose();
      assert.equal(tf.memory().numTensors, tensors);
    });
  });
}

test('without the kernels, the backend goes on with its own', () => {
  assert.equal(heapOf(tf), undefined);
  assert.equal(tf.getBackend(), 'wasm');
  for (const one of CASES) {
    // It has none.
    if (one.name.includes('segments')) continue;
    const { value, gradients } = outcome(tf, one, () => {});
    const { value: wanted, gradients: slopes } = expected.get(one.name) as Outcome;
    close(value, wanted, one.name);
    for (const [index, slope] of slopes.entries()) close(gradients[index], slope, `gradient ${index} of ${one.name}`);
  }
});

test('a factor that is changed in place is packed anew by the kernels of the backend', () => {
  tf.tidy(() => {
    const [x, w] = [tf.ones([8, 8]), tf.variable(tf.ones([8, 8]))];
    assert.equal(tf.matMul(x, w as Tensor).dataSync()[0], 8);
    registerWasmKernels(tf);
    const heap = heapOf(tf);
    heap?.view(w).fill(2);
    heap?.changed(w);
    forgetWasmKernels(tf);
    assert.equal(tf.matMul(x, w as Tensor).dataSync()[0], 16);
    w.dispose();
  });
});

test('says that memory runs out, and goes on', () => {
  registerWasmKernels(tf);
  const [small] = CASES as readonly [Case];
  const tensors = tf.memory().numTensors;
  tf.tidy(() => {
    // Numbers that are never written take no memory of the machine.
    const heap = heapOf(tf);
    assert.ok(heap);
    const hold = () => tf.engine().makeTensorFromTensorInfo(heap.output([400_000_000]));
    const held = [hold(), hold()];
    assert.throws(hold, /out of memory: of its 4 GB no 1526 MB are left/);
    assert.throws(() => heap.output([1_500_000_000]), /out of memory/);
    for (const one of held) one.dispose();
  });
  close(outcome(tf, small, () => {}).value, (expected.get(small.name) as Outcome).value, 'value');
  assert.equal(tf.memory().numTensors, tensors);
});
