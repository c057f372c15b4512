import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fronts } from '../../../src/core/fronts/fronts.ts';
import { hypervolume, largestVolumeSubset } from '../../../src/core/fronts/hypervolume.ts';

const points = (objectives: number, most: number) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 6 }), { minLength: objectives, maxLength: objectives }), {
    maxLength: most,
  });

/** Peeling by definition: front r is what nothing that remains dominates. */
function peeled(all: readonly (readonly number[])[]): number[][] {
  const dominates = (a: readonly number[], b: readonly number[]) =>
    a.every((loss, i) => loss <= (b[i] as number)) && a.some((loss, i) => loss < (b[i] as number));
  let rest = all.map((_, index) => index);
  const fronts: number[][] = [];
  while (rest.length > 0) {
    const front = rest.filter((one) => !rest.some((other) => dominates(all[other] as number[], all[one] as number[])));
    fronts.push(front);
    rest = rest.filter((one) => !front.includes(one));
  }
  return fronts;
}

/** Volume by counting the unit cells that a point dominates. */
function counted(all: readonly (readonly number[])[], reference: readonly number[]): number {
  const cells = reference.reduce<number[][]>(
    (corners, size) => corners.flatMap((corner) => Array.from({ length: size }, (_, at) => [...corner, at])),
    [[]],
  );
  return cells.filter((cell) => all.some((point) => point.every((loss, i) => loss <= (cell[i] as number)))).length;
}

for (const objectives of [1, 2, 3]) {
  test(`fronts grown by insertion equal peeling, ${objectives} objective(s)`, () => {
    fc.assert(
      fc.property(points(objectives, 40), (all) => {
        const fronts = new Fronts(objectives);
        for (const [index, losses] of all.entries()) fronts.insert(index, Float64Array.from(losses));
        assert.deepEqual(fronts.fronts, peeled(all));
      }),
    );
  });
}

for (const objectives of [2, 3, 4]) {
  test(`hypervolume equals counted cells, ${objectives} objectives`, () => {
    const reference = new Array<number>(objectives).fill(objectives === 4 ? 4 : 6);
    fc.assert(
      fc.property(points(objectives, 8), (all) => {
        const volume = hypervolume(
          all.map((point) => Float64Array.from(point)),
          Float64Array.from(reference),
        );
        assert.ok(Math.abs(volume - counted(all, reference)) < 1e-9);
      }),
      { numRuns: 60 },
    );
  });
}

test('the greedy subset has at least 1 − 1/e of the best subset, and its first point is the largest box', () => {
  fc.assert(
    fc.property(points(2, 7), fc.integer({ min: 1, max: 3 }), (all, size) => {
      fc.pre(all.length >= size);
      const losses = all.map((point) => Float64Array.from(point));
      const reference = Float64Array.of(7, 7);
      const chosen = largestVolumeSubset(losses, reference, size);
      assert.equal(new Set(chosen).size, size);
      const of = (places: readonly number[]) =>
        hypervolume(
          places.map((place) => losses[place] as Float64Array),
          reference,
        );
      const subsets = losses.reduce<number[][]>(
        (sets, _, place) => sets.concat(sets.map((set) => set.concat(place))),
        [[]],
      );
      const best = Math.max(...subsets.filter((set) => set.length === size).map(of));
      assert.ok(of(chosen) >= (1 - 1 / Math.E) * best - 1e-9);
    }),
  );
});
