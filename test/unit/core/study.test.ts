import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPruner } from '../../../src/core/pruners/createPruner.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import {
  categoricalDistribution,
  contains,
  floatDistribution,
  intDistribution,
  toInternal,
} from '../../../src/core/space/distributionRules.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { FAIL_REASON } from '../../../src/core/study/attributes.ts';
import type { TrialChange } from '../../../src/core/study/changes.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { StudyRecord } from '../../../src/core/study/studyStore.ts';
import type { Trial } from '../../../src/core/study/trial.ts';

const space = searchSpace([
  { name: 'optim', distribution: categoricalDistribution(['sgd', 'adam']) },
  { name: 'momentum', distribution: floatDistribution(0, 1), when: { optim: ['sgd'] } },
  { name: 'layers', distribution: intDistribution(1, 9) },
]);

async function newStudy(
  options: { space?: SearchSpace; directions?: readonly Direction[]; type?: string; log?: MemoryLog } = {},
) {
  const log = options.log ?? new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: options.directions ?? [Direction.minimize] });
  const study = new Study(log, record, {
    ...(options.space && { space: options.space }),
    sampler: createSampler({ type: options.type ?? 'random', seed: 1 }),
    pruner: createPruner({ type: 'median' }),
  });
  return { log, record, study };
}

describe('ask with a declared space', () => {
  test('creates a running trial with all its active parameters stored', async () => {
    const { study } = await newStudy({ space });
    for (let round = 0; round < 10; round++) {
      const trial = await study.ask();
      assert.equal(trial.number, round);
      assert.equal(study.history.state(round), TrialState.running);
      assert.deepEqual(study.history.params(round), trial.params);
      assert.equal('momentum' in trial.params, trial.params['optim'] === 'sgd');
    }
  });

  test('takes an enqueued trial first; what it fixes wins, even out of range, and the rest is drawn', async () => {
    const { study } = await newStudy({ space });
    await study.enqueue({ optim: 'sgd', momentum: 7.5 }, { userAttrs: { why: 'known good' } });
    const trial = await study.ask();
    assert.equal(trial.params['optim'], 'sgd');
    assert.equal(trial.params['momentum'], 7.5);
    assert.ok(Number.isInteger(trial.params['layers']));
    assert.deepEqual(study.history.userAttrs(0), { why: 'known good' });
  });

  test('a trial that waits with parameters of its own keeps them', async () => {
    const { study, log, record } = await newStudy({ space });
    const own = { name: 'layers', internal: 4, distribution: intDistribution(1, 9) };
    await log.createTrial(record, { state: TrialState.waiting, params: [own] });
    assert.equal((await study.ask()).params['layers'], 4);
  });

  test('an enqueued choice that does not exist fails that trial with the reason and goes on', async () => {
    const { study } = await newStudy({ space });
    await study.enqueue({ optim: 'rms' });
    const trial = await study.ask();
    assert.equal(trial.number, 1);
    assert.equal(study.history.state(0), TrialState.fail);
    assert.match(String(study.history.userAttrs(0)[FAIL_REASON]), /optim.*"rms" is none of the choices/);
  });

  test('a decided choice that does not exist is thrown, wherever numbers come from, and makes no trial', async () => {
    for (const numbersLate of [false, true]) {
      const { study } = await newStudy({ space, log: Object.assign(new MemoryLog(), { numbersLate }) });
      await assert.rejects(study.askOnce({ params: { optim: 'rms' } }), { code: 'invalid-value' });
      assert.equal(study.history.length, 0);
      const trial = await study.askOnce({ params: { optim: 'adam' } });
      assert.equal(trial?.params['optim'], 'adam');
    }
  });

  test('many asks at once get numbers of their own', async () => {
    const { study } = await newStudy({ space, type: 'tpe' });
    await study.enqueue({ layers: 3 });
    const trials = await Promise.all(Array.from({ length: 25 }, () => study.ask()));
    assert.deepEqual(
      trials.map(({ number }) => number).sort((a, b) => a - b),
      [...Array(25).keys()],
    );
  });

  test('a second worker that took the number first costs a new suggestion, not a lost trial', async () => {
    const log = new MemoryLog();
    const { study, record } = await newStudy({ space, log });
    const create = log.createTrial.bind(log);
    let raced = false;
    log.createTrial = async (study, template, options) => {
      if (!raced) {
        raced = true;
        await create(record, { state: TrialState.running });
      }
      return create(study, template, options);
    };
    assert.equal((await study.ask()).number, 1);
  });

  test('a space whose parameter changed its kind or its range since the last run is searched', async () => {
    const { log, record, study } = await newStudy({ space });
    await study.tell(await study.ask(), { values: 1 });
    for (const other of [
      floatDistribution(1, 9),
      categoricalDistribution([1, 2]),
      intDistribution(1, 9, { log: true }),
      intDistribution(20, 30),
    ]) {
      const again = new Study(log, record, {
        space: searchSpace([{ name: 'layers', distribution: other }]),
        sampler: createSampler({ type: 'tpe', seed: 1, options: { nStartupTrials: 0 } }),
        pruner: null,
      });
      const { number, params } = await again.ask();
      assert.ok(contains(other, toInternal(other, params['layers'])));
      assert.equal(record.history.param(number, 'layers'), params['layers']);
    }
  });

  test('a grid ends the study', async () => {
    const finite = searchSpace([{ name: 'n', distribution: intDistribution(1, 3) }]);
    const { study } = await newStudy({ space: finite, type: 'grid' });
    const seen: unknown[] = [];
    while (!study.isExhausted) {
      const trial = await study.ask();
      seen.push(trial.params['n']);
      await study.tell(trial, { values: 1 });
    }
    assert.deepEqual(seen.sort(), [1, 2, 3]);
    await study.enqueue({ n: 2 });
    assert.ok(!study.isExhausted);
  });
});

