import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  cardinality,
  categoricalDistribution,
  contains,
  floatDistribution,
  gridPoint,
  intDistribution,
  isCompatible,
  isSingle,
  lastGridPoint,
  nearestValid,
  sameDistribution,
  toInternal,
  toValue,
} from '../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { isActive, type SpaceParameter, searchSpace } from '../../../src/core/space/searchSpace.ts';

describe('float distributions', () => {
  test('a high off the grid moves down to it, counted in decimal', () => {
    assert.equal(floatDistribution(0, 1, { step: 0.3 }).high, 0.9);
    assert.equal(floatDistribution(0, 0.3, { step: 0.1 }).high, 0.3);
    assert.equal(floatDistribution(0.1, 0.85, { step: 0.25 }).high, 0.85);
    assert.equal(floatDistribution(1e-7, 1e-6, { step: 2e-7 }).high, 9e-7);
    assert.equal(floatDistribution(-1, 1, { step: 0.75 }).high, 0.5);
    assert.equal(floatDistribution(0, 1, { step: 3 }).high, 0);
  });

  test('every grid point is a value, written with no more decimals than the range', () => {
    const grid = floatDistribution(0.1, 0.9, { step: 0.1 });
    const points = Array.from({ length: cardinality(grid) }, (_, index) => gridPoint(grid, index));
    assert.deepEqual(points, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
  });

  test('refuses what has no meaning, in a sentence that says what to change', () => {
    const bad: [number, number, object, RegExp][] = [
      [2, 1, {}, /swap/],
      [0, 1, { log: true }, /above 0/],
      [1, 2, { log: true, step: 0.1 }, /leave out `step`/],
      [0, 1, { step: 0 }, /above 0/],
      [0, 1, { step: -1 }, /above 0/],
      [Number.NaN, 1, {}, /low is NaN/],
      [0, Number.POSITIVE_INFINITY, {}, /high is Infinity/],
      [0, 1, { step: Number.NaN }, /step is NaN/],
    ];
    for (const [low, high, options, message] of bad) {
      assert.throws(() => floatDistribution(low, high, options), { code: 'invalid-distribution', message });
    }
  });
});

describe('int distributions', () => {
  test('a high off the grid moves down', () => {
    assert.equal(intDistribution(0, 10, { step: 3 }).high, 9);
    assert.equal(intDistribution(-3, 10, { step: 7 }).high, 4);
  });

  test('refuses fractions, steps on a log scale, a log scale from 0', () => {
    assert.throws(() => intDistribution(0.5, 3), { code: 'invalid-distribution', message: /whole numbers/ });
    assert.throws(() => intDistribution(0, 3, { step: 0 }), { code: 'invalid-distribution' });
    assert.throws(() => intDistribution(1, 8, { log: true, step: 2 }), { code: 'invalid-distribution' });
    assert.throws(() => intDistribution(0, 8, { log: true }), { code: 'invalid-distribution', message: /at least 1/ });
    assert.throws(() => intDistribution(3, 1), { code: 'invalid-distribution', message: /swap/ });
  });

  test('a fraction is cut, a bool counts, text and NaN are refused', () => {
    const range = intDistribution(0, 10);
    assert.equal(toInternal(range, 3.7), 3);
    assert.equal(toInternal(range, -3.7), -3);
    assert.equal(toInternal(range, true), 1);
    for (const value of ['3', null, undefined, Number.NaN, [3]]) {
      assert.throws(() => toInternal(range, value), { code: 'invalid-value' });
    }
  });
});

describe('categorical distributions', () => {
  test('choices keep their type: true, 1 and "1" are three choices', () => {
    const mixed = categoricalDistribution([true, 1, '1', 0, false, null, 2.5, [1, 2], { a: [true] }]);
    for (const [index, choice] of mixed.choices.entries()) {
      assert.equal(toInternal(mixed, choice), index);
      assert.equal(toValue(mixed, index), choice);
    }
    assert.equal(toInternal(mixed, [1, 2]), 7);
    assert.equal(toInternal(mixed, { a: [true] }), 8);
  });

  test('1 finds true, as in Python, only where there is no 1', () => {
    assert.equal(toInternal(categoricalDistribution([false, true]), 1), 1);
    assert.equal(toInternal(categoricalDistribution([1, 0]), false), 1);
    assert.throws(() => toInternal(categoricalDistribution([false, true]), 2), { code: 'invalid-value' });
    assert.throws(() => toInternal(categoricalDistribution(['1']), 1), {
      code: 'invalid-value',
      message: /none of the choices "1"/,
    });
  });

  test('needs a choice', () => {
    assert.throws(() => categoricalDistribution([]), { code: 'invalid-distribution' });
  });
});

test('compatible within a study: kind, log and choices stay, ranges may change', () => {
  const a = floatDistribution(0, 1);
  assert.ok(isCompatible(a, floatDistribution(5, 6, { step: 0.5 })));
  assert.ok(!isCompatible(a, floatDistribution(1, 2, { log: true })));
  assert.ok(!isCompatible(a, intDistribution(0, 1)));
  assert.ok(!isCompatible(categoricalDistribution([true, 0]), categoricalDistribution([1, 0])));
  assert.ok(isCompatible(categoricalDistribution(['a', Number.NaN]), categoricalDistribution(['a', Number.NaN])));
  assert.ok(sameDistribution(a, floatDistribution(0, 1)) && !sameDistribution(a, floatDistribution(0, 2)));
});

test('one value only: equal ends, a step wider than the range, one choice', () => {
  assert.ok(isSingle(floatDistribution(1, 1)) && isSingle(floatDistribution(0, 1, { step: 2 })));
  assert.ok(isSingle(intDistribution(4, 4)) && isSingle(intDistribution(0, 5, { step: 9 })));
  assert.ok(isSingle(categoricalDistribution([7])) && !isSingle(categoricalDistribution([7, 7.5])));
  assert.ok(!isSingle(floatDistribution(0, 1)) && !isSingle(intDistribution(0, 1)));
});

test('property: grid points are contained, points off the grid are not, nearest is valid', () => {
  const decimal = fc
    .tuple(fc.integer({ min: -1e6, max: 1e6 }), fc.nat(6))
    .map(([digits, shift]) => Number(`${digits}e-${shift}`));
  const width = fc
    .tuple(fc.integer({ min: 1, max: 999 }), fc.nat(6))
    .map(([digits, shift]) => Number(`${digits}e-${shift}`));
  fc.assert(
    fc.property(decimal, width, fc.nat(500), fc.double({ min: 0, max: 1, noNaN: true }), (low, step, count, place) => {
      const high = low + count * step + place * step * 0.5;
      const grid = floatDistribution(low, high, { step });
      assert.ok(grid.high <= high);
      const index = Math.floor(place * (cardinality(grid) - 1));
      assert.ok(contains(grid, gridPoint(grid, index)), `${gridPoint(grid, index)}`);
      assert.ok(!contains(grid, gridPoint(grid, index) + step * 0.37));
      assert.ok(contains(grid, nearestValid(grid, low + place * (high - low))));
      assert.ok(Math.abs(cardinality(grid) - 1 - count) <= 1);
    }),
  );
});

test('property: the last grid point is low + k·step with the largest k that fits', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -999, max: 999 }),
      fc.nat(5000),
      fc.integer({ min: 1, max: 300 }),
      (low, extra, step) => {
        const last = lastGridPoint(low / 100, (low + extra) / 100, step / 100);
        assert.equal(Math.round(last * 100), low + Math.floor(extra / step) * step);
      },
    ),
  );
});

