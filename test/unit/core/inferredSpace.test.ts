import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RandomSampler } from '../../../src/core/samplers/randomSampler.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import { isActive, type SearchSpace, type SpaceParameter, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { inferredSpace } from '../../../src/core/study/inferredSpace.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { rebuilt, stored } from '../../support/histories.ts';

const unit = floatDistribution(0, 1);

test('what every finished trial had, without what has one value', () => {
  const history = new History([1]);
  assert.deepEqual(inferredSpace(history).parameters, []);
  const kind = categoricalDistribution(['a', 'b']);
  const shared = [
    { name: 'z', internal: 0, distribution: kind },
    { name: 'a', internal: 0.5, distribution: unit },
    { name: 'one', internal: 3, distribution: intDistribution(3, 3) },
  ];
  const only = { name: 'only', internal: 0.5, distribution: unit };
  history.add({ state: TrialState.complete, params: [...shared, only], values: [1] });
  history.add({ state: TrialState.fail, params: [] });
  const number = history.add({ state: TrialState.running, params: shared });
  assert.deepEqual(names(inferredSpace(history)), ['a', 'only', 'z']);
  history.apply({ type: 'state', number, state: TrialState.pruned, values: [2] });
  // The same kind, with and without: no rule explains it.
  assert.deepEqual(names(inferredSpace(history)), ['a', 'z']);
});

test('finds conditions on choices, flags and small whole numbers, also one below another', () => {
  const space = searchSpace([
    { name: 'optim', distribution: categoricalDistribution(['sgd', 'adam', 'none']) },
    { name: 'layers', distribution: intDistribution(1, 3) },
    { name: 'rate', distribution: unit },
    { name: 'momentum', distribution: unit, when: { optim: ['sgd'] } },
    { name: 'nesterov', distribution: categoricalDistribution([true, false]), when: { optim: ['sgd'] } },
    { name: 'damping', distribution: unit, when: { nesterov: [false] } },
    { name: 'decay', distribution: unit, when: { optim: ['sgd', 'adam'] } },
    { name: 'units2', distribution: unit, when: { layers: [2, 3] } },
    { name: 'units3', distribution: unit, when: { layers: [3] } },
  ]);
  const found = inferredSpace(drawn(space, 60, 4));
  assert.deepEqual(conditions(found), conditions(space));
  assert.doesNotThrow(() => searchSpace(found.parameters));
});

test('a rule that a later trial breaks is given up', () => {
  const optim = categoricalDistribution(['sgd', 'adam']);
  const history = new History([1]);
  const add = (choice: number, withMomentum: boolean) => {
    const params = [{ name: 'optim', internal: choice, distribution: optim }];
    if (withMomentum) params.push({ name: 'momentum', internal: 0.5, distribution: unit as never });
    history.add({ state: TrialState.complete, params, values: [1] });
  };
  add(0, true);
  add(1, false);
  assert.deepEqual(conditions(inferredSpace(history)).get('momentum'), { optim: ['sgd'] });
  add(1, true);
  assert.deepEqual(names(inferredSpace(history)), ['optim']);
});

test('any tree of conditions is found, and what is found holds for every trial', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(99), { minLength: 1, maxLength: 7 }), fc.nat(999), (picks, seed) => {
      const space = treeOf(picks);
      const history = drawn(space, 80, seed);
      const found = inferredSpace(history);
      assert.deepEqual(inferredSpace(rebuilt(history)), found);
      for (let number = 0; number < history.length; number++) {
        const params = history.params(number);
        for (const parameter of found.parameters) {
          assert.equal(isActive(parameter, params), Object.hasOwn(params, parameter.name), parameter.name);
        }
      }
      // With so many trials every branch was met.
      assert.deepEqual([...names(found)].sort(), [...names(space)].sort());
    }),
    { numRuns: 60 },
  );
});

/** Choices c0, c1, … of which some depend on a value of an earlier one. */
function treeOf(picks: readonly number[]): SearchSpace {
  const parameters: SpaceParameter[] = [];
  for (const [index, pick] of picks.entries()) {
    const distribution = index % 3 === 2 ? intDistribution(0, 2) : categoricalDistribution(['x', 'y']);
    const parent = pick % 3 === 0 ? undefined : parameters[pick % Math.max(1, index)];
    const depth = parent ? Object.keys(parent.when ?? {}).length : 0;
    if (!parent || depth > 0) parameters.push({ name: `c${index}`, distribution });
    else {
      const value = parent.distribution.type === 'categorical' ? 'y' : 1;
      parameters.push({ name: `c${index}`, distribution, when: { [parent.name]: [value] } });
    }
  }
  return searchSpace(parameters);
}

function drawn(space: SearchSpace, trials: number, seed: number): History {
  const history = new History([1]);
  const sampler = new RandomSampler(seed);
  for (let number = 0; number < trials; number++) {
    const { params } = sampler.suggest(space, { history, number });
    history.add({ state: TrialState.complete, params: stored(space, params), values: [number] });
  }
  return history;
}

function names({ parameters }: SearchSpace): string[] {
  return parameters.map(({ name }) => name);
}

function conditions({ parameters }: SearchSpace): Map<string, unknown> {
  return new Map([...parameters].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, when }) => [name, when]));
}
