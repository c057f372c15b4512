/** Studies of TensorFlow.js models: `import { tunerCallback } from 'tuneboard/tfjs'`. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { TuneboardError } from '../core/errors.ts';
import { TrialPruned } from './optimize.ts';
import type { ProcessTrial } from './processTrial.ts';

export { TrialPruned } from './optimize.ts';
export type { ProcessTrial } from './processTrial.ts';

/** What is used of a tensor, of a model and of TensorFlow.js, whichever package of it a program has. */
interface Tensor {
  clone(): Tensor;
  dispose(): void;
}
interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}
interface Model {
  readonly optimizer?: { getWeights(): Promise<NamedTensor[]>; setWeights(weights: NamedTensor[]): Promise<void> };
  getWeights(): Tensor[];
  setWeights(weights: Tensor[]): void;
}
interface Encoded {
  readonly data: ArrayBuffer;
  readonly specs: readonly { readonly name: string }[];
}
/** TensorFlow.js with its layers: `@tensorflow/tfjs`, `@tensorflow/tfjs-node` or `@tensorflow/tfjs-layers`. */
export interface TfLayers {
  readonly Callback: new () => object;
}
interface TfCore {
  readonly io: {
    encodeWeights(tensors: readonly NamedTensor[]): Promise<Encoded>;
    decodeWeights(data: ArrayBuffer, specs: Encoded['specs']): Readonly<Record<string, Tensor>>;
  };
}

export interface TunerCallbackOptions {
  /** The entry of the logs that the study optimises: `val_loss` by default, else `loss` where nothing is validated. */
  readonly monitor?: string;
  /** Which is better, by default as the study says, else `min`. */
  readonly mode?: 'min' | 'max';
  /** Whether the model has the weights of its best epoch after the training; true by default. */
  readonly restoreBestWeights?: boolean;
  /** The TensorFlow.js that the model was made with; by default the one that the program has loaded. */
  readonly tf?: TfLayers;
}

const FILE = 'tuneboard.weights';
const PACKAGES = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs', '@tensorflow/tfjs-layers'];

/**
 * A callback for `model.fit` of any `tf.LayersModel`. After each epoch it saves a checkpoint where a scheduler wants one,
 * reports the monitored value as the objective and the other logs by name, and ends the training by throwing
 * `TrialPruned` where the trial is to end. A trial that goes on starts from its checkpoint, weights and optimiser: give
 * `initialEpoch: trial.startStep` to `fit`. Throws `no-tensorflow` where the program has loaded no TensorFlow.js.
 */
export function tunerCallback(trial: ProcessTrial<unknown>, options: TunerCallbackOptions = {}): never {
  const layers = options.tf ?? (loaded(PACKAGES) as TfLayers | undefined);
  if (!layers?.Callback) {
    throw new TuneboardError('no-tensorflow', 'No TensorFlow.js with layers is loaded: give `tf`, as in `{ tf }`.');
  }
  const core = ('io' in layers ? layers : loaded(['@tensorflow/tfjs-core'])) as TfCore;
  const training = new Training(trial, core, options);
  class TunerCallback extends layers.Callback {
    readonly model: Model | null = null;
    readonly params: { readonly epochs?: number } = {};
    onTrainBegin(): Promise<void> {
      return training.begin(this.model as Model);
    }
    async onEpochEnd(epoch: number, logs: Readonly<Record<string, number | Scalar>> = {}): Promise<void> {
      await training.endEpoch(epoch, await numbersIn(logs), epoch + 1 === this.params.epochs);
    }
    async onTrainEnd(): Promise<void> {
      training.end();
    }
  }
  // `fit` takes callbacks of its own TensorFlow.js, whose types are not known here.
  return new TunerCallback() as never;
}

type Logs = Readonly<Record<string, number>>;

/** A log that is still on the backend. */
interface Scalar {
  data(): Promise<ArrayLike<number>>;
}

