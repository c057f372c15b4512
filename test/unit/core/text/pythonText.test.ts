import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { distributionFromJson, distributionToJson } from '../../../../src/core/space/distributionJson.ts';
import type { Distribution } from '../../../../src/core/space/distributions.ts';
import { dumpJson, parseJson } from '../../../../src/core/text/pythonJson.ts';
import { pythonFloat, pythonRepr, pythonString } from '../../../../src/core/text/pythonRepr.ts';

test('floats print as Python prints them', () => {
  const cases: [number, string][] = [
    [1, '1.0'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [1e-4, '0.0001'],
    [1e-5, '1e-05'],
    [1.5e-5, '1.5e-05'],
    [1e-7, '1e-07'],
    [1.25e-10, '1.25e-10'],
    [5e-324, '5e-324'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1e22, '1e+22'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [NaN, 'nan'],
    [-Infinity, '-inf'],
  ];
  for (const [value, text] of cases) assert.equal(pythonFloat(value), text);
});

test('values print as Python prints them', () => {
  assert.equal(pythonRepr(1), '1');
  assert.equal(pythonRepr(1, 'float'), '1.0');
  assert.equal(pythonRepr(2 ** 60), '1152921504606846976');
  assert.equal(pythonRepr([null, true, false, 'a', { k: 0.5 }]), "[None, True, False, 'a', {'k': 0.5}]");
  assert.equal(pythonRepr("it's"), '"it\'s"');
  assert.equal(pythonRepr('say "hi"'), '\'say "hi"\'');
  assert.equal(pythonRepr('it\'s "x"'), "'it\\'s \"x\"'");
  assert.equal(pythonRepr('ü→☃ 日本'), "'ü→☃ 日本'");
  assert.equal(pythonRepr('a\nb\tc\\d\r'), "'a\\nb\\tc\\\\d\\r'");
  assert.equal(pythonRepr('\x00\x1b[31m\u200b\u00a0\u{e0001}'), "'\\x00\\x1b[31m\\u200b\\xa0\\U000e0001'");
});

test('distributions are written in the very form of Optuna', () => {
  const texts = [
    '{"name": "FloatDistribution", "attributes": {"step": null, "low": -1.0, "high": 1.0, "log": false}}',
    '{"name": "FloatDistribution", "attributes": {"step": null, "low": 1e-07, "high": 0.1, "log": true}}',
    '{"name": "FloatDistribution", "attributes": {"step": 0.25, "low": 0.0, "high": 1.0, "log": false}}',
    '{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": -3, "high": 10}}',
    '{"name": "IntDistribution", "attributes": {"log": true, "step": 1, "low": 1, "high": 1152921504606846976}}',
    '{"name": "CategoricalDistribution", "attributes": {"choices": ["adamw_hf", "it\'s", "say \\"hi\\"", "\\u00fcn\\u00ef\\u2192\\u2603", "new\\nline", null, true, 3, 2.5, [1, {"a": 1.5}]]}}',
  ];
  for (const text of texts) {
    const distribution = distributionFromJson(text);
    // A copy has no memory of the text that it was read from.
    assert.equal(distributionToJson({ ...distribution } as Distribution), text);
  }
  const exact = '{"name": "CategoricalDistribution", "attributes": {"choices": [1.0, 2, 12345678901234567891]}}';
  assert.equal(distributionToJson(distributionFromJson(exact)), exact);
});

test('old and short forms of distributions are read', () => {
  const read = (name: string, attributes: object): Distribution =>
    distributionFromJson(JSON.stringify({ name, attributes }));
  assert.deepEqual(read('UniformDistribution', { low: 0, high: 2 }), {
    type: 'float',
    low: 0,
    high: 2,
    log: false,
    step: null,
  });
  assert.deepEqual(read('DiscreteUniformDistribution', { low: 0, high: 2, q: 0.5 }), {
    type: 'float',
    low: 0,
    high: 2,
    log: false,
    step: 0.5,
  });
  assert.deepEqual(read('IntUniformDistribution', { low: 0, high: 2 }), {
    type: 'int',
    low: 0,
    high: 2,
    log: false,
    step: 1,
  });
  assert.deepEqual(read('IntLogUniformDistribution', { low: 1, high: 2, step: 1 }), {
    type: 'int',
    low: 1,
    high: 2,
    log: true,
    step: 1,
  });
  assert.deepEqual(distributionFromJson('{"type": "float", "low": 1, "high": 2, "log": true}'), {
    type: 'float',
    low: 1,
    high: 2,
    log: true,
    step: null,
  });
  for (const text of [
    '',
    'null',
    '{}',
    '[]',
    '{"name": "X", "attributes": {}}',
    '{"name": "FloatDistribution"}',
    '{"type": "int", "low": "a", "high": 2}',
  ]) {
    assert.throws(() => distributionFromJson(text), { code: 'invalid-distribution' }, text);
  }
});

test('JSON with the numbers that only Python writes', () => {
  assert.deepEqual(parseJson('{"a": [NaN, Infinity, -Infinity, "NaN \\" Infinity"], "b": {"": null}}'), {
    a: [NaN, Infinity, -Infinity, 'NaN " Infinity'],
    b: { '': null },
  });
  for (const text of [
    '{"a": NaN',
    '[NaN,]',
    'NaNa',
    '[Infinity 1]',
    '"Infinity',
    '{NaN: 1}',
    `${'['.repeat(9999)}NaN`,
  ]) {
    assert.throws(() => parseJson(text), SyntaxError, text);
  }
  assert.equal(dumpJson({ a: [1, 1e-7, NaN], é: '\u007f☃' }), '{"a":[1,1e-07,NaN],"\\u00e9":"\\u007f\\u2603"}');
  assert.equal(dumpJson({ a: [1, true] }, 'spaced'), '{"a": [1, true]}');
  assert.equal(({} as { polluted?: true }).polluted, undefined);
  assert.deepEqual(Object.keys(parseJson('{"__proto__": {"polluted": true}, "n": NaN}') as object), ['__proto__', 'n']);
});

const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

test('property: JSON comes back, with and without NaN in it', () => {
  fc.assert(
    fc.property(json, fc.constantFrom('compact', 'spaced'), (value, style) => {
      const text = dumpJson(value, style);
      assert.match(text, /^[\x20-\x7e]*$/);
      assert.deepEqual(parseJson(text), value);
      const [back, nan] = parseJson(`[${text}, NaN]`) as [unknown, number];
      assert.deepEqual(back, value);
      assert.ok(Number.isNaN(nan));
    }),
  );
});

test('property: any text is JSON or a SyntaxError', () => {
  const pieces = fc.array(
    fc.constantFrom('{', '}', '[', ']', ',', ':', '"', 'NaN', 'Infinity', '-', '1', 'e', '\\', 'u12', ' ', 'true'),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        pieces.map((parts) => parts.join('')),
      ),
      (text) => {
        try {
          parseJson(text);
        } catch (error) {
          assert.ok(error instanceof SyntaxError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test('property: floats come back to the last bit', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      const text = pythonFloat(value);
      const back = text.endsWith('inf') ? Number(text.replace('inf', 'Infinity')) : text === 'nan' ? NaN : Number(text);
      assert.ok(Object.is(back, value) || (back === 0 && value === 0));
      assert.match(text, /^-?(?:\d+\.\d+|\d(?:\.\d+)?e[+-]\d\d+|inf)$|^nan$/);
    }),
  );
});

test('property: a string literal is one printable line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const literal = pythonString(text);
      assert.doesNotMatch(literal, /[\p{Cc}\n]/u);
      assert.ok(/^'.*'$|^".*"$/su.test(literal));
    }),
  );
});
