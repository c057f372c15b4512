import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../../src/core/random.ts';
import { afterChoices, drawChoices, uniformChoices } from '../../../src/core/samplers/cmaes/choices.ts';
import { withAdaptedRates } from '../../../src/core/samplers/cmaes/learningRate.ts';
import { withMargin } from '../../../src/core/samplers/cmaes/margin.ts';
import { freshState, type SearchState } from '../../../src/core/samplers/cmaes/searchState.ts';
import { symmetricEigen } from '../../../src/core/samplers/cmaes/symmetricEigen.ts';
import { afterGeneration } from '../../../src/core/samplers/cmaes/update.ts';
import { warmStart } from '../../../src/core/samplers/cmaes/warmStart.ts';
import { intDistribution } from '../../../src/core/space/distributionRules.ts';
import { normalCdf, normalQuantile } from '../../../src/core/stats/normal.ts';

interface Recorded {
  readonly points: readonly (readonly number[])[];
  readonly mean: readonly number[];
  readonly sigma: number;
  readonly covariance: readonly number[];
  readonly stretch: readonly number[];
}

/** Made by test/fixtures/cmaes/record.py with the package that Optuna uses. */
const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/cmaes/generations.json', import.meta.url), 'utf8'),
) as {
  readonly plain: readonly Recorded[];
  readonly adapting: readonly Recorded[];
  readonly margin: { readonly cells: readonly number[]; readonly generations: readonly Recorded[] };
  readonly warmStart: Recorded;
};

const started = (population: number) =>
  freshState(false, { mean: new Float64Array(5).fill(0.5), sigma: 1 / 6, population });

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string, tolerance = 1e-8): void {
  assert.equal(actual.length, expected.length, what);
  for (let index = 0; index < actual.length; index++) {
    const [own, other] = [actual[index] as number, expected[index] as number];
    assert.ok(Math.abs(own - other) <= tolerance * (1 + Math.abs(other)), `${what}[${index}]: ${own}, not ${other}`);
  }
}

test('learns the same mean, step size and covariance as the package that Optuna uses', () => {
  let state = started(8);
  for (const [index, generation] of recorded.plain.entries()) {
    state = afterGeneration(state, Float64Array.from(generation.points.flat()));
    assertClose(state.mean, generation.mean, `mean ${index}`);
    assertClose([state.sigma], [generation.sigma], `sigma ${index}`);
    assertClose(state.covariance, generation.covariance, `covariance ${index}`);
  }
});

test('adapts its learning rates as that package does', () => {
  let state = started(8);
  for (const [index, generation] of recorded.adapting.entries()) {
    state = withAdaptedRates(state, afterGeneration(state, Float64Array.from(generation.points.flat())));
    assertClose(state.mean, generation.mean, `mean ${index}`);
    assertClose([state.sigma], [generation.sigma], `sigma ${index}`);
    assertClose(state.covariance, generation.covariance, `covariance ${index}`);
  }
  assert.ok((state.rates?.covariance.rate as number) < 1);
});

test('keeps the margin of grids as that package does', () => {
  const { cells, generations } = recorded.margin;
  const grids = cells.map((count) => (count === 0 ? null : intDistribution(1, count)));
  let state = started(8);
  for (const [index, generation] of generations.entries()) {
    state = withMargin(afterGeneration(state, Float64Array.from(generation.points.flat())), grids);
    assertClose([state.sigma], [generation.sigma], `sigma ${index}`, 1e-5);
    assertClose(state.mean, generation.mean, `mean ${index}`, 1e-5);
    assertClose(state.stretch, generation.stretch, `stretch ${index}`, 1e-4);
  }
});

test('fits a warm start as that package does', () => {
  const { points, mean, sigma, covariance } = recorded.warmStart;
  const start = warmStart(Float64Array.from(points.flat()), 5);
  assertClose(start.mean, mean, 'mean');
  assertClose([start.sigma], [sigma], 'sigma');
  assertClose(start.covariance as Float64Array, covariance, 'covariance');
});

