import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrialState } from '../../../src/core/study/states.ts';
import { ValueFormat } from '../../../src/core/text/numbers.ts';
import type { PanelHeader } from '../../../src/protocol/panel.ts';
import { stateLegend } from '../../../webview/charts/legends.ts';
import { readChoices } from '../../../webview/charts/panelState.ts';
import type { Scene } from '../../../webview/charts/scene.ts';
import { compareTrials } from '../../../webview/compare.ts';
import { actionsOf } from '../../../webview/header.ts';
import { stepThrough } from '../../../webview/plot/plotTargets.ts';
import { controlsOf, expected } from '../../../webview/steering.ts';
import { EXTENSION, exportTable, FORMATS } from '../../../webview/table/exportTable.ts';
import {
  arranged,
  movedBefore,
  PLAIN_LAYOUT,
  shortState,
  stateKey,
  type TableColumn,
  tableColumns,
} from '../../../webview/table/tableModel.ts';
import { compareBy, sortTrials, updateOrder } from '../../../webview/table/tableOrder.ts';
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
      const order = sortTrials(values.length, [{ sortValue: (number) => values[number] as number, isAscending }]);
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
        const keys = [{ sortValue: (number: number) => values[number] as number, isAscending }];
        const order = sortTrials(values.length, keys);
        const changed: number[] = [];
        for (const [at, value] of changes) {
          const number = Math.min(at, values.length);
          values[number] = value;
          changed.push(number);
        }
        const updated = updateOrder(order, changed, values.length, compareBy(keys));
        assert.deepEqual(updated, sortTrials(values.length, keys));
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
  const columns = arranged(tableColumns(model, ['loss'], [ValueFormat.of([0.5])], t), PLAIN_LAYOUT);
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
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'running', canStop: true })), ['insertBest']);
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'idle', finished: 0, best: null })), ['start']);
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'finished', total: 5 })), ['insertBest'], 'nothing is left to do');
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'finished', total: 9 })), ['resume', 'insertBest']);
  assert.deepEqual(actionsOf(headerOf({ run: 'stopped', finished: 5, best: 3 })), []);
  assert.deepEqual(actionsOf(headerOf({ ...can, run: 'stopping', canStop: false })), ['insertBest']);
  const usedUp = { ...can, run: 'stopped', total: 5, canRunMore: true } as const;
  assert.deepEqual(actionsOf(headerOf(usedUp)), ['insertBest'], 'it is given more instead');
});

test('the header steers with what the process of the study can follow', () => {
  const all = { canStop: true, steering: ['pause', 'setBudget', 'setParallel'], budget: 9, parallel: 2 } as const;
  const controls = (part: Partial<PanelHeader>) => controlsOf(headerOf({ ...all, ...part }));
  assert.deepEqual(controls({ run: 'running' }), ['pause', 'stop', 'budget', 'parallel']);
  assert.deepEqual(controls({ run: 'paused' }), ['resume', 'stop', 'budget', 'parallel']);
  assert.deepEqual(controls({ run: 'stopping' }), ['stop']);
  assert.deepEqual(controls({ run: 'running', budget: null, steering: ['setBudget'] }), ['stop']);
  assert.deepEqual(
    controls({ run: 'running', canStop: false, steering: [] }),
    [],
    'in a window that may not run things',
  );
  assert.deepEqual(controls({ run: 'finished', canStop: false, steering: [], canRunMore: true }), ['runMore']);
});

test('the header shows what an order will lead to, and of several the last one', () => {
  const header = headerOf({ run: 'running', total: 9, budget: 9, parallel: 2, etaMs: 1 });
  const shown = expected(header, [
    { order: 'setBudget', trials: 29 },
    { order: 'setParallel', parallel: 4 },
    { order: 'pause' },
  ]);
  assert.deepEqual([shown.total, shown.budget, shown.parallel, shown.run, shown.etaMs], [29, 29, 4, 'paused', null]);
  assert.deepEqual(expected(header, []), header);
});

