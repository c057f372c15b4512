import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrialState } from '../../../src/core/study/states.ts';
import type { PanelParameter } from '../../../src/protocol/panel.ts';
import { filterColumns } from '../../../webview/filter/columns.ts';
import {
  type Condition,
  conditionText,
  FilterProblem,
  parseFilter,
  rangeOf,
} from '../../../webview/filter/condition.ts';
import { Crossfilter } from '../../../webview/filter/crossfilter.ts';
import { TrialModel } from '../../../webview/model/model.ts';
import { seededRandom } from '../../support/seededRandom.ts';
import { columnsOf, knownTrial } from './manyTrials.ts';
import { headerOf, modelOf, rowsOf, type TrialLike } from './panelRows.ts';

const { complete, pruned, fail, running } = TrialState;
const TRIALS: readonly TrialLike[] = [
  { state: complete, value: 0.1, params: { lr: 1e-3, layers: 2, optim: 0 }, startedAt: 0, completedAt: 60_000 },
  {
    state: complete,
    value: 0.2,
    params: { lr: 1e-2, layers: 4, optim: 1 },
    curve: [
      [10, 0.5],
      [30, 0.2],
    ],
  },
  { state: pruned, params: { lr: 1e-1, layers: 8, optim: 2 }, curve: [[10, 0.9]] },
  { state: fail, params: { lr: 1e-4 } },
  { state: complete, value: Number.POSITIVE_INFINITY, params: { layers: 3, optim: 0 }, feasible: false },
  { state: running },
];

function kept(texts: readonly string[], trials = TRIALS): number[] {
  const model = modelOf(trials);
  const filter = new Crossfilter();
  filter.update(texts, model, filterColumns(model, ['loss']));
  assert.deepEqual(
    filter.problems.filter((problem) => problem !== null),
    [],
  );
  const found = trials.map((_, number) => number).filter(filter.has);
  assert.equal(filter.count, found.length);
  return found;
}

