import type { Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { defaultTf } from '../defaultTf.ts';
import { type Dropout, drop } from '../ops/dropout.ts';
import { linear } from '../ops/linear.ts';
import { drawSeed } from '../seed.ts';
import type { Tf } from '../tf.ts';
import type { BertConfig } from './bertConfig.ts';
import { BertEncoder } from './bertEncoder.ts';
import { dense, encoderParameters, type ParameterShape } from './bertParameters.ts';
import { type ConfigFile, readConfig, writeConfig } from './configFile.ts';
import type { EncodedBatch } from './encodedBatch.ts';
import {
  loadParameters,
  newParameters,
  type PretrainedOptions,
  restoreParameters,
  saveParameters,
} from './pretrained.ts';

/** A model, or how its parts are made: both classes have these. */
interface Parts {
  readonly tf: Tf;
  readonly file: ConfigFile;
  readonly parameters: ReadonlyMap<string, Variable>;
}

/** BERT without a head, as Hugging Face's class of this name. */
export class BertModel {
  readonly config: BertConfig;
  /** By Hugging Face's names; weights of linear layers are [in, out] here and [out, in] in files. */
  readonly parameters: ReadonlyMap<string, Variable>;
  readonly #parts: Parts;
  readonly #encoder: BertEncoder;

  private constructor(parts: Parts) {
    const { tf, file, parameters } = parts;
    this.config = file.config;
    this.parameters = parameters;
    this.#parts = parts;
    this.#encoder = new BertEncoder(tf, file.config, (name) => parameters.get(name) as Variable);
  }

  /** New weights, a function of the seed. */
  static fromConfig(tf: Tf, config: BertConfig, seed: number): BertModel {
    const parameters = newParameters(tf, encoderParameters(config), config, seed);
    return new BertModel({ tf, file: { config, raw: {} }, parameters });
  }

  /** A folder's model. Throws `model` and `checkpoint`, in one sentence each. */
  static async fromPretrained(folder: string, options: PretrainedOptions = {}): Promise<BertModel> {
    return new BertModel(await load('BertModel', encoderParameters, folder, options));
  }

  /**
   * The last layer's output of every token [texts · length, hidden] and the pooled first tokens [texts, hidden]. Call it in
   * a tidy. Without a `Dropout` it is in evaluation mode.
   */
  forward(batch: EncodedBatch, dropout: Dropout | null): { lastHiddenState: Tensor2D; poolerOutput: Tensor2D } {
    const lastHiddenState = this.#encoder.hidden(batch, dropout);
    return { lastHiddenState, poolerOutput: this.#encoder.pool(this.#encoder.firstsOf(lastHiddenState, batch)) };
  }

  /** Writes config.json and model.safetensors, which `fromPretrained` reads, here and in Python. */
  async savePretrained(folder: string): Promise<void> {
    await saveParameters(folder, encoderParameters(this.config), this.parameters);
    await writeConfig(folder, this.#parts.file, 'BertModel');
  }

  /** Frees the weights' memory. */
  dispose(): void {
    for (const variable of this.parameters.values()) variable.dispose();
  }
}

/**
 * BERT with a classifier, or a regression, over its pooled first token (Devlin et al. 2019), as Hugging Face's class of
 * this name, from a checkpoint or from a config alone.
 */
export class BertForSequenceClassification {
  readonly config: BertConfig;
  /** By Hugging Face's names; weights of linear layers are [in, out] here and [out, in] in files. */
  readonly parameters: ReadonlyMap<string, Variable>;
  readonly #parts: Parts;
  readonly #encoder: BertEncoder;

  private constructor(parts: Parts) {
    const { tf, file, parameters } = parts;
    this.config = file.config;
    this.parameters = parameters;
    this.#parts = parts;
    this.#encoder = new BertEncoder(tf, file.config, (name) => parameters.get(`bert.${name}`) as Variable);
  }

  /** New weights as Hugging Face draws them, a function of the seed. Not pretrained. */
  static fromConfig(tf: Tf, config: BertConfig, seed: number): BertForSequenceClassification {
    const parameters = newParameters(tf, classifierParameters(config), config, seed);
    return new BertForSequenceClassification({ tf, file: { config, raw: {} }, parameters });
  }

  /**
   * A folder's model: config.json, and model.safetensors or pytorch_model.bin; a head that the checkpoint lacks is new.
   * Throws `model` and `checkpoint`, in one sentence each.
   */
  static async fromPretrained(folder: string, options: PretrainedOptions = {}): Promise<BertForSequenceClassification> {
    const parts = await load('BertForSequenceClassification', classifierParameters, folder, options);
    return new BertForSequenceClassification(parts);
  }

  /** Logits [texts, num_labels]. Call it in a tidy. Without a `Dropout` it is in evaluation mode. */
  logits(batch: EncodedBatch, dropout: Dropout | null): Tensor2D {
    const { tf } = this.#parts;
    const pooled = this.#encoder.pool(this.#encoder.firsts(batch, dropout));
    const rate = this.config.classifier_dropout ?? this.config.hidden_dropout_prob;
    const [weight, bias] = ['weight', 'bias'].map((part) => this.parameters.get(`classifier.${part}`) as Variable);
    return linear(
      tf,
      drop(tf, pooled, dropout?.next(rate) ?? null),
      weight as unknown as Tensor2D,
      bias as Variable<never>,
    );
  }

  /** Writes config.json and model.safetensors, which `fromPretrained` reads, here and in Python. */
  async savePretrained(folder: string): Promise<void> {
    await saveParameters(folder, classifierParameters(this.config), this.parameters);
    await writeConfig(folder, this.#parts.file, 'BertForSequenceClassification');
  }

  /** Puts the weights of a folder that `savePretrained` wrote into this model. Throws `checkpoint`. */
  loadPretrained(folder: string): Promise<void> {
    return restoreParameters(this.#parts.tf, folder, classifierParameters(this.config), this.parameters);
  }

  /** Frees the weights' memory. */
  dispose(): void {
    for (const variable of this.parameters.values()) variable.dispose();
  }
}

function classifierParameters(config: BertConfig): ParameterShape[] {
  return [
    ...encoderParameters(config).map((parameter) => ({ ...parameter, name: `bert.${parameter.name}` })),
    ...dense('classifier', config.hidden_size, config.num_labels),
  ];
}

async function load(
  model: string,
  shapesOf: (config: BertConfig) => readonly ParameterShape[],
  folder: string,
  { tf: given, seed = drawSeed(), ignoreMismatchedSizes = false, warn = console.warn, ...settings }: PretrainedOptions,
): Promise<Parts> {
  const file = await readConfig(folder, settings);
  const tf = given ?? (await defaultTf());
  const options = { seed, ignoreMismatchedSizes, warn, model };
  return { tf, file, parameters: await loadParameters(tf, folder, shapesOf(file.config), file.config, options) };
}
