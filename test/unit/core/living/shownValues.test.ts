import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assessImportance } from '../../../../src/core/importance/assess.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../../src/core/space/distributionRules.ts';
import type { Distribution } from '../../../../src/core/space/distributions.ts';
import { History } from '../../../../src/core/study/history.ts';
import { uniformForm } from '../../../../src/core/study/living/uniformForm.ts';
import { Direction, TrialState } from '../../../../src/core/study/states.ts';
import { panelRows } from '../../../../src/extension/panel/panelRows.ts';

type Given = Readonly<Record<string, readonly [internal: number, distribution: Distribution]>>;

/** A study that was edited half-way: a choice more in another order, a log scale, another type, a parameter more. */
function editedHistory(): History {
  const history = new History([Direction.minimize]);
  const add = (value: number, params: Given) =>
    history.add({
      state: TrialState.complete,
      values: [value],
      params: Object.entries(params).map(([name, [internal, distribution]]) => ({ name, internal, distribution })),
    });
  const old = { k: categoricalDistribution(['a', 'b']), x: floatDistribution(0, 1), n: floatDistribution(1, 4) };
  const now = {
    k: categoricalDistribution(['a', 'b', 'c']),
    x: floatDistribution(0.01, 2, { log: true }),
    n: intDistribution(2, 9),
    y: floatDistribution(0, 1),
  };
  for (let round = 0; round < 40; round++) {
    const k = round % 2;
    add(k * 3 + (round % 5) / 10, { k: [k, old.k], x: [round / 40, old.x], n: [1 + (round % 4) / 2, old.n] });
  }
  for (let round = 0; round < 40; round++) {
    const k = round % 3;
    const x = 0.02 * (1 + round);
    add(k * 3 + (round % 5) / 10, {
      k: [k, now.k],
      x: [x, now.x],
      n: [2 + (round % 7), now.n],
      y: [round / 40, now.y],
    });
  }
  return history;
}

test('the panel shows every trial of an edited study on one axis', () => {
  const history = editedHistory();
  const rows = panelRows(
    history,
    Uint32Array.from({ length: history.length }, (_, number) => number),
  );
  const of = (name: string) => rows.parameters.find((parameter) => parameter.name === name);
  assert.deepEqual(of('k')?.choices, ['a', 'b', 'c']);
  assert.deepEqual([...(of('k')?.values ?? [])].slice(38, 44), [0, 1, 0, 1, 2, 0]);
  assert.deepEqual([of('x')?.log, of('x')?.high], [true, 2]);
  assert.equal(of('x')?.values[20], 0.5);
  assert.deepEqual([of('n')?.kind, of('n')?.low, of('n')?.high], ['int', 1, 9]);
  assert.ok(Number.isNaN(of('n')?.values[1]), 'a fraction is no whole number');
  assert.ok(Number.isNaN(of('y')?.values[0]));
  assert.equal(of('y')?.values[40], 0);
});

test('importance is measured over the edit', () => {
  for (const evaluator of ['pedAnova', 'fanova'] as const) {
    const { parameters } = assessImportance(editedHistory(), { evaluator, objective: 0 });
    const k = parameters.find(({ name }) => name === 'k');
    assert.deepEqual([k?.trials, k?.isApart, k?.isNoise], [80, false, false], evaluator);
  }
});

test('a copy has every value that its last form can have in that form, and the others as they were', () => {
  const history = editedHistory();
  const form = (name: string, number: number) => uniformForm(history.parameters.get(name) as never, number);
  assert.deepEqual(form('k', 1).distribution, categoricalDistribution(['a', 'b', 'c']));
  assert.deepEqual(form('x', 4).distribution, floatDistribution(0, 1), 'a range from 0 on has no log scale');
  assert.deepEqual(form('n', 0).distribution, intDistribution(1, 4));
  assert.deepEqual(form('n', 1), { name: 'n', internal: 1.5, distribution: floatDistribution(1, 4) });
});