describe('define-by-run', () => {
  const objective = (trial: Trial) => {
    const x = trial.suggestFloat('x', -5, 5);
    const kind = trial.suggestCategorical('kind', ['a', 'b']);
    const extra = kind === 'a' ? trial.suggestInt('n', 1, 100, { log: true }) : 0;
    return x * x + extra;
  };

  test('stores what was suggested before the next report or tell', async () => {
    const { study } = await newStudy({ type: 'tpe' });
    for (let round = 0; round < 30; round++) {
      const trial = await study.ask();
      const value = objective(trial);
      await study.tell(trial, { values: value });
      assert.deepEqual(study.history.params(round), trial.params);
      assert.equal(study.history.value(round), value);
    }
    assert.ok((study.history.best ?? -1) >= 10);
  });

  test('a running trial publishes what it is about to try, as Optuna 5 does', async () => {
    const { study } = await newStudy({ type: 'tpe' });
    for (let round = 0; round < 12; round++) {
      const trial = await study.ask();
      await study.tell(trial, { values: objective(trial) });
    }
    const trial = await study.ask();
    const announced = JSON.parse(String(study.history.systemAttrs(trial.number)['tpe:relative_params:0']));
    assert.deepEqual(Object.keys(announced).sort(), ['kind', 'x']);
    assert.equal(trial.suggestFloat('x', -5, 5), announced.x);
    assert.notEqual(trial.suggestFloat('y', -5, 5), undefined);
  });

  test('what is announced is JSON as Python reads it, and is read as such', async () => {
    const choices = [Number.NaN, Number.POSITIVE_INFINITY, '雪'];
    const { study } = await newStudy({ type: 'tpe' });
    const draw = (trial: Trial): number =>
      (trial.suggestFloat('x', 0, 1) + Number(!trial.suggestCategorical('c', choices))) as number;
    for (let round = 0; round < 12; round++) {
      const trial = await study.ask();
      await study.tell(trial, { values: draw(trial) });
    }
    const texts: string[] = [];
    for (let round = 0; round < 8; round++) {
      const { number } = await study.ask();
      texts.push(String(study.history.systemAttrs(number)['tpe:relative_params:0']));
    }
    for (const text of texts) assert.match(text, /^\{"c": (?:NaN|Infinity|"\\u96ea"), "x": [\d.e-]+\}$/);
    assert.ok(texts.some((text) => /NaN|Infinity/.test(text)));
  });

  test('the same name gives the same value; another kind under the name is refused', async () => {
    const { study } = await newStudy();
    const trial = await study.ask();
    assert.equal(trial.suggestFloat('x', 0, 1), trial.suggestFloat('x', 0, 1));
    assert.throws(() => trial.suggestInt('x', 0, 1), { code: 'incompatible-distribution' });
    assert.throws(() => trial.suggestFloat('x', 0.1, 1, { log: true }), { code: 'incompatible-distribution' });
    await study.tell(trial, { values: 1 });
    // Another trial may have it in another kind: the objective was edited.
    const next = await study.ask();
    assert.equal(next.suggestCategorical('x', ['a']), 'a');
    await study.tell(next, { values: 1 });
    assert.deepEqual(study.history.params(next.number), { x: 'a' });
  });

  test('enqueued parameters come in where the objective asks for them', async () => {
    const { study } = await newStudy();
    await study.enqueue({ x: 99, kind: 'b' });
    const trial = await study.ask();
    assert.equal(objective(trial), 99 * 99);
  });

  test('a write that fails is thrown at the next report and at tell', async () => {
    const log = new MemoryLog();
    const { study } = await newStudy({ log });
    const trial = await study.ask();
    log.commit = async (_study: StudyRecord, _changes: readonly TrialChange[]) => {
      throw new Error('disk full');
    };
    trial.suggestFloat('x', 0, 1);
    await assert.rejects(trial.report(1, 0), /disk full/);
    await assert.rejects(study.tell(trial, { values: 1 }), /disk full/);
  });
});

