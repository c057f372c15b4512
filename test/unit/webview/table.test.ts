import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrialState } from '../../../src/core/study/states.ts';
import { ValueFormat } from '../../../src/core/text/numbers.ts';
import { stateLegend } from '../../../webview/charts/chartBoard.ts';
import { readChoices } from '../../../webview/charts/panelState.ts';
import type { Scene } from '../../../webview/charts/scene.ts';
import { actionsOf } from '../../../webview/header.ts';
import { stepThrough } from '../../../webview/plot/plotTargets.ts';
import {
  compareBy,
  shortState,
  sortTrials,
  stateKey,
  tableColumns,
  updateOrder,
} from '../../../webview/table/tableModel.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { panelTexts } from '../../support/words.ts';
import { headerOf, modelOf } from './panelRows.ts';
import { ALL_TRIALS } from './plots.ts';

const t = createTranslate(panelTexts);
const keys = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double(), fc.constant(Number.NaN)), {
  maxLength: 60,
});

test('sorting is complete and stable, with NaN last both ways', () => {
  fc.assert(
    fc.property(keys, fc.boolean(), (values, isAscending) => {
      const order = sortTrials(values.length, { sortValue: (number) => values[number] as number }, isAscending);
      assert.deepEqual(
        [...order].sort((one, other) => one - other),
        values.map((_, number) => number),
      );
      for (let at = 1; at < order.length; at++) {
        const [one, other] = [order[at - 1] as number, order[at] as number];
        const [left, right] = [values[one] as number, values[other] as number];
        if (Number.isNaN(left)) assert.ok(Number.isNaN(right) && one < other);
        else if (!Number.isNaN(right)) assert.ok(left === right ? one < other : left < right === isAscending);
      }
    }),
  );
});

test('an updated order is the order of a whole new sort', () => {
  fc.assert(
    fc.property(
      keys,
      fc.array(fc.tuple(fc.nat({ max: 80 }), fc.double())),
      fc.boolean(),
      (first, changes, isAscending) => {
        const values = [...first];
        const column = { sortValue: (number: number) => values[number] as number };
        const order = sortTrials(values.length, column, isAscending);
        const changed: number[] = [];
        for (const [at, value] of changes) {
          const number = Math.min(at, values.length);
          values[number] = value;
          changed.push(number);
        }
        const updated = updateOrder(order, changed, values.length, compareBy(column, isAscending));
        assert.deepEqual(updated, sortTrials(values.length, column, isAscending));
      },
    ),
  );
});

test('the table says every number of a trial in words', () => {
  const model = modelOf(
    [
      {
        state: TrialState.complete,
        value: 0.5,
        params: { lr: 3.4e-5, layers: 3, optim: 1 },
        startedAt: 0,
        completedAt: 237_000,
      },
      { state: TrialState.fail },
      { state: TrialState.running },
      { state: TrialState.complete, value: Number.NaN },
    ],
    { interrupted: [2] },
  );
  const columns = tableColumns(model, ['loss'], [ValueFormat.of([0.5])], t);
  const row = (number: number) => columns.map(({ text }) => text(number));
  assert.deepEqual(
    columns.map(({ label }) => label),
    ['trial', 'state', 'loss', 'lr', 'layers', 'optim', 'time'],
  );
  assert.deepEqual(row(0), ['0', 'complete', '0.5000', '3.40e-5', '3', 'null', '3:57']);
  assert.deepEqual(row(1), ['1', 'failed', '–', '–', '–', '–', '–']);
  assert.equal(stateKey(model, 2), 'interrupted');
  assert.equal(row(3)[2], 'nan');
});

test('arrow keys go from trial to trial, also from one that the chart does not show', () => {
  const trials = [2, 5, 9];
  assert.equal(stepThrough(trials, 5, 'ArrowRight'), 9);
  assert.equal(stepThrough(trials, 9, 'ArrowRight'), 9);
  assert.equal(stepThrough(trials, 6, 'ArrowRight'), 9);
  assert.equal(stepThrough(trials, 6, 'ArrowLeft'), 5);
  assert.equal(stepThrough(trials, 2, 'ArrowLeft'), 2);
  assert.equal(stepThrough(trials, null, 'ArrowLeft'), 9);
  assert.equal(stepThrough(trials, 9, 'Home'), 2);
  assert.equal(stepThrough([], 9, 'End'), null);
});

test('buttons appear only when they can work, three at most', () => {
  const can = { canStart: true, canStop: false, canInsert: true, best: 3, finished: 5 };
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'failed' })), ['showRunLog', 'resume', 'insertBest']);
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'running', canStop: true })), ['stop', 'insertBest']);
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'idle', finished: 0, best: null })), ['start']);
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'finished', total: 5 })), ['insertBest'], 'nothing is left to do');
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'finished', total: 9 })), ['resume', 'insertBest']);
  assert.deepEqual(actionsOf(headerOf({ run: 'stopped', finished: 5, best: 3 })), []);
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'stopping', canStop: false })), ['insertBest']);
});

test('a kept state of any shape is read or replaced', () => {
  fc.assert(fc.property(fc.anything(), (state) => assert.equal(typeof readChoices(state).log, 'boolean')));
  const kept = {
    ...readChoices(null),
    studyId: 's',
    parameter: 'lr',
    sort: { key: 'param:lr', isAscending: false },
    selected: 4,
    log: true,
  };
  assert.deepEqual(readChoices(JSON.parse(JSON.stringify(kept))), kept);
  assert.equal(readChoices({ selected: -1 }).selected, null);
});

test('a complete trial that violates a constraint is said to, and explained in the legend', () => {
  const { complete, pruned } = TrialState;
  const model = modelOf([
    { state: complete, value: 1 },
    { state: complete, value: 0, feasible: false },
    { state: pruned, feasible: false },
  ]);
  assert.deepEqual(
    [0, 1, 2].map((number) => shortState(model, number)),
    ['complete', 'infeasibleShort', 'pruned'],
  );
  const state = tableColumns(model, ['loss'], [ValueFormat.of([])], t).find(({ key }) => key === 'state');
  assert.equal(state?.text(1), 'infeasible');
  assert.ok((state?.sortValue(1) as number) > (state?.sortValue(0) as number));
  const scene = { model, header: headerOf(), selection: ALL_TRIALS, choices: readChoices(null) } as unknown as Scene;
  assert.deepEqual(
    stateLegend(scene, t).map(([, name]) => name),
    ['complete', 'violates a constraint', 'pruned'],
  );
});

test('the column of trial numbers has room for every digit and the icon beside it', () => {
  for (const length of [1, 9999, 10_001, 100_001, 9_999_999]) {
    const model = { length, parameters: new Map(), schedule: {} } as unknown as Parameters<typeof tableColumns>[0];
    const [trial] = tableColumns(model, [], [], t);
    assert.ok((trial?.width ?? 0) >= String(length - 1).length + 5, `${length} trials`);
  }
});
