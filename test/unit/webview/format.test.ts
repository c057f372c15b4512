import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  choiceLabels,
  formatAligned,
  formatChoice,
  formatClock,
  formatDuration,
  formatEta,
  formatSignificant,
  formatTick,
} from '../../../webview/ui/format.ts';
import { createTranslate } from '../../../webview/ui/strings.ts';
import { panelTexts } from '../../support/words.ts';

const t = createTranslate(panelTexts);

test('the marks of an axis have the same decimals', () => {
  assert.deepEqual(
    [-0.93, 0, 0.5].map((tick) => formatTick(tick, 2)),
    ['-0.93', '0.00', '0.50'],
  );
  assert.equal(formatTick(4e6, 0), '4000000');
  assert.equal(formatTick(0.0000012, 4), '1.2e-6');
});

test('significant digits, with exponents as the tree writes them', () => {
  const cases: [number, number, string][] = [
    [2.68e-5, 3, '2.68e-5'],
    [1e-4, 3, '0.0001'],
    [0.1, 3, '0.1'],
    [1234567, 3, '1234567'],
    [1.5e300, 3, '1.5e300'],
    [-2.684e-5, 3, '-2.68e-5'],
    [0, 3, '0'],
  ];
  for (const [value, digits, text] of cases) assert.equal(formatSignificant(value, digits), text);
  assert.equal(formatAligned(3.4e-5, 3), '3.40e-5');
  assert.equal(formatAligned(0.13, 3), '0.130');
  assert.equal(formatAligned(1234.5, 3), '1235');
});

test('non-finite numbers keep their names', () => {
  const names = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) =>
    formatSignificant(value, 4),
  );
  assert.deepEqual(names, ['nan', 'inf', '-inf']);
});

test('every number that is shown reads back close to what it was', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (value) => {
      const read = Number(formatSignificant(value, 6));
      assert.ok(Math.abs(read - value) <= Math.abs(value) * 1e-5, `${value} became ${read}`);
      const aligned = Number(formatAligned(value, 3));
      assert.ok(Math.abs(aligned - value) <= Math.abs(value) * 6e-3, `${value} became ${aligned}`);
    }),
  );
});

test('choices read as in the study file and the tree', () => {
  assert.deepEqual(['', ' '].map(formatChoice), ['""', '" "']);
  assert.deepEqual([null, true, false, 'adamw', 32, [1, 2]].map(formatChoice), [
    'null',
    'true',
    'false',
    'adamw',
    '32',
    '[1,2]',
  ]);
});

test('durations have two units at most', () => {
  const cases: [number, string][] = [
    [12, '12 ms'],
    [3210, '3.2 s'],
    [59_400, '59 s'],
    [221_000, '3 min 41 s'],
    [240_000, '4 min'],
    [3_600_000 * 5, '5 h'],
    [3_600_000 * 5 + 60_000 * 7, '5 h 7 min'],
    [3_600_000 * 50, '2 d 2 h'],
    [Number.NaN, '–'],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms, t), text);
  assert.deepEqual([237_000, 3_723_000, 1240, 20].map(formatClock), ['3:57', '1:02:03', '1.24 s', '20 ms']);
  assert.equal(formatEta(12 * 60_000 + 5000, t), '12 min left');
  assert.equal(formatEta(3000, t), 'less than a minute left');
});

test('the texts are those that the extension hands over; where there is none the name stands', () => {
  const own = createTranslate(JSON.stringify({ timeLeft: '还剩 {time}', best: 4 }));
  assert.equal(own('timeLeft', { time: '5 min' }), '还剩 5 min');
  assert.equal(own('best'), 'best');
  assert.equal(createTranslate('{"best":')('best'), 'best');
});

test('long choices are as short as tells them apart', () => {
  const paths = ['bert', 'roberta', 'x'].map((name) => `google/${name}_uncased_L-12_H-768`);
  assert.deepEqual(choiceLabels(paths, 14), ['…bert…', '…roberta…', '…x…']);
  assert.deepEqual(choiceLabels(['adam', 'adamw'], 14), ['adam', 'adamw'], 'short ones stay whole');
  assert.deepEqual(choiceLabels(['a-very-long-one', 'another-very-long-one'], 8), ['a…', 'another…']);
  assert.deepEqual(choiceLabels([1, true, null], 14), ['1', 'true', 'null']);
  assert.deepEqual(choiceLabels(['the only choice of all'], 8), ['the onl…']);
  assert.deepEqual(choiceLabels(['same text twice', 'same text twice'], 8), ['…', '…']);
});
