import type { SearchSpace } from '../../../space/searchSpace.ts';
import type { History } from '../../../study/history.ts';
import { Encoding } from '../../encoding.ts';
import { GpModel, type GpModelOptions } from './gpModel.ts';
import type { Only } from './trialRows.ts';

/** Models kept for one history: an objective may change its ranges from trial to trial. */
const MOST_MODELS = 32;

/** A branch's model sees at most this share of what the whole one sees: there are several. */
const BRANCH_SHARE = 0.5;

/** One model a history and space, shared by whoever asks. */
export class GpModels {
  readonly #options: GpModelOptions;
  readonly #models = new WeakMap<History, Map<string, GpModel>>();
  readonly #keys = new WeakMap<SearchSpace, string>();

  constructor(options: GpModelOptions) {
    this.#options = options;
  }

  /** With `only`, a model of the trials that have that value; `space` is what is left then. */
  of(history: History, space: SearchSpace, only?: Only): GpModel {
    let models = this.#models.get(history);
    if (!models) {
      models = new Map();
      this.#models.set(history, models);
    }
    const key = only ? `${only.name}=${only.internal} ${this.#keyOf(space)}` : this.#keyOf(space);
    const { maxRows } = this.#options;
    const options = only ? { ...this.#options, maxRows: Math.ceil(maxRows * BRANCH_SHARE) } : this.#options;
    const model = models.get(key) ?? new GpModel(history, new Encoding(space), options, only);
    // The one asked for last is forgotten last.
    models.delete(key);
    models.set(key, model);
    if (models.size > MOST_MODELS) models.delete(models.keys().next().value as string);
    return model;
  }

  #keyOf(space: SearchSpace): string {
    let key = this.#keys.get(space);
    if (key === undefined) {
      key = JSON.stringify(space.parameters, (_, value) =>
        typeof value === 'number' && !Number.isFinite(value) ? `\u0000${value}` : value,
      );
      if (space.where) key += JSON.stringify([space.where.map(({ text }) => text), space.given]);
      this.#keys.set(space, key);
    }
    return key;
  }
}
