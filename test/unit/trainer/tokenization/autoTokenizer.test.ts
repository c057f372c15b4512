/** Tokenizers against Hugging Face's own, in Rust (npm's `tokenizers`). */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { Tokenizer as RustTokenizer } from 'tokenizers';
import { TuneboardError } from '../../../../src/core/errors.ts';
import { AutoTokenizer } from '../../../../src/trainer/tokenization/autoTokenizer.ts';

const root = mkdtempSync(join(tmpdir(), 'tokenizers-'));
after(() => rmSync(root, { recursive: true, force: true }));

const VOCABULARY = [
  ...['[PAD]', '[unused1]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '!', ',', '.', '?', '#', '##', "'", '、', '。', '！'],
  ...'abcdefghijklmnopqrstuvwxyz0123456789',
  ...[...'abcdefghijklmnopqrstuvwxyz0123456789'].map((one) => `##${one}`),
  ...['hello', 'world', '##ing', '##ed', 'play', 'ab', '##ab', 'istanbul', 'cafe', 'naive', 'fi'],
  ...[
    '酒',
    '店',
    '好',
    '的',
    'が',
    '##が',
    '𠀀',
    'σ',
    '##σ',
    '##ς',
    'α',
    '##α',
    'и',
    '##и',
    '👩',
    'ﬁ',
    '한',
    'H',
    'é',
    'É',
    '##É',
  ],
];

let made = 0;
/** A folder of a model's tokenizer. */
function folderOf(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(root, `${made++}-`));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

const vocab = `${VOCABULARY.join('\n')}\n`;

/** What the Rust tokenizer makes of the tokenizer.json that ours has saved. */
async function rustOf(tokenizer: Awaited<ReturnType<typeof AutoTokenizer.fromPretrained>>) {
  const folder = folderOf({});
  await tokenizer.savePretrained(folder);
  return { folder, rust: RustTokenizer.fromString(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) };
}

/** Texts of whatever is hard: other scripts, marks, control characters, white space, lone surrogates, special tokens. */
const odd = fc.oneof(
  fc.constantFrom(...VOCABULARY),
  fc.constantFrom(
    ...[
      'ΑΣ',
      'ΣΑ',
      'Σ',
      'İstanbul',
      'naïve',
      'e\u0301',
      'café',
      'É',
      '\u0000',
      '\ufffd',
      '\u200b',
      '\u00ad',
      '\u0085',
      '\ufeff',
    ],
    ...[
      '\t',
      '\n',
      '\r',
      '\u00a0',
      '\u3000',
      '\u2028',
      '𠀀𠀁',
      '酒店',
      '好！的',
      'がか\u3099',
      '한국',
      '👩‍👩‍👧',
      'ﬁ',
      'ＡＢ',
      '½',
      '①',
      '\ud800',
      '\udc00',
    ],
    ...[
      '~',
      '^',
      '`',
      '$',
      '+',
      '«',
      '—',
      '…',
      '々',
      'ー',
      'x'.repeat(101),
      'a'.repeat(100),
      '\u0f00',
      '\u06dd',
      '\ue000',
    ],
  ),
  fc.string({ unit: 'binary-ascii', maxLength: 8 }),
);
const text = fc.array(odd, { maxLength: 12 }).map((parts) => parts.join(''));
const spaced = fc.array(odd, { maxLength: 12 }).map((parts) => parts.join(' '));

const kinds: Readonly<Record<string, unknown>> = {
  'lower case': {},
  'with case': { do_lower_case: false },
  'with case, without accents': { do_lower_case: false, strip_accents: true },
  'lower case, with accents': { strip_accents: false },
  'without blanks around Chinese characters': { tokenize_chinese_chars: false },
};
for (const [kind, config] of Object.entries(kinds)) {
  test(`ids are those of the Rust tokenizer: ${kind}`, async () => {
    const tokenizer = await AutoTokenizer.fromPretrained(
      folderOf({ 'vocab.txt': vocab, 'tokenizer_config.json': config }),
    );
    const { rust } = await rustOf(tokenizer);
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, spaced), text, async (first, second) => {
        const alone = await rust.encode(first);
        assert.deepEqual(tokenizer(first).input_ids, alone.getIds());
        const pair = await rust.encode(first, second);
        const { input_ids, token_type_ids, attention_mask } = tokenizer(first, { text_pair: second });
        assert.deepEqual(input_ids, pair.getIds());
        assert.deepEqual(token_type_ids, pair.getTypeIds());
        assert.deepEqual(attention_mask, pair.getAttentionMask());
      }),
      { numRuns: 250 },
    );
  });
}

