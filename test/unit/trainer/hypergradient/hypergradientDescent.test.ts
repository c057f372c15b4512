/** Hypergradient descent: what it makes of a wrong learning rate, with all rows in a batch and with few. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Random } from '../../../../src/core/random.ts';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { HypergradientDescent } from '../../../../src/trainer/hypergradient/hypergradientDescent.ts';
import { SafetensorsFile } from '../../../../src/trainer/io/safetensors.ts';
import { createOptimizer, type OptimizerName } from '../../../../src/trainer/optimizers/createOptimizer.ts';
import type { Slot } from '../../../../src/trainer/optimizers/optimizer.ts';
import { removeFolders, tinyTrainer } from '../../../support/tinyTrainer.ts';
import { prepareKernels } from '../../../support/trainerKernels.ts';

before(prepareKernels);
after(removeFolders);

/**
 * A bowl of a thousand weights that is best at 1, and the gradients of small batches of it: noise of its own for each weight,
 * and in a few of them so much that they are most of the whole gradient, as a classifier's are.
 */
const WEIGHTS = 1000;
const LOUD = 20;
const BIAS = 5;

function lossOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + (0.5 * (value - 1) ** 2) / WEIGHTS, 0);
}

function slotsOf(values: Float32Array, noise: number, random: Random): Slot[] {
  const gradient = values.map((value, at) => value - 1 + noise * (at < LOUD ? 1000 : 1) * random.normal());
  const part = (name: string, from: number, to: number, lrFactor: number) => ({
    name,
    shape: [to - from],
    values: values.subarray(from, to),
    gradient: gradient.subarray(from, to),
    weightDecay: 0,
    lrFactor,
  });
  return [part('a', 0, BIAS, 1), part('b', BIAS, WEIGHTS, 0.5)];
}

/** The loss and the factor after so many updates of an optimiser; `learns` of 0 leaves the learning rate alone. */
function descend(
  [optim, optimArgs]: readonly [OptimizerName, string | null],
  rate: number,
  { learns, noise, updates = 150, seed = 1 }: { learns: number; noise: number; updates?: number; seed?: number },
) {
  const { values: args } = new TrainingArguments({ optim, optim_args: optimArgs });
  const optimizer = createOptimizer(args);
  const descent = new HypergradientDescent(learns);
  const values = new Float32Array(WEIGHTS);
  const random = new Random(seed, 0, 'noise');
  for (let step = 0; step < updates; step++) {
    const slots = slotsOf(values, noise, random);
    descent.learn(slots);
    optimizer.step(slots, rate * descent.factor);
    descent.remember(slots);
  }
  return { loss: lossOf(values), factor: descent.factor };
}

const ADAMW = ['adamw_torch', null] as const;

describe('with the noise of small batches, most of it in a few weights', () => {
  for (const seed of [1, 2, 3]) {
    test(`a learning rate that is 100 times too small is brought up: ${seed}`, () => {
      const fixed = descend(ADAMW, 2e-4, { learns: 0, noise: 1, seed });
      const { loss, factor } = descend(ADAMW, 2e-4, { learns: 0.5, noise: 1, seed });
      assert.ok(factor > 10, `${factor}`);
      assert.ok(loss < 0.3 * fixed.loss, `${loss}, with a fixed one ${fixed.loss}`);
    });

    test(`one that is too large is brought down, and a good one stays good: ${seed}`, () => {
      const large = descend(ADAMW, 2, { learns: 0, noise: 1, seed });
      const learnt = descend(ADAMW, 2, { learns: 0.5, noise: 1, seed });
      assert.ok(learnt.factor < 0.2, `${learnt.factor}`);
      assert.ok(learnt.loss < 0.3 * large.loss, `${learnt.loss}, with a fixed one ${large.loss}`);
      const good = descend(ADAMW, 2e-2, { learns: 0, noise: 1, seed });
      const still = descend(ADAMW, 2e-2, { learns: 0.5, noise: 1, seed });
      assert.ok(still.loss < 1.5 * good.loss, `${still.loss}, with a fixed one ${good.loss}`);
    });
  }

  test('one that nothing is known of stays where it is, but for chance', () => {
    // Gradients of noise alone.
    for (const seed of [1, 2, 3]) {
      const { factor } = descend(ADAMW, 1e-6, { learns: 0.1, noise: 1e6, seed });
      assert.ok(factor > 0.2 && factor < 5, `${factor}`);
    }
  });
});

