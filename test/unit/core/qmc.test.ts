import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Sobol, sobolPoints } from '../../../src/core/samplers/qmc/sobol.ts';

/** Made by scipy: see record.py beside it. */
const recorded = JSON.parse(readFileSync(new URL('../../fixtures/qmc/points.json', import.meta.url), 'utf8')) as {
  sobol: Record<string, number[]>;
  halton: number[][];
};

test('the plain Sobol sequence is that of Joe and Kuo in 1,111 dimensions', () => {
  const sobol = new Sobol(1111, null);
  const point = new Float64Array(1111);
  for (const [index, bits] of Object.entries(recorded.sobol)) {
    sobol.point(Number(index), point);
    assert.deepEqual(
      Array.from(point, (value) => value * 2 ** 32),
      bits,
    );
  }
});

test('scrambled Sobol points stay a net: every dyadic interval holds its share, every pair of dimensions too', () => {
  for (const seed of [0, 1, 2 ** 40]) {
    const points = sobolPoints(256, 40, seed, 512);
    for (let dimension = 0; dimension < 40; dimension++) {
      const cells = new Set(
        Array.from({ length: 256 }, (_, row) => Math.floor((points[row * 40 + dimension] ?? 1) * 256)),
      );
      assert.equal(cells.size, 256, `dimension ${dimension}`);
    }
    // Dimensions 1 and 2 are a (0, m, 2)-net: each of 16 × 16 squares holds one point.
    const squares = new Set(
      Array.from({ length: 256 }, (_, row) => {
        const [x = 0, y = 0] = points.subarray(row * 40, row * 40 + 2);
        return Math.floor(x * 16) * 16 + Math.floor(y * 16);
      }),
    );
    assert.equal(squares.size, 256);
  }
});

test('scrambled points are uniform over seeds, and another seed gives other points', () => {
  let sum = 0;
  let squares = 0;
  for (let seed = 0; seed < 2000; seed++) {
    const value = sobolPoints(1, 3, seed, 5)[2] as number;
    sum += value;
    squares += value * value;
  }
  assert.ok(Math.abs(sum / 2000 - 1 / 2) < 0.03);
  assert.ok(Math.abs(squares / 2000 - 1 / 3) < 0.03);
  assert.notDeepEqual(sobolPoints(4, 3, 1), sobolPoints(4, 3, 2));
});