test('a kept state of any shape is read or replaced', () => {
  fc.assert(fc.property(fc.anything(), (state) => assert.equal(typeof readChoices(state).log, 'boolean')));
  const kept = {
    ...readChoices(null),
    studyId: 's',
    parameter: 'lr',
    sorts: [{ key: 'param:lr', isAscending: false }],
    layout: { ...PLAIN_LAYOUT, hidden: ['state'], widths: { trial: 80 } },
    filter: ['lr < 1'],
    marked: [3, 1],
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

test('of equal trials the next key decides', () => {
  const first = [1, 0, 1, 0];
  const second = [5, 6, 7, 8];
  const order = sortTrials(4, [
    { sortValue: (number) => first[number] as number, isAscending: true },
    { sortValue: (number) => second[number] as number, isAscending: false },
  ]);
  assert.deepEqual([...order], [3, 1, 2, 0]);
});

test('columns are hidden, pinned and moved, and new ones stand where they would have stood', () => {
  const model = modelOf([{ state: TrialState.complete, value: 1, params: { lr: 1, layers: 1, optim: 0 } }]);
  const all = tableColumns(model, ['loss'], [ValueFormat.of([1])], t);
  const labels = (part: Partial<typeof PLAIN_LAYOUT>) =>
    arranged(all, { ...PLAIN_LAYOUT, ...part }).map(({ label }) => label);
  assert.deepEqual(labels({ hidden: ['state', 'duration'] }), ['trial', 'loss', 'lr', 'layers', 'optim']);
  assert.deepEqual(labels({ shown: ['start'] }).at(-1), 'started');
  assert.deepEqual(labels({ pinned: ['trial', 'param:optim'] }).slice(0, 3), ['trial', 'optim', 'state']);
  const order = movedBefore(arranged(all, PLAIN_LAYOUT), 'duration', 'param:lr');
  assert.deepEqual(labels({ order }), ['trial', 'state', 'loss', 'time', 'lr', 'layers', 'optim']);
  const without = order.filter((key) => key !== 'param:layers');
  assert.deepEqual(labels({ order: without }), ['trial', 'state', 'loss', 'time', 'lr', 'layers', 'optim']);
});

test('a comparison has only what differs, and says what is the same', () => {
  const trial = { state: TrialState.complete, params: { lr: 1e-3, layers: 2, optim: 0 } };
  const model = modelOf([
    { ...trial, value: 0.5 },
    { ...trial, value: 0.4, params: { ...trial.params, layers: 3 } },
    { ...trial, value: 0.4, params: { lr: 1e-3, layers: 2 } },
  ]);
  const columns = tableColumns(model, ['loss'], [ValueFormat.of([0.5, 0.4])], t);
  const of = (...numbers: number[]) => {
    const { different, same } = compareTrials(numbers, columns);
    return [different.map(({ label }) => label), same];
  };
  assert.deepEqual(of(0, 1), [
    ['loss', 'layers'],
    ['state complete', 'lr 0.00100', 'optim sgd'],
  ]);
  assert.deepEqual(of(0, 2)[0], ['loss', 'optim'], 'a parameter that one lacks differs');
  assert.deepEqual(of(1, 1)[0], []);
});

test('an export has exact values, and no text of it is a formula, a command or markup', () => {
  const model = modelOf([{ state: TrialState.complete, value: 1 / 3, params: { lr: 1e-5, optim: 0 } }]);
  const evil = [
    '=cmd|calc',
    '+1',
    '-x',
    '@sum',
    '\t=1',
    ' =1',
    'a,"b"\n<img src=x>',
    '\\input{/etc/passwd}',
    'a|b',
    '[x](y)',
  ];
  const text = (label: string): TableColumn => {
    return { key: label, label, isText: true, width: 1, sortValue: Number, text: () => label, exact: () => label };
  };
  const columns = [...tableColumns(model, ['loss'], [ValueFormat.of([1])], t), ...evil.map(text)];
  const made = Object.fromEntries(FORMATS.map((format) => [format, exportTable(columns, [0], format)]));
  assert.match(made['csv'] as string, new RegExp(`^0,complete,${1 / 3},0.00001,,sgd,`, 'm'));
  assert.doesNotMatch(made['csv'] as string, /(^|,)"?\s*[=+@]/m);
  assert.ok((made['csv'] as string).includes('"a,""b""\n<img src=x>"'));
  assert.equal(JSON.parse(made['json'] as string)[0].loss, 1 / 3);
  assert.doesNotMatch(made['markdown'] as string, /[^\\]<|[^\\]\[/);
  assert.equal((made['markdown'] as string).split('\n').length, 4, 'a row a line');
  assert.doesNotMatch(made['latex'] as string, /\\input/);
  assert.deepEqual(Object.keys(EXTENSION), [...FORMATS]);
});

test('the column of trial numbers has room for every digit and the icon beside it', () => {
  for (const length of [1, 9999, 10_001, 100_001, 9_999_999]) {
    const rest = { parameters: new Map(), schedule: {}, attributes: [], curves: { points: 0 }, marks: new Map() };
    const model = { length, ...rest } as unknown as Parameters<typeof tableColumns>[0];
    const [trial] = tableColumns(model, [], [], t);
    assert.ok((trial?.width ?? 0) >= String(length - 1).length + 5, `${length} trials`);
  }
});
