import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, formatParam } from '../../../src/extension/window/numbers.ts';
import { english } from '../../support/words.ts';

test('parameters are short: three digits of a float, an int and a choice as they are', () => {
  const float = { type: 'float', low: 0, high: 1, log: false, step: null } as const;
  assert.equal(formatParam(2.6812e-5, float), '2.68e-5');
  assert.equal(formatParam(0.1, float), '0.1');
  assert.equal(formatParam(1, float), '1');
  assert.equal(formatParam(1234567, { type: 'int', low: 0, high: 1e7, log: false, step: 1 }), '1234567');
  assert.equal(formatParam('adamw', undefined), 'adamw');
  assert.equal(formatParam(null, undefined), 'null');
  assert.equal(formatParam('', undefined), '""', 'a switch that is left out is a value too');
});

test('durations name two units at most', () => {
  const cases: [number, string][] = [
    [0, '0 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [12 * 60_000 + 29_000, '12 min'],
    [3 * 3_600_000 + 5 * 60_000, '3 h 5 min'],
    [26 * 3_600_000, '1 d 2 h'],
    [-5, '0 s'],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms, english), text);
});
