import { Random } from '../../core/random.ts';
import type { BertConfig } from './bertConfig.ts';

/** A parameter by Hugging Face's name, without the prefix `bert.`; weights of linear layers are [in, out] here. */
export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** A linear layer's weight, which files keep as [out, in]. */
  readonly isTransposed: boolean;
}

const WORDS = 'embeddings.word_embeddings.weight';

/** The parameters of `BertModel` in the order of Hugging Face's `named_parameters()`. */
export function encoderParameters(config: BertConfig): ParameterShape[] {
  const { hidden_size: hidden, intermediate_size: inner } = config;
  const layer = (prefix: string) => [
    ...['query', 'key', 'value'].flatMap((name) => dense(`${prefix}attention.self.${name}`, hidden, hidden)),
    ...dense(`${prefix}attention.output.dense`, hidden, hidden),
    ...norm(`${prefix}attention.output`, hidden),
    ...dense(`${prefix}intermediate.dense`, hidden, inner),
    ...dense(`${prefix}output.dense`, inner, hidden),
    ...norm(`${prefix}output`, hidden),
  ];
  return [
    table(WORDS, config.vocab_size, hidden),
    table('embeddings.position_embeddings.weight', config.max_position_embeddings, hidden),
    table('embeddings.token_type_embeddings.weight', config.type_vocab_size, hidden),
    ...norm('embeddings', hidden),
    ...Array.from({ length: config.num_hidden_layers }, (_, index) => layer(`encoder.layer.${index}.`)).flat(),
    ...dense('pooler.dense', hidden, hidden),
  ];
}

/** A linear layer's weight and bias. */
export function dense(name: string, from: number, to: number): ParameterShape[] {
  return [
    { name: `${name}.weight`, shape: [from, to], isTransposed: true },
    { name: `${name}.bias`, shape: [to], isTransposed: false },
  ];
}

function norm(name: string, width: number): ParameterShape[] {
  return ['weight', 'bias'].map((part) => ({ name: `${name}.LayerNorm.${part}`, shape: [width], isTransposed: false }));
}

function table(name: string, rows: number, width: number): ParameterShape {
  return { name, shape: [rows, width], isTransposed: false };
}

/**
 * New values as Hugging Face draws them: normal with `initializer_range`; biases, and the embedding of the padding, 0;
 * factors of a norm 1. A function of the seed, the name and the parameter's place among `names`.
 */
export function newValues(
  { name, shape }: ParameterShape,
  index: number,
  config: BertConfig,
  seed: number,
): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (name.endsWith('LayerNorm.weight')) return values.fill(1);
  if (!name.endsWith('.weight')) return values;
  const random = new Random(seed, index, name);
  for (let at = 0; at < values.length; at++) values[at] = random.normal() * config.initializer_range;
  if (name.endsWith(WORDS)) {
    const { pad_token_id: padding, hidden_size: width } = config;
    values.fill(0, padding * width, (padding + 1) * width);
  }
  return values;
}
