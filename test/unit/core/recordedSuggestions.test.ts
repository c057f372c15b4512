import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Random } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
  toInternal,
} from '../../../src/core/space/distributionRules.ts';
import type { Params, ParamValue } from '../../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { scoreOf, stored } from '../../support/histories.ts';

/** Suggestions of an earlier version by sampler, space and number of trials: work on speed must not change them. */
const RECORDED = new URL('../../fixtures/samplers/suggestions.json', import.meta.url);

const SPACES: Readonly<Record<string, SearchSpace>> = {
  floats: searchSpace(
    Array.from({ length: 6 }, (_, at) => ({ name: `x${at}`, distribution: floatDistribution(-5, 5) })),
  ),
  mixed: searchSpace([
    { name: 'share', distribution: floatDistribution(0, 1) },
    { name: 'rate', distribution: floatDistribution(1e-5, 0.1, { log: true }) },
    { name: 'grid', distribution: floatDistribution(0, 1, { step: 0.05 }) },
    { name: 'size', distribution: intDistribution(1, 100) },
    { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c']) },
    { name: 'many', distribution: categoricalDistribution(Array.from({ length: 40 }, (_, at) => at)) },
    { name: 'flag', distribution: categoricalDistribution([true, false]) },
  ]),
  tree: searchSpace([
    { name: 'kind', distribution: categoricalDistribution([...'abcde']) },
    { name: 'width', distribution: intDistribution(1, 512, { log: true }), when: { kind: ['b', 'd'] } },
    { name: 'rate', distribution: floatDistribution(1e-6, 1, { log: true }), when: { kind: ['b', 'd'] } },
    { name: 'mode', distribution: categoricalDistribution([...'pqrstu']), when: { kind: ['d'] } },
    { name: 'share', distribution: floatDistribution(0, 1), when: { kind: ['a'] } },
  ]),
};

/** Three suggestions after so many random trials, some of which failed, were pruned or still run. */
function suggestions(type: string, space: SearchSpace, count: number): Params[] {
  const history = new History([1]);
  const random = new Random(3, count);
  const filler = createSampler({ type: 'random', seed: 5 });
  const sampler = createSampler({ type, seed: 1 });
  const add = (params: Params) => {
    const kind = random.uniform();
    const score = scoreOf(space, params) + 0.1 * random.uniform();
    const trial = { params: stored(space, params) };
    if (kind < 0.05) history.add({ ...trial, state: TrialState.fail });
    else if (kind < 0.15)
      history.add({ ...trial, state: TrialState.pruned, values: [score], intermediate: [[1, score]] });
    else history.add({ ...trial, state: TrialState.complete, values: [score] });
  };
  while (history.length < count) add(filler.suggest(space, { history, number: history.length }).params);
  const made: Params[] = [];
  while (made.length < 3) {
    const { params } = sampler.suggest(space, { history, number: history.length });
    made.push(params);
    add(params);
    const { params: open } = filler.suggest(space, { history, number: history.length });
    history.add({ state: TrialState.running, params: stored(space, open) });
  }
  return made;
}

const recorded: Record<string, Params[]> = JSON.parse(readFileSync(RECORDED, 'utf8'));

for (const [name, expected] of Object.entries(recorded)) {
  const [type = '', place = '', count = ''] = name.split(' ');
  test(`${type} suggests what it did: ${place}, ${count} trials`, () => {
    const space = SPACES[place] as SearchSpace;
    for (const [index, params] of suggestions(type, space, Number(count)).entries()) {
      const before = expected[index] as Params;
      assert.deepEqual(Object.keys(params), Object.keys(before));
      for (const { name: parameter, distribution } of space.parameters) {
        if (!Object.hasOwn(params, parameter)) continue;
        const is = toInternal(distribution, params[parameter] as ParamValue);
        const was = toInternal(distribution, before[parameter] as ParamValue);
        assert.ok(Math.abs(is - was) <= 1e-9 * Math.abs(was), `${parameter} ${is}, before ${was}`);
      }
    }
  });
}
