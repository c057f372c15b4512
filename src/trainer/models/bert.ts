import type { Rank, Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import { Random } from '../../core/random.ts';
import type { Tf } from '../tf.ts';
import type { BertConfig } from './bertConfig.ts';
import type { Dropout } from './dropout.ts';
import { add, attention, embedding, gelu, layerNorm, linear, scale, tanh } from './ops.ts';

/** Padded texts: both [texts, length], as rows after each other. */
export interface EncodedBatch {
  readonly inputIds: Int32Array;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: Int32Array;
  readonly size: number;
  readonly length: number;
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

  /** Logits [texts, num_labels]. Call it in a tidy. */
  logits(batch: EncodedBatch, dropout: Dropout | null): Tensor2D {
    const tf = this.#tf;
    const { size, length } = batch;
    const mask = Float32Array.from(batch.attentionMask, (one) => (one === 0 ? MASKED : 0));
    const bias = tf.tensor4d(mask, [size, 1, 1, length]);
    let hidden = this.#embed(batch, dropout);
    for (let layer = 0; layer < this.config.num_hidden_layers; layer++) {
      hidden = this.#layer(`bert.encoder.layer.${layer}.`, hidden, bias, batch, dropout);
    }
    const firsts = tf.tensor1d(
      Int32Array.from({ length: size }, (_, text) => text * length),
      'int32',
    );
    const pooled = tanh(tf, this.#linear('bert.pooler.dense', embedding(tf, hidden, firsts)));
    const rate = this.config.classifier_dropout ?? this.config.hidden_dropout_prob;
    return this.#linear('classifier', this.#drop(pooled, dropout, rate));
  }

  dispose(): void {
    for (const variable of this.parameters.values()) variable.dispose();
  }

  #embed({ inputIds, size, length }: EncodedBatch, dropout: Dropout | null): Tensor2D {
    const tf = this.#tf;
    const positions = Int32Array.from(inputIds, (_, index) => index % length);
    const words = embedding(tf, this.#get(WORDS), tf.tensor1d(inputIds, 'int32'));
    const places = embedding(
      tf,
      this.#get('bert.embeddings.position_embeddings.weight'),
      tf.tensor1d(positions, 'int32'),
    );
    const types = tf.tensor1d(new Int32Array(size * length), 'int32');
    const kinds = embedding(tf, this.#get('bert.embeddings.token_type_embeddings.weight'), types);
    return this.#drop(this.#norm('bert.embeddings.LayerNorm', add(tf, add(tf, words, kinds), places)), dropout);
  }

  #layer(prefix: string, hidden: Tensor2D, bias: Tensor4D, batch: EncodedBatch, dropout: Dropout | null): Tensor2D {
    const tf = this.#tf;
    const context = this.#attend(`${prefix}attention.self.`, hidden, bias, batch, dropout);
    const attended = this.#drop(this.#linear(`${prefix}attention.output.dense`, context), dropout);
    const middle = this.#norm(`${prefix}attention.output.LayerNorm`, add(tf, attended, hidden));
    const inner = gelu(tf, this.#linear(`${prefix}intermediate.dense`, middle));
    const output = this.#drop(this.#linear(`${prefix}output.dense`, inner), dropout);
    return this.#norm(`${prefix}output.LayerNorm`, add(tf, output, middle));
  }

  #attend(prefix: string, hidden: Tensor2D, bias: Tensor4D, batch: EncodedBatch, dropout: Dropout | null): Tensor2D {
    const { num_attention_heads: heads, attention_probs_dropout_prob: rate } = this.config;
    const { size, length } = batch;
    const mask = dropout?.mask<Rank.R4>(this.#tf, [size, heads, length, length], rate) ?? null;
    const [query, key, value] = ['query', 'key', 'value'].map((name) => this.#linear(prefix + name, hidden)) as [
      Tensor2D,
      Tensor2D,
      Tensor2D,
    ];
    return attention(this.#tf, [query, key, value], { size, length, heads, bias, mask });
  }

  #linear(name: string, x: Tensor2D): Tensor2D {
    return linear(this.#tf, x, this.#get(`${name}.weight`), this.#get(`${name}.bias`));
  }

  #norm(name: string, x: Tensor): Tensor2D {
    const [scale, shift] = [this.#get<Tensor1D>(`${name}.weight`), this.#get<Tensor1D>(`${name}.bias`)];
    return layerNorm(this.#tf, x as Tensor2D, scale, shift, this.config.layer_norm_eps);
  }

  #drop(x: Tensor2D, dropout: Dropout | null, rate = this.config.hidden_dropout_prob): Tensor2D {
    const mask = dropout?.mask<Rank.R2>(this.#tf, x.shape, rate);
    return mask ? scale(this.#tf, x, mask) : x;
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