test('a filter keeps the trials that meet every condition', () => {
  assert.deepEqual(kept([]), [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(kept(['loss < 0.15']), [0]);
  assert.deepEqual(kept(['0.05 <= loss < 0.2']), [0]);
  assert.deepEqual(kept(['0.15 > loss']), [0], 'the value may stand first');
  assert.deepEqual(kept(['lr > 5e-4 && state != pruned']), [0, 1]);
  assert.deepEqual(kept(['lr > 5e-4', 'state != pruned']), [0, 1], 'chips are joined by and');
  assert.deepEqual(kept(['state == complete and (layers == 2 or layers > 3)']), [0, 1]);
  assert.deepEqual(kept(['optim == "sgd"']), [0, 4]);
  assert.deepEqual(kept(['optim = sgd']), [0, 4]);
  assert.deepEqual(kept(['optim == null']), [1]);
  assert.deepEqual(kept(['optim == true']), [2]);
  assert.deepEqual(kept(['optim in ("sgd", null)']), [0, 1, 4]);
  assert.deepEqual(kept(['optim not in [sgd]']), [1, 2, 3, 5], 'also trials without the parameter');
  assert.deepEqual(kept(['!(optim == sgd)']), [1, 2, 3, 5]);
  assert.deepEqual(kept(['step > 20']), [1]);
  assert.deepEqual(kept(['last >= 0.5']), [2]);
  assert.deepEqual(kept(['duration >= 60']), [0], 'seconds');
  assert.deepEqual(kept(['trial >= 4']), [4, 5]);
  assert.deepEqual(kept(['feasible == false']), [4]);
  assert.deepEqual(kept(['loss == inf']), [4]);
  assert.deepEqual(kept(['lr == nan']), [4, 5], 'no value');
  assert.deepEqual(kept(['params.lr < 1e-3']), [3], 'a long name');
});

test('what cannot be read or does not exist is named, with its place', () => {
  const problem = (text: string) => {
    const model = modelOf(TRIALS);
    const filter = new Crossfilter();
    filter.update([text], model, filterColumns(model, ['loss']));
    assert.equal(filter.isOn, false, 'nothing is left out');
    assert.equal(filter.count, TRIALS.length);
    const [found] = filter.problems;
    return found && [found.key, found.values, found.at];
  };
  assert.deepEqual(problem('loss <'), ['filterExpected', { found: '' }, 6]);
  assert.deepEqual(problem('loss < 1 lr'), ['filterExpected', { found: 'lr' }, 9]);
  assert.deepEqual(problem('optim == "sg'), ['filterUnclosed', { quote: '"' }, 9]);
  assert.deepEqual(problem('wd > 1'), ['filterNoColumn', { name: 'wd' }, 0]);
  assert.deepEqual(problem('optim == adam'), ['filterNoValue', { name: 'optim', value: 'adam' }, 0]);
  assert.deepEqual(problem('optim < 3'), ['filterNoOrder', { name: 'optim', operator: '<' }, 0]);
  assert.deepEqual(problem('loss == low'), ['filterNoValue', { name: 'loss', value: 'low' }, 0]);
  assert.deepEqual(problem('loss & 1'), ['filterExpected', { found: '&' }, 5]);
  assert.deepEqual(problem('('.repeat(9000)), ['filterDeep', {}, 51]);
  assert.deepEqual(problem('x'.repeat(30_000)), ['filterLong', {}, 0]);
  assert.deepEqual(problem('constructor == 1'), ['filterNoColumn', { name: 'constructor' }, 0]);
});

test('any text is read or refused, never run and never slow', () => {
  const words = fc.constantFrom('lr', '<', '&&', '(', ')', '!', '"a', '`', 'in', 'not', '1e', '\\', ',', ' ', 'state');
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(words).map((parts) => parts.join(' ')),
  );
  fc.assert(
    fc.property(text, (line) => {
      try {
        parseFilter(line);
      } catch (error) {
        assert.ok(error instanceof FilterProblem, String(error));
        assert.ok(error.at <= line.length);
      }
    }),
  );
});

test('a condition is read from its own text again, whatever its names and values', () => {
  const name = fc.string({ minLength: 1, unit: 'grapheme' });
  const value = fc.oneof(
    fc.double().filter((number) => !Object.is(number, -0)),
    fc.constantFrom(null, true, false),
    fc.string({ unit: 'grapheme' }),
  );
  const literal = value.map((one) => ({ value: one, isQuoted: typeof one === 'string' }));
  const operator = fc.constantFrom('<', '<=', '>', '>=', '==', '!=');
  const simple = fc.oneof(
    fc.record({ kind: fc.constant('compare'), name, operator, value: literal }),
    fc.record({ kind: fc.constant('in'), name, values: fc.array(literal) }),
  ) as fc.Arbitrary<Condition>;
  const nested = fc.oneof(
    simple,
    fc.record({ kind: fc.constant('not'), part: simple }) as fc.Arbitrary<Condition>,
    fc.record({ kind: fc.constant('any'), parts: fc.array(simple, { minLength: 2 }) }) as fc.Arbitrary<Condition>,
    fc.record({ kind: fc.constant('all'), parts: fc.array(simple, { minLength: 2 }) }) as fc.Arbitrary<Condition>,
  );
  fc.assert(
    fc.property(nested, (condition) => {
      const read = parseFilter(conditionText(condition));
      const plain = structuredClone(condition);
      assert.deepEqual(read, plain.kind === 'all' && !rangeOf(plain) ? plain.parts : [plain]);
    }),
  );
  const range = parseFilter('0.1 <= lr < 2');
  assert.deepEqual(range.map(conditionText), ['0.1 <= lr < 2'], 'both bounds are one condition');
});

test('a growing study is filtered as if it had been loaded whole', () => {
  const random = seededRandom(5);
  const trial = (): TrialLike => ({
    state: random() < 0.2 ? running : random() < 0.5 ? complete : pruned,
    value: random(),
    params: { lr: 10 ** (-4 * random()), optim: Math.floor(3 * random()) },
  });
  const trials = Array.from({ length: 70 }, trial);
  const model = modelOf(trials.slice(0, 30));
  const filter = new Crossfilter();
  const texts = ['loss < 0.6 && state != running', 'optim == sgd || lr < 1e-2'];
  for (let round = 0; round < 40; round++) {
    const changed = new Set([Math.floor(random() * model.length), Math.min(trials.length - 1, model.length)]);
    for (const number of changed) if (trials[number]?.state === running) trials[number] = trial();
    model.merge(headerOf(), rowsOf(trials, [...changed]));
    filter.update(texts, model, filterColumns(model, ['loss']));
    const whole = kept(texts, trials.slice(0, model.length));
    assert.deepEqual(Array.from({ length: model.length }, (_, number) => number).filter(filter.has), whole);
  }
});

test('100,000 trials of 40 parameters are filtered by all of them in less than 100 ms of CPU', () => {
  const random = seededRandom(8);
  const rows = columnsOf(Array.from({ length: 100_000 }, () => knownTrial(random)));
  const parameters = Array.from({ length: 40 }, (_, at): PanelParameter => {
    const values = Float64Array.from({ length: 100_000 }, random);
    return { name: `p${at}`, kind: 'float', log: false, low: 0, high: 1, choices: null, step: null, values };
  });
  const model = new TrialModel();
  model.load(headerOf(), { ...rows, parameters });
  const columns = filterColumns(model, ['loss']);
  const texts = parameters.map(({ name }) => `0.01 <= ${name} <= 0.99`);
  const measured = [0, 1, 2].map(() => {
    const filter = new Crossfilter();
    const before = process.cpuUsage();
    filter.update(texts, model, columns);
    const { user, system } = process.cpuUsage(before);
    const expected = 100_000 * 0.98 ** 40;
    assert.ok(Math.abs(filter.count - expected) < 0.05 * expected, `${filter.count} of about ${expected}`);
    return (user + system) / 1000;
  });
  // The first run compiles the code; on a machine under load a run may wait for memory.
  assert.ok(Math.min(...measured) < 100, `${measured.map(Math.round).join(', ')} ms`);
});
