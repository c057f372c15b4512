import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../../src/core/samplers/createSampler.ts';
import { declaredSpace } from '../../../../src/core/space/declaredSpace.ts';
import { MemoryLog } from '../../../../src/core/study/memoryLog.ts';
import { Study } from '../../../../src/core/study/study.ts';

/** A bowl whose lowest point violates a condition: the best that is allowed lies on the border, at a loss of 0.02. */
const SPACE = {
  a: { type: 'float', low: 0, high: 1 },
  b: { type: 'float', low: 0, high: 1 },
  c: { type: 'float', low: 0, high: 1 },
  d: { type: 'float', low: 0, high: 1 },
} as const;

async function regretOf(type: string, seed: number): Promise<number> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'study', directions: [1] });
  const space = declaredSpace(SPACE, ['a + b <= 1', 'c < d']);
  const study = new Study(log, record, { space, sampler: createSampler({ type, seed }), pruner: null });
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 40; turn++) {
    const trial = await study.ask();
    const { a, b, c, d } = trial.params as { a: number; b: number; c: number; d: number };
    const value = (a - 0.7) ** 2 + (b - 0.5) ** 2 + (c - 0.3) ** 2 + (d - 0.8) ** 2;
    best = Math.min(best, value);
    await study.tell(trial, { values: [value] });
  }
  return best - 0.02;
}

test('finds the best point on the border of what is allowed where random draws do not', async () => {
  const regrets = async (type: string) => Promise.all([1, 2, 3, 4].map((seed) => regretOf(type, seed)));
  const geometricMean = (values: readonly number[]) =>
    Math.exp(values.reduce((sum, value) => sum + Math.log(Math.max(value, 1e-6)), 0) / values.length);
  const [auto, gp, random] = await Promise.all(['auto', 'gp', 'random'].map(async (type) => regrets(type)));
  assert.ok(random && auto && gp);
  const scale = geometricMean(random);
  assert.ok(geometricMean(auto) < 0.2 * scale, `auto ${auto}, random ${random}`);
  assert.ok(geometricMean(gp) < 0.2 * scale, `gp ${gp}, random ${random}`);
});
