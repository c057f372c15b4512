import { TuneboardError } from '../../core/errors.ts';
import { closest } from '../../core/text/closest.ts';
import { snakeCase } from '../../core/text/letterCase.ts';
import { addPythonNames, type WithPythonNames } from '../../core/text/pythonNames.ts';
import { shown } from '../../core/text/shown.ts';

const STRATEGIES = ['longest_first', 'only_first', 'only_second', 'do_not_truncate'] as const;

/** One text as ids. Types, not interfaces: they are rows and columns of data sets. */
export type Encoding = {
  readonly input_ids: readonly number[];
  /** 0 for the first text and what is around it, 1 for the second one of a pair. */
  readonly token_type_ids: readonly number[];
  readonly attention_mask: readonly number[];
};

/** Several texts: one list each. */
export type BatchEncoding = { readonly [Name in keyof Encoding]: readonly (readonly number[])[] };

/** Named and meant as in Hugging Face's tokenizers. */
export interface EncodeOptions<Pair = string> {
  readonly text_pair?: Pair | null;
  /** Tokens with the special ones; the model's own limit by default. */
  readonly max_length?: number;
  /** Cut what is longer than `max_length`: true is `longest_first`. False by default. */
  readonly truncation?: boolean | TruncationStrategy;
  /** To the longest (true) or to `max_length`; false by default, because the collator pads batches. */
  readonly padding?: boolean | 'longest' | 'max_length' | 'do_not_pad';
  readonly pad_to_multiple_of?: number;
  /** True by default. */
  readonly add_special_tokens?: boolean;
}

/** A text's tokens without special ones, and how these are put around them. */
export interface TokenizerCore {
  readonly padTokenId: number;
  /** Highest id + 1: rows that an embedding must have. */
  readonly vocabSize: number;
  /** Infinity where nothing says it. */
  readonly modelMaxLength: number;
  readonly paddingSide: PaddingSide;
  readonly truncationSide: TruncationSide;
  /** False where the vocabulary was made from the data at hand. */
  readonly isPretrained: boolean;
  idsOf(text: string): number[];
  withSpecialTokens(ids: readonly number[], pair: readonly number[] | null): { ids: number[]; types: number[] };
  decode(ids: readonly number[], skipSpecialTokens: boolean): string;
  /** Writes what `AutoTokenizer.fromPretrained` reads, here and in Python. */
  save(folder: string): Promise<void>;
}

/** Called as a function, as in Python: `tokenizer(text, { max_length: 128, truncation: true })`. */
export type Tokenizer = WithPythonNames<TokenizerFunction>;

interface TokenizerFunction {
  (text: string, options?: EncodeOptions): Encoding;
  (texts: readonly unknown[], options?: EncodeOptions<readonly unknown[]>): BatchEncoding;
  (given: EncodeOptions & { readonly text: string }): Encoding;
  (given: EncodeOptions<readonly unknown[]> & { readonly text: readonly unknown[] }): BatchEncoding;
  readonly padTokenId: number;
  /** Rows that the model's embedding must have. */
  readonly vocabSize: number;
  /** Longest text in tokens; Infinity where nothing says it. */
  readonly modelMaxLength: number;
  readonly paddingSide: PaddingSide;
  /** False: the vocabulary was made from the data at hand. */
  readonly isPretrained: boolean;
  decode(ids: readonly number[], options?: { readonly skip_special_tokens?: boolean }): string;
  /** Writes what `AutoTokenizer.fromPretrained` reads, here and in Python. */
  savePretrained(folder: string): Promise<void>;
}

type Given = EncodeOptions<unknown> & { readonly text?: unknown };

