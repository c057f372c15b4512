import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hypervolume } from '../../../src/core/fronts/hypervolume.ts';
import { Random } from '../../../src/core/random.ts';
import { Encoding } from '../../../src/core/samplers/encoding.ts';
import { LogExpectedImprovement, LogFeasibility, MeritSum } from '../../../src/core/samplers/gp/acquisition.ts';
import { LogHypervolumeImprovement, nonDominatedBoxes } from '../../../src/core/samplers/gp/hypervolumeImprovement.ts';
import { fitHyperparameters } from '../../../src/core/samplers/gp/model/fit.ts';
import { checkpointAt, milestoneBefore } from '../../../src/core/samplers/gp/model/gpModel.ts';
import { KernelLayout } from '../../../src/core/samplers/gp/model/kernelLayout.ts';
import { defaultTheta, Likelihood } from '../../../src/core/samplers/gp/model/likelihood.ts';
import { Surrogate } from '../../../src/core/samplers/gp/model/surrogate.ts';
import { chooseRows } from '../../../src/core/samplers/gp/rowChoice.ts';
import { TrustRegion } from '../../../src/core/samplers/gp/trustRegion.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';

const encoding = new Encoding(
  searchSpace([
    { name: 'x', distribution: floatDistribution(-5, 5) },
    { name: 'rate', distribution: floatDistribution(1e-4, 1, { log: true }) },
    { name: 'n', distribution: intDistribution(1, 6) },
    { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c']) },
    { name: 'momentum', distribution: floatDistribution(0, 1), when: { kind: ['a', 'b'] } },
    { name: 'mode', distribution: categoricalDistribution(['u', 'v']), when: { kind: ['b'] } },
    { name: 'one', distribution: intDistribution(3, 3) },
  ]),
);
const layout = new KernelLayout(encoding, { warps: true });
const priors = { noiseRate: 4, deterministic: false };

/** Points of the space with NaN for what is inactive, and values that depend on all of them. */
function observations(count: number, seed = 1): { points: Float64Array; z: Float64Array } {
  const random = new Random(seed, 0);
  const { size } = encoding;
  const points = new Float64Array(count * size);
  const z = new Float64Array(count);
  const point = new Float64Array(size);
  const active = new Uint8Array(size);
  for (let row = 0; row < count; row++) {
    for (let j = 0; j < size; j++) point[j] = encoding.spread(j, random.uniform());
    encoding.activate(point, active);
    for (let j = 0; j < size; j++) points[row * size + j] = active[j] ? (point[j] as number) : Number.NaN;
    const [x, rate, n, kind, momentum] = point as unknown as [number, number, number, number, number];
    z[row] = Math.sin(4 * x) + rate ** 2 + n - 0.5 + (kind === 0 ? momentum : kind / 2) + 0.1 * random.normal();
  }
  return { points, z };
}

function candidate(seed: number): { point: Float64Array; active: Uint8Array } {
  const random = new Random(seed, 1);
  const point = Float64Array.from({ length: encoding.size }, (_, j) => encoding.spread(j, random.uniform()));
  point[3] = seed % 3;
  const active = new Uint8Array(encoding.size);
  encoding.activate(point, active);
  return { point, active };
}

function fitted(count = 30): Surrogate {
  const { points, z } = observations(count);
  const { theta } = fitHyperparameters(layout, points, z, [], { ...priors, iterations: 30 });
  const surrogate = new Surrogate(layout);
  surrogate.condition(theta, points, z);
  return surrogate;
}

test('the likelihood has the slopes that differences show', () => {
  const { points, z } = observations(25);
  const likelihood = new Likelihood(layout, points, z, priors);
  const random = new Random(2, 0);
  for (let round = 0; round < 3; round++) {
    const theta = defaultTheta(layout, priors).map((value) => value + 0.4 * random.normal());
    const gradient = new Float64Array(theta.length);
    const unused = new Float64Array(theta.length);
    likelihood.evaluate(theta, gradient);
    for (let i = 0; i < theta.length; i++) {
      const at = (step: number) =>
        likelihood.evaluate(
          theta.map((value, j) => (j === i ? value + step : value)),
          unused,
        );
      const slope = (at(1e-5) - at(-1e-5)) / 2e-5;
      assert.ok(
        Math.abs(slope - (gradient[i] as number)) < 1e-4 * (1 + Math.abs(slope)),
        `${i}: ${gradient[i]}, ${slope}`,
      );
    }
  }
});

test('a fit is better than its start and finds what matters', () => {
  const { points, z } = observations(60);
  const likelihood = new Likelihood(layout, points, z, priors);
  const start = defaultTheta(layout, priors);
  const before = likelihood.evaluate(start, new Float64Array(start.length));
  const { theta, value } = fitHyperparameters(layout, points, z, [start], { ...priors, iterations: 60 });
  assert.ok(value < before - 10, `${before} before, ${value} after`);
  const weight = (name: string) => {
    const source = encoding.dimensions.findIndex((dimension) => dimension.name === name);
    return theta[layout.sources.indexOf(source)] as number;
  };
  assert.ok(weight('x') > weight('rate') + 1, 'sin(4 x) varies faster than a square');
  assert.ok(Math.exp(theta[layout.noiseAt] as number) < 0.1);
});

describe('a conditioned process', () => {
  test('passes near its observations, knows nothing far away', () => {
    const { points, z } = observations(30);
    const surrogate = fitted();
    const posterior = { mean: 0, deviation: 0 };
    for (let row = 0; row < 30; row++) {
      surrogate.predict(points, null, posterior, row * encoding.size);
      assert.ok(Math.abs(posterior.mean - (z[row] as number)) < 0.35, `row ${row}`);
      assert.ok(Math.abs(posterior.mean - surrogate.meanAt(row)) < 1e-9);
      assert.ok(posterior.deviation < 0.5);
    }
  });

  test('predicts unseen points better than their mean', () => {
    const surrogate = fitted(60);
    const { points, z } = observations(40, 9);
    const posterior = { mean: 0, deviation: 0 };
    let [error, spread] = [0, 0];
    const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
    for (let row = 0; row < 40; row++) {
      surrogate.predict(points, null, posterior, row * encoding.size);
      error += (posterior.mean - (z[row] as number)) ** 2;
      spread += ((z[row] as number) - mean) ** 2;
    }
    assert.ok(error < 0.25 * spread, `${error} of ${spread}`);
  });

  test('is the same however it grew, and four points at once are as one by one', () => {
    const { points, z } = observations(30);
    const { theta } = fitHyperparameters(layout, points, z, [], { ...priors, iterations: 20 });
    const grown = new Surrogate(layout);
    for (const count of [5, 12, 13, 30]) {
      grown.condition(theta, points.subarray(0, count * encoding.size), z.subarray(0, count));
      grown.believe(points, 7 * encoding.size);
    }
    grown.condition(theta, points, z);
    const fresh = new Surrogate(layout);
    fresh.condition(theta, points, z);
    const many = Array.from({ length: 7 }, (_, seed) => candidate(seed));
    const all = Float64Array.from(many.flatMap(({ point }) => [...point]));
    const masks = Uint8Array.from(many.flatMap(({ active }) => [...active]));
    const [means, deviations] = [new Float64Array(7), new Float64Array(7)];
    for (let from = 0; from < 7; from += 4) {
      fresh.predictFour(all, masks, from, Math.min(4, 7 - from), means, deviations);
    }
    for (const [index, { point, active }] of many.entries()) {
      const [a, b] = [
        { mean: 0, deviation: 0 },
        { mean: 0, deviation: 0 },
      ];
      grown.predict(point, active, a);
      fresh.predict(point, active, b);
      assert.deepEqual(a, b);
      assert.ok(Math.abs((means[index] as number) - b.mean) < 1e-9);
      assert.ok(Math.abs((deviations[index] as number) - b.deviation) < 1e-9);
    }
  });

  test('a believed point leaves means as they are and takes uncertainty away', () => {
    const surrogate = fitted();
    const { point, active } = candidate(4);
    const believed = point.map((place, j) => (active[j] ? place : Number.NaN));
    const [before, after] = [
      { mean: 0, deviation: 0 },
      { mean: 0, deviation: 0 },
    ];
    surrogate.predict(point, active, before);
    const mean = surrogate.believe(believed);
    surrogate.predict(point, active, after);
    assert.ok(Math.abs(before.mean - after.mean) < 1e-9 && Math.abs(mean - before.mean) < 1e-9);
    assert.ok(after.deviation < 0.8 * before.deviation, `${before.deviation}, then ${after.deviation}`);
  });

  test('covariances of a conditional space are positive definite with hardly any noise', () => {
    const { points, z } = observations(60);
    const theta = defaultTheta(layout, priors);
    for (const weight of [0.01, 1, 30]) {
      theta.fill(Math.log(weight), 0, layout.size);
      theta[layout.noiseAt] = Math.log(1e-9);
      theta[layout.mixingAt] = -20;
      const value = new Likelihood(layout, points, z, priors).evaluate(theta, new Float64Array(theta.length));
      assert.ok(Number.isFinite(value), `w = ${weight}`);
    }
  });
});

test('acquisitions have the slopes that differences show', () => {
  const surrogate = fitted();
  const constraint = new Surrogate(layout);
  const { points, z } = observations(20, 5);
  constraint.condition(
    defaultTheta(layout, priors),
    points,
    z.map((value) => value - 1),
  );
  const acquisition = new MeritSum(
    [new LogExpectedImprovement(surrogate, 0.2), new LogFeasibility([constraint, constraint])],
    encoding.size,
  );
  for (let seed = 0; seed < 6; seed++) {
    const { point, active } = candidate(seed);
    const slopes = new Float64Array(encoding.size);
    const value = acquisition.valueWithSlopes(point, active, slopes);
    assert.ok(Math.abs(value - acquisition.value(point, active)) < 1e-9);
    for (const j of [0, 1, 2, 4]) {
      const at = (step: number) =>
        acquisition.value(
          point.map((place, i) => (i === j ? place + step : place)),
          active,
        );
      const slope = (at(1e-6) - at(-1e-6)) / 2e-6;
      assert.ok(Math.abs(slope - (slopes[j] as number)) < 1e-3 * (1 + Math.abs(slope)), `${j}: ${slopes[j]}, ${slope}`);
    }
  }
});

describe('expected gain of hypervolume', () => {
  for (const objectives of [2, 3, 4]) {
    const random = new Random(7, objectives);
    const front = Array.from({ length: 9 }, () => Float64Array.from({ length: objectives }, () => random.uniform()));
    const reference = new Float64Array(objectives).fill(1.1);

    test(`boxes fill what ${objectives} objectives leave, without overlap`, () => {
      const boxes = nonDominatedBoxes(front, reference);
      const floor = -0.5;
      const volume = boxes.reduce(
        (sum, { lower, upper }) =>
          sum + lower.reduce((product, low, m) => product * ((upper[m] as number) - Math.max(low, floor)), 1),
        0,
      );
      const whole = (1.1 - floor) ** objectives;
      assert.ok(Math.abs(volume - (whole - hypervolume(front, reference))) < 1e-9);
    });

    test(`agrees with Monte Carlo for ${objectives} objectives, and has slopes`, () => {
      const merit = new LogHypervolumeImprovement(Array(objectives).fill(null), front, reference);
      const means = Float64Array.from({ length: objectives }, () => 0.2 + 0.4 * random.uniform());
      const deviations = Float64Array.from({ length: objectives }, () => 0.1 + 0.3 * random.uniform());
      const base = hypervolume(front, reference);
      const draws = 4000;
      let [sum, squares] = [0, 0];
      for (let draw = 0; draw < draws; draw++) {
        const y = means.map((mean, m) => mean + (deviations[m] as number) * random.normal());
        const gain = hypervolume([...front, y], reference) - base;
        sum += gain;
        squares += gain * gain;
      }
      const mean = sum / draws;
      const error = Math.sqrt((squares / draws - mean * mean) / draws);
      const slopes = { byMean: new Float64Array(objectives), byDeviation: new Float64Array(objectives) };
      const value = merit.evaluate(means, deviations, slopes);
      assert.ok(Math.abs(Math.exp(value) - mean) < 4 * error, `${Math.exp(value)}, sampled ${mean} ± ${error}`);
      for (let m = 0; m < objectives; m++) {
        const moved = (array: Float64Array, step: number) => array.map((one, i) => (i === m ? one + step : one));
        const difference = (at: (step: number) => number) => (at(1e-6) - at(-1e-6)) / 2e-6;
        const byMean = difference((step) => merit.evaluate(moved(means, step), deviations, null));
        const byDeviation = difference((step) => merit.evaluate(means, moved(deviations, step), null));
        assert.ok(Math.abs(byMean - (slopes.byMean[m] as number)) < 1e-4 * (1 + Math.abs(byMean)));
        assert.ok(Math.abs(byDeviation - (slopes.byDeviation[m] as number)) < 1e-4 * (1 + Math.abs(byDeviation)));
      }
    });

    test(`stays finite and falls far away from the front of ${objectives}`, () => {
      const merit = new LogHypervolumeImprovement(Array(objectives).fill(null), front, reference);
      const deviations = new Float64Array(objectives).fill(0.05);
      const [nearer, farther] = [10, 60].map((mean) =>
        merit.evaluate(new Float64Array(objectives).fill(mean), deviations, null),
      ) as [number, number];
      assert.ok(Number.isFinite(farther) && farther < nearer && nearer < -1000);
    });
  }
});

test('many rows are reduced to the best, the newest and an even share', () => {
  const numbers = Array.from({ length: 2000 }, (_, number) => number);
  const losses = Float64Array.from(numbers, (number) => (number * 7919) % 2000);
  const rows = [...chooseRows(numbers, [losses], 300)];
  assert.equal(rows.length, 300);
  assert.deepEqual(
    rows,
    [...rows].sort((a, b) => a - b),
  );
  const best = numbers.filter((number) => (losses[number] as number) < 150);
  assert.ok(best.every((row) => rows.includes(row)));
  for (let row = 1925; row < 2000; row++) assert.ok(rows.includes(row));
  for (let part = 0; part < 10; part++) {
    assert.ok(rows.filter((row) => Math.floor(row / 200) === part).length >= 15, `part ${part}`);
  }
});

test('fits hang on a chain of few milestones', () => {
  for (let n = 1; n < 3000; n++) {
    const checkpoint = checkpointAt(n);
    assert.ok(checkpoint <= n && n - checkpoint <= Math.max(0, n / 20) && checkpointAt(checkpoint) === checkpoint);
    let [milestone, steps] = [checkpoint, 0];
    while (milestone > 0) {
      const parent = milestoneBefore(milestone);
      assert.ok(parent < milestone);
      milestone = parent;
      steps++;
    }
    assert.ok(steps <= 15);
  }
});

test('a trust region widens with success, narrows with failure and begins anew', () => {
  const region = new TrustRegion(10);
  const first = region.length;
  for (let trial = 0; trial < 2; trial++) region.tell(true);
  assert.ok(region.length > 1.5 * first);
  for (let trial = 0; trial < 5; trial++) region.tell(false);
  assert.ok(Math.abs(region.length - first) < 1e-12);
  let least = first;
  for (let trial = 0; trial < 100; trial++) {
    region.tell(false);
    least = Math.min(least, region.length);
  }
  assert.ok(least >= 0.01 && least < 0.02 && region.length <= first);
});
