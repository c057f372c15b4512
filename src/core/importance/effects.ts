import { Random, shuffle } from '../random.ts';
import { FastRandom } from '../samplers/forest/fastRandom.ts';
import { RegressionForest } from '../samplers/forest/regressionForest.ts';
import { UnitSpace } from '../samplers/forest/unitSpace.ts';
import { isSingle } from '../space/distributionRules.ts';
import { normalQuantile } from '../stats/normalQuantile.ts';
import type { History } from '../study/history.ts';
import { Direction } from '../study/states.ts';
import { checkQuery, finiteTrials, lossOf } from './importance.ts';

export interface EffectsOptions {
  /** From 0; 0 by default. */
  readonly objective?: number;
  /** Trials that are never the best, such as those that violate their constraints. */
  readonly outside?: readonly number[];
  /** The trial that a person began with; without it there is no path. */
  readonly first?: number | null;
  /** 0 by default: equal seeds give equal reports. */
  readonly seed?: number;
}

/** What a value is expected to be: the mean, and the ends of the middle 80 %. */
export interface Expected {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** The objective along one parameter, the others as in the best trial. */
export interface ParameterEffect {
  readonly name: string;
  /** Internal values, ascending; one an element of the others. */
  readonly at: Float64Array;
  readonly mean: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** One change on the way from the first trial to the best; the first step changes nothing. */
export interface PathStep extends Expected {
  /** Null for the first trial itself. */
  readonly name: string | null;
  /** Internal values, NaN where the trial lacks the parameter. */
  readonly from: number;
  readonly to: number;
}

export interface EffectsReport {
  readonly effects: readonly ParameterEffect[];
  /** From the first trial to the best; empty where they are the same or the first one did not complete. */
  readonly path: readonly PathStep[];
}

/** Fewer trials than this teach a forest nothing. */
export const FEWEST_TRIALS = 10;
/** Forests of 30 trees each, and the share of the trials that each is grown on. */
const FORESTS = 6;
const SHARE = 2 / 3;
/** Places along a range. */
const PLACES = 33;
/** Parameters that are looked at. */
const MOST_PARAMETERS = 100;
/** Values farther than this from the middle 80 %, in its widths, count as that far: one exploded trial is not the model. */
const FENCE = 3;
/** 80 % of a normal distribution lie within so many deviations. */
const DEVIATIONS = normalQuantile(0.9);

/**
 * Where a regression forest expects the objective when one parameter of the best trial changes, and what each change from
 * the first trial to the best contributes.
 *
 * The forest is that of `RegressionForest` (extremely randomised trees: Geurts, Ernst and Wehenkel 2006), six of them
 * averaged, each on random two thirds of the complete trials with finite values (subbagging: Bühlmann and Yu 2002), so that
 * they differ at a trial as well, by its noise. The interval is the mean ± 1.28 deviations of what the trees say (Hutter,
 * Hoos and Leyton-Brown 2011): it is wide where few trials are, and says nothing of a place where none is.
 *
 * The path changes one parameter at a time, always the one that the forest expects most of (greedy ablation: Fawcett and
 * Hoos 2016). What a change contributes depends on those before it: where parameters act together, the first one gets the
 * credit. Throws `no-objective`.
 */
export function measureEffects(history: History, options: EffectsOptions = {}): EffectsReport {
  const { objective = 0, outside = [], first = null, seed = 0 } = options;
  checkQuery(history, { objective });
  const trials = finiteTrials(history, objective);
  const best = bestOf(history, objective, trials, outside);
  const space = spaceOf(history);
  if (trials.length < FEWEST_TRIALS || best === null || space.width === 0) return { effects: [], path: [] };
  const model = new Surrogate(history, objective, { space, trials, best, seed });
  const effects = [...space.parameters.keys()].map((index) => model.effect(index)).filter((one) => one !== null);
  const hasPath = first !== null && first !== best && trials.includes(first);
  return { effects, path: hasPath ? model.path(first) : [] };
}

function bestOf(history: History, objective: number, trials: readonly number[], outside: readonly number[]) {
  const never = new Set(outside);
  let best: number | null = null;
  for (const number of trials) {
    if (never.has(number)) continue;
    if (best === null || lossOf(history, number, objective) < lossOf(history, best, objective)) best = number;
  }
  return best;
}

/** Parameters with more than one value. */
function spaceOf(history: History): UnitSpace {
  const columns = [...history.parameters.values()].filter(({ latest }) => !isSingle(latest));
  const parameters = columns.slice(0, MOST_PARAMETERS).map(({ name, latest }) => ({ name, distribution: latest }));
  return new UnitSpace({ parameters });
}

interface SurrogateData {
  readonly space: UnitSpace;
  readonly trials: readonly number[];
  readonly best: number;
  readonly seed: number;
}

class Surrogate {
  readonly #space: UnitSpace;
  readonly #forests: readonly RegressionForest[];
  readonly #history: History;
  /** Coordinates of the best trial. */
  readonly #best: Float64Array;
  /** Coordinates of each trial of the model, `width` a row. */
  readonly #points: Float64Array;
  readonly #rows: number;
  /** −1 where larger is better. */
  readonly #sign: number;