describe('search spaces', () => {
  const choice = categoricalDistribution(['sgd', 'adam']);
  const number = floatDistribution(0, 1);

  test('are put in an order in which conditions name earlier parameters, otherwise as written', () => {
    const space = searchSpace([
      { name: 'c', distribution: number, when: { b: [true] } },
      { name: 'x', distribution: number },
      { name: 'b', distribution: categoricalDistribution([true, false]), when: { a: ['sgd'] } },
      { name: 'a', distribution: choice },
    ]);
    assert.deepEqual(
      space.parameters.map(({ name }) => name),
      ['a', 'b', 'c', 'x'],
    );
  });

  test('a condition may spell a choice as Python compares it, and name lists and dicts', () => {
    const on = categoricalDistribution([true, false]);
    const shape = categoricalDistribution([[1, 2], { a: [3] }]);
    const child = floatDistribution(0, 1);
    const { parameters } = searchSpace([
      { name: 'on', distribution: on },
      { name: 'shape', distribution: shape },
      { name: 'rate', distribution: child, when: { on: [1] } },
      { name: 'depth', distribution: child, when: { shape: [{ a: [3] }] } },
    ]);
    const isActiveIn = (name: string, chosen: Params): boolean =>
      isActive(parameters.find((parameter) => parameter.name === name) as SpaceParameter, chosen);
    assert.equal(isActiveIn('rate', { on: toValue(on, 0) }), true);
    assert.equal(isActiveIn('rate', { on: toValue(on, 1) }), false);
    assert.equal(isActiveIn('depth', { shape: toValue(shape, 1) }), true);
    assert.equal(isActiveIn('depth', { shape: toValue(shape, 0) }), false);
  });

  test('an inactive parent makes its children inactive', () => {
    const child = { name: 'c', distribution: number, when: { b: [true] } };
    assert.ok(isActive(child, { a: 'sgd', b: true }));
    assert.ok(!isActive(child, { a: 'sgd', b: false }));
    assert.ok(!isActive(child, { a: 'adam' }));
  });

  test('refuse what can never work', () => {
    const bad: [Parameters<typeof searchSpace>[0], RegExp][] = [
      [
        [
          { name: 'a', distribution: number },
          { name: 'a', distribution: number },
        ],
        /twice/,
      ],
      [[{ name: 'a', distribution: number, when: { b: [1] } }], /no parameter/],
      [[{ name: 'a', distribution: choice, when: { a: ['sgd'] } }], /circle/],
      [
        [
          { name: 'o', distribution: choice },
          { name: 'a', distribution: number, when: { o: ['rms'] } },
        ],
        /none of the choices/,
      ],
      [
        [
          { name: 'o', distribution: choice },
          { name: 'a', distribution: number, when: { o: [] } },
        ],
        /at least one/,
      ],
    ];
    for (const [parameters, message] of bad)
      assert.throws(() => searchSpace(parameters), { code: 'invalid-space', message });
  });
});
