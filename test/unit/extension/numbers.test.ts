import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  exactNumber,
  formatDuration,
  formatNumber,
  formatParam,
  ValueFormat,
} from '../../../src/extension/model/numbers.ts';
import { english } from '../../../src/extension/model/translate.ts';

test('a number keeps four significant digits, in plain notation while that is short', () => {
  const cases: [number, string][] = [
    [0, '0'],
    [0.9312345, '0.9312'],
    [-0.93, '-0.9300'],
    [12.3456, '12.35'],
    [40, '40'],
    [0.000123456, '0.0001235'],
    [0.0000268, '2.68e-5'],
    [123456789.5, '1.235e8'],
    [Number.NaN, 'nan'],
    [Number.NEGATIVE_INFINITY, '-inf'],
  ];
  for (const [value, text] of cases) assert.equal(formatNumber(value), text);
});

test('what is written reads back as the number, to the digits that are shown', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (value) => {
      const back = Number(formatNumber(value));
      assert.ok(Math.abs(back - value) <= Math.abs(value) * 5.1e-4, `${value} → ${formatNumber(value)}`);
    }),
  );
});

test('values of one study have the same decimals, enough to tell neighbours apart', () => {
  const usual = ValueFormat.of([0.81, 0.85, 0.9312, 0.9291]);
  assert.equal(usual.format(0.9312), '0.9312');
  assert.equal(usual.format(0.81), '0.8100');
  const close = ValueFormat.of([0.99987, 0.99991, 0.99989, 0.99988]);
  assert.notEqual(close.format(0.99991), close.format(0.99989));
  const short = ValueFormat.of([0.9222, 0.9178]);
  assert.equal(short.format(0.9222), '0.9222', 'no zeros that no value has');
  assert.equal(ValueFormat.of([12, 15, 40]).format(15), '15');
  assert.equal(ValueFormat.of([]).format(0.5), '0.5000');
  assert.equal(ValueFormat.of([0.9, 0.8]).format(Number.NaN), 'nan');
});

test('a value format never throws and never hides a value as zero', () => {
  const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(numbers, (values) => {
      const format = ValueFormat.of(values);
      for (const value of values) if (value !== 0) assert.notEqual(Number(format.format(value)), 0, String(value));
    }),
  );
});

test('an exact number reads back as itself and is never a row of zeros', () => {
  assert.equal(exactNumber(0.8667), '0.8667');
  assert.equal(exactNumber(0.0000032504493068429386), '3.2504493068429386e-6');
  fc.assert(
    fc.property(fc.double(), (value) => {
      if (Number.isFinite(value)) assert.equal(Number(exactNumber(value)), value === 0 ? 0 : value);
      else assert.match(exactNumber(value), /^(nan|-?inf)$/);
    }),
  );
});

test('parameters are short: three digits of a float, an int and a choice as they are', () => {
  const float = { type: 'float', low: 0, high: 1, log: false, step: null } as const;
  assert.equal(formatParam(2.6812e-5, float), '2.68e-5');
  assert.equal(formatParam(0.1, float), '0.1');
  assert.equal(formatParam(1, float), '1');
  assert.equal(formatParam(1234567, { type: 'int', low: 0, high: 1e7, log: false, step: 1 }), '1234567');
  assert.equal(formatParam('adamw', undefined), 'adamw');
  assert.equal(formatParam(null, undefined), 'null');
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