  constructor(history: History, objective: number, { space, trials, best, seed }: SurrogateData) {
    this.#space = space;
    this.#history = history;
    this.#rows = trials.length;
    this.#sign = history.directions[objective] === Direction.maximize ? -1 : 1;
    const { width, choices } = space;
    const columns = space.columns(history);
    this.#points = new Float64Array(trials.length * width);
    for (const [row, number] of trials.entries()) space.read(columns, number, this.#points, row * width);
    this.#best = this.#pointOf(best);
    const targets = fenced(Float64Array.from(trials, (number) => history.value(number, objective)));
    const all = Uint32Array.from(trials, (_, row) => row);
    const size = Math.ceil(SHARE * trials.length);
    this.#forests = Array.from({ length: FORESTS }, (_, index) => {
      const forest = new RegressionForest();
      shuffle(all, new Random(seed, index, 'rows'));
      const rows = Int32Array.from(all.subarray(0, size));
      const random = new FastRandom(new Random(seed, index, 'trees'));
      forest.grow({ points: this.#points, targets, rows, choices }, random);
      return forest;
    });
  }

  #pointOf(number: number): Float64Array {
    const point = new Float64Array(this.#space.width);
    this.#space.read(this.#space.columns(this.#history), number, point, 0);
    return point;
  }

  #expected(point: Float64Array): Expected {
    let [mean, squares] = [0, 0];
    for (const forest of this.#forests) {
      forest.predict(point, 0);
      mean += forest.mean / FORESTS;
      squares += (forest.variance + forest.mean * forest.mean) / FORESTS;
    }
    const half = DEVIATIONS * Math.sqrt(Math.max(0, squares - mean * mean));
    return { mean, low: mean - half, high: mean + half };
  }

  /** Null for a parameter that the best trial lacks. */
  effect(index: number): ParameterEffect | null {
    const { name } = this.#space.parameters[index];
    if (Number.isNaN(this.#best[index])) return null;
    const places = this.#places(index);
    const count = places.length;
    const [at, mean] = [new Float64Array(count), new Float64Array(count)];
    const [low, high] = [new Float64Array(count), new Float64Array(count)];
    const point = this.#best.slice();
    for (let place = 0; place < count; place++) {
      point[index] = places[place];
      const expected = this.#expected(point);
      at[place] = this.#space.internal(index, places[place]);
      mean[place] = expected.mean;
      low[place] = expected.low;
      high[place] = expected.high;
    }
    return { name, at, mean, low, high };
  }

  /** Coordinates of the choices or of places along a range, no farther than trials are. */
  #places(index: number): Float64Array {
    const { width, choices } = this.#space;
    if (choices[index] > 0) return Float64Array.from({ length: choices[index] }, (_, choice) => choice);
    let [from, to] = [1, 0];
    for (let row = 0; row < this.#rows; row++) {
      const coordinate = this.#points[row * width + index];
      if (coordinate < from) from = coordinate;
      if (coordinate > to) to = coordinate;
    }
    const places = new Set<number>();
    for (let place = 0; place < PLACES; place++) {
      places.add(this.#space.snap(index, from + ((to - from) * place) / (PLACES - 1)));
    }
    return Float64Array.from(places).sort();
  }

  path(first: number): PathStep[] {
    const { width, parameters } = this.#space;
    const point = this.#pointOf(first);
    const internal = (index: number, coordinate: number) =>
      Number.isNaN(coordinate) ? coordinate : this.#space.internal(index, coordinate);
    const steps: PathStep[] = [{ name: null, from: Number.NaN, to: Number.NaN, ...this.#expected(point) }];
    const left = new Set<number>();
    for (let index = 0; index < width; index++) if (!Object.is(point[index], this.#best[index])) left.add(index);
    while (left.size > 0) {
      let found: { index: number; expected: Expected } | null = null;
      for (const index of left) {
        const before = point[index];
        point[index] = this.#best[index];
        const expected = this.#expected(point);
        point[index] = before;
        if (found === null || this.#sign * expected.mean < this.#sign * found.expected.mean)
          found = { index, expected };
      }
      const { index, expected } = found as { index: number; expected: Expected };
      const from = internal(index, point[index]);
      left.delete(index);
      point[index] = this.#best[index];
      steps.push({ name: parameters[index].name, from, to: internal(index, point[index]), ...expected });
    }
    return steps;
  }
}

/** Values no farther from the middle 80 % than `FENCE` times its width. */
function fenced(values: Float64Array): Float64Array {
  const sorted = values.slice().sort();
  const low = sorted[Math.floor(0.1 * (sorted.length - 1))];
  const high = sorted[Math.ceil(0.9 * (sorted.length - 1))];
  const room = FENCE * (high - low);
  return values.map((value) => Math.min(high + room, Math.max(low - room, value)));
}
