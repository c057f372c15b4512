import { nonDominatedRanks } from '../../src/core/fronts/fronts.ts';
import { hypervolume } from '../../src/core/fronts/hypervolume.ts';
import type { Sampler } from '../../src/core/samplers/sampler.ts';
import { floatDistribution } from '../../src/core/space/distributionRules.ts';
import type { Params } from '../../src/core/space/distributions.ts';
import { type SearchSpace, searchSpace } from '../../src/core/space/searchSpace.ts';
import type { JsonValue } from '../../src/core/study/changes.ts';
import { History } from '../../src/core/study/history.ts';
import { type Direction, TrialState } from '../../src/core/study/states.ts';
import { stored } from './histories.ts';

export interface SearchOptions {
  readonly space: SearchSpace;
  /** A number, one an objective, or with what else the trial reports. */
  readonly objective: (params: Params) => number | readonly number[] | Result;
  readonly trials: number;
  /** Goes on with this study instead of a new one. */
  readonly history?: History;
  readonly directions?: readonly Direction[];
  /** Trials that run at a time; they end in another order than they began. */
  readonly workers?: number;
}

export interface Result {
  readonly values: readonly number[];
  readonly systemAttrs?: Readonly<Record<string, JsonValue>>;
  readonly userAttrs?: Readonly<Record<string, JsonValue>>;
}

/** Runs a sampler on a function, without a storage. */
export function search(sampler: Sampler, options: SearchOptions): History {
  const { space, objective, trials, directions = [1], history = new History(directions), workers = 1 } = options;
  const running: number[] = [];
  for (let round = 0; round < trials; round++) {
    const { params, systemAttrs } = sampler.suggest(space, { history, number: history.length });
    const attrs = systemAttrs && { systemAttrs };
    running.push(history.add({ state: TrialState.running, params: stored(space, params), ...attrs }));
    while (running.length >= workers)
      finish(history, running.splice((round * 7) % running.length, 1)[0] as number, objective);
  }
  for (const number of running) finish(history, number, objective);
  return history;
}

function finish(history: History, number: number, objective: SearchOptions['objective']): void {
  const result = resultOf(objective(history.params(number)));
  for (const [key, value] of Object.entries(result.systemAttrs ?? {})) {
    history.apply({ type: 'systemAttr', number, key, value });
  }
  for (const [key, value] of Object.entries(result.userAttrs ?? {})) {
    history.apply({ type: 'userAttr', number, key, value });
  }
  history.apply({ type: 'state', number, state: TrialState.complete, values: result.values });
}

function resultOf(answer: number | readonly number[] | Result): Result {
  if (typeof answer === 'number') return { values: [answer] };
  return 'values' in answer && !Array.isArray(answer) ? (answer as Result) : { values: answer as readonly number[] };
}

/** The best value of a study with one objective. */
export function bestValue(history: History): number {
  return history.value(history.best as number);
}

/** The middle one of an odd number of values. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] as number;
}

/** x0 … x(d − 1) over one range. */
export function cube(dimensions: number, low: number, high: number): SearchSpace {
  const distribution = floatDistribution(low, high);
  return searchSpace(Array.from({ length: dimensions }, (_, axis) => ({ name: `x${axis}`, distribution })));
}

/** The parameters as numbers, in the order of the space. */
export function numbersOf(params: Params): number[] {
  return Object.values(params) as number[];
}

/** A convex quadratic whose axes are turned against the parameters' and up to 1 : 1,000 long; 0 at (0.7, …). */
export function rotatedEllipsoid(x: readonly number[]): number {
  let sum = 0;
  for (let row = 0; row < x.length; row++) {
    const turned = x.reduce((total, one, axis) => total + Math.cos(0.7 * (row + 1) * (axis + 2)) * (one - 0.7), 0);
    sum += 10 ** ((6 * row) / Math.max(1, x.length - 1)) * turned * turned;
  }
  return sum;
}

/** Two objectives to minimise with a convex front (Zitzler, Deb, Thiele 2000, ZDT1); parameters in [0, 1]. */
export function zdt1(x: readonly number[]): number[] {
  const first = x[0] as number;
  const rest = 1 + (9 * x.slice(1).reduce((sum, one) => sum + one, 0)) / (x.length - 1);
  return [first, rest * (1 - Math.sqrt(first / rest))];
}

/** Objectives whose front is the unit sphere (Deb, Thiele, Laumanns, Zitzler 2002, DTLZ2); parameters in [0, 1]. */
export function dtlz2(x: readonly number[], objectives: number): number[] {
  const distance = x.slice(objectives - 1).reduce((sum, one) => sum + (one - 0.5) ** 2, 0);
  return Array.from({ length: objectives }, (_, objective) => {
    let value = 1 + distance;
    for (const angle of x.slice(0, objectives - 1 - objective)) value *= Math.cos((angle * Math.PI) / 2);
    return objective === 0 ? value : value * Math.sin(((x[objectives - 1 - objective] as number) * Math.PI) / 2);
  });
}

/** Volume that a study's trials dominate up to a reference point, all objectives minimised. */
export function volumeOf(history: History, reference: readonly number[]): number {
  const width = reference.length;
  const points = Array.from({ length: history.length }, (_, number) =>
    history.values.slice(number * width, (number + 1) * width),
  );
  const ranks = nonDominatedRanks(Float64Array.from(history.values), width);
  return hypervolume(
    points.filter((_, number) => ranks[number] === 0),
    Float64Array.from(reference),
  );
}
