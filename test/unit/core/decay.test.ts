import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decay } from '../../../src/core/stats/decay.ts';

test('e^(−x) of the tables is Math.exp to the last two bits, down to where it vanishes', () => {
  for (let x = 0; x < 708; x += 0.0137) {
    const exact = Math.exp(-x);
    assert.ok(Math.abs(decay(x) - exact) <= 2 ** -51 * exact, `${x}: ${decay(x)} instead of ${exact}`);
  }
  for (let x = 0; x < 0.1; x += 1.3e-5) assert.ok(Math.abs(decay(x) - Math.exp(-x)) <= 2 ** -51, String(x));
  for (let x = 708; x < 746; x += 0.31) assert.ok(Math.abs(decay(x) - Math.exp(-x)) <= 1e-323, String(x));
  assert.deepEqual([decay(0), decay(1e-300), decay(745.3), decay(1e300), decay(Infinity)], [1, 1, 0, 0, 0]);
  assert.ok(Number.isNaN(decay(Number.NaN)));
});
