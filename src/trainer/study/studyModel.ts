import { readdir } from 'node:fs/promises';
import { TuneboardError } from '../../core/errors.ts';
import type { BackendName } from '../backend/chooseBackend.ts';
import { requireRoom } from '../backend/memory.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { BertForSequenceClassification } from '../models/bert.ts';
import { type BertConfig, bertConfig, SMALL_MODEL } from '../models/bertConfig.ts';
import { readConfig } from '../models/configFile.ts';
import type { Tf } from '../tf.ts';
import { AutoTokenizer } from '../tokenization/autoTokenizer.ts';
import { CharacterTokenizer } from '../tokenization/characterTokenizer.ts';
import type { Tokenizer } from '../tokenization/tokenizer.ts';
import { drawSeed } from '../training/seed.ts';
import type { StudySettings } from './studySettings.ts';

/** The model of a study: its tokenizer, and how it is made anew for a trial. */
export interface StudyModel {
  readonly tokenizer: Tokenizer;
  readonly config: BertConfig;
  /** What it is, for people: a score of a model that is not pretrained must never look like one that is. */
  readonly about: string;
  init(): Promise<BertForSequenceClassification>;
}

/** Weights of a folder, whole or in parts. */
const WEIGHTS = /^(model\.safetensors|pytorch_model\.bin)(\.index\.json)?$/;

/**
 * From a folder with weights, from a folder with a config and a tokenizer alone, or a small one from scratch with the
 * characters of the training part. Throws `model`, `tokenizer` and `out-of-memory`, a sentence each.
 */
export async function studyModel(
  { tf, name }: { readonly tf: Tf; readonly name: BackendName },
  settings: StudySettings,
  {
    train,
    classes,
    names,
  }: { readonly train: Dataset; readonly classes: number; readonly names: readonly string[] | null },
  warn: (sentence: string) => void,
): Promise<StudyModel> {
  const { model, max_length: length } = settings;
  if (typeof model !== 'string') {
    const columns = settings.text_pair === null ? [settings.text] : [settings.text, settings.text_pair];
    const tokenizer = CharacterTokenizer.fromTexts(columns.flatMap((name) => train.column(name).map(String)));
    const config = bertConfig({
      ...SMALL_MODEL,
      ...model,
      vocab_size: tokenizer.vocabSize,
      max_position_embeddings: length,
      num_labels: classes,
      id2label: byNumber(names),
    });
    requireRoom(config, name);
    return fromConfig(tf, config, tokenizer, 'small, one token a character, not pretrained');
  }
  const tokenizer = await AutoTokenizer.fromPretrained(model);
  const overrides = { num_labels: classes, ...(names && { id2label: byNumber(names) }) };
  // A model that was fine-tuned for other classes gets a new head, and says so.
  const options = { ...overrides, ignoreMismatchedSizes: 'head' } as const;
  const { config } = await readConfig(model, overrides);
  requireFit(model, tokenizer, config, length);
  requireRoom(config, name);
  const files = await readdir(model);
  if (!files.some((name) => WEIGHTS.test(name))) {
    return fromConfig(tf, config, tokenizer, `the sizes of ${model}, which has no weights: not pretrained`);
  }
  return {
    tokenizer,
    config,
    about: `${model}, pretrained`,
    init: () => BertForSequenceClassification.fromPretrained(model, { tf, seed: drawSeed(), warn, ...options }),
  };
}

/** The names that a folder's model gives its labels, by number; null where it gives none or is made from scratch. */
export async function modelLabelNames({ model }: StudySettings): Promise<readonly string[] | null> {
  if (typeof model !== 'string') return null;
  const { id2label } = (await readConfig(model)).config;
  return id2label && Object.keys(id2label).map((_, number) => String(id2label[number]));
}

function byNumber(names: readonly string[] | null): Record<string, string> | null {
  return names && Object.fromEntries(names.map((name, number) => [String(number), name]));
}

function fromConfig(tf: Tf, config: BertConfig, tokenizer: Tokenizer, about: string): StudyModel {
  return {
    tokenizer,
    config,
    about,
    init: async () => BertForSequenceClassification.fromConfig(tf, config, drawSeed()),
  };
}

function requireFit(model: string, tokenizer: Tokenizer, config: BertConfig, length: number): void {
  const { vocab_size: rows, max_position_embeddings: places } = config;
  if (tokenizer.vocabSize > rows) {
    throw new TuneboardError(
      'model',
      `The tokenizer of ${model} has ${tokenizer.vocabSize} tokens but its model knows ${rows}: they do not belong together.`,
    );
  }
  if (length > places) {
    throw new TuneboardError(
      'model',
      `max_length is ${length} but ${model} has ${places} places: write \`max_length: ${places}\` or less.`,
    );
  }
}
