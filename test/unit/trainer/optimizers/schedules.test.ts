/** Schedules of the learning rate against transformers': see fixtures/trainer/schedules.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { dumpJson, parseJson } from '../../../../src/core/text/pythonJson.ts';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { MetricSchedule, type MetricScheduleName } from '../../../../src/trainer/optimizers/metricSchedule.ts';
import type { ScheduleOptions } from '../../../../src/trainer/optimizers/scheduleOptions.ts';
import { learningRateAt, type ScheduleName } from '../../../../src/trainer/optimizers/schedules.ts';
import { removeFolders, tinyTrainer, weightsOf } from '../../../support/tinyTrainer.ts';

interface Facts {
  readonly learningRate: number;
  readonly byStep: readonly {
    readonly name: ScheduleName;
    readonly warmup: number;
    readonly total: number;
    readonly kwargs: ScheduleOptions;
    readonly rates: readonly number[];
  }[];
  readonly byMetric: readonly {
    readonly name: MetricScheduleName;
    readonly metrics: readonly (number | 'nan' | 'inf')[];
    readonly kwargs: ScheduleOptions;
    readonly rates: readonly number[];
  }[];
  readonly runs: readonly {
    readonly scores: readonly number[];
    readonly arguments: Readonly<Record<string, unknown>>;
    readonly rates: readonly number[];
  }[];
}

const facts = JSON.parse(
  readFileSync(new URL('../../../fixtures/trainer/schedules.json', import.meta.url), 'utf8'),
) as Facts;
const { learningRate } = facts;

after(removeFolders);

function assertClose(actual: readonly number[], expected: readonly number[]): void {
  const isClose =
    actual.length === expected.length &&
    actual.every((one, at) => Math.abs(one - Number(expected[at])) <= 1e-12 * Number(expected[at]));
  assert.ok(isClose, `${actual.join(' ')}\n${expected.join(' ')}`);
}

describe('learning rates are those of transformers', () => {
  for (const { name, warmup, total, kwargs, rates } of facts.byStep) {
    test(`${name} ${JSON.stringify(kwargs)} after ${warmup} updates of warm-up`, () => {
      const schedule = { name, warmup, total, learningRate, options: kwargs };
      assertClose(
        rates.map((_, step) => learningRateAt(schedule, step)),
        rates,
      );
    });
  }

  for (const { name, metrics, kwargs, rates } of facts.byMetric) {
    test(`${name} ${JSON.stringify(kwargs)} follows ${metrics.slice(0, 3).join(', ')} …`, () => {
      let schedule = new MetricSchedule(name, learningRate, kwargs);
      const seen = metrics.map((metric) => {
        schedule.note(metric === 'inf' ? Number.POSITIVE_INFINITY : Number(metric === 'nan' ? Number.NaN : metric));
        // As a checkpoint keeps it.
        const state = parseJson(dumpJson(schedule.state)) as typeof schedule.state;
        schedule = new MetricSchedule(name, learningRate, kwargs);
        schedule.restore(state);
        return schedule.rate;
      });
      assertClose(seen, rates);
    });
  }

  for (const { scores, arguments: given, rates } of facts.runs) {
    test(`a training with ${JSON.stringify(given)} logs them`, async () => {
      const values = [...scores];
      const { trainer } = await tinyTrainer(
        {
          learning_rate: learningRate,
          logging_steps: 1,
          metric_for_best_model: 'score',
          max_steps: scores.length - 1,
          eval_on_start: true,
          eval_strategy: 'steps',
          eval_steps: 1,
          ...given,
        },
        { computeMetrics: () => ({ score: values.shift() as number }) },
      );
      await trainer.train();
      assertClose(
        trainer.state.logHistory.flatMap((log) => log['learning_rate'] ?? []),
        rates,
      );
      assert.equal(values.length, 0);
      trainer.dispose();
    });
  }
});

test('a training whose rate follows a metric goes on from a checkpoint to the same weights', async () => {
  const args = {
    lr_scheduler_type: 'reduce_lr_on_plateau',
    lr_scheduler_kwargs: { patience: 0, factor: 0.5, mode: 'max' },
    eval_strategy: 'steps',
    eval_steps: 1,
    logging_steps: 1,
    save_strategy: 'steps',
    save_steps: 3,
    max_steps: 6,
  };
  const whole = await tinyTrainer(args);
  await whole.trainer.train();
  const rates = whole.trainer.state.logHistory.flatMap((log) => log['learning_rate'] ?? []);
  assert.ok((rates[3] as number) < (rates[0] as number), rates.join(' '));
  const rest = await tinyTrainer(args);
  await rest.trainer.train({ resumeFromCheckpoint: join(whole.folder, 'checkpoint-3') });
  assert.deepEqual(weightsOf(rest), weightsOf(whole));
  const other = await tinyTrainer({ ...args, lr_scheduler_type: 'greedy' });
  await other.trainer.train({ resumeFromCheckpoint: join(whole.folder, 'checkpoint-3') });
  assert.ok(
    other.lines.some((line) => /has no state of the schedule greedy: the learning rate begins anew/.test(line)),
  );
  for (const { trainer } of [whole, rest, other]) trainer.dispose();
});

describe('options of a schedule', () => {
  const make = (name: string, kwargs?: unknown, more = {}) =>
    new TrainingArguments({ lr_scheduler_type: name, lr_scheduler_kwargs: kwargs, eval_strategy: 'epoch', ...more });

  const refused: readonly (readonly [string, unknown, RegExp, object?])[] = [
    ['cosine_with_min_lr', undefined, /^One of min_lr or min_lr_rate should be set through the `lr_scheduler_kwargs`$/],
    ['cosine_warmup_with_min_lr', { min_lr: 0, min_lr_rate: 0.1 }, /^Only one of min_lr or min_lr_rate should be set$/],
    ['warmup_stable_decay', {}, /needs the updates in which the rate falls: give num_decay_steps/],
    [
      'warmup_stable_decay',
      { num_decay_steps: 2, decay_type: 'sqrt' },
      /decay_type is "sqrt": use linear or cosine or 1-sqrt/,
    ],
    [
      'warmup_stable_decay',
      { num_decay_step: 2 },
      /has num_decay_step, which warmup_stable_decay does not know: use num_dec/,
    ],
    ['reduce_lr_on_plateau', { factor: 1 }, /factor should be below 1/],
    ['reduce_lr_on_plateau', { mode: 'higher' }, /mode is "higher": use min or max/],
    ['greedy', { smooth: 1 }, /smooth is 1: use true or false/],
    ['greedy', {}, /^lr_scheduler_type greedy requires an eval strategy$/, { eval_strategy: 'no' }],
    ['polynomial', { lr_end: 1e-3 }, /^lr_end \(0\.001\) must be smaller than initial lr \(0\.00005\)$/],
    ['cosine', '{"num_cycles": ', /lr_scheduler_kwargs is .*use an object of options/],
    ['cosine', { toString: 1 }, /has toString, which cosine does not know/],
  ];
  for (const [name, kwargs, sentence, more] of refused) {
    test(`${name} refuses ${JSON.stringify(kwargs)}`, () => {
      assert.throws(() => make(name, kwargs, more), { code: 'training-arguments', message: sentence });
    });
  }

  test('may be a text of JSON, and null is the default', () => {
    assert.deepEqual(make('cosine_with_min_lr', '{"min_lr": 1e-6}').lr_scheduler_kwargs, { min_lr: 1e-6 });
    assert.doesNotThrow(() => make('inverse_sqrt', { timescale: null }));
  });

  test('a rate that would not do what was meant is warned of', () => {
    const { warnings } = make('reduce_lr_on_plateau', {}, { metric_for_best_model: 'f1' });
    assert.match(warnings.join(), /takes a lower metric for a better one, as in transformers: give .* mode "max"/);
    assert.deepEqual(make('reduce_lr_on_plateau', { mode: 'max' }, { metric_for_best_model: 'f1' }).warnings, []);
    assert.match(make('greedy').warnings.join(), /never lowers a learning_rate of 0\.00005.* min_lr of 0\.001/);
    assert.equal(make('greedy').metric_for_best_model, 'loss');
  });
});
