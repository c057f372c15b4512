/** Hypergradient descent: its derivative against finite differences, and what it makes of a wrong learning rate. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { DataCollatorWithPadding } from '../../../../src/trainer/datasets/collator.ts';
import { HypergradientDescent } from '../../../../src/trainer/hypergradient/hypergradientDescent.ts';
import { SafetensorsFile } from '../../../../src/trainer/io/safetensors.ts';
import { BertForSequenceClassification } from '../../../../src/trainer/models/bert.ts';
import { createOptimizer, type OptimizerName } from '../../../../src/trainer/optimizers/createOptimizer.ts';
import type { Slot } from '../../../../src/trainer/optimizers/optimizer.ts';
import type { Tf } from '../../../../src/trainer/tf.ts';
import { TrainingStep } from '../../../../src/trainer/trainingStep.ts';
import { removeFolders, tinyConfig, tinyRows, tinyTf, tinyTrainer } from '../../../support/tinyTrainer.ts';
import { prepareKernels } from '../../../support/trainerKernels.ts';

before(prepareKernels);
after(removeFolders);

const CURVATURES = [0.5, 2, 1, 4, 0.1];

/** A bowl with a bend, so that neither its gradient nor its loss is as simple as a square. */
function lossOf(values: ArrayLike<number>): number {
  return CURVATURES.reduce((sum, bend, at) => sum + bend * Math.cosh(values[at] as number), 0);
}

function slotsOf(values: Float32Array): Slot[] {
  const gradient = values.map((value, at) => (CURVATURES[at] as number) * Math.sinh(value));
  const part = (name: string, from: number, to: number, lrFactor: number, weightDecay: number) => ({
    name,
    shape: [to - from],
    values: values.subarray(from, to),
    gradient: gradient.subarray(from, to),
    weightDecay,
    lrFactor,
  });
  return [part('a', 0, 3, 1, 0.1), part('b', 3, 5, 0.5, 0)];
}

/** Steps of an optimiser, the last one with another learning rate. */
function descend(optim: OptimizerName, optimArgs: string | null, steps: number, rate: number, last: number) {
  const { values: args } = new TrainingArguments({ optim, optim_args: optimArgs });
  const optimizer = createOptimizer(args);
  const descent = new HypergradientDescent(0.1);
  const values = Float32Array.of(1, -0.7, 0.4, 0.9, -1.3);
  for (let step = 0; step < steps; step++) {
    const slots = slotsOf(values);
    descent.learn(slots);
    optimizer.step(slots, step === steps - 1 ? last : rate);
    descent.remember(slots);
  }
  return { loss: lossOf(values), derivative: descent.derivative(slotsOf(values)) / last };
}

describe('the derivative of the next loss by the learning rate', () => {
  for (const [optim, optimArgs] of [
    ['sgd', null],
    ['sgd', 'momentum=0.9, nesterov=True'],
    ['adamw_torch', null],
    ['adafactor', null],
  ] as const) {
    test(`is that of finite differences: ${optim} ${optimArgs ?? ''}`, () => {
      for (const steps of [1, 2, 5]) {
        const at = (last: number) => descend(optim, optimArgs, steps, 0.05, last);
        const wide = 0.01;
        const difference = (at(0.05 + wide).loss - at(0.05 - wide).loss) / (2 * wide);
        const { derivative } = at(0.05);
        assert.ok(
          Math.abs(derivative - difference) < 5e-3 * Math.abs(difference),
          `${steps}: ${derivative}, ${difference}`,
        );
      }
    });
  }
});

describe('a learning rate that learns, in a training with dropout and clipping', () => {
  const batch = new DataCollatorWithPadding({ tokenizer: { padTokenId: 0 } }).collate(tinyRows(8).rows);

  /** The loss of the second update, and all that the first one left to learn from. */
  function twoUpdates(tf: Tf, given: Readonly<Record<string, unknown>>) {
    const model = BertForSequenceClassification.fromConfig(tf, tinyConfig, 1);
    const { values: args } = new TrainingArguments({ lr_scheduler_type: 'constant', weight_decay: 0.1, ...given });
    const step = new TrainingStep(tf, model, args, { total: 2 });
    step.update([batch], 0);
    const moves = [...step.optimizerState().tensors].filter(([name]) => name.startsWith('hypergradient_step.'));
    const length = Math.sqrt(
      moves.reduce((sum, [, move]) => sum + move.reduce((own, value) => own + value ** 2, 0), 0),
    );
    const { loss, gradNorm, learningRate } = step.update([batch], 1);
    model.dispose();
    return { loss, gradNorm, learningRate, length };
  }

  for (const [optim, rate] of [
    ['sgd', 0.5],
    ['adamw_torch', 5e-3],
  ] as const) {
    test(`moves by the finite difference of the second loss by the first learning rate: ${optim}`, async () => {
      const tf = await tinyTf();
      const at = (learningRate: number) => twoUpdates(tf, { optim, learning_rate: learningRate }).loss;
      const difference = (at(1.2 * rate) - at(0.8 * rate)) / (0.4 * rate);
      const { gradNorm, learningRate, length } = twoUpdates(tf, { optim, learning_rate: rate, hypergradient_lr: 0.5 });
      const cosine = (1 - learningRate / rate) / 0.5;
      const derivative = (cosine * gradNorm * length) / rate;
      assert.notEqual(cosine, 0);
      assert.ok(Math.abs(derivative - difference) < 0.02 * Math.abs(difference), `${derivative}, ${difference}`);
    });
  }
});

