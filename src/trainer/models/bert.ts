import type { Tensor1D, Tensor2D, Variable } from '@tensorflow/tfjs-core';
import { addPythonNames } from '../../core/text/pythonNames.ts';
import { type Dropout, drop } from '../ops/dropout.ts';
import { linear } from '../ops/linear.ts';
import type { Tf } from '../tf.ts';
import type { BertConfig } from './bertConfig.ts';
import { dense, encoderParameters } from './bertParameters.ts';
import type { EncodedBatch } from './encodedBatch.ts';
import type { PretrainedOptions } from './pretrained.ts';
import { loadParts, type ModelKind, type ModelParts, newParts, PretrainedBert } from './pretrainedBert.ts';

const ENCODER: ModelKind = {
  architecture: 'BertModel',
  prefix: '',
  parametersOf: (config) => encoderParameters(config),
};

const CLASSIFIER: ModelKind = {
  architecture: 'BertForSequenceClassification',
  prefix: 'bert.',
  parametersOf: (config) => [
    ...encoderParameters(config).map((parameter) => ({ ...parameter, name: `bert.${parameter.name}` })),
    ...dense('classifier', config.hidden_size, config.num_labels),
  ],
};

/** BERT without a head, as Hugging Face's class of this name. */
export class BertModel extends PretrainedBert {
  declare static readonly from_config: typeof BertModel.fromConfig;
  declare static readonly from_pretrained: typeof BertModel.fromPretrained;

  private constructor(parts: ModelParts) {
    super(parts, ENCODER);
  }

  /** New weights, a function of the seed. */
  static fromConfig(tf: Tf, config: BertConfig, seed: number): BertModel {
    return new BertModel(newParts(ENCODER, tf, config, seed));
  }

  /** A folder's model. Throws `model` and `checkpoint`, in one sentence each. */
  static async fromPretrained(folder: string, options: PretrainedOptions = {}): Promise<BertModel> {
    return new BertModel(await loadParts(ENCODER, folder, options));
  }

  /**
   * The last layer's output of every token [texts · length, hidden] and the pooled first tokens [texts, hidden]. Call it in
   * a tidy. Without a `Dropout` it is in evaluation mode.
   */
  forward(batch: EncodedBatch, dropout: Dropout | null): { lastHiddenState: Tensor2D; poolerOutput: Tensor2D } {
    const lastHiddenState = this.encoder.hidden(batch, dropout);
    return { lastHiddenState, poolerOutput: this.encoder.pool(this.encoder.firstsOf(lastHiddenState, batch)) };
  }
}

/**
 * BERT with a classifier, or a regression, over its pooled first token (Devlin et al. 2019), as Hugging Face's class of
 * this name, from a checkpoint or from a config alone.
 */
export class BertForSequenceClassification extends PretrainedBert {
  declare static readonly from_config: typeof BertForSequenceClassification.fromConfig;
  declare static readonly from_pretrained: typeof BertForSequenceClassification.fromPretrained;

  private constructor(parts: ModelParts) {
    super(parts, CLASSIFIER);
  }

  /** New weights as Hugging Face draws them, a function of the seed. Not pretrained. */
  static fromConfig(tf: Tf, config: BertConfig, seed: number): BertForSequenceClassification {
    return new BertForSequenceClassification(newParts(CLASSIFIER, tf, config, seed));
  }

  /**
   * A folder's model: config.json, and model.safetensors or pytorch_model.bin; a head that the checkpoint lacks is new.
   * Throws `model` and `checkpoint`, in one sentence each.
   */
  static async fromPretrained(folder: string, options: PretrainedOptions = {}): Promise<BertForSequenceClassification> {
    return new BertForSequenceClassification(await loadParts(CLASSIFIER, folder, options));
  }

  /** Logits [texts, num_labels]. Call it in a tidy. Without a `Dropout` it is in evaluation mode. */
  logits(batch: EncodedBatch, dropout: Dropout | null): Tensor2D {
    const pooled = this.encoder.pool(this.encoder.firsts(batch, dropout));
    const rate = this.config.classifier_dropout ?? this.config.hidden_dropout_prob;
    const [weight, bias] = ['weight', 'bias'].map((part) => this.parameters.get(`classifier.${part}`) as Variable);
    const dropped = drop(this.tf, pooled, dropout?.next(rate) ?? null);
    return linear(this.tf, dropped, weight as unknown as Tensor2D, bias as unknown as Tensor1D);
  }
}

addPythonNames(BertModel);
addPythonNames(BertForSequenceClassification);