test('cuts as the Rust tokenizer does, on both sides and by every strategy', async () => {
  const config = { truncation_side: 'right' };
  for (const side of ['right', 'left'] as const) {
    const folder = folderOf({ 'vocab.txt': vocab, 'tokenizer_config.json': { ...config, truncation_side: side } });
    const tokenizer = await AutoTokenizer.fromPretrained(folder);
    const { rust } = await rustOf(tokenizer);
    const words = (count: number) => Array.from({ length: count }, (_, index) => 'abcdefghij'[index % 10]).join(' ');
    for (let limit = 4; limit < 14; limit++) {
      rust.setTruncation(limit, { direction: side });
      for (let a = 0; a < 12; a++) {
        assert.deepEqual(
          tokenizer(words(a), { max_length: limit, truncation: true }).input_ids,
          (await rust.encode(words(a))).getIds(),
        );
        // Of this version, the Rust tokenizer for Node differs from Python's where both texts are longer than max_length.
        for (let b = 0; b < Math.min(12, limit) && a < limit; b++) {
          const { input_ids } = tokenizer(words(a), { text_pair: words(b), max_length: limit, truncation: true });
          assert.deepEqual(input_ids, (await rust.encode(words(a), words(b))).getIds(), `${a} and ${b} in ${limit}`);
        }
      }
    }
    // Python's tokenizers 0.23.3: 10 and 9 words in 8 tokens are 3 and 2.
    const { token_type_ids: types } = tokenizer(words(10), { text_pair: words(9), max_length: 8, truncation: true });
    assert.equal(types.filter((type) => type === 1).length, 3);
    const first = tokenizer(words(9), { text_pair: words(4), max_length: 10, truncation: 'only_first' });
    assert.equal(first.token_type_ids.filter((type) => type === 1).length, 5);
    assert.throws(
      () => tokenizer(words(2), { text_pair: words(9), max_length: 9, truncation: 'only_first' }),
      /only_first/,
    );
    assert.throws(() => tokenizer(words(9), { max_length: 5, truncation: 'only_second' }), /needs pairs of texts/);
  }
});

describe('a tokenizer is called', async () => {
  const tokenizer = await AutoTokenizer.fromPretrained(
    folderOf({ 'vocab.txt': vocab, 'tokenizer_config.json': { model_max_length: 6 } }),
  );
  const id = (token: string) => VOCABULARY.indexOf(token);
  const hello = [id('[CLS]'), id('hello'), id('world'), id('[SEP]')];

  test('with a text, a list, pairs, or everything by name', () => {
    assert.deepEqual(tokenizer('Hello world').input_ids, hello);
    assert.deepEqual(tokenizer(['Hello world', 'a']).input_ids, [hello, [id('[CLS]'), id('a'), id('[SEP]')]]);
    assert.deepEqual(tokenizer({ text: 'Hello world', max_length: 3, truncation: true }).input_ids, [
      ...hello.slice(0, 2),
      id('[SEP]'),
    ]);
    assert.deepEqual(tokenizer({ text: ['a', 'b'], text_pair: ['b', ''] }).token_type_ids, [
      [0, 0, 0, 1, 1],
      [0, 0, 0, 1],
    ]);
    assert.deepEqual(tokenizer('hello', { add_special_tokens: false }).input_ids, [id('hello')]);
    assert.deepEqual(tokenizer([]).input_ids, []);
    assert.deepEqual(tokenizer('').input_ids, [id('[CLS]'), id('[SEP]')]);
  });

  test("and pads, and cuts to the model's own limit", () => {
    assert.deepEqual(tokenizer(['a', 'a b'], { padding: true }).attention_mask, [
      [1, 1, 1, 0],
      [1, 1, 1, 1],
    ]);
    assert.equal(tokenizer('a', { padding: 'max_length', max_length: 9 }).input_ids.length, 9);
    assert.equal(tokenizer(['a', 'a b c d'], { padding: 'longest', pad_to_multiple_of: 8 }).input_ids[0]?.length, 8);
    assert.equal(tokenizer('a a a a a a a a', { truncation: true }).input_ids.length, 6);
    assert.equal(tokenizer('a a a a a a a a').input_ids.length, 10);
  });

  test('and says what it cannot do', () => {
    assert.throws(
      () => tokenizer('a', { max_length: 2, truncation: true }),
      /max_length 2 leaves no room for text: use 3 or more/,
    );
    assert.throws(() => tokenizer('a', { max_length: 2.5 }), /max_length is 2.5/);
    assert.throws(() => tokenizer(['a', null]), /A text to tokenize is null, which is no text: leave such rows out/);
    assert.throws(() => tokenizer(['a', 5]), /is 5, which is no text/);
    assert.throws(() => tokenizer({ text: ['a', 'b'], text_pair: ['a'] }), /a list of 2 texts/);
  });

  test('and reads its ids back', () => {
    assert.equal(tokenizer.decode(hello, { skip_special_tokens: true }), 'hello world');
    assert.equal(tokenizer.decode([]), '');
    assert.equal(tokenizer.vocabSize, VOCABULARY.length);
    assert.deepEqual([tokenizer.padTokenId, tokenizer.modelMaxLength, tokenizer.isPretrained], [0, 6, true]);
  });
});

