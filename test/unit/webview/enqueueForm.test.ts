import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TrialState } from '../../../src/core/study/states.ts';
import type { ModelParameter } from '../../../webview/model/model.ts';
import { rangeText, readNumber } from '../../../webview/trial/enqueueForm.ts';
import { parameterPlaces, placeIn } from '../../../webview/trial/parameters.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { panelTexts } from '../../support/words.ts';
import { modelOf } from './panelRows.ts';

const t = createTranslate(panelTexts);
const VALUES = new Float64Array(0);
const lr: ModelParameter = {
  name: 'lr',
  kind: 'float',
  log: true,
  low: 1e-6,
  high: 1e-2,
  choices: null,
  step: null,
  values: VALUES,
};
const layers: ModelParameter = {
  name: 'layers',
  kind: 'int',
  log: false,
  low: 2,
  high: 10,
  choices: null,
  step: 2,
  values: VALUES,
};
const drop: ModelParameter = {
  name: 'drop',
  kind: 'float',
  log: false,
  low: 0,
  high: 0.5,
  choices: null,
  step: 0.1,
  values: VALUES,
};

test('a field of the form takes what the space has and nothing else', () => {
  assert.deepEqual(readNumber(lr, '3e-4', '1e-3'), { type: 'value', value: 3e-4 });
  assert.deepEqual(readNumber(lr, ' 1e-3 ', '1e-3'), { type: 'same' });
  assert.deepEqual(readNumber(lr, '', '1e-3'), { type: 'free' });
  assert.deepEqual(readNumber(lr, '', ''), { type: 'same' });
  for (const text of ['0', '0.5', '-1e-3', 'NaN', 'Infinity', 'x', '1,5'])
    assert.equal(readNumber(lr, text, '').type, 'wrong', text);
  assert.equal(readNumber(layers, '4', '').type, 'value');
  for (const text of ['3', '4.5', '12', '0']) assert.equal(readNumber(layers, text, '').type, 'wrong', text);
  assert.equal(readNumber(drop, '0.3', '').type, 'value');
  assert.equal(readNumber(drop, '0.35', '').type, 'wrong');
});

test('what a field takes is said', () => {
  assert.equal(rangeText(lr, t), '1e-6 … 0.01, log');
  assert.equal(rangeText(layers, t), '2 … 10, in steps of 2');
  assert.equal(rangeText({ ...layers, step: 1 }, t), '2 … 10, whole numbers');
  assert.equal(rangeText({ ...lr, choices: ['a', null, true] }, t), 'a, null, true');
});

test('a value stands in its range on its own scale', () => {
  assert.equal(placeIn(lr, 1e-4), 0.5);
  assert.equal(placeIn(layers, 4), 0.25);
  assert.equal(placeIn({ ...layers, choices: ['a', 'b', 'c'], low: 0, high: 2 }, 1), 0.5);
  assert.equal(placeIn(lr, 1), null, 'outside of the newest range');
  assert.equal(placeIn(lr, Number.NaN), null);
  assert.equal(placeIn({ ...layers, low: 3, high: 3 }, 3), 0.5);
});

test('trial 0 and the best are marked beside a trial, and not beside themselves', () => {
  const model = modelOf([
    { state: TrialState.complete, params: { lr: 1e-3 } },
    { state: TrialState.complete, params: { lr: 1e-5 } },
  ]);
  const of = (number: number, best: number | null) =>
    parameterPlaces(model, number, best, t).find(({ name }) => name === 'lr');
  const [first, other] = [of(0, 1), of(1, 1)];
  if (!first || !other) return assert.fail('the trials have no lr');
  assert.equal(first.first, null);
  assert.notEqual(first.best, null);
  assert.notEqual(other.first, null);
  assert.equal(other.best, null);
});
