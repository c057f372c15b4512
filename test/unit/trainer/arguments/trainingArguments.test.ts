/** Training arguments, counts of updates, schedules and optimisers, as those of transformers and PyTorch. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TRAINING_ARGUMENTS } from '../../../../src/studyfile/trainerSchema.ts';
import { ARGUMENT_NAMES, TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import {
  AdamW,
  clipGradients,
  createOptimizer,
  isDecayed,
  scheduleFactor,
} from '../../../../src/trainer/optimizers/optimizers.ts';
import { planTraining, updatesOf } from '../../../../src/trainer/trainingPlan.ts';

describe('training arguments', () => {
  test('have the names that a study file may use', () => {
    assert.deepEqual([...TRAINING_ARGUMENTS], ARGUMENT_NAMES);
  });

  test('have the defaults of transformers', () => {
    const { values } = new TrainingArguments();
    const {
      learning_rate,
      num_train_epochs,
      per_device_train_batch_size,
      warmup_steps,
      optim,
      max_grad_norm,
      adam_epsilon,
    } = values;
    assert.deepEqual(
      [learning_rate, num_train_epochs, per_device_train_batch_size, warmup_steps, optim, max_grad_norm, adam_epsilon],
      [5e-5, 3, 8, 0, 'adamw_torch', 1, 1e-8],
    );
    assert.deepEqual(
      [values.seed, values.logging_steps, values.eval_strategy, values.lr_scheduler_type],
      [42, 500, 'no', 'linear'],
    );
  });

  test('take old names and say so', () => {
    const { values, warnings } = new TrainingArguments({
      evaluation_strategy: 'epoch',
      optim: 'adamw_hf',
      warmup_ratio: 0.1,
    });
    assert.deepEqual([values.eval_strategy, values.optim, values.warmup_steps], ['epoch', 'adamw_torch', 0.1]);
    assert.equal(warnings.length, 3);
  });

  test('refuse what is not there, in a sentence', () => {
    for (const [given, sentence] of [
      [{ learning_rat: 1 }, /no training argument learning_rat/],
      [{ learning_rate: '1' }, /learning_rate is "1": use a number/],
      [{ learning_rate: -1 }, /from 0 on/],
      [{ per_device_train_batch_size: 0 }, /1 or more/],
      [{ per_device_train_batch_size: 1.5 }, /whole number/],
      [{ optim: 'adafactor' }, /use adamw_torch, adamw_torch_fused or sgd/],
      [{ save_strategy: 'epoch' }, /checkpoints are not written yet/],
      [{ max_steps: 0 }, /-1 or a number from 1/],
      [{ num_train_epochs: 0 }, /above 0/],
    ] as const) {
      assert.throws(() => new TrainingArguments(given), sentence);
    }
  });

  test('count updates as transformers does', () => {
    const plan = (rows: number, given: Record<string, unknown>) =>
      planTraining(rows, new TrainingArguments(given).values);
    // The seed's example: 6,988 rows in batches of 64.
    assert.deepEqual(plan(6988, { per_device_train_batch_size: 64 }), {
      updatesPerEpoch: 110,
      maxSteps: 330,
      epochs: 3,
    });
    assert.deepEqual(plan(10, { per_device_train_batch_size: 4, num_train_epochs: 1.5 }), {
      updatesPerEpoch: 3,
      maxSteps: 5,
      epochs: 2,
    });
    assert.deepEqual(plan(10, { per_device_train_batch_size: 4, gradient_accumulation_steps: 2, max_steps: 7 }), {
      updatesPerEpoch: 2,
      maxSteps: 7,
      epochs: 4,
    });
    assert.equal(plan(10, { per_device_train_batch_size: 4, dataloader_drop_last: true }).updatesPerEpoch, 2);
    assert.throws(() => plan(3, { per_device_train_batch_size: 4, dataloader_drop_last: true }), /no batch in 3 rows/);
    const { values } = new TrainingArguments({ per_device_train_batch_size: 3, gradient_accumulation_steps: 2 });
    const items = Array.from({ length: 10 }, (_, index) => index);
    const updates = updatesOf(items, values, 0);
    assert.deepEqual(
      updates.map((batches) => batches.map((batch) => batch.length)),
      [
        [3, 3],
        [3, 1],
      ],
    );
    assert.deepEqual(
      updates.flat(2).sort((a, b) => a - b),
      items,
    );
    assert.notDeepEqual(updatesOf(items, values, 1), updates);
  });
});

describe('optimisers', () => {
  test('schedules are those of transformers', () => {
    const factors = (name: Parameters<typeof scheduleFactor>[0], warmup: number) =>
      Array.from({ length: 6 }, (_, step) => Number(scheduleFactor(name, step, warmup, 5).toFixed(4)));
    assert.deepEqual(factors('linear', 0), [1, 0.8, 0.6, 0.4, 0.2, 0]);
    assert.deepEqual(factors('linear', 2), [0, 0.5, 1, 0.6667, 0.3333, 0]);
    assert.deepEqual(factors('cosine', 1), [0, 1, 0.8536, 0.5, 0.1464, 0]);
    assert.deepEqual(factors('constant', 2), [1, 1, 1, 1, 1, 1]);
    assert.deepEqual(factors('constant_with_warmup', 2), [0, 0.5, 1, 1, 1, 1]);
  });

  test('gradients are clipped to a joint norm', () => {
    const gradients = [Float32Array.of(3, 0), Float32Array.of(4)];
    assert.equal(clipGradients(gradients, 10), 5);
    assert.deepEqual([...gradients.flatMap((one) => [...one])], [3, 0, 4]);
    assert.equal(clipGradients(gradients, 1), 5);
    assert.ok(Math.abs(Math.hypot(...gradients.flatMap((one) => [...one])) - 1) < 1e-6);
    assert.equal(clipGradients([Float32Array.of(3)], 0), 3);
  });

  test('decay spares biases and layer norms, not embeddings', () => {
    const names = [
      'bert.embeddings.word_embeddings.weight',
      'classifier.weight',
      'classifier.bias',
      'a.LayerNorm.weight',
    ];
    assert.deepEqual(names.map(isDecayed), [true, true, false, false]);
  });

  test('sgd has no momentum and adds the decay to the gradient', () => {
    const values = Float32Array.of(2);
    const sgd = createOptimizer('sgd', { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
    for (let step = 0; step < 2; step++) sgd.step([{ values, gradient: Float32Array.of(1), weightDecay: 0.5 }], 0.5);
    assert.equal(values[0], 0.25);
    assert.throws(() => createOptimizer('lamb', { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }), /use adamw_torch/);
  });

  test('adam moves by the learning rate at first, whatever the gradient', () => {
    const values = Float32Array.of(1, 1);
    new AdamW({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }).step(
      [{ values, gradient: Float32Array.of(1e-3, -50), weightDecay: 0 }],
      0.1,
    );
    assert.ok(
      Math.abs((values[0] as number) - 0.9) < 1e-5 && Math.abs((values[1] as number) - 1.1) < 1e-6,
      values.join(),
    );
  });
});
