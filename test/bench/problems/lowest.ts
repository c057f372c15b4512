import { Random } from '../../../src/core/random.ts';
import { nearestValid } from '../../../src/core/space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../../src/core/space/distributions.ts';
import { isActive, type SearchSpace } from '../../../src/core/space/searchSpace.ts';

const RANDOM_POINTS = 4_000;
const STARTS = 12;
const STARTS_OF_A_BRANCH = 3;
const LOCAL_STEPS = 1_500;

interface Point {
  readonly units: Float64Array;
  readonly value: number;
}

/** A lowest value as a thorough search finds it: random points, then (1+1) evolution strategies from the best of them. */
export function lowestOf(space: SearchSpace, truth: (params: Params) => number, seed = 0): number {
  const random = new Random(seed, 0, 'lowest');
  const valueAt = (units: Float64Array): number => truth(paramsAt(space, units));
  const points: Point[] = [];
  for (let index = 0; index < RANDOM_POINTS; index++) {
    const units = Float64Array.from(space.parameters, () => random.uniform());
    points.push({ units, value: valueAt(units) });
  }
  points.sort((a, b) => a.value - b.value);
  return Math.min(...startsOf(space, points).map((point) => climbed(point, valueAt, random)));
}

/** The best points over all, and the best of each branch where the space has branches. */
function startsOf(space: SearchSpace, sorted: readonly Point[]): Point[] {
  const starts = new Set(sorted.slice(0, STARTS));
  const parents = new Set(space.parameters.flatMap(({ when }) => Object.keys(when ?? {})));
  for (const [place, { name, distribution }] of space.parameters.entries()) {
    if (!parents.has(name) || distribution.type !== 'categorical') continue;
    const count = distribution.choices.length;
    for (let choice = 0; choice < count; choice++) {
      const own = sorted.filter(({ units }) => Math.floor((units[place] as number) * count) === choice);
      for (const point of own.slice(0, STARTS_OF_A_BRANCH)) starts.add(point);
    }
  }
  return [...starts];
}

/** One step size, the one-fifth rule (Rechenberg 1973); a few coordinates move at a time. */
function climbed(start: Point, valueAt: (units: Float64Array) => number, random: Random): number {
  let { units, value } = start;
  let step = 0.2;
  for (let count = 0; count < LOCAL_STEPS; count++) {
    const share = random.uniform() < 0.5 ? 1 : 1.5 / units.length;
    const next = units.map((unit) => (random.uniform() < share ? moved(unit, step, random) : unit));
    const nextValue = valueAt(next);
    if (nextValue <= value) {
      units = next;
      value = nextValue;
      step = Math.min(0.5, step * 1.5);
    } else step = Math.max(1e-7, step * 0.92);
    if (step < 1e-6) step = 0.1;
  }
  return value;
}

/** Now and then a draw from the whole range, which lets a choice or a far level change; clipped to the edges. */
function moved(unit: number, step: number, random: Random): number {
  if (random.uniform() < 0.05) return random.uniform();
  return Math.min(Math.max(unit + step * random.normal(), 0), 1 - 1e-12);
}

/** The active parameters at a point of the unit cube. */
export function paramsAt(space: SearchSpace, units: ArrayLike<number>): Params {
  const params: Record<string, ParamValue> = {};
  for (const [index, parameter] of space.parameters.entries()) {
    if (isActive(parameter, params)) params[parameter.name] = valueAt(parameter.distribution, units[index] as number);
  }
  return params;
}

function valueAt(distribution: Distribution, unit: number): ParamValue {
  if (distribution.type === 'categorical') {
    return distribution.choices[Math.floor(unit * distribution.choices.length)] as ParamValue;
  }
  const { low, high, log, step } = distribution;
  if (step === null) return log ? low * (high / low) ** unit : low + unit * (high - low);
  const from = log ? low - 0.5 : low - step / 2;
  const to = log ? high + 0.5 : high + step / 2;
  return nearestValid(distribution, log ? from * (to / from) ** unit : from + unit * (to - from));
}
