import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  markdownText,
  plainLabel,
  printable,
  printableJson,
  terminalLines,
  withoutColours,
} from '../../../../src/core/text/printable.ts';

const UNSEEN =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u2060-\u2064\ufeff\u00ad\u3164\u115f]/u;

test('leaves text as it is that a person can read, in any script and with emoji', () => {
  for (const text of ['lr=1e-5', '学习率 中文，', 'Größe', 'می‌خواهم', '👩‍🔬 ❤️', 'क्‍ष', 'C:\\runs\\a b', 'naïve café'])
    assert.equal(printable(text), text);
});

test('shows what a terminal obeys, hides or turns round as an escape', () => {
  const attacks: readonly (readonly [string, string])[] = [
    ['\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
    ['\u001b]52;c;ZXZpbA==\u001b\\', '\\u001b]52;c;ZXZpbA==\\u001b\\'],
    ['\u009b2J\u009d0;x\u009c', '\\u009b2J\\u009d0;x\\u009c'],
    ['a\rb\nc\vd\fe', 'a\\rb\\nc\\u000bd\\u000ce'],
    ['a\u2028b\u2029c\u0085d', 'a\\u2028b\\u2029c\\u0085d'],
    ['\u202egpj.exe\u2066', '\\u202egpj.exe\\u2066'],
    ['a\u200bb\u2060\ufeff\u200d', 'a\\u200bb\\u2060\\ufeff\\u200d'],
    ['a\tb\u007f\u0000', 'a\\tb\\u007f\\u0000'],
    ['\ud800x\udc00', '\\ud800x\\udc00'],
    ['\u{e0041}', '\\u{e0041}'],
  ];
  for (const [given, shown] of attacks) assert.equal(printable(given), shown);
});

test('piles at most eight marks on a letter', () => {
  assert.equal(printable(`a${'\u0300'.repeat(10)}`), `a${'\u0300'.repeat(8)}\\u0300\\u0300`);
});

test('makes any text one visible line, and its own output stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const shown = printable(text);
      assert.doesNotMatch(shown.replace(/(?<=[\p{L}\p{M}\p{Extended_Pictographic}])[\u200c\u200d]/gu, ''), UNSEEN);
      assert.equal(printable(shown), shown);
    }),
    { numRuns: 2000 },
  );
});

test('keeps the value of JSON', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), fc.constantFrom(0, 2), (json, indent) => {
      const value: unknown = JSON.parse(json);
      const shown = printableJson(JSON.stringify(value, null, indent));
      assert.deepEqual(JSON.parse(shown), value);
      assert.doesNotMatch(shown.replaceAll('\n', ''), UNSEEN);
    }),
    { numRuns: 500 },
  );
});

test('leaves no mark of Markdown, icon or link in text from outside', () => {
  const text =
    '`a` **b** ![x](http://e/x.png) <img src=x> [c](command:x) $(zap) https://e www.e.com me@e.com | &lt; ~~~\n\n# h';
  const shown = markdownText(text);
  assert.doesNotMatch(shown.replace(/&#\d+;/g, ''), /[!-/:-@[-`{-~\n]/);
  const seen = shown.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
  assert.equal(seen, text.replace(/\s+/g, ' '));
});

test('leaves no icon and no link in a plain label', () => {
  assert.equal(plainLabel('$(zap) [go](command:evil) a\nb'), '$ (zap) [go] (command:evil) a\\nb');
});

test('drops the colours of a printed line and nothing else', () => {
  assert.equal(withoutColours('\u001b[1;38:5:4mred\u001b[0m \u001b[2J'), 'red \u001b[2J');
});

test('lines of a terminal are what it would have left of them', () => {
  const text = '\u001b[32mok\u001b[0m\r\n 10%\r 50%\r100%\n\ta\u202eb\n';
  assert.deepEqual(terminalLines(text), ['ok', '100%', '    ab']);
  assert.deepEqual(terminalLines(''), []);
});
