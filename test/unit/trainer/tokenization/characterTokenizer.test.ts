/** The tokenizer of models that are trained from scratch; stored, the Rust tokenizer gives the same ids. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { Tokenizer as RustTokenizer } from 'tokenizers';
import { AutoTokenizer } from '../../../../src/trainer/tokenization/autoTokenizer.ts';
import { CharacterTokenizer } from '../../../../src/trainer/tokenization/characterTokenizer.ts';

const folder = mkdtempSync(join(tmpdir(), 'characters-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('numbers characters by how common they are, after the special tokens', () => {
  const tokenizer = CharacterTokenizer.fromTexts(['好 好B', 'ab\n']);
  assert.equal(tokenizer.vocabSize, 8);
  assert.equal(tokenizer.isPretrained, false);
  assert.deepEqual(tokenizer('a b好?').input_ids, [2, 7, 5, 6, 1, 3]);
  assert.equal(tokenizer.decode([2, 5, 6, 3], { skip_special_tokens: true }), 'b好');
});

test('cuts what is too long and keeps the end mark', () => {
  const tokenizer = CharacterTokenizer.fromTexts(['好 好B', 'ab\n']);
  const { input_ids, attention_mask } = tokenizer('好好好好', { max_length: 4, truncation: true });
  assert.deepEqual(input_ids, [2, 6, 6, 3]);
  assert.equal(attention_mask.length, 4);
  assert.throws(() => tokenizer('a', { max_length: 2, truncation: true }), /use 3 or more/);
});

test('is read again as it was saved, and as the Rust tokenizer reads it', async () => {
  const odd = fc.constantFrom(
    '好',
    '\u00a0',
    '\u0085',
    '\ufeff',
    'Σ',
    'ς',
    'İ',
    '\ud800',
    '[MASK]',
    '𠀀',
    'é',
    '?',
    ' ',
    '\t',
    '#',
    '##',
  );
  const text = fc
    .array(fc.oneof(odd, fc.string({ unit: 'grapheme' })), { maxLength: 9 })
    .map((parts) => parts.join(''));
  const tokenizer = CharacterTokenizer.fromTexts(['好 好B', 'abcΣΑΣ', 'İ[x]##é', '𠀀__proto__']);
  await tokenizer.savePretrained(folder);
  const again = await AutoTokenizer.fromPretrained(folder);
  assert.equal(again.isPretrained, false);
  assert.equal(again.vocabSize, tokenizer.vocabSize);
  const rust = RustTokenizer.fromString(readFileSync(join(folder, 'tokenizer.json'), 'utf8'));
  await fc.assert(
    fc.asyncProperty(text, text, async (first, second) => {
      const expected = await rust.encode(first, second);
      for (const one of [tokenizer, again]) {
        const { input_ids, token_type_ids } = one(first, { text_pair: second });
        assert.deepEqual(input_ids, expected.getIds());
        assert.deepEqual(token_type_ids, expected.getTypeIds());
      }
    }),
    { numRuns: 200 },
  );
});

test('a vocabulary that was changed by hand is refused', async () => {
  const path = join(folder, 'tokenizer.json');
  const json = JSON.parse(readFileSync(path, 'utf8')) as { model: { vocab: Record<string, number> } };
  delete json.model.vocab['b'];
  writeFileSync(path, JSON.stringify(json));
  await assert.rejects(AutoTokenizer.fromPretrained(folder), /was changed: save it again/);
});
