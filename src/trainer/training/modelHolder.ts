import { TuneboardError } from '../../core/errors.ts';
import type { Trial } from '../../core/study/trial.ts';
import { setSeed } from './seed.ts';
import type { TrainableModel } from './trainableModel.ts';
import type { TrainerOptions } from './trainerOptions.ts';

/** The model that a Trainer was given, or the one that its `modelInit` made last. */
export class ModelHolder {
  readonly #given: TrainableModel | null;
  readonly #init: TrainerOptions['modelInit'];
  #model: TrainableModel | null;
  /** After a search there is none, until the next training. */
  #isReleased = false;

  constructor({ model, modelInit }: TrainerOptions) {
    this.#given = model ?? null;
    this.#model = this.#given;
    this.#init = modelInit;
  }

  get model(): TrainableModel | null {
    return this.#model;
  }

  /** A new model, whose weights follow from the seed, in place of the last; or the given one. Throws `invalid-option`. */
  async renew(seed: number, trial: Trial | null): Promise<TrainableModel> {
    if (this.#given || !this.#init) return this.#given as TrainableModel;
    if (this.#init.length > 1) throw new TuneboardError('invalid-option', 'model_init should have 0 or 1 argument.');
    this.dispose();
    setSeed(seed);
    const made: unknown = await this.#init(trial);
    if (!made) throw new TuneboardError('invalid-option', 'model_init should not return None.');
    this.#model = made as TrainableModel;
    this.#isReleased = false;
    return this.#model;
  }

  /** The model, made as Hugging Face's Trainer makes one when it is made itself. Throws `no-model` after a search. */
  async ready(seed: number): Promise<TrainableModel> {
    if (this.#model) return this.#model;
    if (!this.#isReleased) return this.renew(seed, null);
    throw new TuneboardError('no-model', 'After a search the Trainer has no model: call train() first.');
  }

  release(): void {
    this.#isReleased = true;
  }

  /** Frees the memory of a model that was made here. */
  dispose(): void {
    if (this.#given) return;
    this.#model?.dispose();
    this.#model = null;
  }
}
