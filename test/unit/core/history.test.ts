import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution } from '../../../src/core/space/distributions.ts';
import type { TrialChange } from '../../../src/core/study/changes.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, isFinished, TrialState } from '../../../src/core/study/states.ts';
import { rebuilt } from '../../support/histories.ts';

const x = floatDistribution(0, 1);
const kind = categoricalDistribution(['a', null, true]);

test('a trial keeps its parameters in its own order, with its own ranges', () => {
  const history = new History([Direction.minimize]);
  history.add({ state: TrialState.running, params: [{ name: 'x', internal: 0.5, distribution: x }] });
  history.add({ state: TrialState.running });
  history.apply({ type: 'param', number: 1, param: { name: 'kind', internal: 1, distribution: kind } });
  history.apply({ type: 'param', number: 1, param: { name: 'x', internal: 7, distribution: floatDistribution(5, 9) } });
  history.apply({ type: 'param', number: 0, param: { name: 'kind', internal: 2, distribution: kind } });
  assert.deepEqual(history.paramNames(0), ['x', 'kind']);
  assert.deepEqual(history.paramNames(1), ['kind', 'x']);
  assert.deepEqual(Object.entries(history.params(1)), [
    ['kind', null],
    ['x', 7],
  ]);
  assert.deepEqual(history.params(0), { x: 0.5, kind: true });
  assert.deepEqual(history.distribution(1, 'x'), floatDistribution(5, 9));
  assert.deepEqual(history.distribution(0, 'x'), x);
  assert.equal(
    history.apply({ type: 'param', number: 0, param: { name: 'x', internal: 1, distribution: intDistribution(0, 2) } }),
    false,
  );
});

test('a parameter may be called __proto__ or constructor', () => {
  const history = new History([Direction.minimize]);
  const names = ['__proto__', 'constructor', 'toString'];
  history.add({ state: TrialState.running, params: names.map((name) => ({ name, internal: 0.5, distribution: x })) });
  assert.deepEqual(Object.keys(history.params(0)), names);
});

test('100,000 distinct ranges of one parameter are stored without a search', () => {
  const history = new History([Direction.minimize]);
  const start = process.cpuUsage();
  for (let number = 0; number < 100_000; number++) {
    history.add({
      state: TrialState.complete,
      params: [{ name: 'x', internal: number, distribution: floatDistribution(number, number + 1) }],
      values: [number],
    });
  }
  // A search through the earlier ranges would need minutes.
  assert.ok(process.cpuUsage(start).user / 1000 < 20_000);
  assert.deepEqual(history.distribution(99_999, 'x'), floatDistribution(99_999, 100_000));
  assert.deepEqual(history.distribution(70_000, 'x'), floatDistribution(70_000, 70_001));
});

const change: fc.Arbitrary<TrialChange> = fc.oneof(
  fc.record({
    type: fc.constant('state' as const),
    number: fc.nat(12),
    state: fc.constantFrom(...Object.values(TrialState)),
    values: fc.oneof(fc.constant(null), fc.tuple(fc.integer({ min: -9, max: 9 }))),
  }),
  fc.record({
    type: fc.constant('intermediate' as const),
    number: fc.nat(12),
    step: fc.nat(5),
    value: fc.oneof(fc.integer(), fc.constant(Number.NaN)),
  }),
  fc.record({
    type: fc.constant('param' as const),
    number: fc.nat(12),
    param: fc.record({
      name: fc.constantFrom('x', 'y', 'z'),
      internal: fc.nat(9),
      distribution: fc.constantFrom(x, floatDistribution(0, 9), floatDistribution(1, 9, { log: true })),
    }),
  }),
  fc.record({
    type: fc.constant('systemAttr' as const),
    number: fc.nat(12),
    key: fc.constantFrom('constraints:a', 'constraints:b', 'other'),
    value: fc.integer({ min: -2, max: 2 }),
  }),
);

