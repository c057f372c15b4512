import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Tokenizer as JsonTokenizer } from '@huggingface/tokenizers';
import { TuneboardError } from '../../core/errors.ts';
import { addPythonNames } from '../../core/text/pythonNames.ts';
import { readJsonObject, readText } from '../models/configFile.ts';
import { type BertNormalizerOptions, normalizeForBert } from './bertNormalizer.ts';
import {
  BERT_SPECIAL,
  type BertTokenizerOptions,
  bertTokenizerJson,
  type SpecialTokens,
  vocabularyOf,
} from './bertTokenizerJson.ts';
import { CharacterTokenizer } from './characterTokenizer.ts';
import { declaredTokens } from './declaredTokens.ts';
import { type Tokenizer, type TokenizerCore, tokenizerOf } from './tokenizer.ts';
import { saveTokenizer, type TokenizerFiles } from './tokenizerFiles.ts';

/** Tokenizers by the folder of their model, as Hugging Face's class of this name. */
export const AutoTokenizer = addPythonNames({
  /**
   * Reads tokenizer.json, or vocab.txt where there is none, and tokenizer_config.json. Ids are those of the Rust tokenizer.
   * Throws `tokenizer` in one sentence for what is missing, broken or of another kind.
   */
  async fromPretrained(folder: string): Promise<Tokenizer> {
    const names = new Set(
      await readdir(folder).catch((error: unknown) => {
        throw new TuneboardError(
          'tokenizer',
          `${folder} is no folder of a model: give the path of one with tokenizer.json or vocab.txt; models are not downloaded.`,
          { cause: error },
        );
      }),
    );
    const optional = async (name: string): Promise<Record<string, unknown>> =>
      names.has(name) ? readJsonObject(join(folder, name), 'tokenizer') : {};
    const config = { ...(await optional('special_tokens_map.json')), ...(await optional('tokenizer_config.json')) };
    if (CharacterTokenizer.isOwn(config)) {
      return CharacterTokenizer.fromJson(await readJsonObject(join(folder, 'tokenizer.json'), 'tokenizer'));
    }
    return tokenizerOf(coreOf(folder, { json: await jsonOf(folder, names, config, optional), config }));
  },
});

async function jsonOf(
  folder: string,
  names: ReadonlySet<string>,
  config: Readonly<Record<string, unknown>>,
  optional: (name: string) => Promise<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  if (names.has('tokenizer.json')) {
    const json = await readJsonObject(join(folder, 'tokenizer.json'), 'tokenizer');
    return { ...json, normalizer: asConfigured(json['normalizer'], config, await optional('config.json')) };
  }
  if (!names.has('vocab.txt')) {
    throw new TuneboardError(
      'tokenizer',
      `${folder} has no tokenizer.json and no vocab.txt: give a folder that has one.`,
    );
  }
  const path = join(folder, 'vocab.txt');
  const text = await readText(path, 'tokenizer');
  const vocabulary = vocabularyOf(text);
  const special = specialOf(config);
  const json = bertTokenizerJson(vocabulary, { ...bertOptions(config), special }, path);
  const named: readonly string[] = Object.values(special);
  const added = declaredTokens(vocabulary, config, await optional('added_tokens.json'));
  const more = added.filter(({ content }) => !(named.includes(content) && vocabulary.has(content)));
  return { ...json, added_tokens: [...(json['added_tokens'] as unknown[]), ...more] };
}

/**
 * For the class BertTokenizer, which is also that of a model whose config.json says so, the normalisation is what
 * tokenizer_config.json says, with defaults, and not what tokenizer.json has: as in transformers.
 */
function asConfigured(
  normalizer: unknown,
  config: Readonly<Record<string, unknown>>,
  model: Readonly<Record<string, unknown>>,
): unknown {
  const kind = config['tokenizer_class'] ?? (model['model_type'] === 'bert' ? 'BertTokenizer' : '');
  if (!isBertNormalizer(normalizer) || !/^BertTokenizer(Fast)?$/.test(String(kind))) return normalizer;
  const { do_lower_case: lowercase, tokenize_chinese_chars: handle_chinese_chars, strip_accents } = bertOptions(config);
  return { ...normalizer, lowercase, handle_chinese_chars, strip_accents };
}

