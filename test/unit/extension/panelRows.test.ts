import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { allNumbers, panelDetail, panelHeader, panelRows, reached } from '../../../src/extension/panel/panelRows.ts';
import { english } from '../../support/words.ts';
import { addTrial, oneStudy, setRun } from './studyList.ts';

test('rows carry the history as columns, one row a number', async () => {
  const { history } = await oneStudy([Direction.maximize, Direction.minimize]);
  addTrial(history, TrialState.complete, 0.25);
  addTrial(history, TrialState.running);
  history.apply({ type: 'intermediate', number: 1, step: 1, value: 0.5 });
  history.apply({ type: 'intermediate', number: 1, step: 2, value: 0.75 });
  const rows = panelRows(history, allNumbers(history));
  assert.deepEqual([...rows.numbers], [0, 1]);
  assert.deepEqual([...rows.states], [TrialState.complete, TrialState.running]);
  assert.deepEqual([...rows.values], [0.25, 0.75, Number.NaN, Number.NaN]);
  assert.deepEqual([...rows.completedAt], [3000, Number.NaN]);
  assert.deepEqual([...rows.curveOffsets], [0, 0, 2]);
  assert.deepEqual([...rows.curveSteps], [1, 2]);
  assert.deepEqual([...rows.curveValues], [0.5, 0.75]);
  const [optim, lr] = rows.parameters;
  assert.deepEqual(optim && [optim.kind, optim.low, optim.high, [...optim.values]], ['categorical', 0, 1, [0, 1]]);
  assert.deepEqual(lr && [lr.kind, lr.log, lr.low, lr.high], ['float', true, 1e-6, 1]);
});

test('a delta has the changed rows only', async () => {
  const { history } = await oneStudy();
  for (let count = 0; count < 5; count++) addTrial(history, TrialState.complete, count / 5);
  const { revision } = history;
  const running = addTrial(history, TrialState.running);
  history.apply({ type: 'intermediate', number: running, step: 3, value: 1 });
  const rows = panelRows(history, Uint32Array.from(history.changedSince(revision)));
  assert.deepEqual([...rows.numbers], [5]);
  assert.deepEqual([...rows.curveOffsets], [0, 1]);
  assert.equal(rows.parameters[0]?.values.length, 1);
});

test('a trial that breaks a constraint is marked', async () => {
  const { history } = await oneStudy();
  addTrial(history, TrialState.complete);
  history.add({ state: TrialState.complete, values: [0.9], systemAttrs: { constraints: [0.5] } });
  assert.deepEqual([...panelRows(history, allNumbers(history)).feasible], [1, 0]);
});

test('rows survive structured clone as typed arrays', async () => {
  const { history } = await oneStudy();
  addTrial(history, TrialState.complete);
  const copy = structuredClone(panelRows(history, allNumbers(history)));
  assert.ok(copy.values instanceof Float64Array && copy.curveOffsets instanceof Uint32Array);
});

test('the header tells the true state, and which buttons can work', async () => {
  const { study, history } = await oneStudy();
  const trusted = { isTrusted: true, now: 10_000 };
  addTrial(history, TrialState.complete, 0.5);
  const header = (rights = trusted) => panelHeader(study, english, rights);
  assert.deepEqual(
    [header().run, header().canStart, header().canStop, header().canInsert],
    ['idle', false, false, true],
  );
  setRun(study, 'running', true);
  assert.deepEqual([header().run, header().canStop, header().total, header().finished], ['running', true, 100, 1]);
  assert.equal(header({ isTrusted: false, now: 0 }).canStop, false);
  const left = addTrial(history, TrialState.running);
  setRun(study, 'running', false);
  assert.deepEqual([header().run, header().canStart, header().interrupted], ['failed', true, [left]]);
  assert.match(header().message ?? '', /process is gone/);
});

test('metric names come from the run, or from what Optuna stored', async () => {
  const { study } = await oneStudy();
  assert.equal(study.metricName(), 'value');
  setRun(study, 'running', true, { metric: 'eval_f1' });
  assert.equal(study.metricName(), 'eval_f1');
});

test('details show attributes as text', async () => {
  const { history } = await oneStudy();
  history.add({ state: TrialState.fail, userAttrs: { note: 'a', list: [1, null] } });
  assert.deepEqual(panelDetail(history, 0, { exists: true, curves: [] }, english), {
    number: 0,
    reason: null,
    hasOutput: true,
    canDebug: false,
    curves: [],
    facts: [],
    attributes: [
      { name: 'note', text: 'a' },
      { name: 'list', text: '[1,null]' },
    ],
    log: null,
    traceback: null,
    artifacts: [],
  });
});

test('a parameter has no value on rows that lack it or have it in another kind', async () => {
  const { history } = await oneStudy();
  const float = { type: 'float', low: 0, high: 1, log: false, step: null } as const;
  const choice = { type: 'categorical', choices: ['a', 'b'] } as const;
  const add = (internal: number, distribution: typeof float | typeof choice) =>
    history.add({ state: TrialState.complete, values: [1], params: [{ name: 'x', internal, distribution }] });
  add(0.25, float);
  history.add({ state: TrialState.complete, values: [1] });
  const valuesOf = () => [...(panelRows(history, allNumbers(history)).parameters[0]?.values ?? [])];
  assert.deepEqual(valuesOf(), [0.25, Number.NaN]);
  add(1, choice);
  add(0.5, float);
  history.add({ state: TrialState.complete, values: [1] });
  assert.deepEqual(valuesOf(), [0.25, Number.NaN, Number.NaN, 0.5, Number.NaN]);
});

test('what a study reached counts every finished trial, in the order in which they ended', () => {
  const history = new History([Direction.minimize]);
  const at = (value: number, startedAt: number, completedAt: number, part: object = {}) =>
    history.add({ state: TrialState.complete, values: [value], startedAt, completedAt, ...part });
  at(5, 1000, 9000);
  at(3, 2000, 4000);
  history.add({ state: TrialState.fail, startedAt: 2500, completedAt: 5000 });
  at(1, 3000, 6000, { systemAttrs: { constraints: [2] } });
  history.add({ state: TrialState.running, startedAt: 3500 });
  const { finished, places, elapsed, values } = reached(history);
  assert.deepEqual([finished, [...places], [...elapsed], [...values]], [4, [1, 4], [3000, 8000], [3, 5]]);
});

test('without all times trials count in the order of their numbers', () => {
  const history = new History([Direction.minimize]);
  history.add({ state: TrialState.complete, values: [5], startedAt: 1000, completedAt: 9000 });
  history.add({ state: TrialState.complete, values: [3] });
  const { places, values } = reached(history);
  assert.deepEqual(
    [[...places], [...values]],
    [
      [1, 2],
      [5, 3],
    ],
  );
});