describe('without noise', () => {
  for (const [optim, optimArgs, good] of [
    ['sgd', null, 0.3],
    ['sgd', 'momentum=0.9, nesterov=True', 0.1],
    ['adamw_torch', null, 2e-2],
    ['adafactor', null, 2e-2],
  ] as const) {
    test(`it is brought up and down: ${optim} ${optimArgs ?? ''}`, () => {
      const low = descend([optim, optimArgs], good / 100, { learns: 0.5, noise: 0, updates: 40 });
      assert.ok(low.factor > 3, `${low.factor}`);
      const high = descend([optim, optimArgs], 100 * good, { learns: 0.5, noise: 0, updates: 40 });
      assert.ok(high.factor < 0.5, `${high.factor}`);
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
  /** Makes steps by hand, each with a gradient before it. */
  const factorAfter = (rate: number, step: number, slopes: readonly number[]) => {
    const descent = new HypergradientDescent(rate);
    for (const slope of slopes) {
      const slots = slot(0, slope);
      descent.learn(slots);
      (slots[0] as Slot).values[0] = step;
      descent.remember(slots);
    }
    return descent.factor;
  };

  const same = (count: number, slope = 1) => new Array<number>(count).fill(slope);

  test('grows by its share after five gradients that point where the steps went, and falls by as much after three', () => {
    assert.equal(factorAfter(0.25, -1, same(5)), 1, 'the first has no step before it');
    assert.equal(factorAfter(0.25, -1, same(6)), 1.25);
    assert.equal(factorAfter(0.25, -1, same(10)), 1.25, 'it listens anew');
    assert.equal(factorAfter(0.25, -1, same(11)), Math.fround(1.25 * 1.25));
    assert.equal(factorAfter(0.25, 1, same(4)), Math.fround(1 / 1.25));
  });

  test('knows no scale', () => {
    for (const scale of [1e-12, 1e12]) assert.equal(factorAfter(0.25, -scale, same(6, 1 / scale)), 1.25);
  });

  test('stays where there is no step, no gradient or none that is a number', () => {
    assert.equal(factorAfter(0.25, 0, same(6)), 1);
    assert.equal(factorAfter(0.25, -1, same(6, 0)), 1);
    assert.equal(factorAfter(0.25, -1, [1, Number.NaN, 1, 1, Number.POSITIVE_INFINITY, 1, 1]), 1);
    assert.equal(factorAfter(0.25, Number.NaN, same(6)), 1);
    assert.equal(factorAfter(0.25, -1, [1, Number.NaN, ...same(5)]), 1.25, 'what comes after it counts');
  });

  test('stays positive and finite whatever happens', () => {
    const grown = factorAfter(0.99, -1, new Array(2000).fill(1));
    assert.ok(grown > 1e11 && grown < 1e13, `${grown}`);
    const fallen = factorAfter(0.99, 1, new Array(2000).fill(1));
    assert.ok(fallen > 0 && fallen < 1e-11, `${fallen}`);
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

describe('in a training, a learning rate that starts 100 times too small', () => {
  test('is brought up, and the loss comes down further', async () => {
    const train = async (more: Record<string, unknown>) => {
      const { trainer } = await tinyTrainer({
        max_steps: 200,
        per_device_train_batch_size: 20,
        logging_steps: 1,
        save_strategy: 'no',
        learning_rate: 1e-4,
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
    const learnt = await train({ hypergradient_lr: 0.5 });
    assert.equal(without.rate, 1e-4);
    assert.equal(learnt.first, 1e-4, 'the first update has nothing to learn from');
    assert.ok(learnt.rate > 10 * without.rate, `${learnt.rate}`);
    assert.ok(learnt.loss < without.loss - 0.05, `${learnt.loss}, without ${without.loss}`);
  });

  test('and goes on down with its schedule', async () => {
    const { trainer } = await tinyTrainer({
      max_steps: 16,
      per_device_train_batch_size: 20,
      logging_steps: 1,
      save_strategy: 'no',
      learning_rate: 1e-4,
      hypergradient_lr: 0.1,
    });
    await trainer.train();
    const moves = trainer.state.logHistory.flatMap(({ learning_rate: rate }, step) =>
      rate === undefined ? [] : [Math.log(rate / (1e-4 * (1 - step / 16))) / Math.log(1.1)],
    );
    trainer.dispose();
    assert.equal(moves.length, 16);
    for (const [step, move] of moves.entries()) {
      assert.ok(Math.abs(move - Math.round(move)) < 1e-3, `${step}: ${move} moves`);
      assert.ok(Math.abs(move) <= step / 3, `${step}: ${move} moves`);
    }
    assert.ok((moves.at(-1) as number) > 0.5, `${moves}`);
  });
});
