import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hyperparameter } from '../../../src/core/samplers/gradient/hyperparameters.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import type { Backend } from '../../../src/trainer/backend/chooseBackend.ts';
import type { ModelSetting } from './models.ts';
import { type FirstWeights, pretrain } from './pretraining.ts';
import { type Reviews, reviewsOf } from './reviews.ts';
import { hashOfSources } from './sources.ts';
import { type TrainedTrial, trainReviews } from './trainReviews.ts';

/**
 * Trainings that were made before are read from a folder, one JSON each: a bench that was stopped goes on. They are known by
 * all that they depend on, the trainer's sources and the backend among it.
 */
export class Trainings {
  readonly #folder: string;
  readonly #backend: Backend;
  readonly #setting: ModelSetting;
  readonly #reviews = new Map<number, Reviews>();
  readonly #version: readonly unknown[];
  #weights: FirstWeights | undefined;

  constructor(backend: Backend, setting: ModelSetting, folder: string) {
    this.#backend = backend;
    this.#setting = setting;
    this.#folder = folder;
    const { name, version } = backend;
    this.#version = [hashOfSources(new URL('trainReviews.ts', import.meta.url)), name, version, setting];
    mkdirSync(folder, { recursive: true });
  }

  /** With derivatives where the validation loss is lower than `below`. */
  of(seed: number, params: Params, differentiate: readonly Hyperparameter[], below: number): TrainedTrial {
    const known = this.#read<TrainedTrial>([seed, params, []]);
    const isWanted = (trial: TrainedTrial) => differentiate.length > 0 && trial.validation.loss < below;
    if (known && !isWanted(known)) return known;
    const differentiated = this.#read<TrainedTrial>([seed, params, differentiate]);
    if (differentiated) return isWanted(differentiated) ? differentiated : { ...differentiated, gradient: null };
    const trained = trainReviews(this.#backend.tf, this.#reviewsOf(seed), params, {
      epochs: this.#setting.epochs,
      weights: this.#firstWeights(),
      differentiate,
      below,
    });
    this.#write([seed, params, trained.gradient ? differentiate : []], trained);
    return trained;
  }

  #reviewsOf(seed: number): Reviews {
    const known = this.#reviews.get(seed) ?? reviewsOf(this.#setting, seed);
    this.#reviews.set(seed, known);
    return known;
  }

  #firstWeights(): FirstWeights {
    if (this.#weights) return this.#weights;
    const known = this.#read<[string, number[]][]>(['first']);
    const weights = known
      ? new Map(known.map(([name, values]) => [name, Float32Array.from(values)]))
      : pretrain(this.#backend.tf, this.#setting, console.log);
    if (!known) {
      this.#write(
        ['first'],
        [...weights].map(([name, values]) => [name, [...values]]),
      );
    }
    this.#weights = weights;
    return weights;
  }

  #read<T>(key: readonly unknown[]): T | undefined {
    const file = this.#file(key);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
  }

  #write(key: readonly unknown[], value: unknown): void {
    const file = this.#file(key);
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(value));
    renameSync(`${file}.${process.pid}`, file);
  }

  #file(key: readonly unknown[]): string {
    const name = createHash('sha256').update(JSON.stringify([...key, this.#version]));
    return join(this.#folder, `${name.digest('hex').slice(0, 24)}.json`);
  }
}
