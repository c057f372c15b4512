/** Optimisers and schedules against PyTorch's and transformers': see fixtures/trainer/huggingface.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { clipGradients } from '../../../../src/trainer/optimizers/clipGradients.ts';
import { createOptimizer } from '../../../../src/trainer/optimizers/createOptimizer.ts';
import type { Optimizer } from '../../../../src/trainer/optimizers/optimizer.ts';
import { isDecayed, lrFactorsOf } from '../../../../src/trainer/optimizers/parameterGroups.ts';
import { learningRateAt, type ScheduleName, warmupUpdates } from '../../../../src/trainer/optimizers/schedules.ts';
import type { HuggingFaceFacts } from '../../../support/tinyTrainer.ts';

const facts = JSON.parse(
  readFileSync(new URL('../../../fixtures/trainer/huggingface.json', import.meta.url), 'utf8'),
) as HuggingFaceFacts;
const { learningRate, start, gradients } = facts;

describe('learning rates are those of transformers', () => {
  for (const { name, warmup, total, kwargs, rates } of facts.schedules) {
    test(`${name} ${JSON.stringify(kwargs)} after ${warmup} updates of warm-up`, () => {
      const schedule = { name: name as ScheduleName, warmup, total, learningRate, options: kwargs };
      for (const [step, rate] of rates.entries()) {
        assert.ok(
          Math.abs(learningRateAt(schedule, step) - rate) < 1e-14,
          `${step}: ${learningRateAt(schedule, step)}`,
        );
      }
    });
  }

  test('warm-up is a number of updates or a share of them, rounded up', () => {
    assert.deepEqual(
      [warmupUpdates(0, 10), warmupUpdates(0.25, 10), warmupUpdates(4, 10), warmupUpdates(1, 10)],
      [0, 3, 4, 1],
    );
  });
});

const SHAPES = { table: [4, 3], bias: [3] };

function slots(values: readonly Float32Array[], step: number, weightDecay: number) {
  return Object.entries(SHAPES).map(([name, shape], index) => ({
    name,
    shape,
    values: values[index] as Float32Array,
    gradient: Float32Array.from(gradients[step]?.[index] ?? []),
    weightDecay: isDecayed(name) ? weightDecay : 0,
    lrFactor: 1,
  }));
}

describe('weights move as in PyTorch', () => {
  for (const { arguments: given, after } of facts.optimizers) {
    const args = new TrainingArguments(given);
    const run = (between: (optimizer: Optimizer, step: number) => Optimizer): void => {
      let optimizer = createOptimizer(args);
      const values = start.map((one) => Float32Array.from(one));
      for (const [step, expected] of after.entries()) {
        optimizer = between(optimizer, step);
        optimizer.step(slots(values, step, args.weight_decay), learningRate);
        for (const [index, own] of values.entries()) {
          for (const [at, value] of own.entries()) {
            const wanted = expected[index]?.[at] as number;
            assert.ok(Math.abs(value - wanted) < 2e-6, `${step} ${index} ${at}: ${value} instead of ${wanted}`);
          }
        }
      }
    };
    test(JSON.stringify(given), () => run((optimizer) => optimizer));
    test(`${JSON.stringify(given)}, its state saved and restored`, () => {
      run((optimizer, step) => {
        if (step !== 2) return optimizer;
        const { step: steps, tensors } = optimizer.state();
        const next = createOptimizer(args);
        next.restore({ step: steps, tensors: new Map([...tensors].map(([name, one]) => [name, one.slice()])) });
        return next;
      });
    });
  }
});

test('a factor is as good as another learning rate, for each optimiser', () => {
  for (const given of [
    { optim: 'adamw_torch' },
    { optim: 'adafactor' },
    { optim: 'sgd' },
    { optim: 'sgd', optim_args: 'momentum=0.9' },
  ]) {
    const args = new TrainingArguments(given);
    const trained = (learningRate: number, lrFactor: number) => {
      const optimizer = createOptimizer(args);
      const values = Float32Array.of(1, -2, 3, 0.5);
      for (let step = 0; step < 3; step++) {
        const gradient = values.map((value, at) => value * (at - 1.5) + step);
        optimizer.step([{ name: 'w', shape: [2, 2], values, gradient, weightDecay: 0.1, lrFactor }], learningRate);
      }
      return [...values];
    };
    assert.deepEqual(trained(0.25, 0.5), trained(0.125, 1), JSON.stringify(given));
    assert.notDeepEqual(trained(0.25, 0.5), trained(0.25, 1), JSON.stringify(given));
    assert.deepEqual(trained(0.25, 0), [1, -2, 3, 0.5], 'a factor of 0 leaves weights as they are');
  }
});

test('each parameter is in the group of its layer', () => {
  const names = [
    'bert.embeddings.LayerNorm.weight',
    'bert.encoder.layer.0.output.dense.bias',
    'bert.encoder.layer.11.attention.self.query.weight',
    'bert.pooler.dense.weight',
    'classifier.bias',
  ];
  assert.deepEqual(lrFactorsOf(names, { embeddings: 2, layer_11: 3, classifier: 0 }), [2, 1, 3, 0, 0]);
  assert.deepEqual(lrFactorsOf(names, null), [1, 1, 1, 1, 1]);
  assert.throws(
    () => lrFactorsOf(names, { layer_1: 2 }),
    /^TuneboardError: lr_factors has layer_1, which this model does not have: use embeddings, layer_0, layer_11, classifier\.$/,
  );
});

test('what an optimiser does not know is refused in a sentence', () => {
  for (const [given, sentence] of [
    [{ optim: 'sgd', optim_args: 'momentun=0.9' }, /optim_args has momentun.*use momentum, dampening, nesterov/],
    [{ optim: 'sgd', optim_args: 'momentum' }, /write key=value/],
    [{ optim: 'sgd', optim_args: 'momentum=much' }, /momentum is "much": use a number/],
    [{ optim: 'sgd', optim_args: 'nesterov=True' }, /requires a momentum and zero dampening/],
    [{ optim: 'adafactor', optim_args: 'momentum=0.9' }, /adafactor takes none/],
    [{ optim: 'rmsprop' }, /The optimiser rmsprop of transformers is not there: use adamw_torch/],
    [{ optim: 'lamb' }, /lamb is not a valid OptimizerNames, please select one of \['adamw_torch', /],
  ] as const) {
    assert.throws(() => new TrainingArguments(given), sentence);
  }
});

test('gradients are clipped to a joint norm', () => {
  const parts = [Float32Array.of(3, 0), Float32Array.of(4)];
  assert.equal(clipGradients(parts, 10), 5);
  assert.deepEqual(
    parts.map((one) => [...one]),
    [[3, 0], [4]],
  );
  assert.equal(clipGradients(parts, 1), 5);
  assert.ok(Math.abs(Math.hypot(...parts.flatMap((one) => [...one])) - 1) < 1e-6);
  assert.equal(clipGradients([Float32Array.of(3)], 0), 3);
});

test('decay spares biases and layer norms, not embeddings', () => {
  const names = [
    'bert.embeddings.word_embeddings.weight',
    'classifier.weight',
    'classifier.bias',
    'a.LayerNorm.weight',
    'final_norm.weight',
  ];
  assert.deepEqual(names.map(isDecayed), [true, true, false, false, false]);
});
