import type { Tensor, Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { Random } from '../../core/random.ts';
import { gelu, tanh } from '../ops/activations.ts';
import { attention } from '../ops/attention.ts';
import { type Dropout, drop, type Mask } from '../ops/dropout.ts';
import { embedding } from '../ops/embedding.ts';
import { addAndNorm, layerNorm, type NormParameters } from '../ops/layerNorm.ts';
import { linear } from '../ops/linear.ts';
import type { Tf } from '../tf.ts';
import type { BertConfig } from './bertConfig.ts';

/** Padded texts: both [texts, length], as rows after each other. */
export interface EncodedBatch {
  readonly inputIds: Int32Array;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: Int32Array;
  readonly size: number;
  readonly length: number;
}

/** What all layers share. */
interface Context {
  readonly batch: EncodedBatch;
  /** Added to the scores of keys, [size, length]. */
  readonly bias: Tensor2D;
  readonly dropout: Dropout | null;
}

/** Added to the scores of padding. float32's smallest would become −∞, and rows of it NaN. */
const MASKED = -1e9;

/**
 * BERT with a classifier over its pooled first token (Devlin et al. 2019), as Hugging Face's class of this name: the same
 * parameter names, but weights of linear layers are [in, out]. Without a `Dropout` it is in evaluation mode.
 */
export class BertForSequenceClassification {
  readonly config: BertConfig;
  readonly parameters: ReadonlyMap<string, Variable>;
  readonly #tf: Tf;

  private constructor(tf: Tf, config: BertConfig, parameters: ReadonlyMap<string, Variable>) {
    this.#tf = tf;
    this.config = config;
    this.parameters = parameters;
  }

  /** New weights as Hugging Face draws them: normal with `initializer_range`, biases and the padding's row 0. */
  static fromConfig(tf: Tf, config: BertConfig, seed: number): BertForSequenceClassification {
    const parameters = new Map<string, Variable>();
    for (const [index, { name, shape }] of parameterShapes(config).entries()) {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
      if (name.endsWith('LayerNorm.weight')) values.fill(1);
      else if (name.endsWith('.weight')) {
        const random = new Random(seed, index, name);
        for (let at = 0; at < values.length; at++) values[at] = random.normal() * config.initializer_range;
      }
      if (name === WORDS)
        values.fill(0, config.pad_token_id * config.hidden_size, (config.pad_token_id + 1) * config.hidden_size);
      parameters.set(
        name,
        tf.tidy(() => tf.variable(tf.tensor(values, [...shape]))),
      );
    }
    return new BertForSequenceClassification(tf, config, parameters);
  }

  /**
   * Logits [texts, num_labels]. Call it in a tidy. They depend on each text's first token alone, so in the last layer the
   * others are keys and values and nothing else.
   */
  logits(batch: EncodedBatch, dropout: Dropout | null): Tensor2D {
    const tf = this.#tf;
    const { size, length } = batch;
    const padding = Float32Array.from(batch.attentionMask, (one) => (one === 0 ? MASKED : 0));
    const context = { batch, bias: tf.tensor2d(padding, [size, length]), dropout };
    const firsts = tf.tensor1d(
      Int32Array.from({ length: size }, (_, text) => text * length),
      'int32',
    );
    const last = this.config.num_hidden_layers - 1;
    let hidden = this.#embed(context);
    for (let layer = 0; layer <= last; layer++) {
      const queries = layer === last ? embedding(tf, [{ table: hidden, ids: firsts }]) : hidden;
      hidden = this.#layer(`bert.encoder.layer.${layer}.`, queries, hidden, context);
    }
    const pooled = tanh(tf, this.#linear('bert.pooler.dense', hidden));
    const rate = this.config.classifier_dropout ?? this.config.hidden_dropout_prob;
    return this.#linear('classifier', drop(tf, pooled, dropout?.next(rate) ?? null));
  }

  dispose(): void {
    for (const variable of this.parameters.values()) variable.dispose();
  }

  #embed({ batch: { inputIds, size, length }, dropout }: Context): Tensor2D {
    const tf = this.#tf;
    const positions = Int32Array.from(inputIds, (_, index) => index % length);
    const lookup = (name: string, ids: Int32Array) => ({ table: this.#get(name), ids: tf.tensor1d(ids, 'int32') });
    const sum = embedding(tf, [
      lookup(WORDS, inputIds),
      lookup('bert.embeddings.token_type_embeddings.weight', new Int32Array(size * length)),
      lookup('bert.embeddings.position_embeddings.weight', positions),
    ]);
    return drop(tf, layerNorm(tf, sum, this.#norm('bert.embeddings.LayerNorm')), this.#mask(dropout));
  }

  /** `queries`: the rows of `hidden` that the layer's result is wanted of, one or all of each text. */
  #layer(prefix: string, queries: Tensor2D, hidden: Tensor2D, context: Context): Tensor2D {
    const tf = this.#tf;
    const { dropout } = context;
    const heads = this.#attend(`${prefix}attention.self.`, queries, hidden, context);
    const attended = this.#linear(`${prefix}attention.output.dense`, heads);
    const norm = this.#norm(`${prefix}attention.output.LayerNorm`);
    const middle = addAndNorm(tf, attended, queries, this.#mask(dropout), norm);
    const inner = gelu(tf, this.#linear(`${prefix}intermediate.dense`, middle));
    const output = this.#linear(`${prefix}output.dense`, inner);
    return addAndNorm(tf, output, middle, this.#mask(dropout), this.#norm(`${prefix}output.LayerNorm`));
  }

  #attend(prefix: string, queries: Tensor2D, hidden: Tensor2D, { batch, bias, dropout }: Context): Tensor2D {
    const { num_attention_heads: heads, attention_probs_dropout_prob: rate } = this.config;
    const { size, length } = batch;
    const query = this.#linear(`${prefix}query`, queries);
    const key = this.#linear(`${prefix}key`, hidden);
    const value = this.#linear(`${prefix}value`, hidden);
    const shape = { size, queries: queries.shape[0] / size, length, heads, bias, mask: dropout?.next(rate) ?? null };
    return attention(this.#tf, [query, key, value], shape);
  }

  #linear(name: string, x: Tensor2D): Tensor2D {
    return linear(this.#tf, x, this.#get(`${name}.weight`), this.#get(`${name}.bias`));
  }

  #norm(name: string): NormParameters {
    const [scale, shift] = [this.#get<Tensor1D>(`${name}.weight`), this.#get<Tensor1D>(`${name}.bias`)];
    return { scale, shift, epsilon: this.config.layer_norm_eps };
  }

  #mask(dropout: Dropout | null): Mask | null {
    return dropout?.next(this.config.hidden_dropout_prob) ?? null;
  }

  #get<T extends Tensor = Tensor2D>(name: string): T {
    return this.parameters.get(name) as unknown as T;
  }
}

const WORDS = 'bert.embeddings.word_embeddings.weight';

/** Every parameter in the order of Hugging Face's `named_parameters()`. */
function parameterShapes(config: BertConfig): { readonly name: string; readonly shape: readonly number[] }[] {
  const { hidden_size: hidden, intermediate_size: inner } = config;
  const dense = (name: string, from: number, to: number) => [
    { name: `${name}.weight`, shape: [from, to] },
    { name: `${name}.bias`, shape: [to] },
  ];
  const norm = (name: string) => [
    { name: `${name}.LayerNorm.weight`, shape: [hidden] },
    { name: `${name}.LayerNorm.bias`, shape: [hidden] },
  ];
  const layer = (prefix: string) => [
    ...['query', 'key', 'value'].flatMap((name) => dense(`${prefix}attention.self.${name}`, hidden, hidden)),
    ...dense(`${prefix}attention.output.dense`, hidden, hidden),
    ...norm(`${prefix}attention.output`),
    ...dense(`${prefix}intermediate.dense`, hidden, inner),
    ...dense(`${prefix}output.dense`, inner, hidden),
    ...norm(`${prefix}output`),
  ];
  return [
    { name: WORDS, shape: [config.vocab_size, hidden] },
    { name: 'bert.embeddings.position_embeddings.weight', shape: [config.max_position_embeddings, hidden] },
    { name: 'bert.embeddings.token_type_embeddings.weight', shape: [config.type_vocab_size, hidden] },
    ...norm('bert.embeddings'),
    ...Array.from({ length: config.num_hidden_layers }, (_, index) => layer(`bert.encoder.layer.${index}.`)).flat(),
    ...dense('bert.pooler.dense', hidden, hidden),
    ...dense('classifier', hidden, config.num_labels),
  ];
}