test('property: counts, running, waiting, best, informative and changes agree with a look at every trial', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 80 }),
      fc.constantFrom(...Object.values(Direction)),
      (changes, direction) => {
        const history = new History([direction]);
        for (let number = 0; number < 8; number++)
          history.add({ state: number % 3 ? TrialState.running : TrialState.waiting });
        const before = history.revision;
        const touched = new Set<number>();
        for (const one of changes) {
          const wasFinished = one.number < history.length && isFinished(history.state(one.number));
          if (history.apply(one)) {
            touched.add(one.number);
            assert.ok(!wasFinished);
          }
        }
        assert.deepEqual(
          history.changedSince(before),
          [...touched].sort((a, b) => a - b),
        );
        assert.deepEqual(history.changedSince(0), [...history.states.keys()]);
        assertConsistent(history);
        assertConsistent(rebuilt(history));
        assert.equal(rebuilt(history).best, history.best);
      },
    ),
  );
});

function assertConsistent(history: History): void {
  const numbers = [...history.states.keys()];
  for (const state of Object.values(TrialState)) {
    assert.equal(history.count(state), numbers.filter((number) => history.state(number) === state).length);
  }
  const inState = (state: TrialState) => numbers.filter((number) => history.state(number) === state);
  assert.deepEqual(
    [...history.running].sort((a, b) => a - b),
    inState(TrialState.running),
  );
  assert.equal(history.firstWaiting, inState(TrialState.waiting)[0]);
  assert.equal(history.informative, history.count(TrialState.complete) + history.count(TrialState.pruned));
  const feasible = inState(TrialState.complete).filter(
    (number) =>
      !Number.isNaN(history.value(number)) &&
      Object.entries(history.systemAttrs(number)).every(
        ([key, value]) => !key.startsWith('constraints:') || Number(value) <= 0,
      ),
  );
  const sign = history.directions[0] === Direction.maximize ? -1 : 1;
  const sorted = feasible.sort((a, b) => sign * (history.value(a) - history.value(b)) || a - b);
  assert.equal(history.best, sorted[0]);
  for (const column of history.parameters.values()) {
    const having = numbers.filter((number) => column.has(number));
    assert.equal(column.count, having.length);
    const informative = [...inState(TrialState.complete), ...inState(TrialState.pruned)];
    assert.equal(column.informativeCount, having.filter((number) => informative.includes(number)).length);
  }
  for (const number of numbers) {
    const { steps, values } = history.curve(number);
    const highest = Math.max(...steps);
    assert.deepEqual(
      history.lastReport(number),
      steps.length === 0 ? undefined : { step: highest, value: values[steps.indexOf(highest)] },
    );
  }
}

test('an added trial may have a parameter in another kind; models leave that trial out', () => {
  const history = new History([Direction.minimize]);
  const range = floatDistribution(0, 1);
  const add = (internal: number, distribution: Distribution): number =>
    history.add({ state: TrialState.complete, values: [internal], params: [{ name: 'x', internal, distribution }] });
  for (let round = 0; round < 30; round++) add(round / 30, range);
  const foreign = [
    add(1, categoricalDistribution(['a', 'b'])),
    add(1, categoricalDistribution(['b', 'c'])),
    add(7, intDistribution(1, 9)),
  ];
  assert.deepEqual(
    foreign.map((number) => history.param(number, 'x')),
    ['b', 'c', 7],
  );
  const column = history.parameters.get('x');
  assert.deepEqual(column?.latest, range);
  assert.deepEqual(
    [29, ...foreign].map((number) => column?.isComparable(number)),
    [true, false, false, false],
  );
  const running = history.add({ state: TrialState.running });
  const param = { name: 'x', internal: 1, distribution: intDistribution(1, 9) };
  assert.equal(history.apply({ type: 'param', number: running, param }), false);
  const value = createSampler({ type: 'tpe', seed: 1 }).suggestOne('x', range, {}, { history, number: running });
  assert.ok(typeof value === 'number' && value >= 0 && value <= 1);
});