/** With Hugging Face's defaults. */
function bertOptions(config: Readonly<Record<string, unknown>>): Omit<BertTokenizerOptions, 'special'> {
  return {
    do_lower_case: config['do_lower_case'] !== false,
    tokenize_chinese_chars: config['tokenize_chinese_chars'] !== false,
    strip_accents: typeof config['strip_accents'] === 'boolean' ? config['strip_accents'] : null,
  };
}

function isBertNormalizer(normalizer: unknown): normalizer is BertNormalizerOptions {
  return (normalizer as { type?: unknown } | null | undefined)?.type === 'BertNormalizer';
}

function specialOf(config: Readonly<Record<string, unknown>>): SpecialTokens {
  const entries = Object.entries(BERT_SPECIAL).map(([key, usual]) => [key, contentOf(config[key]) ?? usual]);
  return Object.fromEntries(entries) as unknown as SpecialTokens;
}

/** A token is named by a text or by an object that has it as `content`. */
function contentOf(token: unknown): string | undefined {
  if (typeof token === 'string') return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

function coreOf(folder: string, files: TokenizerFiles): TokenizerCore {
  const { json, config } = files;
  let tokenizer: JsonTokenizer;
  try {
    tokenizer = new JsonTokenizer(json, config);
  } catch (error) {
    throw new TuneboardError(
      'tokenizer',
      `The tokenizer in ${folder} is not understood: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
  replaceNormalizer(tokenizer, json['normalizer']);
  const special = specialOf(config);
  const padTokenId = tokenizer.token_to_id(special.pad_token);
  const unknownId = tokenizer.token_to_id(special.unk_token);
  if (padTokenId === undefined || unknownId === undefined) {
    const missing = padTokenId === undefined ? special.pad_token : special.unk_token;
    throw new TuneboardError(
      'tokenizer',
      `The tokenizer in ${folder} has no ${missing}: name it in tokenizer_config.json.`,
    );
  }
  const found = foundNormalized(json);
  const idOf = (token: string) => found.get(token) ?? tokenizer.token_to_id(token) ?? unknownId;
  const tokenOf = (id: number) => tokenizer.id_to_token(id) ?? special.unk_token;
  const limit = config['model_max_length'];
  return {
    padTokenId,
    vocabSize: [...tokenizer.get_vocab(true).values()].reduce((highest, id) => Math.max(highest, id), -1) + 1,
    // transformers writes 10³⁰ for none.
    modelMaxLength: typeof limit === 'number' && limit < 1e9 ? limit : Number.POSITIVE_INFINITY,
    paddingSide: config['padding_side'] === 'left' ? 'left' : 'right',
    truncationSide: config['truncation_side'] === 'left' ? 'left' : 'right',
    isPretrained: true,
    idsOf: (text) => tokenizer.tokenize(text, { add_special_tokens: false }).map(idOf),
    withSpecialTokens: (ids, pair) => {
      const processor = tokenizer.post_processor;
      const both = [...ids, ...(pair ?? [])];
      if (!processor) return { ids: both, types: [...ids.map(() => 0), ...(pair ?? []).map(() => 1)] };
      const { tokens, token_type_ids: types } = processor.post_process(
        ids.map(tokenOf),
        pair?.map(tokenOf) ?? null,
        true,
      );
      return { ids: tokens.map(idOf), types: types ?? tokens.map(() => 0) };
    },
    decode: (ids, isSkipped) =>
      ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: isSkipped }),
    save: (to) => saveTokenizer(to, files),
  };
}

/** Ids of added tokens that are looked for in the normalised text, by what they are there: the library gives them so. */
function foundNormalized({ normalizer, added_tokens: added }: TokenizerFiles['json']): ReadonlyMap<string, number> {
  if (!isBertNormalizer(normalizer) || !Array.isArray(added)) return new Map();
  const tokens = added as readonly { readonly content: string; readonly id: number; readonly normalized?: boolean }[];
  return new Map(
    tokens
      .filter(({ normalized }) => normalized === true)
      .map(({ content, id }) => [normalizeForBert(content, normalizer), id]),
  );
}

/** The library's BertNormalizer is nearly that of Rust: ours is it. */
function replaceNormalizer(tokenizer: JsonTokenizer, normalizer: unknown): void {
  if (!isBertNormalizer(normalizer)) return;
  const normalize = (text: string) => normalizeForBert(text, normalizer);
  tokenizer.normalizer = normalize as unknown as JsonTokenizer['normalizer'];
}
