/** The operations of a transformer on the wasm backend with our kernels, against those without them on the cpu backend. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Tensor } from '@tensorflow/tfjs-core';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import type { KernelFile } from '../../../../src/trainer/kernels/kernels.ts';
import { forgetWasmKernels, heapOf, registerWasmKernels } from '../../../../src/trainer/kernels/registerWasmKernels.ts';
import type { Tf } from '../../../../src/trainer/tf.ts';
import { attending, CASES, type Case, close, type Outcome, outcome } from '../../../support/operationCases.ts';
import { prepareKernels } from '../../../support/trainerKernels.ts';

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
