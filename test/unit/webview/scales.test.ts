import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clampTo, jitter, ticks, valueRange, withLane } from '../../../webview/plot/scales.ts';

const anything = fc.array(fc.oneof(fc.double(), fc.double({ min: 1e-6, max: 10, noNaN: true })), { maxLength: 200 });

test('the range holds every value that it does not count as clipped, and always the best one', () => {
  fc.assert(
    fc.property(anything, fc.boolean(), fc.constantFrom('low', 'high', 'none'), (values, log, better) => {
      const range = valueRange(values, { log, better });
      const usable = values.filter((value) => Math.abs(log ? Math.log10(value) : value) < 1e300);
      if (usable.length === 0) return assert.equal(range, null);
      assert.ok(range);
      if (!log) assert.ok(range.min < range.max && Number.isFinite(range.max - range.min));
      const outside = values.filter((value) => {
        if (Number.isNaN(log ? Math.log10(value) : value)) return false;
        return !Number.isFinite(log ? Math.log10(value) : value) || value < range.min || value > range.max;
      });
      assert.ok(outside.length <= range.clipped, `${outside.length} outside, ${range.clipped} counted`);
      const best = better === 'low' ? Math.min(...usable) : Math.max(...usable);
      if (better !== 'none') {
        assert.ok(best >= range.min && best <= range.max, 'the best is on the axis');
      }
    }),
  );
});

test('one exploded loss does not flatten the others', () => {
  const values = [...Array.from({ length: 40 }, (_, index) => 0.1 + index / 1000), 4e7, Number.POSITIVE_INFINITY];
  const range = valueRange(values, { log: false, better: 'low' });
  assert.equal(range?.clipped, 2);
  assert.ok((range?.max as number) < 0.2);
  assert.equal(clampTo(range as { min: number; max: number; log: boolean }, 4e7), range?.max);
});

test('the best side is never clipped, however far it is', () => {
  const values = [...Array.from({ length: 40 }, (_, index) => 1 + index / 1000), -1e6];
  assert.equal(valueRange(values, { log: false, better: 'low' })?.clipped, 0);
  assert.equal(valueRange(values, { log: false, better: 'high' })?.clipped, 1);
});

test('a single value gets room on both sides', () => {
  for (const value of [0, 0.93, -5]) {
    const range = valueRange([value], { log: false, better: 'high' });
    assert.ok((range?.min as number) < value && value < (range?.max as number));
  }
});

test('ticks are round, ascending, inside and few', () => {
  const bounds = fc.tuple(
    fc.double({ min: 1e-9, max: 1e6, noNaN: true }),
    fc.double({ min: 1.0001, max: 1e6, noNaN: true }),
  );
  fc.assert(
    fc.property(bounds, fc.boolean(), fc.integer({ min: 2, max: 10 }), ([min, factor], log, count) => {
      const range = { min, max: min * factor, log };
      const found = ticks(range, count);
      assert.ok(found.length <= Math.max(3 * count, 12), `${found.length} ticks`);
      for (const tick of found) assert.ok(tick >= range.min * (1 - 1e-9) && tick <= range.max * (1 + 1e-9));
      assert.deepEqual(
        found,
        [...found].sort((one, other) => one - other),
      );
    }),
  );
  assert.deepEqual(ticks({ min: 0.72, max: 0.94, log: false }, 5), [0.75, 0.8, 0.85, 0.9]);
  assert.deepEqual(ticks({ min: 1e-6, max: 1e-4, log: true }, 6), [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4]);
  assert.deepEqual(ticks({ min: 1e-9, max: 1e3, log: true }, 6), [1e-8, 1e-6, 1e-4, 1e-2, 1, 100]);
});

test('the lane lies below the range, by the same share on both kinds of axis', () => {
  const linear = withLane({ min: 0, max: 10, log: false, clipped: 0 }, 0.1);
  const log = withLane({ min: 1, max: 1024, log: true, clipped: 0 }, 0.1);
  assert.deepEqual([linear.min, linear.max, log.min, log.max], [-1, 10, 0.5, 1024]);
});

test('jitter is fixed, small and spread', () => {
  const offsets = Array.from({ length: 2000 }, (_, number) => jitter(number));
  assert.ok(offsets.every((offset) => offset >= -0.5 && offset < 0.5));
  const low = offsets.filter((offset) => offset < 0).length;
  assert.ok(low > 900 && low < 1100);
  assert.equal(jitter(7), jitter(7));
});
