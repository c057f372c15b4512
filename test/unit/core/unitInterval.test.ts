import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { floatDistribution, intDistribution } from '../../../src/core/space/distributionRules.ts';
import { fromUnit, toUnit } from '../../../src/core/space/unitInterval.ts';

test('a value comes back from its place, for every kind of range', () => {
  const ranges = [
    floatDistribution(-3, 8),
    floatDistribution(-1.7e308, 1.7e308),
    floatDistribution(1e-300, 1e300, { log: true }),
    floatDistribution(0, 1, { step: 0.1 }),
    intDistribution(-4, 40, { step: 4 }),
    intDistribution(1, 1024, { log: true }),
    intDistribution(-9e15, 9e15),
  ];
  fc.assert(
    fc.property(fc.constantFrom(...ranges), fc.double({ min: 0, max: 1, noNaN: true }), (range, u) => {
      const value = fromUnit(range, u);
      assert.ok(value >= range.low && value <= range.high);
      const again = fromUnit(range, toUnit(range, value));
      const scale = Math.max(Math.abs(value), range.log ? 0 : (range.high / 2 - range.low / 2) * 1e-3);
      assert.ok(Math.abs(again - value) <= 1e-12 * Math.max(scale, Number.MIN_VALUE) * (range.log ? 1000 : 1000));
    }),
  );
});

test('ends of a continuous range are 0 and 1, grid points lie in the middle of their cells', () => {
  assert.deepEqual([toUnit(floatDistribution(2, 6), 2), toUnit(floatDistribution(2, 6), 6)], [0, 1]);
  assert.deepEqual(
    [0, 1, 2, 3].map((value) => toUnit(intDistribution(0, 3), value)),
    [0.125, 0.375, 0.625, 0.875],
  );
  assert.equal(toUnit(floatDistribution(3, 3), 3), 0.5);
  assert.equal(toUnit(floatDistribution(0, 1), 7), 1);
  assert.equal(fromUnit(intDistribution(0, 3), 1), 3);
});
