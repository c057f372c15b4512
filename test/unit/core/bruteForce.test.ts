import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import { type SearchSpace, searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { Trial } from '../../../src/core/study/trial.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';
import { stored } from '../../support/histories.ts';

samplerContract('bruteforce', { create: (seed) => createSampler({ type: 'bruteforce', seed }), enumerates: true });

const conditional = searchSpace([
  { name: 'a', distribution: categoricalDistribution(['x', 'y']) },
  { name: 'b', distribution: intDistribution(1, 3), when: { a: ['x'] } },
  { name: 'c', distribution: floatDistribution(0, 0.3, { step: 0.1 }) },
]);

function exhaust(space: SearchSpace, history: History, seed = 4): string[] {
  const sampler = createSampler({ type: 'bruteforce', seed });
  const seen: string[] = [];
  while (!sampler.isExhausted?.(space, history)) {
    const { params } = sampler.suggest(space, { history, number: history.length });
    seen.push(JSON.stringify(params));
    const state = seen.length % 5 === 0 ? TrialState.fail : TrialState.complete;
    history.add({ state, params: stored(space, params), values: state === TrialState.fail ? null : [1] });
    assert.ok(seen.length < 1000);
  }
  assert.throws(() => sampler.suggest(space, { history, number: history.length }), { code: 'space-exhausted' });
  return seen;
}

test('tries every combination of a conditional space once and stops', () => {
  const seen = exhaust(conditional, new History([1]));
  assert.equal(seen.length, 3 * 4 + 4);
  assert.equal(new Set(seen).size, 16);
});

test('counts what other trials have tried, enqueued or of another sampler, and nothing outside the space', () => {
  const history = new History([1]);
  const add = (params: Record<string, unknown>) =>
    history.add({ state: TrialState.complete, params: stored(conditional, params as never), values: [1] });
  add({ a: 'x', b: 2, c: 0.1 });
  add({ a: 'x', b: 2, c: 0.1 });
  add({ a: 'y', c: 0.3 });
  add({ a: 'y', c: 0.25 });
  const seen = exhaust(conditional, history);
  assert.equal(new Set(seen).size, 14);
  assert.ok(!seen.includes('{"a":"y","c":0.3}') && !seen.includes('{"a":"x","b":2,"c":0.1}'));
});

test('takes a space of 10^30 combinations, with running trials, and never repeats one', () => {
  const space = searchSpace(
    Array.from({ length: 10 }, (_, index) => ({ name: `x${index}`, distribution: intDistribution(1, 1000) })),
  );
  const history = new History([1]);
  const sampler = createSampler({ type: 'bruteforce', seed: 1 });
  const seen = new Set<string>();
  for (let number = 0; number < 300; number++) {
    const { params } = sampler.suggest(space, { history, number });
    seen.add(JSON.stringify(params));
    history.add({ state: TrialState.running, params: stored(space, params) });
  }
  assert.equal(seen.size, 300);
  assert.equal(sampler.isExhausted?.(space, history), false);
});

test('refuses a continuous parameter and says what to write', () => {
  const sampler = createSampler({ type: 'bruteforce', seed: 0 });
  const space = searchSpace([{ name: 'x', distribution: floatDistribution(0, 1) }]);
  assert.throws(() => sampler.suggest(space, { history: new History([1]), number: 0 }), {
    code: 'invalid-space',
    message: /step for x/,
  });
});

async function runToTheEnd(objective: (trial: Trial) => number, seed: number): Promise<string[]> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [1] });
  const study = new Study(log, record, { sampler: createSampler({ type: 'bruteforce', seed }), pruner: null });
  const seen: string[] = [];
  while (!study.isExhausted) {
    const trial = await study.ask();
    const value = objective(trial);
    seen.push(JSON.stringify(trial.params));
    await study.tell(trial, { values: [value] });
    assert.ok(seen.length < 1000);
  }
  return seen;
}

test('learns a define-by-run objective, ranges that depend on earlier values included, and stops by itself', async () => {
  const objective = (trial: Trial): number => {
    if (trial.suggestCategorical('kind', ['float', 'int']) === 'float') {
      return trial.suggestFloat('x', 1, 3, { step: 0.5 });
    }
    const a = trial.suggestInt('a', 1, 3);
    return a + trial.suggestInt('b', a, 3);
  };
  for (const seed of [0, 1, 2]) {
    const seen = await runToTheEnd(objective, seed);
    assert.equal(seen.length, 5 + 6);
    assert.equal(new Set(seen).size, 11);
  }
});

test('an objective without parameters is done after one trial', async () => {
  assert.equal((await runToTheEnd(() => 1, 0)).length, 1);
});