test('is the same when it was saved and read again', async () => {
  const config = { do_lower_case: false, model_max_length: 7, sep_token: { content: '[SEP]', lstrip: false } };
  const tokenizer = await AutoTokenizer.fromPretrained(
    folderOf({ 'vocab.txt': vocab, 'tokenizer_config.json': config }),
  );
  const { folder } = await rustOf(tokenizer);
  const again = await AutoTokenizer.fromPretrained(folder);
  for (const sample of ['H É hello', '酒店 é', 'playing [MASK].']) assert.deepEqual(again(sample), tokenizer(sample));
  assert.equal(again.modelMaxLength, 7);
  assert.equal(readFileSync(join(folder, 'vocab.txt'), 'utf8'), vocab);
  // For BertTokenizer, which a BERT's is where nothing else is said, tokenizer_config.json decides, as transformers 5.24 does.
  const reads = async (files: Readonly<Record<string, unknown>>) => {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    return (await AutoTokenizer.fromPretrained(folder))('HELLO é').input_ids;
  };
  const [small, cased] = [tokenizer('hello e').input_ids, tokenizer('HELLO é').input_ids];
  assert.deepEqual(await reads({ 'tokenizer_config.json': { tokenizer_class: 'BertTokenizer' } }), small);
  assert.deepEqual(
    await reads({ 'tokenizer_config.json': { tokenizer_class: 'BertTokenizer', do_lower_case: false } }),
    cased,
  );
  assert.deepEqual(await reads({ 'tokenizer_config.json': { tokenizer_class: 'PreTrainedTokenizerFast' } }), cased);
  assert.deepEqual(await reads({ 'tokenizer_config.json': {} }), cased);
  assert.deepEqual(await reads({ 'config.json': { model_type: 'bert' } }), small);
});

test('a folder without a tokenizer is refused in a sentence', async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [join(root, 'hfl/rbt3'), /is no folder of a model: .*not downloaded/],
    [folderOf({}), /has no tokenizer\.json and no vocab\.txt/],
    [folderOf({ 'tokenizer.json': '{' }), /tokenizer\.json is no JSON/],
    [folderOf({ 'tokenizer.json': '[]' }), /is no JSON object/],
    [folderOf({ 'tokenizer.json': '{}' }), /is not understood/],
    [folderOf({ 'vocab.txt': 'a\nb\n' }), /vocab\.txt has no \[UNK\], which BERT needs/],
  ];
  for (const [folder, sentence] of cases) {
    await assert.rejects(AutoTokenizer.fromPretrained(folder), (error) => {
      assert.ok(error instanceof TuneboardError, String(error));
      assert.match(error.message, sentence);
      return true;
    });
  }
});