/** Throws `tokenizer` in one sentence for what is no text and for lengths that leave no room. */
export function tokenizerOf(core: TokenizerCore): Tokenizer {
  const call = (first: unknown, options: Given = {}): Encoding | BatchEncoding => {
    const isNamed = typeof first === 'object' && first !== null && !Array.isArray(first);
    const { text, ...rest } = named(isNamed ? (first as Given) : { ...options, text: first });
    const pair = rest.text_pair ?? null;
    if (!Array.isArray(text)) return encodeAll(core, [text], pair === null ? null : [pair], rest)[0] as Encoding;
    if (pair !== null && !(Array.isArray(pair) && pair.length === text.length)) {
      throw new TuneboardError('tokenizer', `text_pair must be a list of ${text.length} texts, one for each text.`);
    }
    const rows = encodeAll(core, text, pair as unknown[] | null, rest);
    return {
      input_ids: rows.map((row) => row.input_ids),
      token_type_ids: rows.map((row) => row.token_type_ids),
      attention_mask: rows.map((row) => row.attention_mask),
    };
  };
  const { padTokenId, vocabSize, modelMaxLength, paddingSide, isPretrained } = core;
  const tokenizer = Object.assign(call, {
    padTokenId,
    vocabSize,
    modelMaxLength,
    paddingSide,
    isPretrained,
    decode: (ids: readonly number[], { skip_special_tokens = false } = {}) => core.decode(ids, skip_special_tokens),
    savePretrained: (folder: string) => core.save(folder),
  });
  return addPythonNames(tokenizer as TokenizerFunction);
}

const OPTIONS: Readonly<Record<keyof Given, true>> = {
  text: true,
  text_pair: true,
  max_length: true,
  truncation: true,
  padding: true,
  pad_to_multiple_of: true,
  add_special_tokens: true,
};

/** Options by Python's names, which `maxLength` is taken for too; null leaves one out. */
function named(given: Given): Given {
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    const name = snakeCase(key);
    if (value === undefined || (value === null && name !== 'text')) continue;
    if (!Object.hasOwn(OPTIONS, name)) {
      const names = Object.keys(OPTIONS);
      const why = name.startsWith('return_')
        ? 'it gives lists of input_ids, token_type_ids and attention_mask, so leave it out'
        : `use ${closest(name, names) ?? names.join(', ')}`;
      throw new TuneboardError('tokenizer', `The tokenizer has no option ${key}: ${why}.`);
    }
    options[name] = value;
  }
  return options;
}

function encodeAll(
  core: TokenizerCore,
  texts: readonly unknown[],
  pairs: readonly unknown[] | null,
  options: EncodeOptions<unknown>,
): Encoding[] {
  const { truncation = false, add_special_tokens: isSpecial = true } = options;
  const limit = limitOf(core, options, pairs !== null);
  const strategy = truncation === true ? 'longest_first' : truncation === false ? null : truncation;
  if (strategy !== null && !STRATEGIES.includes(strategy)) {
    throw new TuneboardError('tokenizer', `truncation is ${shown(strategy)}: use true or ${STRATEGIES.join(', ')}.`);
  }
  const rows = texts.map((text, index): Encoding => {
    const cut = { limit, strategy, side: core.truncationSide };
    const first = core.idsOf(textOf(text));
    const second = pairs && core.idsOf(textOf(pairs[index]));
    const [a, b] =
      strategy === null || strategy === 'do_not_truncate' ? [first, second] : truncated(first, second, cut);
    const { ids, types } = isSpecial
      ? core.withSpecialTokens(a, b)
      : { ids: [...a, ...(b ?? [])], types: [...a.map(() => 0), ...(b ?? []).map(() => 1)] };
    return { input_ids: ids, token_type_ids: types, attention_mask: ids.map(() => 1) };
  });
  return padded(rows, core, options);
}

/** Tokens of the texts that fit beside the special ones. */
function limitOf(core: TokenizerCore, options: EncodeOptions<unknown>, isPair: boolean): number {
  const length = options.max_length ?? core.modelMaxLength;
  if (length !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(length) && length >= 0)) {
    throw new TuneboardError('tokenizer', `max_length is ${length}: use a whole number of tokens.`);
  }
  const special = options.add_special_tokens === false ? 0 : core.withSpecialTokens([], isPair ? [] : null).ids.length;
  if (options.truncation && options.truncation !== 'do_not_truncate' && length <= special) {
    throw new TuneboardError('tokenizer', `max_length ${length} leaves no room for text: use ${special + 1} or more.`);
  }
  return length - special;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const given = value === undefined ? 'missing' : shown(value);
  throw new TuneboardError(
    'tokenizer',
    `A text to tokenize is ${given}, which is no text: leave such rows out first, with filter.`,
  );
}

