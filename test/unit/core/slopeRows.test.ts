/** Gaussian processes that see slopes beside values. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/core/random.ts';
import { Encoding } from '../../../src/core/samplers/encoding.ts';
import { fitHyperparameters } from '../../../src/core/samplers/gp/model/fit.ts';
import { KernelLayout } from '../../../src/core/samplers/gp/model/kernelLayout.ts';
import { defaultTheta, Likelihood } from '../../../src/core/samplers/gp/model/likelihood.ts';
import { type Gradient, slopeRows } from '../../../src/core/samplers/gp/model/slopeRows.ts';
import { Surrogate } from '../../../src/core/samplers/gp/model/surrogate.ts';
import { categoricalDistribution, floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';

const encoding = new Encoding(
  searchSpace([
    { name: 'x', distribution: floatDistribution(0, 1) },
    { name: 'y', distribution: floatDistribution(0, 1) },
    { name: 'kind', distribution: categoricalDistribution(['a', 'b']) },
    { name: 'more', distribution: floatDistribution(0, 1), when: { kind: ['a'] } },
  ]),
);
const layout = new KernelLayout(encoding, { warps: true, slopes: true });
const plain = new KernelLayout(encoding, { warps: true });
const priors = { noiseRate: 4, deterministic: false };

const valueAt = (x: number, y: number) => Math.sin(3 * x) + (y - 0.3) ** 2 - 1;
const slopesAt = (x: number, y: number) => [3 * Math.cos(3 * x), 2 * (y - 0.3)];

/** Values at random places, and the gradients of the first `sloped` of them, with a noise of its own. */
function observations(count: number, sloped: number, noise = 0) {
  const random = new Random(3, 0);
  const points = new Float64Array(count * encoding.size);
  const z = new Float64Array(count);
  const gradients: Gradient[] = [];
  for (let row = 0; row < count; row++) {
    // The first lies at two borders.
    const [x, y] = row === 0 ? [0, 1] : [random.uniform(), random.uniform()];
    const point = Float64Array.of(x, y, row % 2, row % 2 === 0 ? random.uniform() : Number.NaN);
    points.set(point, row * encoding.size);
    z[row] = valueAt(x, y);
    if (row >= sloped) continue;
    gradients.push({ point, dimensions: [0, 1], slopes: slopesAt(x, y).map((one) => one + noise * random.normal()) });
  }
  return { points, z, slopes: slopeRows(gradients, encoding.size) };
}

function fitted(count: number, sloped: number, noise = 0) {
  const { points, z, slopes } = observations(count, sloped, noise);
  const { theta } = fitHyperparameters(layout, points, z, [], { ...priors, iterations: 40, slopes });
  const surrogate = new Surrogate(layout);
  surrogate.condition(theta, points, z, slopes);
  return { theta, surrogate, points, z, slopes };
}

const ACTIVE = Uint8Array.of(1, 1, 1, 1);

/** Root mean square error of the means on a grid. */
function errorOf(surrogate: Surrogate): number {
  let sum = 0;
  const out = { mean: 0, deviation: 0 };
  for (let at = 0; at < 100; at++) {
    const [x, y] = [(at % 10) / 9, Math.floor(at / 10) / 9];
    surrogate.predict(Float64Array.of(x, y, 0, 0.5), ACTIVE, out);
    sum += (out.mean - valueAt(x, y)) ** 2;
  }
  return Math.sqrt(sum / 100);
}

test('their likelihood has the slopes that differences show, by the noise of slopes too', () => {
  const { points, z, slopes } = observations(9, 4);
  const likelihood = new Likelihood(layout, points, z, priors, slopes);
  const random = new Random(2, 0);
  for (let round = 0; round < 3; round++) {
    const theta = defaultTheta(layout, priors).map((value) => value + 0.4 * random.normal());
    const gradient = new Float64Array(theta.length);
    likelihood.evaluate(theta, gradient);
    for (let i = 0; i < theta.length; i++) {
      const at = (step: number) =>
        likelihood.evaluate(
          theta.map((value, j) => (j === i ? value + step : value)),
          new Float64Array(theta.length),
        );
      const slope = (at(1e-4) - at(-1e-4)) / 2e-4;
      assert.ok(
        Math.abs(slope - (gradient[i] as number)) < 1e-3 * (1 + Math.abs(slope)),
        `${i}: ${gradient[i]}, ${slope}`,
      );
    }
  }
});

test('without slopes they are the processes that see none', () => {
  const { points, z } = observations(9, 0);
  const theta = defaultTheta(plain, priors);
  const [gradient, unused] = [new Float64Array(theta.length), new Float64Array(theta.length + 1)];
  const value = new Likelihood(plain, points, z, priors).evaluate(theta, gradient);
  const other = new Likelihood(layout, points, z, priors).evaluate(defaultTheta(layout, priors), unused);
  assert.equal(value, other);
  assert.deepEqual(gradient, unused.subarray(0, theta.length));
});

