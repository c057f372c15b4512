import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { Halton } from '../../../src/core/samplers/qmc/halton.ts';
import { Sobol, sobolPoints } from '../../../src/core/samplers/qmc/sobol.ts';
import { categoricalDistribution, floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { searchSpace } from '../../../src/core/space/searchSpace.ts';
import { History } from '../../../src/core/study/history.ts';
import { samplerContract } from '../../support/contracts/samplerContract.ts';

samplerContract('qmc', { create: (seed) => createSampler({ type: 'qmc', seed }) });
samplerContract('qmc, halton', {
  create: (seed) => createSampler({ type: 'qmc', seed, options: { qmcType: 'halton' } }),
});

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

test('the plain Halton sequence is the radical inverse in the first primes', () => {
  const halton = new Halton(12, null);
  for (const [index, expected] of recorded.halton.entries()) {
    const point = new Float64Array(12);
    halton.point(index, point);
    for (const [dimension, value] of expected.entries()) {
      assert.ok(Math.abs((point[dimension] as number) - value) < 1e-15, `${index}, ${dimension}`);
    }
  }
});

test('scrambled Halton points keep the equal shares of every base, and large bases do not go together', () => {
  const halton = new Halton(40, 3);
  const points = Array.from({ length: 210 }, (_, index) => {
    const point = new Float64Array(40);
    halton.point(index, point);
    return point;
  });
  for (const [dimension, base] of [2, 3, 5, 7].entries()) {
    for (let cell = 0; cell < base; cell++) {
      const inside = points.filter((point) => Math.floor((point[dimension] as number) * base) === cell).length;
      assert.equal(inside, 210 / base, `dimension ${dimension}, cell ${cell}`);
    }
  }
  // Bases 167 and 173: unscrambled, the first 160 points lie on one line.
  const pairs = points.slice(0, 160).map((point) => [point[38] as number, point[39] as number] as const);
  const product = pairs.reduce((sum, [x, y]) => sum + (x - 0.5) * (y - 0.5), 0) / pairs.length;
  assert.ok(Math.abs(12 * product) < 0.3, `correlation ${12 * product}`);
});

/** Mean of Π (1 + (x − ½)) over the first 256 trials: 1 when they fill the cube evenly. */
function integral(sampler: ReturnType<typeof createSampler>): number {
  const space = searchSpace(
    Array.from({ length: 5 }, (_, index) => ({ name: `x${index}`, distribution: floatDistribution(0, 1) })),
  );
  const history = new History([1]);
  let sum = 0;
  for (let number = 0; number < 256; number++) {
    const { params } = sampler.suggest(space, { history, number });
    sum += Object.values(params).reduce((product: number, x) => product * (0.5 + Number(x)), 1);
  }
  return sum / 256;
}

test('integrates a product of five parameters at least five times as well as random draws', () => {
  const error = (options: Parameters<typeof createSampler>[0]['options'], type: string) => {
    let sum = 0;
    for (let seed = 0; seed < 20; seed++) {
      sum += (integral(createSampler({ type, seed, ...(options && { options }) })) - 1) ** 2;
    }
    return Math.sqrt(sum / 20);
  };
  const random = error(undefined, 'random');
  assert.ok(error(undefined, 'qmc') < random / 5);
  assert.ok(error({ qmcType: 'halton' }, 'qmc') < random / 5);
});

test('a parameter has its dimension whether others are active or not, and choices come equally often', () => {
  const space = searchSpace([
    { name: 'kind', distribution: categoricalDistribution(['a', 'b', 'c', 'd']) },
    { name: 'only a', distribution: floatDistribution(0, 1), when: { kind: ['a'] } },
    { name: 'x', distribution: floatDistribution(0, 1) },
  ]);
  const flat = searchSpace(space.parameters.map(({ name, distribution }) => ({ name, distribution })));
  const sampler = createSampler({ type: 'qmc', seed: 5 });
  const counts: Record<string, number> = {};
  for (let number = 0; number < 64; number++) {
    const context = { history: new History([1]), number };
    const { params } = sampler.suggest(space, context);
    counts[String(params['kind'])] = (counts[String(params['kind'])] ?? 0) + 1;
    assert.equal(params['x'], sampler.suggest(flat, context).params['x']);
  }
  assert.deepEqual(counts, { a: 16, b: 16, c: 16, d: 16 });
});