type PaddingSide = 'left' | 'right';

interface PaddingSource {
  readonly padTokenId: number;
  readonly paddingSide: PaddingSide;
  readonly modelMaxLength: number;
}

/** The rows padded as the options ask for; unchanged by default. Throws `tokenizer` for a length that nothing says. */
function padded(rows: readonly Encoding[], source: PaddingSource, options: EncodeOptions<unknown>): Encoding[] {
  const { padding = false, max_length: given, pad_to_multiple_of: multiple = 1 } = options;
  if (padding === false || padding === 'do_not_pad') return [...rows];
  if (padding !== true && padding !== 'longest' && padding !== 'max_length') {
    throw new TuneboardError('tokenizer', `padding is ${shown(padding)}: use true, false, "longest" or "max_length".`);
  }
  const longest = rows.reduce((most, row) => Math.max(most, row.input_ids.length), 0);
  const wanted = padding === 'max_length' ? (given ?? source.modelMaxLength) : longest;
  if (!Number.isFinite(wanted)) {
    throw new TuneboardError('tokenizer', 'padding "max_length" needs max_length: give it.');
  }
  const length = Math.ceil(wanted / multiple) * multiple;
  const fill = (values: readonly number[], value: number): readonly number[] => {
    const added = new Array<number>(Math.max(0, length - values.length)).fill(value);
    return source.paddingSide === 'left' ? [...added, ...values] : [...values, ...added];
  };
  return rows.map((row) => ({
    input_ids: fill(row.input_ids, source.padTokenId),
    token_type_ids: fill(row.token_type_ids, 0),
    attention_mask: fill(row.attention_mask, 0),
  }));
}

type TruncationStrategy = (typeof STRATEGIES)[number];

type TruncationSide = 'left' | 'right';

interface Cut {
  /** Tokens that both texts may have together. */
  readonly limit: number;
  readonly strategy: TruncationStrategy | null;
  /** Where tokens are taken away. */
  readonly side: TruncationSide;
}

/** A text, or a pair, cut to the limit. Throws `tokenizer` where the strategy cannot reach it. */
function truncated(
  first: readonly number[],
  second: readonly number[] | null,
  { limit, strategy, side }: Cut,
): [readonly number[], readonly number[] | null] {
  const total = first.length + (second?.length ?? 0);
  if (total <= limit) return [first, second];
  const keep = (ids: readonly number[], count: number) =>
    side === 'right' ? ids.slice(0, count) : ids.slice(ids.length - count);
  if (strategy === 'only_second' && second === null) {
    throw new TuneboardError('tokenizer', 'truncation "only_second" needs pairs of texts: use true.');
  }
  if (second === null) return [keep(first, limit), null];
  const [a, b] = lengths(first.length, second.length, limit, strategy);
  if (a < 0 || b < 0) {
    throw new TuneboardError(
      'tokenizer',
      `A pair of texts is longer than max_length even without the text that "${strategy}" cuts: use truncation: true.`,
    );
  }
  return [keep(first, a), keep(second, b)];
}

/** Longest first: the longer text is cut down to the shorter one, then both alike, the first one shorter by an odd token. */
function lengths(a: number, b: number, limit: number, strategy: TruncationStrategy | null): [number, number] {
  if (strategy === 'only_first') return [limit - b, b];
  if (strategy === 'only_second') return [a, limit - a];
  const [short, long] = [Math.min(a, b), Math.max(a, b)];
  const half = Math.floor(limit / 2);
  const [less, more] =
    short <= limit - short && short <= long ? [short, Math.min(long, limit - short)] : [half, limit - half];
  return a > b ? [more, less] : [less, more];
}
