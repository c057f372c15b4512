import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimate, thin } from '../../../webview/decimate.ts';

const places = fc.array(fc.tuple(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.double({ min: -1e9, max: 1e9 })), {
  maxLength: 400,
});

test('decimation keeps extremes, order and what it was told to keep, within its budget', () => {
  fc.assert(
    fc.property(
      places,
      fc.integer({ min: 4, max: 60 }),
      fc.array(fc.nat({ max: 399 }), { maxLength: 5 }),
      (found, budget, kept) => {
        const x = (index: number) => (found[index] as [number, number])[0];
        const y = (index: number) => (found[index] as [number, number])[1];
        const points = found.map((_, index) => index);
        const keep = new Set(kept.filter((index) => index < found.length));
        const result = decimate({ points, x, y, budget, keep });
        assert.deepEqual(
          result,
          [...new Set(result)].sort((one, other) => one - other),
          'order',
        );
        for (const index of keep) assert.ok(result.includes(index), 'told to keep');
        if (found.length <= budget) return assert.equal(result.length, found.length);
        assert.ok(result.length <= budget + keep.size, 'budget');
        const finite = points.filter((index) => !Number.isNaN(y(index)));
        if (finite.length === 0) return;
        const heights = finite.map(y);
        const keptHeights = result.filter((index) => !Number.isNaN(y(index))).map(y);
        assert.equal(Math.max(...keptHeights), Math.max(...heights), 'highest');
        assert.equal(Math.min(...keptHeights), Math.min(...heights), 'lowest');
      },
    ),
  );
});

test('a million points are no problem for the call stack', () => {
  const points = Uint32Array.from({ length: 1_000_000 }, (_, index) => index);
  const result = decimate({ points, x: Number, y: (index) => Math.sin(index), budget: 5000, keep: new Set([777_777]) });
  assert.ok(result.length <= 5001 && result.length > 4000);
  assert.ok(result.includes(777_777));
});

test('thinning keeps the last item and never more than the budget', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 30 }), (items, budget) => {
      const kept = thin(items, budget);
      assert.equal(kept.length, Math.min(items.length, budget));
      assert.equal(kept.at(-1), items.at(-1));
    }),
  );
});
