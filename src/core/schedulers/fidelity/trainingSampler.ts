import { Random } from '../../random.ts';
import { LogExpectedImprovement, MeritSum } from '../../samplers/gp/acquisition.ts';
import { regionWith } from '../../samplers/gp/proposals.ts';
import { Search } from '../../samplers/gp/search.ts';
import type { Sampler, SuggestContext, Suggestion } from '../../samplers/sampler.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import type { SearchSpace } from '../../space/searchSpace.ts';
import { MEMBER } from '../../study/attributes.ts';
import type { TrainingModel } from './trainingModel.ts';

/** Good points that a search looks around. */
const MOST_GOOD = 8;
const SEARCH = { spread: 256, masked: 0, near: 160, ends: 32, starts: 4 };
/**
 * Trials at a step before it is what a trial is proposed for, in turns: a step that many have reached is known well, one that
 * a few have is nearer to what counts. Either alone is worse: see test/bench/NOTES.md.
 */
const ENOUGH = [3, 15] as const;

/**
 * Proposes the configuration with the highest log expected improvement of the value at the highest step that enough trials
 * have reached (three and fifteen in turns), by a model that sees all steps (see `TrainingModel`).
 */
export class TrainingSampler implements Sampler {
  readonly name = 'training';
  readonly #seed: number;
  readonly #model: TrainingModel;
  readonly #own: Sampler;

  /** The model must follow the history. `own`, the study's sampler, draws what a define-by-run trial asks for by itself. */
  constructor(seed: number, model: TrainingModel, own: Sampler) {
    this.#seed = seed;
    this.#model = model;
    this.#own = own;
  }

  suggest(_space: SearchSpace, { number }: SuggestContext, fixed: Params = {}): Suggestion {
    const { encoding, plain, tried } = this.#model;
    const { size } = plain;
    const random = new Random(this.#seed, number, 'training');
    const { fidelity, expected, threshold } = this.#model.goal(ENOUGH[number % 2] as number);
    const region = regionWith(encoding, fixed);
    region.isFixed[size] = 1;
    region.fixed[size] = fidelity;
    const surrogate = this.#model.surrogateFor(number, fidelity);
    const acquisition = new MeritSum([new LogExpectedImprovement(surrogate, threshold)], encoding.size);
    const search = new Search(encoding, acquisition, region, (point, active) =>
      tried.wasTried(point.subarray(0, size), active.subarray(0, size), number),
    );
    const ranked = expected.map(({ point }) => point);
    const good = ranked.slice(0, MOST_GOOD).map((point) => completed(point, ranked, (j) => encoding.spread(j, 0.5)));
    const share = Math.max(0.25, 1.5 / size);
    const { point, active } = search.run(good, { ...SEARCH, share }, random);
    const params = plain.params(point, active, fixed);
    return this.#own.name === 'auto' ? { params, systemAttrs: { [MEMBER]: 'gp' } } : { params };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.#own.suggestOne(name, distribution, known, context);
  }
}

/** A point with the value of the best one that has any wherever it lacks one, the middle if none has. */
function completed(
  point: Float64Array,
  ranked: readonly Float64Array[],
  middle: (dimension: number) => number,
): Float64Array {
  return point.map((place, j) => {
    if (!Number.isNaN(place)) return place;
    return ranked.find((other) => !Number.isNaN(other[j]))?.[j] ?? middle(j);
  });
}
