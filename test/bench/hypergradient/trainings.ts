import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hyperparameter } from '../../../src/core/samplers/gradient/hyperparameters.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import type { Tf } from '../../../src/trainer/tf.ts';
import { type Reviews, reviewsOf } from './reviews.ts';
import { type TrainedTrial, trainReviews } from './trainReviews.ts';

/** What a training depends on beside its parameters, but for the trainer itself. */
const SOURCES = ['reviews.ts', 'trainReviews.ts'];

/** Trainings that were made before are read from a folder, one JSON each: a bench that was stopped goes on. */
export class Trainings {
  readonly #folder: string;
  readonly #tf: Tf;
  readonly #reviews = new Map<number, Reviews>();
  readonly #version = SOURCES.map((name) => readFileSync(new URL(name, import.meta.url), 'utf8')).join('');

  constructor(tf: Tf, folder: string) {
    this.#tf = tf;
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** With derivatives where the validation loss is lower than `below`. */
  of(seed: number, params: Params, differentiate: readonly Hyperparameter[], below: number): TrainedTrial {
    const key = JSON.stringify([seed, params, differentiate, this.#version]);
    const file = join(this.#folder, `${createHash('sha256').update(key).digest('hex').slice(0, 24)}.json`);
    if (existsSync(file)) {
      const known = JSON.parse(readFileSync(file, 'utf8')) as TrainedTrial;
      const isWanted = differentiate.length > 0 && known.validation.loss < below;
      if (isWanted === (known.gradient !== null)) return known;
    }
    const trained = trainReviews(this.#tf, this.#reviewsOf(seed), params, { differentiate, below });
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(trained));
    renameSync(`${file}.${process.pid}`, file);
    return trained;
  }

  #reviewsOf(seed: number): Reviews {
    const known = this.#reviews.get(seed) ?? reviewsOf(seed);
    this.#reviews.set(seed, known);
    return known;
  }
}
