/** Trainings that are differentiated, and run out of memory on the way. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import { DataCollatorWithPadding } from '../../../../src/trainer/datasets/collator.ts';
import { BertForSequenceClassification } from '../../../../src/trainer/models/bert.ts';
import type { Tf } from '../../../../src/trainer/tf.ts';
import type { TrainableModel } from '../../../../src/trainer/training/trainableModel.ts';
import { TrainingStep } from '../../../../src/trainer/training/trainingStep.ts';
import { tinyConfig, tinyRows } from '../../../support/tinyTrainer.ts';
import { prepareKernels } from '../../../support/trainerKernels.ts';

const collate = (rows: number) =>
  new DataCollatorWithPadding({ tokenizer: { padTokenId: 0 } }).collate(tinyRows(rows).rows);

/** The same model, for which memory runs out on the way back while more rows than there is room for go through at once. */
function narrow(tf: Tf, model: BertForSequenceClassification, room: () => number): TrainableModel {
  return {
    config: model.config,
    parameters: model.parameters,
    logits: (batch, dropout) => {
      const passed = tf.customGrad((logits) => ({
        value: (logits as Tensor2D).clone(),
        gradFunc: (slopes: Tensor2D) => {
          if (batch.size > room()) throw new Error('Cannot enlarge memory arrays');
          return slopes.clone();
        },
      }));
      return passed(model.logits(batch, dropout)) as Tensor2D;
    },
    savePretrained: async () => undefined,
    loadPretrained: async () => undefined,
    dispose: () => undefined,
  };
}

const UPDATES = 4;

/** Four updates of eight rows and the derivatives of twelve others; `rooms`: of each update, then of the derivatives. */
function train(tf: Tf, rooms: readonly number[], mostBytes: number | undefined, microBatchSize = 8) {
  const before = tf.memory().numTensors;
  const model = BertForSequenceClassification.fromConfig(tf, tinyConfig, 1);
  const weights = tf.memory().numTensors;
  const { values } = new TrainingArguments({
    per_device_train_batch_size: 8,
    learning_rate: 1e-2,
    // Where a gradient is rounding alone, AdamW would make a step of it.
    adam_epsilon: 1e-3,
    label_smoothing_factor: 0.1,
  });
  let stage = 0;
  const room = () => rooms[Math.min(stage, rooms.length - 1)] as number;
  const step = new TrainingStep(tf, narrow(tf, model, room), values, {
    total: UPDATES,
    differentiate: ['learning_rate', 'label_smoothing_factor'],
    microBatchSize,
    ...(mostBytes !== undefined && { mostBytes }),
  });
  for (; stage < UPDATES; stage++) step.update([collate(8)], stage);
  const derivatives = step.derivatives([collate(12)]);
  const kept = tf.memory().numTensors - weights;
  model.dispose();
  return { derivatives, kept, left: tf.memory().numTensors - before, size: step.microBatchSize };
}

function assertNear(have: number, wanted: number, share: number): void {
  assert.ok(Math.abs(have - wanted) < share * Math.abs(wanted), `${have} instead of ${wanted}`);
}

before(prepareKernels);

for (const backend of ['wasm', 'cpu'] as const) {
  describe(`on ${backend}`, () => {
    let tf: Tf;
    before(async () => {
      ({ tf } = await chooseBackend(backend));
    });

    for (const [mode, mostBytes] of [
      ['reverse', undefined],
      ['forward', 0],
    ] as const) {
      test(`no tensor is left behind, ${mode}`, () => {
        const { derivatives, kept, left, size } = train(tf, [8, 3, 3, 3, 8], mostBytes);
        assert.equal(kept, 0, 'tensors of updates are left behind');
        assert.equal(left, 0);
        assert.ok(size <= 3);
        for (const value of Object.values(derivatives)) assert.ok(Number.isFinite(value));
      });

      test(`a part that has no room only when the loss is differentiated is taken in halves, ${mode}`, () => {
        const whole = train(tf, [12], mostBytes);
        const { derivatives, size, left } = train(tf, [12, 12, 12, 12, 8], mostBytes, 12);
        assert.equal(size, 6);
        assert.equal(left, 0);
        assertNear(derivatives['learning_rate'] as number, whole.derivatives['learning_rate'] as number, 0.01);
      });
    }

    test('an update before memory ran out is gone through again as it was made: with its own masks', () => {
      // Forward mode takes each update's gradients while it is made.
      const reverse = train(tf, [8, 8, 3, 3, 12], undefined).derivatives;
      const forward = train(tf, [8, 8, 3, 3, 12], 0).derivatives;
      assertNear(reverse['learning_rate'] as number, forward['learning_rate'] as number, 0.03);
    });

    test('a way back that has no room leaves the training without derivatives', () => {
      const { derivatives, left } = train(tf, [8, 8, 8, 8, 2], undefined);
      assert.deepEqual(derivatives, { learning_rate: Number.NaN, label_smoothing_factor: Number.NaN });
      assert.equal(left, 0);
    });
  });
}
