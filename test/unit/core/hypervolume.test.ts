import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fronts, nonDominatedRanks } from '../../../src/core/fronts/fronts.ts';
import { hypervolume, largestVolumeSubset } from '../../../src/core/fronts/hypervolume.ts';
import { Random } from '../../../src/core/random.ts';

interface Recorded {
  readonly points: readonly (readonly number[])[];
  readonly reference: readonly number[];
  readonly ranks: readonly number[];
  readonly volume: number;
  readonly subset?: readonly number[];
}

/** Made by test/fixtures/hypervolume/record.py. */
const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/hypervolume/volumes.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

/** Sum over all subsets of ± the volume of what their boxes share. */
function byInclusionAndExclusion(points: readonly (readonly number[])[], reference: readonly number[]): number {
  let volume = 0;
  for (let subset = 1; subset < 2 ** points.length; subset++) {
    const chosen = points.filter((_, place) => subset & (1 << place));
    const shared = reference.reduce(
      (product, corner, objective) =>
        product * Math.max(0, corner - Math.max(...chosen.map((point) => point[objective] as number))),
      1,
    );
    volume += chosen.length % 2 === 1 ? shared : -shared;
  }
  return volume;
}

for (const objectives of [1, 2, 3, 4, 5]) {
  test(`hypervolume equals inclusion and exclusion, ${objectives} objective(s), points outside and equal ones too`, () => {
    const loss = fc.oneof(fc.double({ min: -2, max: 1.2, noNaN: true }), fc.constantFrom(-1, 0, 0.5, 1));
    const point = fc.array(loss, { minLength: objectives, maxLength: objectives });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 7 }), (points) => {
        const reference = new Array<number>(objectives).fill(1);
        const volume = hypervolume(
          points.map((one) => Float64Array.from(one)),
          Float64Array.from(reference),
        );
        const expected = byInclusionAndExclusion(points, reference);
        assert.ok(Math.abs(volume - expected) < 1e-9 * (1 + 3 ** objectives), `${volume}, not ${expected}`);
      }),
      { numRuns: 150 },
    );
  });
}

test('hypervolume agrees with random points of the box, as near as those can tell', () => {
  for (const objectives of [3, 4]) {
    const random = new Random(1, objectives);
    const points = Array.from({ length: 60 }, () => Float64Array.from({ length: objectives }, () => random.uniform()));
    const volume = hypervolume(points, new Float64Array(objectives).fill(1));
    const draws = 20_000;
    let hits = 0;
    for (let draw = 0; draw < draws; draw++) {
      const at = Float64Array.from({ length: objectives }, () => random.uniform());
      if (points.some((point) => point.every((loss, objective) => loss <= (at[objective] as number)))) hits++;
    }
    const share = hits / draws;
    assert.ok(
      Math.abs(share - volume) < 4.5 * Math.sqrt((volume * (1 - volume)) / draws),
      `${volume}, counted ${share}`,
    );
  }
});

test('volumes, ranks and greedy subsets equal those of Optuna', () => {
  for (const [index, { points, reference, ranks, volume, subset }] of recorded.entries()) {
    const losses = points.map((point) => Float64Array.from(point));
    const corner = Float64Array.from(reference);
    const own = hypervolume(losses, corner);
    assert.ok(Math.abs(own - volume) < 1e-9 * (1 + volume), `case ${index}: ${own}, Optuna ${volume}`);
    assert.deepEqual(
      [...nonDominatedRanks(Float64Array.from(points.flat()), reference.length)],
      ranks,
      `ranks ${index}`,
    );
    if (!subset) continue;
    const chosen = largestVolumeSubset(losses, corner, subset.length).sort((a, b) => a - b);
    assert.deepEqual(chosen, subset, `subset ${index}`);
  }
});

test('ranks equal those of fronts grown by insertion, infinities and equal points included', () => {
  const loss = fc.constantFrom(0, 1, 2, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  for (const objectives of [1, 2, 3, 4]) {
    const point = fc.array(loss, { minLength: objectives, maxLength: objectives });
    fc.assert(
      fc.property(fc.array(point, { maxLength: 40 }), (points) => {
        const fronts = new Fronts(objectives);
        for (const [place, one] of points.entries()) fronts.insert(place, Float64Array.from(one));
        const ranks = nonDominatedRanks(Float64Array.from(points.flat()), objectives);
        assert.deepEqual(
          fronts.fronts,
          fronts.fronts.map((_, rank) => [...ranks.keys()].filter((place) => ranks[place] === rank)),
        );
        assert.equal(fronts.fronts.flat().length, points.length);
      }),
    );
  }
});

test('thousands of points of a front take no time worth speaking of', () => {
  const front = (count: number, objectives: number) => {
    const random = new Random(2, objectives);
    return Array.from({ length: count }, () => {
      const direction = Float64Array.from({ length: objectives }, () => Math.abs(random.normal()));
      const length = Math.hypot(...direction);
      return direction.map((one) => 1 - one / length);
    });
  };
  const timed = (run: () => unknown) => {
    const start = process.cpuUsage();
    run();
    return process.cpuUsage(start).user / 1000;
  };
  const corner = (objectives: number) => new Float64Array(objectives).fill(1.1);
  // Measured: 20, 15 and 10 ms of the processor, which no other process takes from us. By exclusive volumes alone the first takes minutes.
  assert.ok(timed(() => hypervolume(front(5_000, 3), corner(3))) < 5_000);
  assert.ok(timed(() => hypervolume(front(400, 4), corner(4))) < 5_000);
  const points = front(10_000, 2);
  const fronts = new Fronts(2);
  assert.ok(
    timed(() => {
      for (const [place, point] of points.entries()) fronts.insert(place, point);
    }) < 5_000,
  );
});
