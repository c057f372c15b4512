import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random, shuffle, threefry2x32 } from '../../../src/core/random.ts';
import { logNormalMass, normalCdf } from '../../../src/core/stats/normal.ts';

const COUNT = 100_000;

test('Threefry-2×32-20 gives the known answers of its authors', () => {
  const out = new Uint32Array(2);
  const known = [
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ] as const;
  for (const [k0, k1, c0, c1, x0, x1] of known) {
    threefry2x32(k0, k1, c0, c1, out);
    assert.deepEqual([...out], [x0, x1]);
  }
});

test('draws are a function of seed, trial and stream, and differ with each of them', () => {
  const draws = (seed: number, trial: number, stream?: string) => {
    const random = new Random(seed, trial, stream);
    return Array.from({ length: 5 }, () => random.uniform());
  };
  assert.deepEqual(draws(1, 2, 'x'), draws(1, 2, 'x'));
  const different = [
    draws(1, 2, 'x'),
    draws(2, 2, 'x'),
    draws(1, 3, 'x'),
    draws(1, 2, 'y'),
    draws(1 + 2 ** 33, 2, 'x'),
  ];
  assert.equal(new Set(different.map(String)).size, different.length);
});

test('uniform: mean, variance, bins, no correlation of neighbours, trials or streams', () => {
  const bins = new Float64Array(100);
  let sum = 0;
  let squares = 0;
  let product = 0;
  let last = 0.5;
  const random = new Random(7, 0);
  for (let draw = 0; draw < COUNT; draw++) {
    const u = random.uniform();
    assert.ok(u >= 0 && u < 1);
    sum += u;
    squares += (u - 0.5) ** 2;
    product += (u - 0.5) * (last - 0.5);
    bins[Math.floor(u * 100)] = (bins[Math.floor(u * 100)] ?? 0) + 1;
    last = u;
  }
  assert.ok(Math.abs(sum / COUNT - 0.5) < 5 * Math.sqrt(1 / 12 / COUNT));
  assert.ok(Math.abs(squares / COUNT - 1 / 12) < 0.002);
  assert.ok(Math.abs((12 * product) / COUNT) < 5 / Math.sqrt(COUNT));
  // χ² with 99 degrees of freedom: 160 has p = 1e-4.
  assert.ok(bins.reduce((chi, count) => chi + (count - COUNT / 100) ** 2 / (COUNT / 100), 0) < 160);
  const across = (draw: (trial: number) => number) => {
    let covariance = 0;
    for (let trial = 0; trial < 20_000; trial++) covariance += (draw(trial) - 0.5) * (draw(trial + 1) - 0.5);
    return (12 * covariance) / 20_000;
  };
  assert.ok(Math.abs(across((trial) => new Random(1, trial).uniform())) < 5 / Math.sqrt(20_000));
  assert.ok(Math.abs(across((seed) => new Random(seed, 1).uniform())) < 5 / Math.sqrt(20_000));
  assert.ok(Math.abs(across((stream) => new Random(1, 1, `p${stream}`).uniform())) < 5 / Math.sqrt(20_000));
});

test('normal: moments, and Kolmogorov–Smirnov against Φ', () => {
  const random = new Random(3, 1);
  const sample = Float64Array.from({ length: COUNT }, () => random.normal()).sort();
  const mean = sample.reduce((sum, x) => sum + x, 0) / COUNT;
  const variance = sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / COUNT;
  assert.ok(Math.abs(mean) < 0.016 && Math.abs(variance - 1) < 0.025, `${mean}, ${variance}`);
  let distance = 0;
  for (const [index, x] of sample.entries())
    distance = Math.max(distance, Math.abs(normalCdf(x) - (index + 0.5) / COUNT));
  assert.ok(distance < 2.2 / Math.sqrt(COUNT), `D = ${distance}`);
});

test('choice and integer: as often as they should, never an impossible one', () => {
  const random = new Random(9, 1);
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < COUNT; draw++) {
    const index = random.choice([1, 0, 3, 6]);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  assert.equal(counts[1], 0);
  for (const [index, share] of [
    [0, 0.1],
    [2, 0.3],
    [3, 0.6],
  ] as const) {
    assert.ok(Math.abs((counts[index] ?? 0) / COUNT - share) < 0.01);
  }
  const seen = new Set(Array.from({ length: 500 }, () => random.integer(7)));
  assert.deepEqual([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
});

test('shuffle: a permutation, every place about equally likely', () => {
  const first = new Float64Array(5);
  for (let seed = 0; seed < 5000; seed++) {
    const items = Uint32Array.of(0, 1, 2, 3, 4);
    shuffle(items, new Random(seed, 0));
    assert.deepEqual([...items].sort(), [0, 1, 2, 3, 4]);
    first[items[0] as number] = (first[items[0] as number] as number) + 1;
  }
  for (const count of first) assert.ok(Math.abs(count - 1000) < 150, `${first}`);
});

test('Φ has the digits of the tables, in the far tail too', () => {
  // 0.5 * math.erfc(-x / math.sqrt(2)) in Python.
  const known: [number, number][] = [
    [0, 0.5],
    [1, 0.8413447460685429],
    [-1, 0.158655253931457],
    [-2.5, 0.006209665325776132],
    [-5, 2.866515718791933e-7],
    [-8, 6.220960574271784e-16],
    [-20, 2.7536241186063314e-89],
    [-37, 5.725571222525139e-300],
  ];
  for (const [x, p] of known) assert.ok(Math.abs(normalCdf(x) / p - 1) < 1e-8, `Φ(${x}) = ${normalCdf(x)}`);
  assert.equal(normalCdf(Number.NEGATIVE_INFINITY), 0);
  assert.equal(normalCdf(Number.POSITIVE_INFINITY), 1);
  assert.ok(Math.abs(logNormalMass(8, 9) - Math.log(6.220960574271784e-16 - 1.1285884059538422e-19)) < 1e-8);
});