async function numbersIn(logs: Readonly<Record<string, number | Scalar>>): Promise<Logs> {
  const entries = Object.entries(logs).map(async ([name, value]) => {
    return [name, typeof value === 'number' ? value : ((await value.data())[0] as number)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** One call of `fit`. */
class Training {
  readonly #trial: ProcessTrial<unknown>;
  readonly #tf: TfCore;
  readonly #options: TunerCallbackOptions;
  #model: Model | undefined;
  #best: number | undefined;
  #bestWeights: Tensor[] = [];

  constructor(trial: ProcessTrial<unknown>, tf: TfCore, options: TunerCallbackOptions) {
    this.#trial = trial;
    this.#tf = tf;
    this.#options = options;
  }

  async begin(model: Model): Promise<void> {
    this.#model = model;
    const { checkpoint, startStep } = this.#trial;
    const path = checkpoint === null ? undefined : join(checkpoint, FILE);
    if (startStep > 0 && path !== undefined && existsSync(path)) await this.#load(model, path);
  }

  async endEpoch(epoch: number, logs: Logs, isLast: boolean): Promise<void> {
    const monitor = this.#options.monitor ?? (Object.hasOwn(logs, 'val_loss') ? 'val_loss' : 'loss');
    const { [monitor]: value, ...others } = logs;
    if (value === undefined) {
      const names = Object.keys(logs).join(', ');
      const hint = monitor.startsWith('val_') ? ' Give `validationData` or `validationSplit` to `fit`.' : '';
      throw new TuneboardError('no-metric', `The logs have no "${monitor}"; they have ${names}.${hint}`);
    }
    const model = this.#model as Model;
    if (this.#isBetter(value)) this.#keep(model, value);
    if (this.#trial.checkpoint !== null) await this.#save(model, join(this.#trial.checkpoint, FILE));
    const step = epoch + 1;
    if (Object.keys(others).length > 0) await this.#trial.report(others, step);
    await this.#trial.report(value, step);
    // After the last epoch there is nothing to break off: the program has 10 seconds for what it does with its model.
    if (!(await this.#trial.shouldPrune()) || isLast) return;
    this.#forget();
    throw new TrialPruned();
  }

  end(): void {
    if (this.#options.restoreBestWeights !== false && this.#bestWeights.length > 0) {
      this.#model?.setWeights(this.#bestWeights);
    }
    this.#forget();
  }

  #isBetter(value: number): boolean {
    if (this.#best === undefined) return true;
    const isMaximised = (this.#options.mode ?? (this.#trial.isMaximised ? 'max' : 'min')) === 'max';
    return isMaximised ? value > this.#best : value < this.#best;
  }

  #keep(model: Model, value: number): void {
    this.#best = value;
    if (this.#options.restoreBestWeights === false) return;
    this.#forget();
    this.#bestWeights = model.getWeights().map((weight) => weight.clone());
  }

  #forget(): void {
    for (const weight of this.#bestWeights) weight.dispose();
    this.#bestWeights = [];
  }

  /** One file, whole or not there: length of the header, header, weights of the model, of the optimiser, of the best epoch. */
  async #save(model: Model, path: string): Promise<void> {
    const parts = [named(model.getWeights()), (await model.optimizer?.getWeights()) ?? [], named(this.#bestWeights)];
    const encoded = await Promise.all(parts.map((part) => this.#tf.io.encodeWeights(part)));
    const specs = encoded.map((part) => part.specs);
    const header = Buffer.from(
      JSON.stringify({ best: this.#best, specs, bytes: encoded.map(({ data }) => data.byteLength) }),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    writeFileSync(`${path}.new`, Buffer.concat([length, header, ...encoded.map(({ data }) => Buffer.from(data))]));
    renameSync(`${path}.new`, path);
  }

  async #load(model: Model, path: string): Promise<void> {
    const file = readFileSync(path);
    const start = 4 + file.readUInt32LE();
    const { best, specs, bytes } = JSON.parse(file.toString('utf8', 4, start)) as {
      best?: number;
      specs: Encoded['specs'][];
      bytes: number[];
    };
    let end = start;
    const parts = specs.map((part, index) => {
      const from = end;
      end += bytes[index] as number;
      const data = Uint8Array.from(file.subarray(from, end)).buffer;
      const tensors = this.#tf.io.decodeWeights(data, part);
      return part.map(({ name }) => ({ name, tensor: tensors[name] as Tensor }));
    });
    const [weights = [], optimizer = [], kept = []] = parts;
    model.setWeights(weights.map(({ tensor }) => tensor));
    if (optimizer.length > 0) await model.optimizer?.setWeights(optimizer);
    for (const { tensor } of weights) tensor.dispose();
    this.#best = best;
    this.#bestWeights = kept.map(({ tensor }) => tensor);
  }
}

/** Names that are certain to differ. */
function named(tensors: readonly Tensor[]): NamedTensor[] {
  return tensors.map((tensor, index) => ({ name: String(index), tensor }));
}

/** The first of these packages that the program has loaded; two copies in one process do not know each other's tensors. */
function loaded(names: readonly string[]): unknown {
  const require = createRequire(process.argv[1] ?? import.meta.url);
  for (const name of names) {
    try {
      const path = require.resolve(name);
      if (require.cache[path]?.loaded) return require(path);
    } catch {
      // It is not installed.
    }
  }
  return undefined;
}
