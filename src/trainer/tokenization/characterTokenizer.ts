import { TuneboardError } from '../../core/errors.ts';
import { addPythonNames } from '../../core/text/pythonNames.ts';
import { lowerCase } from './bertNormalizer.ts';
import { addedTokens, BERT_SPECIAL, bertTemplate } from './bertTokenizerJson.ts';
import { type Tokenizer, type TokenizerCore, tokenizerOf } from './tokenizer.ts';
import { saveTokenizer } from './tokenizerFiles.ts';

const SPECIAL: readonly string[] = Object.values(BERT_SPECIAL);
const [PAD, UNKNOWN, CLASSIFY, SEPARATE] = [0, 1, 2, 3];
/** A special token that a text names, as other tokenizers of BERT take it. */
const NAMED = /(\[(?:PAD|UNK|CLS|SEP|MASK)\])/;
/** Marks a stored tokenizer as this one. */
const MARK = 'tuneboard';

/**
 * One token a character, white space left out, lower case: for models that are trained from scratch. Its vocabulary is
 * that of the texts it was made from, which should be the training part only; other characters are [UNK]. It is stored as
 * a tokenizer.json that Python reads.
 */
export const CharacterTokenizer = addPythonNames({
  /** The commonest characters first, ties by code point. */
  fromTexts(texts: Iterable<string>): Tokenizer {
    const counts = new Map<string, number>();
    for (const text of texts) {
      for (const character of characters(text)) counts.set(character, (counts.get(character) ?? 0) + 1);
    }
    const ordered = [...counts].sort(
      ([a, countA], [b, countB]) => countB - countA || (a.codePointAt(0) as number) - (b.codePointAt(0) as number),
    );
    return fromTokens([...SPECIAL, ...ordered.map(([character]) => character)]);
  },

  /** Whether a tokenizer_config.json is of this tokenizer. */
  isOwn(config: Readonly<Record<string, unknown>>): boolean {
    return (config[MARK] as { tokenizer?: unknown } | undefined)?.tokenizer === 'characters';
  },

  /** From the tokenizer.json that it saved. Throws `tokenizer` where it was changed. */
  fromJson(json: Readonly<Record<string, unknown>>): Tokenizer {
    const { vocab } = (json['model'] ?? {}) as { vocab?: Record<string, number> };
    const tokens: string[] = [];
    for (const [token, id] of Object.entries(vocab ?? {})) tokens[id] = token;
    if (Object.keys(tokens).length !== tokens.length || SPECIAL.some((token, id) => tokens[id] !== token)) {
      throw new TuneboardError('tokenizer', 'The tokenizer.json of a character tokenizer was changed: save it again.');
    }
    return fromTokens(tokens);
  },
});

function fromTokens(tokens: readonly string[]): Tokenizer {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const core: TokenizerCore = {
    padTokenId: PAD,
    vocabSize: tokens.length,
    modelMaxLength: Number.POSITIVE_INFINITY,
    paddingSide: 'right',
    truncationSide: 'right',
    isPretrained: false,
    idsOf: (text) =>
      text.split(NAMED).flatMap((part, index) => {
        if (index % 2 === 1) return [SPECIAL.indexOf(part)];
        return characters(part).map((character) => ids.get(character) ?? UNKNOWN);
      }),
    withSpecialTokens: (first, second) => {
      const whole = [CLASSIFY, ...first, SEPARATE];
      const rest = second ? [...second, SEPARATE] : [];
      return { ids: [...whole, ...rest], types: [...whole.map(() => 0), ...rest.map(() => 1)] };
    },
    decode: (given, isSkipped) =>
      given
        .filter((id) => !isSkipped || id >= SPECIAL.length)
        .map((id) => tokens[id] ?? BERT_SPECIAL.unk_token)
        .join(''),
    save: (folder) => saveTokenizer(folder, { json: jsonOf(ids), config: CONFIG }),
  };
  return tokenizerOf(core);
}

const CONFIG = {
  ...BERT_SPECIAL,
  tokenizer_class: 'PreTrainedTokenizerFast',
  model_input_names: ['input_ids', 'token_type_ids', 'attention_mask'],
  [MARK]: { tokenizer: 'characters', pretrained: false },
};

/** The same for the Rust tokenizer: WordPiece of words that are single characters. */
function jsonOf(ids: ReadonlyMap<string, number>): Record<string, unknown> {
  const space = { Regex: '\\p{White_Space}' };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(ids, BERT_SPECIAL),
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'Lowercase' }, { type: 'Replace', pattern: space, content: '' }],
    },
    pre_tokenizer: { type: 'Split', pattern: { Regex: '[\\s\\S]' }, behavior: 'Isolated', invert: false },
    post_processor: bertTemplate(ids, BERT_SPECIAL),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: {
      type: 'WordPiece',
      unk_token: BERT_SPECIAL.unk_token,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(ids),
    },
  };
}

function characters(text: string): string[] {
  return [...lowerCase(text.toWellFormed())].filter((character) => !/\p{White_Space}/u.test(character));
}
