/** Derivatives of a training by its hyperparameters, against finite differences of whole trainings. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Random } from '../../../../src/core/random.ts';
import {
  HYPERPARAMETERS,
  type Hyperparameter,
  lrFactorGroup,
} from '../../../../src/core/samplers/gradient/hyperparameters.ts';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { type BackendName, chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import type { LabelledBatch } from '../../../../src/trainer/datasets/collator.ts';
import { BertForSequenceClassification } from '../../../../src/trainer/models/bert.ts';
import { bertConfig } from '../../../../src/trainer/models/bertConfig.ts';
import { modelLoss } from '../../../../src/trainer/models/loss.ts';
import type { Tf } from '../../../../src/trainer/tf.ts';
import { TrainingStep } from '../../../../src/trainer/training/trainingStep.ts';
import { prepareKernels } from '../../../support/trainerKernels.ts';

const VOCABULARY = 20;
const LENGTH = 6;

/** Rows of random letters; the label is whether letter 5 or 6 is among them. */
function batchOf(rows: number, seed: number): LabelledBatch {
  const random = new Random(seed, 1, 'rows');
  const inputIds = Int32Array.from({ length: rows * LENGTH }, () => 1 + random.integer(VOCABULARY - 1));
  const labels = Int32Array.from({ length: rows }, (_, row) =>
    Number(inputIds.subarray(row * LENGTH, (row + 1) * LENGTH).some((id) => id === 5 || id === 6)),
  );
  return { inputIds, attentionMask: new Int32Array(rows * LENGTH).fill(1), labels, size: rows, length: LENGTH };
}

const UPDATES = 8;
const training = Array.from({ length: UPDATES }, (_, index) => batchOf(8, index));
const validation = [batchOf(16, 100), batchOf(7, 101)];

/** All that the model below can be differentiated by. */
const NAMES: readonly Hyperparameter[] = [
  ...HYPERPARAMETERS,
  'lr_factor_embeddings',
  'lr_factor_layer_0',
  'lr_factor_layer_1',
  'lr_factor_classifier',
];

const ARGUMENTS: Readonly<Record<string, number>> & { readonly max_grad_norm: number } = {
  learning_rate: 5e-3,
  lr_factor_embeddings: 1.5,
  lr_factor_layer_0: 1.2,
  lr_factor_layer_1: 0.5,
  lr_factor_classifier: 0.8,
  weight_decay: 0.1,
  label_smoothing_factor: 0.1,
  adam_beta1: 0.8,
  adam_beta2: 0.95,
  // So large that Adam does not scale rounding up to a step where a gradient is nothing else.
  adam_epsilon: 1e-3,
  max_grad_norm: 0.5,
  warmup_steps: 2,
  per_device_train_batch_size: 8,
  seed: 3,
};

type Mode = 'forward' | 'reverse';

/** Trains, and gives the validation loss with its derivatives. */
function train(
  tf: Tf,
  changes: Readonly<Record<string, number>>,
  differentiate: readonly Hyperparameter[] = [],
  mode: Mode = 'reverse',
) {
  const config = bertConfig({
    vocab_size: VOCABULARY,
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 16,
    max_position_embeddings: LENGTH,
    initializer_range: 0.3,
  });
  const model = BertForSequenceClassification.fromConfig(tf, config, 1);
  const { values: args } = new TrainingArguments({ ...ARGUMENTS, ...changes });
  const step = new TrainingStep(tf, model, args, {
    total: UPDATES,
    differentiate,
    ...(mode === 'forward' && { mostBytes: 0 }),
  });
  const gradNorms = training.map((batch, number) => step.update([batch], number).gradNorm);
  const derivatives = step.derivatives(validation);
  const rows = validation.reduce((sum, { size }) => sum + size, 0);
  const loss = validation.reduce((sum, batch) => {
    const own = tf.tidy(
      () => modelLoss(tf, config, model.logits(batch, null), batch.labels, args.label_smoothing_factor).dataSync()[0],
    );
    return sum + ((own as number) * batch.size) / rows;
  }, 0);
  model.dispose();
  return { loss, derivatives, gradNorms };
}

before(prepareKernels);

for (const name of ['wasm', 'cpu'] as const satisfies readonly BackendName[]) {
  describe(`on ${name}`, () => {
    let tf: Tf;
    before(async () => {
      ({ tf } = await chooseBackend(name));
    });

    test('are those of finite differences, with dropout, clipping, warm-up and decay', () => {
      const tensors = tf.memory().numTensors;
      const { derivatives, loss, gradNorms } = train(tf, {}, NAMES);
      const forward = train(tf, {}, NAMES, 'forward');
      assert.equal(tf.memory().numTensors, tensors, 'tensors are left behind');
      assert.ok(Math.min(...gradNorms) < ARGUMENTS.max_grad_norm, 'some updates are not clipped');
      assert.ok(Math.max(...gradNorms) > ARGUMENTS.max_grad_norm, 'some updates are clipped');
      assert.equal(loss, train(tf, {}).loss, 'the training is the same with and without');
      assert.equal(loss, forward.loss, 'the training is the same in both modes');
      assert.deepEqual(Object.keys(derivatives), NAMES);
      assert.deepEqual(Object.keys(forward.derivatives), NAMES);
      const widths: Readonly<Record<string, number>> = {
        learning_rate: 2e-4,
        weight_decay: 0.05,
        label_smoothing_factor: 0.05,
        adam_beta1: 0.01,
        adam_beta2: 0.01,
        lr_factor_embeddings: 0.02,
        lr_factor_layer_0: 0.02,
        lr_factor_layer_1: 0.02,
        lr_factor_classifier: 0.05,
      };
      // Two trainings each: enough on the slower backend, which differs in nothing but its kernels.
      for (const one of name === 'cpu' ? (['learning_rate', 'lr_factor_layer_0'] as const) : NAMES) {
        const width = widths[one] as number;
        const at = (shift: number) => train(tf, { [one]: (ARGUMENTS[one] as number) + shift }).loss;
        const expected = (at(width) - at(-width)) / (2 * width);
        for (const [mode, have] of [
          ['reverse', derivatives[one]],
          ['forward', forward.derivatives[one]],
        ] as const) {
          const error = Math.abs((have as number) - expected);
          assert.ok(error < 0.05 * Math.abs(expected), `${mode}, ${one}: ${have} instead of ${expected}`);
        }
      }
    });

    test('by factors and by the learning rate are one when there is one factor for all', () => {
      const factors = NAMES.filter((one) => lrFactorGroup(one) !== null);
      const same = Object.fromEntries(factors.map((one) => [one, 2]));
      for (const mode of ['reverse', 'forward'] as const) {
        const { derivatives } = train(tf, same, ['learning_rate', ...factors], mode);
        // A factor of 2 on all groups: d loss / d log rate is the sum of d loss / d log factor.
        const sum = factors.reduce((total, one) => total + 2 * (derivatives[one] as number), 0);
        const whole = (ARGUMENTS['learning_rate'] as number) * (derivatives['learning_rate'] as number);
        assert.ok(Math.abs(sum - whole) < 0.01 * Math.abs(whole), `${mode}: ${sum} instead of ${whole}`);
      }
    });
  });
}
