/** Activations and losses against PyTorch's: fixtures/trainer/models/record.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import { ACTIVATIONS, type Activation, activate } from '../../../../src/trainer/models/activations.ts';
import type { ProblemType } from '../../../../src/trainer/models/bertConfig.ts';
import { type Labels, type LossConfig, modelLoss } from '../../../../src/trainer/models/loss.ts';
import type { Tf } from '../../../../src/trainer/tf.ts';

interface Loss {
  readonly problem: ProblemType | null;
  readonly labels: readonly (number | readonly number[])[];
  readonly logits?: readonly (readonly number[])[];
  readonly loss: number;
  readonly slope: readonly (readonly number[])[];
}
const expected = JSON.parse(
  readFileSync(new URL('../../../fixtures/trainer/models/expected.json', import.meta.url), 'utf8'),
) as {
  readonly logits: { readonly gelu: number[][] };
  readonly x: number[];
  readonly activations: Readonly<Record<string, { readonly y: number[]; readonly slope: number[] }>>;
  readonly losses: readonly Loss[];
};

let tf: Tf;
before(async () => {
  ({ tf } = await chooseBackend('wasm'));
});

function close(actual: ArrayLike<number>, wanted: readonly number[], what: string): void {
  assert.equal(actual.length, wanted.length, what);
  for (const [at, value] of wanted.entries()) {
    assert.ok(Math.abs((actual[at] as number) - value) < 2e-6, `${what}[${at}]: ${actual[at]} instead of ${value}`);
  }
}

/** A function's values, and the slope of their sum, at x. */
function sloped(x: Tensor2D, of: (x: Tensor2D) => Tensor2D | Scalar) {
  const { value, grad } = tf.valueAndGrad((at) => of(at as Tensor2D))(x, tf.onesLike(tf.tidy(() => of(x))));
  return { values: value.dataSync(), slope: grad.dataSync() };
}

test('every activation has the values and slopes of PyTorch', () => {
  assert.deepEqual(ACTIVATIONS.toSorted(), Object.keys(expected.activations).toSorted());
  for (const [name, { y, slope }] of Object.entries(expected.activations)) {
    tf.tidy(() => {
      const x = tf.tensor2d(expected.x, [5, 6]);
      const result = sloped(x, (at) => activate(tf, name as Activation, at));
      close(result.values, y, name);
      close(result.slope, slope, `slope of ${name}`);
    });
  }
});

test('every kind of problem has the loss and the slopes of transformers', () => {
  for (const { problem, labels, logits = expected.logits.gelu, loss, slope } of expected.losses) {
    const flat = labels.flat();
    const given: Labels =
      Array.isArray(labels[0]) || problem === 'regression' ? Float32Array.from(flat) : Int32Array.from(flat);
    const width = logits[0]?.length as number;
    tf.tidy(() => {
      const x = tf.tensor2d(logits.flat(), [logits.length, width]);
      const config: LossConfig = { num_labels: width, problem_type: problem };
      const result = sloped(x, (at) => modelLoss(tf, config, at, given, 0));
      close(result.values, [loss], `loss of ${problem}`);
      close(result.slope, slope.flat(), `slope of ${problem}`);
    });
  }
});

test('labels that do not fit the model are refused in a sentence', () => {
  const loss = (config: LossConfig, labels: Labels) => () =>
    tf.tidy(() => modelLoss(tf, config, tf.zeros([2, config.num_labels]), labels, 0));
  const classes = { num_labels: 2, problem_type: 'single_label_classification' } as const;
  assert.throws(
    loss({ num_labels: 2 }, Int32Array.of(0, 2)),
    /The label 2 is no class of a model with 2: set num_labels to 3 or more/,
  );
  assert.throws(
    loss({ num_labels: 2 }, Int32Array.of(0, -1)),
    /The label -1 is no class of a model with 2: number the classes from 0/,
  );
  assert.throws(loss(classes, Float32Array.of(0, 0.5)), /The label 0.5 is no class/);
  assert.throws(loss(classes, Float32Array.of(0, 1, 1, 0)), /Each text has 2 labels and the model tells classes apart/);
  assert.throws(
    loss({ num_labels: 3 }, Float32Array.of(0, 1, 1, 0)),
    /Each text has 2 labels and the model has 3: set num_labels to 2/,
  );
  assert.throws(loss({ num_labels: 2 }, Float32Array.of(0, 1, 2, 0)), /The label 2 is neither 0 nor 1/);
  assert.throws(loss({ num_labels: 2 }, Float32Array.of(0.5, 1)), /Each text has 1 label and the model has 2/);
});
