import { TuneboardError } from '../../core/errors.ts';

/** What a BERT tokenizer is made of where there is no tokenizer.json: tokenizer_config.json with Hugging Face's defaults. */
export interface BertTokenizerOptions {
  readonly do_lower_case: boolean;
  readonly tokenize_chinese_chars: boolean;
  readonly strip_accents: boolean | null;
  readonly special: SpecialTokens;
}

export interface SpecialTokens {
  readonly pad_token: string;
  readonly unk_token: string;
  readonly cls_token: string;
  readonly sep_token: string;
  readonly mask_token: string;
}

export const BERT_SPECIAL: SpecialTokens = {
  pad_token: '[PAD]',
  unk_token: '[UNK]',
  cls_token: '[CLS]',
  sep_token: '[SEP]',
  mask_token: '[MASK]',
};

/** Tokens of a vocab.txt, one a line, by their number. */
export function vocabularyOf(text: string): Map<string, number> {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return new Map(lines.map((token, id) => [token, id]));
}

/**
 * A tokenizer.json of WordPiece over a vocabulary, as Hugging Face builds it from vocab.txt. Throws `tokenizer` where the
 * vocabulary, which `source` names, lacks a token that every text needs.
 */
export function bertTokenizerJson(
  vocabulary: ReadonlyMap<string, number>,
  { do_lower_case, tokenize_chinese_chars, strip_accents, special }: BertTokenizerOptions,
  source: string,
): Record<string, unknown> {
  for (const key of ['unk_token', 'cls_token', 'sep_token', 'pad_token'] as const) {
    if (!vocabulary.has(special[key])) {
      throw new TuneboardError(
        'tokenizer',
        `${source} has no ${special[key]}, which BERT needs: give the model's vocabulary.`,
      );
    }
  }
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary, special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: tokenize_chinese_chars,
      strip_accents,
      lowercase: do_lower_case,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: bertTemplate(vocabulary, special),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: special.unk_token,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary),
    },
  };
}

/** Those special tokens that the vocabulary has, as tokenizer.json lists them. */
export function addedTokens(vocabulary: ReadonlyMap<string, number>, special: SpecialTokens): unknown[] {
  return Object.values(special)
    .filter((content: string) => vocabulary.has(content))
    .map((content: string) => ({
      id: vocabulary.get(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    }));
}

/** [CLS] A [SEP], or [CLS] A [SEP] B [SEP]. */
export function bertTemplate(vocabulary: ReadonlyMap<string, number>, special: SpecialTokens): unknown {
  const { cls_token: cls, sep_token: sep } = special;
  const token = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const text = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const entry = (id: string) => [id, { id, ids: [vocabulary.get(id)], tokens: [id] }];
  return {
    type: 'TemplateProcessing',
    single: [token(cls, 0), text('A', 0), token(sep, 0)],
    pair: [token(cls, 0), text('A', 0), token(sep, 0), text('B', 1), token(sep, 1)],
    special_tokens: Object.fromEntries([entry(cls), entry(sep)]),
  };
}
