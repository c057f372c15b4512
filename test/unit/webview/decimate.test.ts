import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decimateLine, thin } from '../../../webview/model/decimate.ts';

const heights = fc.array(fc.oneof(fc.double({ min: -1e9, max: 1e9 }), fc.constant(Number.NaN)), { maxLength: 400 });

test('a decimated line keeps its ends, extremes, gaps and order, within its budget', () => {
  fc.assert(
    fc.property(heights, fc.array(fc.nat({ max: 50 })), fc.integer({ min: 8, max: 60 }), (found, gaps, budget) => {
      let x = 0;
      const points = found.map((y, n) => {
        x += gaps[n] ?? 1;
        return { x, y, n };
      });
      const kept = decimateLine(points, budget);
      if (points.length <= budget) return assert.deepEqual(kept, points);
      assert.ok(kept.length <= budget, `${kept.length} of ${budget}`);
      assert.deepEqual([kept[0], kept.at(-1)], [points[0], points.at(-1)]);
      assert.ok(
        kept.every(({ n }, index) => index === 0 || n > (kept[index - 1]?.n as number)),
        'order',
      );
      const finite = (of: typeof kept) => of.map(({ y }) => y).filter((y) => !Number.isNaN(y));
      if (finite(points).length === 0) return;
      assert.equal(Math.max(...finite(kept)), Math.max(...finite(points)), 'highest');
      assert.equal(Math.min(...finite(kept)), Math.min(...finite(points)), 'lowest');
      assert.equal(
        kept.some(({ y }) => Number.isNaN(y)),
        points.some(({ y }) => Number.isNaN(y)),
        'a gap stays a gap',
      );
    }),
  );
});

test('a million points of a line are no problem for the call stack, and a single spike stays', () => {
  const points = Array.from({ length: 1_000_000 }, (_, n) => ({ x: n, y: n === 777_777 ? 50 : Math.sin(n), n }));
  const kept = decimateLine(points, 200);
  assert.ok(kept.length <= 200 && kept.length > 150);
  assert.ok(kept.some(({ n }) => n === 777_777));
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