describe('the factor', () => {
  const slot = (value: number, slope: number): Slot[] => [
    {
      name: 'a',
      shape: [1],
      values: Float32Array.of(value),
      gradient: Float32Array.of(slope),
      weightDecay: 0,
      lrFactor: 1,
    },
  ];
  /** Makes a step by hand, and learns from the gradient after it. */
  const factorAfter = (descent: HypergradientDescent, step: number, slope: number) => {
    const slots = slot(0, 1);
    descent.learn(slots);
    (slots[0] as Slot).values[0] = step;
    descent.remember(slots);
    descent.learn(slot(step, slope));
    return descent.factor;
  };

  test('grows while the gradient still points where the last step went, and falls where it was too far', () => {
    assert.equal(factorAfter(new HypergradientDescent(0.25), -1, 3e-5), 1.25);
    assert.equal(factorAfter(new HypergradientDescent(0.25), -1, -2e5), 0.75);
  });

  test('stays where there is no step, no gradient or none that is a number', () => {
    assert.equal(factorAfter(new HypergradientDescent(0.25), 0, 1), 1);
    assert.equal(factorAfter(new HypergradientDescent(0.25), -1, 0), 1);
    assert.equal(factorAfter(new HypergradientDescent(0.25), -1, Number.NaN), 1);
    assert.equal(factorAfter(new HypergradientDescent(0.25), -1, Number.POSITIVE_INFINITY), 1);
  });

  test('stays positive and finite whatever happens', () => {
    for (const slope of [-1, 1]) {
      const descent = new HypergradientDescent(0.99);
      for (let step = 0; step < 2000; step++) {
        const slots = slot(0, slope * (-1) ** (slope < 0 ? step : 0));
        descent.learn(slots);
        (slots[0] as Slot).values[0] = -(slots[0]?.gradient[0] as number);
        descent.remember(slots);
      }
      assert.ok(descent.factor > 0 && descent.factor < 1e13, `${descent.factor}`);
      assert.ok(slope < 0 ? descent.factor < 1e-11 : descent.factor > 1e11, `${descent.factor}`);
    }
  });
});

test('a checkpoint goes on with hypergradient descent that it was not made with, and without the one that it was', async () => {
  const args = { max_steps: 4, save_strategy: 'steps', save_steps: 2, learning_rate: 1e-2 };
  const learns = { ...args, hypergradient_lr: 0.3 };
  for (const [first, rest, isKept] of [
    [args, learns, true],
    [learns, args, false],
  ] as const) {
    const begun = await tinyTrainer(first);
    await begun.trainer.train();
    begun.trainer.dispose();
    const resumed = await tinyTrainer(rest);
    await resumed.trainer.train({ resumeFromCheckpoint: join(begun.folder, 'checkpoint-2') });
    resumed.trainer.dispose();
    const file = await SafetensorsFile.open(join(resumed.folder, 'checkpoint-4', 'optimizer.safetensors'));
    assert.equal(
      [...file.tensors.keys()].some((name) => name.startsWith('hypergradient')),
      isKept,
    );
    await file.close();
  }
});

describe('a learning rate that starts 100 times too small', () => {
  for (const [optim, optimArgs, good, learns] of [
    ['adamw_torch', null, 1e-2, 0.3],
    ['sgd', 'momentum=0.9', 0.1, 0.5],
  ] as const) {
    test(`is brought up, with ${optim}, and the loss comes down further`, async () => {
      const train = async (more: Record<string, unknown>) => {
        const { trainer } = await tinyTrainer({
          optim,
          max_steps: 200,
          optim_args: optimArgs,
          per_device_train_batch_size: 20,
          logging_steps: 1,
          save_strategy: 'no',
          learning_rate: good / 100,
          lr_scheduler_type: 'constant',
          ...more,
        });
        await trainer.train();
        const logs = trainer.state.logHistory.filter(({ loss }) => loss !== undefined);
        trainer.dispose();
        const last = logs.at(-1) as Record<string, number>;
        return {
          first: logs[0]?.['learning_rate'] as number,
          rate: last['learning_rate'] as number,
          loss: last['loss'] as number,
        };
      };
      const without = await train({});
      const learnt = await train({ hypergradient_lr: learns });
      assert.equal(without.rate, good / 100);
      assert.equal(learnt.first, good / 100, 'the first update has nothing to learn from');
      assert.ok(learnt.rate > 10 * without.rate, `${learnt.rate}`);
      assert.ok(learnt.loss < without.loss - 0.05, `${learnt.loss}, without ${without.loss}`);
    });
  }

  test('and goes on down with its schedule', async () => {
    const { trainer } = await tinyTrainer({
      max_steps: 4,
      logging_steps: 1,
      save_strategy: 'no',
      learning_rate: 1e-3,
      hypergradient_lr: 0.1,
    });
    await trainer.train();
    const shares = trainer.state.logHistory.flatMap(({ learning_rate: rate }, step) =>
      rate === undefined ? [] : [rate / (1e-3 * (1 - step / 4))],
    );
    trainer.dispose();
    assert.equal(shares.length, 4);
    assert.ok(
      shares.some((share) => share !== 1),
      `${shares}`,
    );
    for (const [step, share] of shares.entries()) {
      assert.ok(share >= 0.9 ** step - 1e-6 && share <= 1.1 ** step + 1e-6, `${step}: ${share}`);
    }
  });
});