test('a separable update is the diagonal case: it learns the scales of an aligned ellipsoid', () => {
  let state: SearchState = freshState(true, { mean: new Float64Array(6).fill(0.7), sigma: 0.2, population: 9 });
  const loss = (point: Float64Array) => point.reduce((sum, x, axis) => sum + 100 ** axis * (x - 0.5) ** 2, 0);
  const random = new Random(1, 0);
  for (let generation = 0; generation < 150; generation++) {
    const members = Array.from({ length: 9 }, () =>
      state.mean.map((mean, axis) => mean + state.sigma * (state.axes[axis] as number) * random.normal()),
    ).sort((a, b) => loss(a) - loss(b));
    state = afterGeneration(state, Float64Array.from(members.flatMap((member) => [...member])));
  }
  assert.ok(loss(state.mean) < 1e-6, `loss ${loss(state.mean)}`);
  const ratio = Math.log10((state.axes[0] as number) / (state.axes[5] as number));
  assert.ok(ratio > 3.5 && ratio < 6, `axes 1e${ratio} : 1 where 1e5 : 1 is right`);
});

test('eigenvectors diagonalise any symmetric matrix', () => {
  const tiny = fc.constantFrom(0, 1, -1, 1e-160, 1e-200, 1e-308, 5e-324);
  const entry = fc.oneof(fc.double({ min: -100, max: 100, noNaN: true }), tiny);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 7 }), fc.array(entry, { minLength: 49, maxLength: 49 }), (size, entries) => {
      const matrix = new Float64Array(size * size);
      for (let row = 0; row < size; row++) {
        for (let column = 0; column <= row; column++) {
          matrix[row * size + column] = matrix[column * size + row] = entries[row * 7 + column] as number;
        }
      }
      const basis = new Float64Array(size * size);
      const values = new Float64Array(size);
      symmetricEigen(matrix, size, basis, values);
      assertDiagonalises(matrix, size, basis, values);
    }),
  );
});

function assertDiagonalises(matrix: Float64Array, size: number, basis: Float64Array, values: Float64Array): void {
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let [product, overlap] = [0, 0];
      for (let inner = 0; inner < size; inner++) {
        product += (matrix[row * size + inner] as number) * (basis[inner * size + column] as number);
        overlap += (basis[inner * size + row] as number) * (basis[inner * size + column] as number);
      }
      const expected = (values[column] as number) * (basis[row * size + column] as number);
      assert.ok(Math.abs(product - expected) < 1e-9, `A·v is ${product}, not ${expected}`);
      assert.ok(Math.abs(overlap - (row === column ? 1 : 0)) < 1e-12);
    }
  }
}

test('the normal quantile inverts the distribution function', () => {
  for (const p of [1e-300, 1e-20, 1e-9, 1e-4, 0.02, 0.3, 0.5, 0.7, 0.999, 1 - 1e-9]) {
    assert.ok(Math.abs(normalCdf(normalQuantile(p)) / p - 1) < 1e-6, `Φ(Φ⁻¹(${p}))`);
  }
  assert.ok(Math.abs(normalQuantile(0.975) - 1.959963984540054) < 1e-12);
  assert.deepEqual([normalQuantile(0), normalQuantile(1), normalQuantile(-0.1)], [-Infinity, Infinity, Number.NaN]);
});

test('probabilities of choices learn what the good members have, keep a margin, and stay put without a signal', () => {
  const counts = [4, 2];
  const weights = Float64Array.of(0.5, 0.3, 0.2, 0, 0, 0);
  const run = (loss: (row: readonly number[], random: Random) => number) => {
    let state = uniformChoices(counts);
    let farthest = 0;
    for (let generation = 0; generation < 200; generation++) {
      const random = new Random(3, generation);
      const rows = Array.from({ length: 6 }, () => drawChoices(state, random))
        .map((row) => ({ row, loss: loss(row, random) }))
        .sort((a, b) => a.loss - b.loss)
        .map(({ row }) => row);
      state = afterChoices(state, rows, weights);
      const sums = [state.probabilities.subarray(0, 4), state.probabilities.subarray(4)];
      for (const one of sums) assert.ok(Math.abs(one.reduce((sum, value) => sum + value, 0) - 1) < 1e-9);
      farthest = Math.max(farthest, Math.max(...state.probabilities.subarray(0, 4)));
    }
    return { state, farthest };
  };
  const { state } = run(([first = 0, second = 0]) => (first === 2 ? 0 : 1) + (second === 1 ? 0 : 0.5));
  const margin = 1 - 0.73 ** (1 / 2);
  assert.ok(Math.abs((state.probabilities[2] as number) - (1 - margin)) < 1e-6, `${state.probabilities}`);
  assert.ok(Math.abs((state.probabilities[4] as number) - margin) < 1e-6);
  const { state: aimless } = run((_, random) => random.uniform());
  assert.ok(aimless.trust > 3 * state.trust, `trust ${aimless.trust} without a signal, ${state.trust} with one`);
});
