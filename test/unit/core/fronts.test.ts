import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fronts } from '../../../src/core/fronts/fronts.ts';
import { hypervolume, largestVolumeSubset } from '../../../src/core/fronts/hypervolume.ts';
import { unbeatenRows } from '../../../src/core/fronts/unbeatenRows.ts';
import { Random } from '../../../src/core/random.ts';

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

test('the rows that no other row beats are those of the definition, with ties and up to six objectives', () => {
  const rows = fc
    .integer({ min: 1, max: 6 })
    .chain((width) => fc.tuple(fc.constant(width), points(width, 200)))
    .filter(([, all]) => all.length > 0);
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 30 }), ([width, few], copies) => {
      // Far more rows than are compared one by one, most of them equal to others in some objectives.
      const all = Array.from({ length: copies }, (_, copy) =>
        few.map((row) => row.map((x, i) => (i === copy % width ? x - copy : x))),
      ).flat();
      const flags = unbeatenRows(Float64Array.from(all.flat()), width);
      const found = all.flatMap((_, row) => (flags[row] === 1 ? [row] : []));
      assert.deepEqual(found, firstFront(all));
    }),
    { numRuns: 150 },
  );
});

/** By definition. */
function firstFront(all: readonly (readonly number[])[]): number[] {
  const dominates = (a: readonly number[], b: readonly number[]) =>
    a.every((loss, i) => loss <= (b[i] as number)) && a.some((loss, i) => loss < (b[i] as number));
  return all.flatMap((row, index) => (all.some((other) => dominates(other, row)) ? [] : [index]));
}

for (const width of [2, 3, 4]) {
  test(`a front of rows that beat nobody takes time that grows with them: ${width} objectives`, () => {
    const cost = (count: number) => {
      const random = new Random(1, width, 'front');
      // On a plane that falls in every objective no row beats another.
      const losses = Float64Array.from({ length: count * width }, () => random.uniform());
      for (let row = 0; row < count; row++) {
        const own = losses.subarray(row * width, (row + 1) * width);
        own[0] = -own.subarray(1).reduce((sum, loss) => sum + loss, 0);
      }
      const before = process.cpuUsage();
      assert.ok(unbeatenRows(losses, width).every((flag) => flag === 1));
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    cost(4000);
    const [small, large] = [4000, 32_000].map((count) => Math.min(cost(count), cost(count)));
    // Eight times as many: 64 times as long by comparing each with each.
    assert.ok((large as number) < Math.max(small as number, 5000) * 30, `${small} and ${large} µs`);
  });
}
