import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createStudy } from '../../../src/library/node.ts';

const space = {
  n: { type: 'int', low: 1, high: 3, when: { kind: 'b' } },
  x: { type: 'float', low: 0, high: 1 },
  kind: { type: 'categorical', choices: ['a', 'b'] },
} as const;

describe('addTrial', () => {
  test('adds trials that were run elsewhere, which the sampler learns from', async () => {
    const study = createStudy({ space, sampler: { type: 'tpe', seed: 1 } });
    for (let place = 0; place < 30; place++) {
      const x = place / 30;
      await study.addTrial({ params: { x, kind: 'a' }, values: (x - 0.7) ** 2 });
    }
    assert.deepEqual(study.bestParams, { x: 0.7, kind: 'a' });
    const asked = [];
    for (let round = 0; round < 10; round++) asked.push((await study.ask()).params.x);
    const near = asked.filter((x) => Math.abs(x - 0.7) < 0.25);
    assert.ok(near.length >= 7, asked.join());
  });

  test('keeps state, reports, attributes and times', async () => {
    const study = createStudy({ space });
    const startedAt = new Date('2026-01-01T00:00:00Z');
    const completedAt = new Date('2026-01-01T01:00:00Z');
    const intermediateValues = new Map([
      [2, 0.25],
      [1, 0.5],
    ]);
    const params = { x: 0.5, kind: 'b' } as const;
    await study.addTrial({
      params,
      state: 'pruned',
      intermediateValues,
      userAttrs: { by: 'hand' },
      startedAt,
      completedAt,
    });
    await study.addTrial({ params, state: 'fail' });
    const [pruned, failed] = study.trials;
    assert.deepEqual(
      [pruned?.state, pruned?.values, pruned?.startedAt, pruned?.completedAt, pruned?.userAttrs],
      ['pruned', [0.25], startedAt, completedAt, { by: 'hand' }],
    );
    assert.deepEqual(pruned?.intermediateValues, intermediateValues);
    assert.deepEqual([failed?.state, failed?.values], ['fail', null]);
  });

  test('knows the ranges of an undeclared space from the trial, or from an earlier one', async () => {
    const study = createStudy();
    const unknown = { code: 'unknown-parameter', message: /Nothing says what y ranges over: add space/ };
    await assert.rejects(study.addTrial({ params: { y: 3 }, values: 1 }), unknown);
    await study.addTrial({ params: { y: 3 }, values: 1, space: { y: { type: 'int', low: 1, high: 9 } } });
    await study.addTrial({ params: { y: 4 }, values: 0 });
    assert.deepEqual(study.bestParams, { y: 4 });
  });

  test('refuses in one sentence what no trial can be', async () => {
    const study = createStudy({ space });
    const params = { x: 0.5, kind: 'a' } as const;
    const cases = [
      [{ params: { ...params, z: 1 }, values: 1 }, 'unknown-parameter', /no parameter "z"/],
      [{ params: { x: 2 }, values: 1 }, 'invalid-value', /^x can't be 2/],
      [{ params: { x: 0.1, kind: 'c' }, values: 1 }, 'invalid-value', /^kind can't be "c"/],
      [{ params: { n: 1.5 }, values: 1 }, 'invalid-value', /^n can't be 1.5: it is no whole number/],
      [{ params }, 'invalid-tell', /no value/],
      [{ params, values: [1, 2] }, 'invalid-tell', /2 values, but the study has 1/],
      [{ params, values: Number.NaN }, 'invalid-tell', /NaN/],
      [{ params, values: 1, state: 'fail' }, 'invalid-tell', /leave them out/],
      [{ params, values: 1, state: 'done' }, 'invalid-tell', /"complete", "pruned" or "fail", not "done"/],
    ] as const;
    for (const [trial, code, message] of cases) {
      await assert.rejects(study.addTrial(trial as never), { name: 'TuneboardError', code, message });
    }
    assert.equal(study.trials.length, 0);
  });
});

test('importance tells what matters from what does not', async () => {
  const study = createStudy({
    space: { ...space, y: { type: 'float', low: 0, high: 1 } },
    sampler: { type: 'random', seed: 2 },
  });
  await study.optimize(({ params }) => 10 * params.x + 0.001 * params.y, { trials: 60 });
  for (const evaluator of ['pedAnova', 'fanova'] as const) {
    const [first, ...others] = study.importance({ evaluator });
    assert.equal(first?.name, 'x');
    assert.ok(!first?.isNoise && Number(first?.importance) > 0.8, JSON.stringify(first));
    assert.ok(others.every(({ isNoise }) => isNoise));
  }
});

test('hypervolume is the area up to the reference point, in the directions of the study', async () => {
  const study = createStudy({ space, directions: ['minimize', 'maximize'] });
  const params = { x: 0.5, kind: 'a' } as const;
  await study.addTrial({ params, values: [1, 1] });
  await study.addTrial({ params, values: [2, 3] });
  await study.addTrial({ params, values: [5, Number.POSITIVE_INFINITY] });
  // 3 wide and 1 high, and above it 2 wide and 2 high.
  assert.equal(study.hypervolume([4, 0]), 7);
  assert.throws(() => study.hypervolume([4]), { code: 'invalid-option', message: /one finite number an objective, 2/ });
});
