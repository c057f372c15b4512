import { TuneboardError } from '../../core/errors.ts';
import { ACTIVATIONS, type Activation, LEARNED_ACTIVATIONS } from './activations.ts';

const PROBLEMS = ['regression', 'single_label_classification', 'multi_label_classification'] as const;
/** What a sequence classifier is for, as in Hugging Face. */
export type ProblemType = (typeof PROBLEMS)[number];

/** BERT's config.json, with Hugging Face's names and defaults. */
export interface BertConfig {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly hidden_act: Activation;
  readonly hidden_dropout_prob: number;
  readonly attention_probs_dropout_prob: number;
  /** Longest text in tokens, with [CLS] and [SEP]. */
  readonly max_position_embeddings: number;
  readonly type_vocab_size: number;
  readonly initializer_range: number;
  readonly layer_norm_eps: number;
  readonly pad_token_id: number;
  readonly num_labels: number;
  /** Of the classifier; null: `hidden_dropout_prob`. */
  readonly classifier_dropout: number | null;
  /** Null: regression with one label, classification with more. */
  readonly problem_type: ProblemType | null;
  /** Names of the labels by number; null: `LABEL_0`, `LABEL_1` … */
  readonly id2label: Readonly<Record<string, string>> | null;
}

const DEFAULTS: BertConfig = {
  vocab_size: 30522,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: 'gelu',
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  initializer_range: 0.02,
  layer_norm_eps: 1e-12,
  pad_token_id: 0,
  num_labels: 2,
  classifier_dropout: null,
  problem_type: null,
  id2label: null,
};

/** The settings' names. */
export const CONFIG_KEYS = Object.keys(DEFAULTS) as readonly (keyof BertConfig)[];

/** Sizes of the model that is trained where none is given: small enough for minutes on a CPU. Not pretrained. */
export const SMALL_MODEL = {
  hidden_size: 64,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 256,
} as const;

const WHOLE = [
  'vocab_size',
  'hidden_size',
  'num_hidden_layers',
  'num_attention_heads',
  'intermediate_size',
  'max_position_embeddings',
  'type_vocab_size',
  'num_labels',
] as const;
const RATES = ['hidden_dropout_prob', 'attention_probs_dropout_prob', 'classifier_dropout'] as const;
const POSITIVE = ['initializer_range', 'layer_norm_eps'] as const;

/** Ten times the largest BERT there is; its weights would take 16 GB. */
const MAX_WEIGHTS = 2 ** 32;
const MAX_LAYERS = 1000;

/** Fills in the defaults. Throws one sentence for what this BERT cannot be. */
export function bertConfig(given: Readonly<Record<string, unknown>>): BertConfig {
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(DEFAULTS, key));
  if (unknown !== undefined) {
    throw new TuneboardError('model', `The model has no setting ${unknown}: it has ${CONFIG_KEYS.join(', ')}.`);
  }
  const config = { ...DEFAULTS, ...given } as BertConfig;
  checkNumbers(config);
  checkSize(config);
  checkChoices(config);
  if (config.hidden_size % config.num_attention_heads !== 0) {
    throw new TuneboardError(
      'model',
      `hidden_size ${config.hidden_size} is no multiple of num_attention_heads ${config.num_attention_heads}: change one of them.`,
    );
  }
  return config;
}

function checkNumbers(config: BertConfig): void {
  for (const key of WHOLE) {
    const value: unknown = config[key];
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
      throw new TuneboardError('model', `${key} of the model is ${value}: use a whole number from 1 on.`);
    }
  }
  for (const key of RATES) {
    const value: unknown = config[key];
    if (value === null && key === 'classifier_dropout') continue;
    if (typeof value !== 'number' || !(value >= 0 && value < 1)) {
      throw new TuneboardError('model', `${key} of the model is ${value}: use a number from 0 to below 1.`);
    }
  }
  for (const key of POSITIVE) {
    const value: unknown = config[key];
    if (typeof value !== 'number' || !(value > 0 && value < 1)) {
      throw new TuneboardError('model', `${key} of the model is ${value}: use a small number above 0.`);
    }
  }
  const padding: unknown = config.pad_token_id;
  if (typeof padding !== 'number' || !Number.isSafeInteger(padding) || padding < 0 || padding >= config.vocab_size) {
    throw new TuneboardError('model', `pad_token_id of the model is ${padding}: use an id below vocab_size.`);
  }
}

/** Before anything of these sizes is made: a damaged file may say any. */
function checkSize(config: BertConfig): void {
  const { hidden_size: hidden, intermediate_size: inner, num_hidden_layers: layers } = config;
  const rows = config.vocab_size + config.max_position_embeddings + config.type_vocab_size + config.num_labels;
  const weights = hidden * (rows + layers * (4 * hidden + 2 * inner));
  if (weights <= MAX_WEIGHTS && layers <= MAX_LAYERS) return;
  const shown = CONFIG_KEYS.filter(
    (key) => (WHOLE as readonly string[]).includes(key) && key !== 'num_attention_heads',
  );
  throw new TuneboardError(
    'model',
    `A model with ${shown.map((key) => `${key} ${config[key]}`).join(', ')} is larger than any memory: use smaller sizes.`,
  );
}

function checkChoices({
  hidden_act: activation,
  problem_type: problem,
  id2label,
  num_labels: count,
}: BertConfig): void {
  if (!ACTIVATIONS.includes(activation)) {
    const why = LEARNED_ACTIVATIONS.includes(activation) ? ', which has weights of its own that are not there' : '';
    throw new TuneboardError(
      'model',
      `hidden_act of the model is ${activation}${why}: there are ${ACTIVATIONS.join(', ')}.`,
    );
  }
  if (problem !== null && !PROBLEMS.includes(problem)) {
    throw new TuneboardError('model', `problem_type of the model is ${problem}: use ${PROBLEMS.join(', ')}.`);
  }
  if (id2label !== null && (typeof id2label !== 'object' || Object.keys(id2label).length !== count)) {
    throw new TuneboardError('model', `id2label of the model does not name ${count} labels: give one name for each.`);
  }
}
