import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import { addPythonNames } from '../../core/text/pythonNames.ts';
import { parseFlatJson } from '../io/flatJson.ts';
import { writeTextAside } from '../io/writeAside.ts';
import { type BertConfig, bertConfig, CONFIG_KEYS } from './bertConfig.ts';

/** A config.json and what it says of this BERT. */
export interface ConfigFile {
  readonly config: BertConfig;
  /** Everything in it, for saving: what is not ours is kept. */
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Kinds of models that are BERT with another structure, and what differs. */
const OTHERS: Readonly<Record<string, string>> = {
  roberta: 'positions that begin after the padding, another head and another tokenizer',
  'xlm-roberta': 'positions that begin after the padding, another head and another tokenizer',
  albert: 'layers that share their weights',
  distilbert: 'no token types and no pooler',
  electra: 'another head',
  'deberta-v2': 'relative positions',
};

/**
 * Reads a model folder's config.json; `given` wins over what it says. A checkpoint is BERT when its `model_type` is, or
 * when it has none and its architecture is named after BERT: those of hfl (rbt3, chinese-roberta-wwm-ext) are, whatever
 * their name. Throws `model` in one sentence for other models and for settings of BERT that are not supported.
 */
export async function readConfig(folder: string, given: Readonly<Record<string, unknown>> = {}): Promise<ConfigFile> {
  await readdir(folder).catch((error: unknown) => {
    throw noFolder(folder, error);
  });
  const path = join(folder, 'config.json');
  const raw = await readJsonObject(path, 'model');
  checkKind(folder, raw);
  const stored = Object.fromEntries(
    CONFIG_KEYS.filter((key) => (raw[key] ?? null) !== null).map((key) => [key, raw[key]]),
  );
  const { id2label, ...rest } = { ...stored, ...given } as Record<string, unknown>;
  return { config: bertConfig({ ...rest, ...labelsOf(path, id2label, given) }), raw };
}

/** Hugging Face's class of this name: a folder's config alone, for `fromConfig`. */
export const AutoConfig = addPythonNames({
  /** What `settings` says wins. Throws `model` as `readConfig`. */
  async fromPretrained(folder: string, settings: Partial<BertConfig> = {}): Promise<BertConfig> {
    return (await readConfig(folder, settings)).config;
  },
});

/** As Hugging Face: the names decide how many labels there are, unless a number is asked for. */
function labelsOf(path: string, names: unknown, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (names === undefined || names === null) return {};
  if (typeof names !== 'object') {
    throw new TuneboardError('model', `${path} has an id2label that is no list of names: correct it.`);
  }
  const count = Object.keys(names).length;
  const asked = given['num_labels'];
  if (asked !== undefined && asked !== count) return { id2label: null, num_labels: asked };
  const isDefault = Object.entries(names).every(([id, name]) => name === `LABEL_${id}`);
  return { id2label: isDefault ? null : names, num_labels: count };
}

function checkKind(folder: string, raw: Readonly<Record<string, unknown>>): void {
  const kind = raw['model_type'] ?? null;
  const architecture = Array.isArray(raw['architectures']) ? String(raw['architectures'][0]) : '';
  if (kind !== 'bert' && !(kind === null && /^(Bert|Roberta)/.test(architecture))) {
    const name = typeof kind === 'string' ? kind : architecture || 'unknown';
    const other = Object.hasOwn(OTHERS, name) ? OTHERS[name] : undefined;
    throw new TuneboardError(
      'model',
      `The model in ${folder} is of the kind "${name}"${other ? `, which has ${other}` : ''}: give a BERT, whose config.json says "model_type": "bert".`,
    );
  }
  const positions = raw['position_embedding_type'] ?? 'absolute';
  if (positions !== 'absolute') {
    throw new TuneboardError(
      'model',
      `The model in ${folder} has ${positions} positions: only absolute ones are supported.`,
    );
  }
  if (raw['is_decoder'] === true || raw['add_cross_attention'] === true) {
    throw new TuneboardError(
      'model',
      `The model in ${folder} is a decoder: give an encoder, which sees the whole text.`,
    );
  }
}

/** Writes config.json as Python's transformers reads it. */
export function writeConfig(folder: string, { config, raw }: ConfigFile, architecture: string): Promise<void> {
  const { num_labels: count, id2label, ...rest } = config;
  const names = id2label ?? Object.fromEntries(Array.from({ length: count }, (_, id) => [id, `LABEL_${id}`]));
  const { num_labels: _count, _num_labels: _old, torch_dtype: _type, ...kept } = raw;
  const json = {
    ...kept,
    ...rest,
    architectures: [architecture],
    dtype: 'float32',
    id2label: names,
    label2id: Object.fromEntries(Object.entries(names).map(([id, name]) => [name, Number(id)])),
    model_type: 'bert',
  };
  const sorted = Object.fromEntries(Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1)));
  return writeTextAside(join(folder, 'config.json'), `${JSON.stringify(sorted, null, 2)}\n`);
}

/** A JSON file that holds an object; `code` is that of the errors. */
export async function readJsonObject(path: string, code: string): Promise<Record<string, unknown>> {
  const text = await readText(path, code);
  let value: unknown;
  try {
    value = parseFlatJson(text);
  } catch (error) {
    throw new TuneboardError(code, `${path} is no JSON: ${(error as Error).message}.`, { cause: error });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new TuneboardError(code, `${path} is no JSON object: correct it.`);
}

/** A regular file of UTF-8, of as many bytes as a text can have (512 MB). */
export async function readText(path: string, code: string): Promise<string> {
  try {
    if ((await stat(path)).isFile()) return await readFile(path, 'utf8');
  } catch (error) {
    throw new TuneboardError(code, `${path} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  throw new TuneboardError(code, `${path} cannot be read: it is no file.`);
}

/** A model that is named as on Hugging Face's hub is told from a mistyped path. */
export function noFolder(folder: string, cause: unknown): TuneboardError {
  return new TuneboardError(
    'checkpoint',
    `${folder} is no folder of a model: give the path of one with config.json and weights; models are not downloaded.`,
    { cause },
  );
}
