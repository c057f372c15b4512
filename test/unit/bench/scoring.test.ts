import assert from 'node:assert/strict';
import test from 'node:test';
import { parseContestants } from '../../bench/quality/contestant.ts';
import { normalisedRegret, type ProblemCurves, pairedRatio, verdicts } from '../../bench/quality/scoring.ts';
import { holm, mannWhitney, median, ranks } from '../../bench/quality/statistics.ts';

/** Values of scipy 1.17: `mannwhitneyu(a, b, method=…)`. */
test("Mann–Whitney's p is exact without ties, and corrected for ties", () => {
  close(mannWhitney([1, 2, 3, 4], [5, 6, 7, 8]), 0.02857142857142857, 1e-12);
  close(mannWhitney([1.5, 2.5, 9, 4.5, 3.5], [5, 6, 7, 8, 2]), 0.42063492063492064, 1e-12);
  close(mannWhitney([1, 1, 2, 3, 3, 4], [2, 3, 4, 4, 5, 5]), 0.07244801352978714, 2e-7);
  assert.equal(mannWhitney([1, 1, 1], [1, 1, 1]), 1);
});

test('Holm rejects step by step', () => {
  assert.deepEqual(holm([0.01, 0.04, 0.03, 0.005]), [true, false, false, true]);
  assert.deepEqual(holm([0.2, 0.013]), [false, true]);
});

test('medians and ranks take ties and infinities', () => {
  assert.equal(median([3, 1, 2, Number.POSITIVE_INFINITY]), 2.5);
  assert.equal(median([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]), Number.POSITIVE_INFINITY);
  assert.deepEqual(ranks([5, 1, 5]), [2.5, 1, 2.5]);
});

test('regret is counted in what random search leaves, in the direction of the problem', () => {
  const problem = problemWith(2, 10, { random: [6, 6, 8], ours: [9, 9, 9], other: [8, 8, 8] });
  assert.equal(normalisedRegret(problem, 'ours', 1), 0.25);
  const { ratio } = pairedRatio([problem, problem], 'ours', 'other', 1);
  close(ratio, 0.5, 1e-12);
});

test('a win needs a difference that Holm leaves', () => {
  const many = Array.from({ length: 8 }, (_, seed) => seed);
  const problem = problemWith(1, 0, { random: many, ours: many.map((n) => n / 100), other: many.map((n) => n + 10) });
  const level = problemWith(1, 0, { random: many, ours: many, other: many });
  const { won, tied, lost } = verdicts([problem, level], 'ours', 'other', 1);
  assert.deepEqual([won.length, tied.length, lost.length], [1, 1, 0]);
  assert.equal(verdicts([problem], 'other', 'ours', 1).lost.length, 1);
});

test('samplers are read with options and labels', () => {
  const [gp, tpe, theirs] = parseContestants('gp{"a":1,"b":true},tpe@before,optuna:tpe{"multivariate":true}');
  assert.deepEqual(gp?.options, { a: 1, b: true });
  assert.deepEqual([tpe?.type, tpe?.label, tpe?.maker], ['tpe', 'before', 'ours']);
  assert.deepEqual([theirs?.maker, theirs?.type], ['optuna', 'tpe']);
  const [smac] = parseContestants('smac:hpo{"budget":50}');
  assert.deepEqual([smac?.maker, smac?.type, smac?.options], ['smac', 'hpo', { budget: 50 }]);
  assert.throws(() => parseContestants('ray:tpe'), /names no sampler/);
});

function problemWith(direction: 1 | 2, best: number, values: Record<string, number[]>): ProblemCurves {
  const curves = new Map(
    Object.entries(values).map(([name, list]) => [name, new Map(list.map((value, seed) => [seed, [value]]))]),
  );
  return { name: `p${direction}`, family: 'p', direction, best, curves };
}

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} instead of ${expected}`);
}
