import type { Variable } from '@tensorflow/tfjs-core';
import { addPythonNames } from '../../core/text/pythonNames.ts';
import { defaultTf } from '../defaultTf.ts';
import type { Tf } from '../tf.ts';
import { drawSeed } from '../training/seed.ts';
import type { BertConfig } from './bertConfig.ts';
import { BertEncoder } from './bertEncoder.ts';
import type { ParameterShape } from './bertParameters.ts';
import { type ConfigFile, readConfig, writeConfig } from './configFile.ts';
import {
  loadParameters,
  newParameters,
  type PretrainedOptions,
  restoreParameters,
  saveParameters,
} from './pretrained.ts';

/** What tells one class of models from another. */
export interface ModelKind {
  /** The class's name, here and in Python. */
  readonly architecture: string;
  /** Before the names of the encoder's parameters. */
  readonly prefix: '' | 'bert.';
  readonly parametersOf: (config: BertConfig) => readonly ParameterShape[];
}

/** A model's weights and where they came from. */
export interface ModelParts {
  readonly tf: Tf;
  readonly file: ConfigFile;
  readonly parameters: ReadonlyMap<string, Variable>;
}

/** What all models with BERT's encoder can: be saved, take weights back, free their memory. */
export abstract class PretrainedBert {
  readonly config: BertConfig;
  /** By Hugging Face's names; weights of linear layers are [in, out] here and [out, in] in files. */
  readonly parameters: ReadonlyMap<string, Variable>;
  protected readonly tf: Tf;
  protected readonly encoder: BertEncoder;
  declare readonly save_pretrained: PretrainedBert['savePretrained'];
  readonly #file: ConfigFile;
  readonly #kind: ModelKind;

  protected constructor({ tf, file, parameters }: ModelParts, kind: ModelKind) {
    this.config = file.config;
    this.parameters = parameters;
    this.tf = tf;
    this.encoder = new BertEncoder(tf, file.config, (name) => parameters.get(kind.prefix + name) as Variable);
    this.#file = file;
    this.#kind = kind;
  }

  /** Writes config.json and model.safetensors, which `fromPretrained` reads, here and in Python. */
  async savePretrained(folder: string): Promise<void> {
    await saveParameters(folder, this.#shapes, this.parameters);
    await writeConfig(folder, this.#file, this.#kind.architecture);
  }

  /** Puts the weights of a folder that `savePretrained` wrote into this model. Throws `checkpoint`. */
  loadPretrained(folder: string): Promise<void> {
    return restoreParameters(this.tf, folder, this.#shapes, this.parameters);
  }

  /** Frees the weights' memory. */
  dispose(): void {
    for (const variable of this.parameters.values()) variable.dispose();
  }

  get #shapes(): readonly ParameterShape[] {
    return this.#kind.parametersOf(this.config);
  }
}

addPythonNames(PretrainedBert.prototype);

/** New weights as Hugging Face draws them, a function of the seed. */
export function newParts(kind: ModelKind, tf: Tf, config: BertConfig, seed: number): ModelParts {
  return { tf, file: { config, raw: {} }, parameters: newParameters(tf, kind.parametersOf(config), config, seed) };
}

/** The weights of a folder. Throws `model` and `checkpoint`, in one sentence each. */
export async function loadParts(
  { architecture, parametersOf }: ModelKind,
  folder: string,
  options: PretrainedOptions,
): Promise<ModelParts> {
  const { tf: given, seed = drawSeed(), warn = console.warn, ...more } = options;
  const { ignore_mismatched_sizes = false, ignoreMismatchedSizes = ignore_mismatched_sizes, ...settings } = more;
  const file = await readConfig(folder, settings);
  const tf = given ?? (await defaultTf());
  const loading = { seed, ignoreMismatchedSizes, warn, model: architecture };
  return { tf, file, parameters: await loadParameters(tf, folder, parametersOf(file.config), file.config, loading) };
}
