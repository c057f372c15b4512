import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';
import { stored } from '../../support/histories.ts';

samplerContract('random', { create: (seed) => createSampler({ type: 'random', seed }) });
samplerContract('tpe', { create: (seed) => createSampler({ type: 'tpe', seed }) });
samplerContract('tpe, one parameter at a time', {
  create: (seed) => createSampler({ type: 'tpe', seed, options: { multivariate: false, nStartupTrials: 3 } }),
});
samplerContract('tpe without groups and liar', {
  create: (seed) => createSampler({ type: 'tpe', seed, options: { group: false, constantLiar: false } }),
});
samplerContract('grid', { create: (seed) => createSampler({ type: 'grid', seed }), enumerates: true });

test('refuses what it does not know, in one sentence that says what to use', () => {
  const refused = (type: string, message: RegExp) =>
    assert.throws(() => createSampler({ type, seed: 1 }), { code: 'unknown-sampler', message });
  refused('tpee', /^There is no sampler "tpee": use tpe\.$/);
  refused('annealing', /use one of .*tpe.*random.*grid/);
  for (const options of [{ nStartup: 3 }, { nStartupTrials: -1 }, { nEiCandidates: 0.5 }, { group: 1 }]) {
    assert.throws(() => createSampler({ type: 'tpe', seed: 1, options }), { code: 'invalid-option' });
  }
  assert.throws(() => createSampler({ type: 'grid', seed: 1, options: { multivariate: true } }), {
    code: 'invalid-option',
  });
});

test('grid tries every combination once, inactive parameters taking no part, and knows when it is done', () => {
  const space = searchSpace([
    { name: 'a', distribution: categoricalDistribution(['x', 'y']) },
    { name: 'b', distribution: intDistribution(1, 3), when: { a: ['x'] } },
    { name: 'c', distribution: floatDistribution(0, 0.3, { step: 0.1 }) },
  ]);
  const sampler = createSampler({ type: 'grid', seed: 4 });
  const history = new History([1]);
  const seen: string[] = [];
  while (!sampler.isExhausted?.(space, history)) {
    const { params, systemAttrs } = sampler.suggest(space, { history, number: history.length });
    seen.push(JSON.stringify(params));
    history.add({
      state: TrialState.complete,
      params: stored(space, params),
      values: [1],
      ...(systemAttrs && { systemAttrs }),
    });
  }
  assert.equal(seen.length, 3 * 4 + 4);
  assert.equal(new Set(seen).size, 16);
  assert.ok(seen.includes('{"a":"y","c":0.3}'));
  assert.throws(() => sampler.suggest(space, { history, number: history.length }), { code: 'grid-exhausted' });
});

test('grid tries a failed point once more, after all others', () => {
  const space = searchSpace([{ name: 'n', distribution: intDistribution(1, 3) }]);
  const sampler = createSampler({ type: 'grid', seed: 0 });
  const history = new History([1]);
  const tried: unknown[] = [];
  while (!sampler.isExhausted?.(space, history)) {
    const { params, systemAttrs } = sampler.suggest(space, { history, number: history.length });
    tried.push(params['n']);
    const state = params['n'] === tried[0] ? TrialState.fail : TrialState.complete;
    history.add({ state, params: stored(space, params), values: [1], ...(systemAttrs && { systemAttrs }) });
  }
  assert.equal(tried.length, 4);
  assert.equal(tried[3], tried[0]);
});

test('grid refuses a continuous parameter and a product without end', () => {
  const sampler = createSampler({ type: 'grid', seed: 0 });
  const context = { history: new History([1]), number: 0 };
  const continuous = searchSpace([{ name: 'x', distribution: floatDistribution(0, 1) }]);
  assert.throws(() => sampler.suggest(continuous, context), { code: 'invalid-space', message: /step for x/ });
  const huge = searchSpace([
    { name: 'x', distribution: intDistribution(1, 2000) },
    { name: 'y', distribution: intDistribution(1, 2000) },
  ]);
  assert.throws(() => sampler.suggest(huge, context), { code: 'invalid-space', message: /million/ });
});