test('values and slopes are met where they have no noise, and the means know the function better for it', () => {
  const { surrogate, points, slopes } = fitted(7, 7);
  const out = { mean: 0, deviation: 0 };
  const [byMean, byDeviation] = [new Float64Array(encoding.size), new Float64Array(encoding.size)];
  for (let row = 1; row < 7; row++) {
    const point = points.slice(row * encoding.size, (row + 1) * encoding.size);
    const [x, y, kind] = point as unknown as [number, number, number];
    surrogate.predictWithSlopes(point, Uint8Array.of(1, 1, 1, kind === 0 ? 1 : 0), out, byMean, byDeviation);
    assert.ok(Math.abs(out.mean - valueAt(x, y)) < 0.05, `value ${row}: ${out.mean} for ${valueAt(x, y)}`);
    for (const [axis, slope] of slopesAt(x, y).entries()) {
      assert.ok(Math.abs((byMean[axis] as number) - slope) < 0.3, `slope ${row}: ${byMean[axis]} for ${slope}`);
    }
  }
  assert.equal(slopes.values.length, 14);
  const without = fitted(7, 0);
  assert.ok(errorOf(surrogate) < 0.5 * errorOf(without.surrogate), `${errorOf(surrogate)} with slopes`);
});

test('the slopes of a prediction are those of differences, with points that are believed', () => {
  const { surrogate } = fitted(7, 3);
  surrogate.believe(Float64Array.of(0.4, 0.6, 1, Number.NaN));
  const point = Float64Array.of(0.55, 0.35, 0, 0.5);
  const out = { mean: 0, deviation: 0 };
  const [byMean, byDeviation] = [new Float64Array(encoding.size), new Float64Array(encoding.size)];
  surrogate.predictWithSlopes(point, ACTIVE, out, byMean, byDeviation);
  const at = (axis: number, shift: number) => {
    const posterior = { mean: 0, deviation: 0 };
    const moved = point.map((place, j) => (j === axis ? place + shift : place));
    surrogate.predict(moved, ACTIVE, posterior);
    return posterior;
  };
  for (const axis of [0, 1, 3]) {
    const [up, down] = [at(axis, 1e-4), at(axis, -1e-4)];
    assert.ok(Math.abs((up.mean - down.mean) / 2e-4 - (byMean[axis] as number)) < 1e-4, `mean, ${axis}`);
    assert.ok(
      Math.abs((up.deviation - down.deviation) / 2e-4 - (byDeviation[axis] as number)) < 1e-4,
      `deviation, ${axis}`,
    );
  }
  // Four at a time, the same.
  const points = new Float64Array(4 * encoding.size);
  points.set(point, 0);
  points.set(Float64Array.of(0.1, 0.9, 0, 0.2), encoding.size);
  const [means, deviations] = [new Float64Array(4), new Float64Array(4)];
  surrogate.predictFour(points, new Uint8Array(4 * encoding.size).fill(1), 0, 2, means, deviations);
  assert.ok(
    Math.abs((means[0] as number) - out.mean) < 1e-9 && Math.abs((deviations[0] as number) - out.deviation) < 1e-9,
  );
});

test('what is believed makes the deviation smaller there, and leaves the mean', () => {
  const { surrogate } = fitted(7, 3);
  const point = Float64Array.of(0.9, 0.05, 0, 0.9);
  const [before, after] = [
    { mean: 0, deviation: 0 },
    { mean: 0, deviation: 0 },
  ];
  surrogate.predict(point, ACTIVE, before);
  const mean = surrogate.believe(point);
  surrogate.predict(point, ACTIVE, after);
  assert.ok(Math.abs(mean - before.mean) < 1e-9 && Math.abs(after.mean - before.mean) < 1e-9);
  assert.ok(after.deviation < 0.9 * before.deviation, `${after.deviation} after ${before.deviation}`);
});

test('slopes that are noise are known for it', () => {
  const right = fitted(12, 12);
  const wrong = fitted(12, 12, 30);
  const noiseOf = ({ theta }: { theta: Float64Array }) => theta[layout.slopeNoiseAt] as number;
  assert.ok(noiseOf(wrong) > noiseOf(right) + 2, `${noiseOf(wrong)} instead of ${noiseOf(right)}`);
  const without = fitted(12, 0);
  assert.ok(errorOf(wrong.surrogate) < 1.5 * errorOf(without.surrogate) + 0.02, `${errorOf(wrong.surrogate)}`);
});