describe('tell', () => {
  const bad: [string, unknown, RegExp][] = [
    ['NaN', Number.NaN, /NaN/],
    ['nothing', null, /no value/],
    ['too many values', [1, 2], /2 values.*1 objective/],
    ['text', ['0.5'], /not a number/],
    ['undefined', [undefined], /not a number/],
  ];
  for (const [label, values, reason] of bad) {
    test(`${label} fails the trial with a reason`, async () => {
      const { study } = await newStudy({ space });
      const trial = await study.ask();
      const outcome = await study.tell(trial, { values: values as number });
      assert.equal(outcome.state, TrialState.fail);
      assert.match(String(study.history.userAttrs(0)[FAIL_REASON]), reason);
      assert.ok(Number.isNaN(study.history.value(0)));
      assert.equal(study.history.best, undefined);
    });
  }

  test('infinity is a value', async () => {
    const { study } = await newStudy({ space });
    assert.equal(
      (await study.tell(await study.ask(), { values: Number.POSITIVE_INFINITY })).state,
      TrialState.complete,
    );
  });

  test('a pruned trial takes its value at the highest step, or none when that is NaN', async () => {
    const { study } = await newStudy({ space });
    const first = await study.ask();
    await first.report(0.5, 3);
    await first.report(0.7, 1);
    await study.tell(first, { state: TrialState.pruned });
    assert.equal(study.history.value(0), 0.5);
    const second = await study.ask();
    await second.report(0.5, 0);
    await second.report(Number.NaN, 1);
    await study.tell(second, { state: TrialState.pruned });
    assert.ok(Number.isNaN(study.history.value(1)));
    assert.equal(study.history.state(1), TrialState.pruned);
  });

  test('contradictions are refused and change nothing', async () => {
    const { study } = await newStudy({ space });
    const trial = await study.ask();
    for (const options of [
      { state: TrialState.pruned, values: 1 },
      { state: TrialState.fail, values: 1 },
      { state: TrialState.complete },
      { state: TrialState.running },
      { state: TrialState.waiting },
    ]) {
      await assert.rejects(study.tell(trial, options), { code: 'invalid-tell' });
    }
    assert.equal(study.history.state(0), TrialState.running);
  });

  test('finished, waiting and unknown trials are refused', async () => {
    const { study } = await newStudy({ space });
    const trial = await study.ask();
    await study.tell(trial.number, { values: 3 });
    await assert.rejects(study.tell(trial, { values: 4 }), { code: 'finished-trial' });
    assert.equal(study.history.value(0), 3);
    const waiting = await study.enqueue({});
    await assert.rejects(study.tell(waiting, { values: 4 }), { code: 'waiting-trial' });
    await assert.rejects(study.tell(17, { values: 4 }), { code: 'no-trial' });
  });
});

describe('report and prune', () => {
  test('the second report of a step is ignored; steps are whole numbers from 0', async () => {
    const { study } = await newStudy({ space });
    const trial = await study.ask();
    await trial.report(1, 0);
    await trial.report(2, 0);
    assert.deepEqual(study.history.curve(0), { steps: [0], values: [1] });
    for (const step of [-1, 0.5, Number.NaN]) await assert.rejects(trial.report(1, step), { code: 'invalid-report' });
    await assert.rejects(trial.report('1' as unknown as number, 3), { code: 'invalid-report' });
  });

  test('the pruner sees the latest report', async () => {
    const { study } = await newStudy({ space });
    for (let round = 0; round < 6; round++) {
      const trial = await study.ask();
      await trial.report(round, 0);
      await study.tell(trial, { values: round });
    }
    const bad = await study.ask();
    assert.equal(bad.shouldPrune(), false);
    await bad.report(100, 0);
    assert.equal(bad.shouldPrune(), true);
  });

  test('several objectives: neither, as in Optuna', async () => {
    const { study } = await newStudy({ space, directions: [Direction.minimize, Direction.maximize] });
    const trial = await study.ask();
    await assert.rejects(trial.report(1, 0), { code: 'several-objectives' });
    assert.throws(() => trial.shouldPrune(), { code: 'several-objectives' });
    assert.deepEqual((await study.tell(trial, { values: [1, 2] })).values, [1, 2]);
  });

  test('constraints and attributes are kept; an infeasible trial is never the best', async () => {
    const { study } = await newStudy({ space });
    const trial = await study.ask();
    await trial.setConstraint('memory', 2);
    await trial.setUserAttr('note', { a: [1] });
    await assert.rejects(trial.setConstraint('memory', Number.NaN), { code: 'invalid-constraint' });
    await study.tell(trial, { values: -100 });
    const other = await study.ask();
    await study.tell(other, { values: 5 });
    assert.equal(study.history.best, 1);
    assert.deepEqual(trial.userAttrs, { note: { a: [1] } });
  });
});

test('a study name exists once in a log, and a finished trial stays as it is', async () => {
  const { log, record, study } = await newStudy({ space });
  await assert.rejects(log.createStudy({ name: 's', directions: [1] }), { code: 'duplicate-study' });
  const trial = await study.ask();
  await study.tell(trial, { values: 1 });
  const change = { type: 'userAttr', number: 0, key: 'late', value: 1 } as const;
  await assert.rejects(log.commit(record, [change]), { code: 'finished-trial' });
  assert.deepEqual(study.history.userAttrs(0), {});
});
