/** The sampler hypergradient: steps from the best trial, and what they are worth at equal cost. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { categoricalDistribution, floatDistribution } from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { isActive, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { GRADIENT } from '../../../src/core/study/attributes.ts';
import { History } from '../../../src/core/study/history.ts';
import { type Direction, TrialState } from '../../../src/core/study/states.ts';
import { stored } from '../../support/histories.ts';
import { bestValue, cube, numbersOf, search } from '../../support/searches.ts';

const space = searchSpace([
  { name: 'rate', distribution: floatDistribution(1e-4, 1, { log: true }) },
  { name: 'decay', distribution: floatDistribution(0, 2) },
  { name: 'kind', distribution: categoricalDistribution(['a', 'b']) },
]);

/** A trial at 1e-2, decay 1, kind b whose gradient leads 3 : 4 along the axes of the cube. */
function begun(direction: Direction = 1): History {
  const history = new History([direction]);
  const sign = direction === 1 ? 1 : -1;
  history.add({
    state: TrialState.complete,
    params: stored(space, { rate: 1e-2, decay: 1, kind: 'b' }),
    values: [1],
    systemAttrs: { [GRADIENT]: { rate: (sign * -3) / (1e-2 * Math.log(1e4)), decay: (sign * 4) / 2 } },
  });
  return history;
}

const sampler = () => createSampler({ type: 'hypergradient', seed: 1 });
const next = (history: History) => sampler().suggest(space, { history, number: history.length });

/** How far a suggestion is from the first trial, along both axes. */
function wayOf({ rate, decay }: Params): number[] {
  return [Math.log(Number(rate) / 1e-2) / Math.log(1e4), (Number(decay) - 1) / 2];
}

function assertNear(have: readonly number[], wanted: readonly number[]): void {
  for (const [at, one] of have.entries()) assert.ok(Math.abs(one - (wanted[at] as number)) < 1e-9, `${have}`);
}

describe('a step', () => {
  test('leads down the gradient, up where the objective is to grow, and leaves choices alone', () => {
    for (const direction of [1, 2] as const) {
      const { params, systemAttrs } = next(begun(direction));
      assertNear(wayOf(params), [0.06, -0.08]);
      assert.equal(params['kind'], 'b');
      assert.deepEqual(systemAttrs, { 'hypergradient:from': 0, 'hypergradient:length': 0.1 });
    }
  });

  test('is longer after one that led to the best trial, and shorter once more after one that did not', () => {
    for (const isBetter of [true, false]) {
      const history = begun();
      const { params, systemAttrs = {} } = next(history);
      history.add({
        state: TrialState.complete,
        params: stored(space, params),
        values: [isBetter ? 0.9 : 1.1],
        systemAttrs: { ...systemAttrs, ...(isBetter && { [GRADIENT]: { decay: 1 } }) },
      });
      const second = next(history);
      const length = second.systemAttrs?.['hypergradient:length'] as number;
      assert.ok(Math.abs(length - (isBetter ? 0.16 : 0.04)) < 1e-9, `${length}`);
      assertNear(wayOf(second.params), isBetter ? [0.06, -0.24] : [0.024, -0.032]);
    }
  });

  test('is left to another sampler after two that failed, without a gradient, and at a border', () => {
    const failing = begun();
    for (let round = 0; round < 2; round++) {
      const { params, systemAttrs = {} } = next(failing);
      assert.ok(Object.hasOwn(systemAttrs, 'hypergradient:from'));
      failing.add({ state: TrialState.running, params: stored(space, params), systemAttrs });
    }
    assert.equal(next(failing).systemAttrs?.['hypergradient:from'], undefined);

    for (const gradient of [null, { decay: 0.1 }, { decay: Number.MIN_VALUE }]) {
      const history = new History([1]);
      const params = stored(space, { rate: 1e-2, decay: 0, kind: 'a' });
      history.add({ state: TrialState.complete, params, values: [1], systemAttrs: { [GRADIENT]: gradient } });
      assert.equal(next(history).systemAttrs?.['hypergradient:from'], undefined);
    }
  });

  test('is left to another sampler where the space has changed since: each parameter is there, within its range', () => {
    const now = {
      'one more': [...space.parameters, { name: 'more', distribution: floatDistribution(0, 1) }],
      'one fewer': space.parameters.slice(1),
      'another range': space.parameters.map((one) =>
        one.name === 'decay' ? { ...one, distribution: floatDistribution(1.5, 2) } : one,
      ),
      'one with a condition': space.parameters.map((one) =>
        one.name === 'decay' ? { ...one, when: { kind: ['a'] } } : one,
      ),
    };
    for (const [label, parameters] of Object.entries(now)) {
      const changed = searchSpace(parameters);
      const { params, systemAttrs } = sampler().suggest(changed, { history: begun(), number: 1 });
      assert.equal(systemAttrs?.['hypergradient:from'], undefined, label);
      const wanted = changed.parameters.filter((one) => isActive(one, params)).map(({ name }) => name);
      assert.deepEqual(Object.keys(params).sort(), wanted.sort(), label);
    }
  });

  test('of a chaotic training is no longer than another', () => {
    const history = new History([1]);
    const gradient = { rate: 1e307, decay: -1e307 };
    const params = stored(space, { rate: 1e-2, decay: 1, kind: 'a' });
    history.add({ state: TrialState.complete, params, values: [1], systemAttrs: { [GRADIENT]: gradient } });
    const way = wayOf(next(history).params);
    assert.ok(Math.hypot(...way) < 0.1 + 1e-9, `${way}`);
  });
});

test('beats random search at equal cost where a gradient costs more than a training', () => {
  const four = cube(4, 0, 1);
  const target = [0.8, 0.35, 0.6, 0.15];
  const loss = (params: Params) =>
    numbersOf(params).reduce((sum, one, axis) => sum + (axis + 1) * (one - (target[axis] as number)) ** 2, 0);
  const slopes = (params: Params) =>
    Object.fromEntries(
      numbersOf(params).map((one, axis) => [`x${axis}`, 2 * (axis + 1) * (one - (target[axis] as number))]),
    );
  for (const seed of [1, 2, 3]) {
    let [best, cost] = [Number.POSITIVE_INFINITY, 0];
    const history = new History([1]);
    while (cost < 22) {
      search(createSampler({ type: 'hypergradient', seed }), {
        space: four,
        history,
        trials: 1,
        objective: (params) => {
          const value = loss(params);
          const isBest = value < best;
          best = Math.min(best, value);
          cost += isBest ? 2.3 : 1;
          return { values: [value], ...(isBest && { systemAttrs: { [GRADIENT]: slopes(params) } }) };
        },
      });
    }
    const random = search(createSampler({ type: 'random', seed }), { space: four, objective: loss, trials: 24 });
    assert.ok(best < 0.3 * bestValue(random), `${best} instead of ${bestValue(random)}`);
  }
});
