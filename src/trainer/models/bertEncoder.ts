import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { attention } from '../ops/attention.ts';
import { type Dropout, drop, type Mask } from '../ops/dropout.ts';
import { embedding } from '../ops/embedding.ts';
import { addAndNorm, layerNorm, type NormParameters } from '../ops/layerNorm.ts';
import { linear } from '../ops/linear.ts';
import type { Tf } from '../tf.ts';
import { activate } from './activations.ts';
import type { BertConfig } from './bertConfig.ts';
import { checkBatch, type EncodedBatch } from './encodedBatch.ts';

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
 * The layers of BERT (Devlin et al. 2019) over parameters that are kept elsewhere. Call its methods in a tidy; without a
 * `Dropout` they are in evaluation mode.
 */
export class BertEncoder {
  readonly #tf: Tf;
  readonly #config: BertConfig;
  readonly #parameter: (name: string) => Tensor;

  /** `parameter` gives a parameter by its name without prefix. */
  constructor(tf: Tf, config: BertConfig, parameter: (name: string) => Tensor) {
    this.#tf = tf;
    this.#config = config;
    this.#parameter = parameter;
  }

  /** The last layer's output for every token, [texts · length, hidden]. */
  hidden(batch: EncodedBatch, dropout: Dropout | null): Tensor2D {
    return this.#run(batch, dropout, null);
  }

  /**
   * The last layer's output for each text's first token, [texts, hidden]: the others are then keys and values of the last
   * layer and nothing else, which saves most of it.
   */
  firsts(batch: EncodedBatch, dropout: Dropout | null): Tensor2D {
    return this.#run(batch, dropout, firstRows(this.#tf, batch));
  }

  /** The rows of each text's first token, [texts, hidden], of those of all tokens. */
  firstsOf(hidden: Tensor2D, batch: EncodedBatch): Tensor2D {
    return embedding(this.#tf, [{ table: hidden, ids: firstRows(this.#tf, batch) }]);
  }

  /** The pooler of rows of first tokens, [texts, hidden]. */
  pool(firsts: Tensor2D): Tensor2D {
    return activate(this.#tf, 'tanh', this.#linear('pooler.dense', firsts));
  }

  #run(batch: EncodedBatch, dropout: Dropout | null, wanted: Tensor1D | null): Tensor2D {
    checkBatch(batch, this.#config);
    const tf = this.#tf;
    const padding = Float32Array.from(batch.attentionMask, (one) => (one === 0 ? MASKED : 0));
    const context = { batch, bias: tf.tensor2d(padding, [batch.size, batch.length]), dropout };
    const last = this.#config.num_hidden_layers - 1;
    let hidden = this.#embed(context);
    for (let layer = 0; layer <= last; layer++) {
      const queries = layer === last && wanted ? embedding(tf, [{ table: hidden, ids: wanted }]) : hidden;
      hidden = this.#layer(`encoder.layer.${layer}.`, queries, hidden, context);
    }
    return hidden;
  }

  #embed({ batch: { inputIds, tokenTypeIds, size, length }, dropout }: Context): Tensor2D {
    const tf = this.#tf;
    const positions = Int32Array.from(inputIds, (_, index) => index % length);
    const lookup = (name: string, ids: Int32Array) => ({
      table: this.#get(`embeddings.${name}_embeddings.weight`),
      ids: tf.tensor1d(ids, 'int32'),
    });
    const sum = embedding(tf, [
      lookup('word', inputIds),
      lookup('token_type', tokenTypeIds ?? new Int32Array(size * length)),
      lookup('position', positions),
    ]);
    return drop(tf, layerNorm(tf, sum, this.#norm('embeddings.LayerNorm')), this.#mask(dropout));
  }

  /** `queries`: the rows of `hidden` that the layer's result is wanted of, one or all of each text. */
  #layer(prefix: string, queries: Tensor2D, hidden: Tensor2D, context: Context): Tensor2D {
    const tf = this.#tf;
    const { dropout } = context;
    const heads = this.#attend(`${prefix}attention.self.`, queries, hidden, context);
    const attended = this.#linear(`${prefix}attention.output.dense`, heads);
    const norm = this.#norm(`${prefix}attention.output.LayerNorm`);
    const middle = addAndNorm(tf, attended, queries, this.#mask(dropout), norm);
    const inner = activate(tf, this.#config.hidden_act, this.#linear(`${prefix}intermediate.dense`, middle));
    const output = this.#linear(`${prefix}output.dense`, inner);
    return addAndNorm(tf, output, middle, this.#mask(dropout), this.#norm(`${prefix}output.LayerNorm`));
  }

  #attend(prefix: string, queries: Tensor2D, hidden: Tensor2D, { batch, bias, dropout }: Context): Tensor2D {
    const { num_attention_heads: heads, attention_probs_dropout_prob: rate } = this.#config;
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
    return { scale, shift, epsilon: this.#config.layer_norm_eps };
  }

  #mask(dropout: Dropout | null): Mask | null {
    return dropout?.next(this.#config.hidden_dropout_prob) ?? null;
  }

  #get<T extends Tensor = Tensor2D>(name: string): T {
    return this.#parameter(name) as unknown as T;
  }
}

function firstRows(tf: Tf, { size, length }: EncodedBatch): Tensor1D {
  return tf.tensor1d(
    Int32Array.from({ length: size }, (_, text) => text * length),
    'int32',
  );
}
