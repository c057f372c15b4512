import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exactNumber, formatNumber, ValueFormat } from '../../../../src/core/text/numbers.ts';

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

test('a column has as many decimals as it takes to tell its best values apart', () => {
  const column = (...values: number[]) => values.map((value) => ValueFormat.of(values).format(value));
  assert.deepEqual(column(0.12, 0.931249, 0.9467), ['0.1200', '0.9312', '0.9467']);
  assert.deepEqual(column(182.44, 20.1, 604.2), ['182.4', '20.1', '604.2']);
  assert.deepEqual(column(3, 17, Number.NaN), ['3', '17', 'nan']);
  assert.deepEqual(column(0.93124, 0.93125, 0.93127), ['0.93124', '0.93125', '0.93127']);
  assert.deepEqual(column(0.0000268, 0.000031), ['2.68e-5', '3.1e-5']);
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
