import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TrialState } from '../../../src/core/study/states.ts';
import { TrialModel } from '../../../webview/model/model.ts';
import { headerOf, modelOf, PARAMETERS, rowsOf, type TrialLike } from './panelRows.ts';

const value = fc.oneof(fc.double(), fc.constant(Number.NaN), fc.constant(Number.POSITIVE_INFINITY));
const trial: fc.Arbitrary<TrialLike> = fc.record({
  state: fc.constantFrom(...Object.values(TrialState)),
  value,
  params: fc.dictionary(fc.constantFrom('lr', 'layers', 'optim'), fc.double({ noNaN: true })),
  curve: fc.array(fc.tuple(fc.integer({ min: 0, max: 50 }), value), { maxLength: 12 }),
  feasible: fc.boolean(),
  startedAt: fc.double({ min: 0, max: 1e13 }),
  completedAt: fc.double({ min: 0, max: 1e13 }),
});

function contentOf(model: TrialModel): unknown {
  return Array.from({ length: model.length }, (_, number) => ({
    state: model.state(number),
    feasible: model.isFeasible(number),
    value: model.value(number, 0),
    times: [model.startedAt(number), model.completedAt(number)],
    params: PARAMETERS.map(({ name }) => model.parameter(number, name)),
    curve: Array.from({ length: model.curves.length(number) }, (__, index) => [
      model.curves.step(number, index),
      model.curves.value(number, index),
    ]),
  }));
}

test('any deltas in any order end in what one snapshot of the end holds', () => {
  const change = fc.tuple(fc.nat({ max: 25 }), trial);
  fc.assert(
    fc.property(
      fc.array(trial, { maxLength: 8 }),
      fc.array(fc.array(change, { maxLength: 6 }), { maxLength: 20 }),
      (first, deltas) => {
        const now = [...first];
        const model = modelOf(first);
        for (const delta of deltas) {
          const changed = new Set<number>();
          for (const [at, next] of delta) {
            const number = Math.min(at, now.length);
            now[number] = next;
            changed.add(number);
          }
          model.merge(headerOf(), rowsOf(now, [...changed]));
        }
        assert.deepEqual(contentOf(model), contentOf(modelOf(now)));
      },
    ),
  );
});

test('a curve that grows point by point leaves little waste behind', () => {
  const model = new TrialModel();
  model.load(headerOf(), rowsOf([{ state: TrialState.running }]));
  const curve: [number, number][] = [];
  for (let step = 0; step < 3000; step++) {
    curve.push([step, step / 2]);
    model.merge(headerOf(), rowsOf([{ state: TrialState.running, curve }]));
  }
  assert.equal(model.curves.points, 3000);
  assert.ok(model.curves.used <= 2 * 3000, `${model.curves.used} elements for 3000 points`);
  assert.deepEqual(model.curves.last(0), { step: 2999, value: 1499.5 });
});

test('a second snapshot forgets the first, parameters and curves included', () => {
  const model = modelOf([
    { state: TrialState.complete, value: 1, params: { lr: 0.1 }, curve: [[0, 1]] },
    { state: TrialState.complete, value: 2 },
  ]);
  model.load(headerOf({ directions: [1, 2] }), {
    ...rowsOf([{ state: TrialState.running }]),
    values: Float64Array.of(3, 4),
    parameters: [],
  });
  assert.equal(model.length, 1);
  assert.equal(model.parameters.size, 0);
  assert.equal(model.curves.length(0), 0);
  assert.deepEqual([model.value(0, 0), model.value(0, 1)], [3, 4]);
});

test('only a running trial can be interrupted', () => {
  const trials: TrialLike[] = [{ state: TrialState.running }, { state: TrialState.complete, value: 1 }];
  const model = modelOf(trials, { interrupted: [0, 1] });
  assert.deepEqual([model.isInterrupted(0), model.isInterrupted(1)], [true, false]);
});
