import type { Random } from '../../random.ts';

/** Makes a child from the parents' places in the unit cube: `child` is written. `isSeveral`: more than one objective. */
export type Crossover = (
  parents: readonly Float64Array[],
  child: Float64Array,
  random: Random,
  isSeveral: boolean,
) => void;

export interface CrossoverSpec {
  readonly parents: number;
  readonly cross: Crossover;
}

export const CROSSOVER_NAMES = ['uniform', 'blxalpha', 'sbx', 'vsbx', 'spx', 'undx'] as const;
export type CrossoverName = (typeof CROSSOVER_NAMES)[number];

/** Crossovers by Optuna's names, with its settings. A child may lie outside the cube. */
export function crossoverOf(name: CrossoverName, swappingProb: number): CrossoverSpec {
  switch (name) {
    case 'uniform':
      return { parents: 2, cross: uniform(swappingProb) };
    case 'blxalpha':
      return { parents: 2, cross: blend };
    case 'sbx':
      return { parents: 2, cross: simulatedBinary };
    case 'vsbx':
      return { parents: 2, cross: unboundedSimulatedBinary };
    case 'spx':
      return { parents: 3, cross: simplex };
    case 'undx':
      return { parents: 3, cross: unimodalNormal };
    default:
      return name satisfies never;
  }
}

/** Each coordinate from the first parent with a probability, else from the second (Syswerda 1989). */
function uniform(swappingProb: number): Crossover {
  return ([first, second], child, random) => {
    for (let axis = 0; axis < child.length; axis++) {
      child[axis] = at(random.uniform() >= swappingProb ? second : first, axis);
    }
  };
}

const ALPHA = 0.5;

/** Uniform in the box of the parents, widened by α of its width on every side (Eshelman, Schaffer 1992). */
function blend([first, second]: readonly Float64Array[], child: Float64Array, random: Random): void {
  for (let axis = 0; axis < child.length; axis++) {
    const low = Math.min(at(first, axis), at(second, axis));
    const width = Math.max(at(first, axis), at(second, axis)) - low;
    child[axis] = low - ALPHA * width + random.uniform() * (1 + 2 * ALPHA) * width;
  }
}

/** Distribution index of both simulated binary crossovers. */
function eta(isSeveral: boolean): number {
  return isSeveral ? 20 : 2;
}

/** Two children around the parents, bounded by the cube (Deb, Agrawal 1995; Deb, Beyer 2001), of which one is made. */
function simulatedBinary(
  parents: readonly Float64Array[],
  child: Float64Array,
  random: Random,
  isSeveral: boolean,
): void {
  const power = eta(isSeveral) + 1;
  const [first, second] = parents;
  const other = new Float64Array(child.length);
  for (let axis = 0; axis < child.length; axis++) {
    const low = Math.min(at(first, axis), at(second, axis));
    const high = Math.max(at(first, axis), at(second, axis));
    const width = Math.max(high - low, 1e-10);
    const u = random.uniform();
    child[axis] = (low + high - boundedSpread(u, 1 + (2 * low) / width, power) * width) / 2;
    other[axis] = (low + high + boundedSpread(u, 1 + (2 * (1 - high)) / width, power) * width) / 2;
  }
  pickOne(parents, child, other, random);
}

function boundedSpread(u: number, reach: number, power: number): number {
  const alpha = 2 - reach ** -power;
  return (u > 1 / alpha ? 1 / (2 - u * alpha) : u * alpha) ** (1 / power);
}

/** Simulated binary crossover that leaves no region out (Ballester, Carter 2003). */
function unboundedSimulatedBinary(
  parents: readonly Float64Array[],
  child: Float64Array,
  random: Random,
  isSeveral: boolean,
): void {
  const power = eta(isSeveral) + 1;
  const [first, second] = parents;
  const other = new Float64Array(child.length);
  const draws = Float64Array.from({ length: child.length }, () => random.uniform());
  const isOutward = random.uniform() <= 0.5;
  const isOutwardToo = random.uniform() <= 0.5;
  for (let axis = 0; axis < child.length; axis++) {
    const u = at(draws, axis);
    const a = at(first, axis);
    const b = at(second, axis);
    const lower = (1 / Math.max(2 * u, 1e-10)) ** (1 / power);
    const upper = (1 / Math.max(2 * (1 - u), 1e-10)) ** (1 / power);
    child[axis] = (isOutward ? (1 + lower) * a + (1 - upper) * b : (1 - lower) * a + (1 + upper) * b) / 2;
    other[axis] = (isOutwardToo ? (3 - lower) * a - (1 - upper) * b : (3 - upper) * b - (1 - lower) * a) / 2;
  }
  pickOne(parents, child, other, random);
}

/**
 * A simulated binary crossover makes two children of both crossed and inherited coordinates, each with probability ½ and
 * swapped with probability ½; one of the two lives.
 */
function pickOne(parents: readonly Float64Array[], child: Float64Array, other: Float64Array, random: Random): void {
  const [first, second] = parents;
  const isSecond = random.uniform() >= 0.5;
  for (let axis = 0; axis < child.length; axis++) {
    const isCrossed = random.uniform() < 0.5;
    const isSwapped = random.uniform() < 0.5 !== isSecond;
    if (isCrossed) child[axis] = at(isSwapped ? other : child, axis);
    else child[axis] = at(isSwapped ? second : first, axis);
  }
}

/** Uniform in the simplex of three parents, expanded by √(d + 2) around its centre (Tsutsui, Goldberg, Sastry 2000). */
function simplex(parents: readonly Float64Array[], child: Float64Array, random: Random): void {
  const expansion = Math.sqrt(child.length + 2);
  const shares = parents.slice(1).map((_, place) => random.uniform() ** (1 / (place + 1)));
  for (let axis = 0; axis < child.length; axis++) {
    const centre = parents.reduce((sum, parent) => sum + at(parent, axis), 0) / parents.length;
    const corner = (place: number) => centre + expansion * (at(parents[place], axis) - centre);
    let offset = 0;
    for (const [place, share] of shares.entries()) offset = share * (corner(place) - corner(place + 1) + offset);
    child[axis] = corner(parents.length - 1) + offset;
  }
}

const ALONG = 0.5;
const ACROSS = 0.35;

/**
 * Normal around the middle of two parents: along their difference, and in all other directions by the distance of the third
 * parent from their line (Ono, Kobayashi 1997; Kita, Ono, Kobayashi 1999). Variances as in Optuna, which squares once more.
 */
function unimodalNormal([first, second, third]: readonly Float64Array[], child: Float64Array, random: Random): void {
  const d = child.length;
  const line = new Float64Array(d);
  let squares = 0;
  for (let axis = 0; axis < d; axis++) {
    line[axis] = at(second, axis) - at(first, axis);
    squares += at(line, axis) ** 2;
  }
  const length = Math.max(Math.sqrt(squares), 1e-10);
  let along = 0;
  let reach = 0;
  for (let axis = 0; axis < d; axis++) {
    along += ((at(third, axis) - at(first, axis)) * at(line, axis)) / length;
    reach += (at(third, axis) - at(first, axis)) ** 2;
  }
  const distance = Math.sqrt(Math.max(0, reach - along * along));
  const xi = ALONG ** 2 * random.normal();
  // A normal vector without its part along the line is normal in all other directions.
  const spread = ACROSS ** 2 / d;
  const across = Float64Array.from({ length: d }, () => spread * random.normal());
  const part = across.reduce((sum, value, axis) => sum + (value * at(line, axis)) / length, 0);
  for (let axis = 0; axis < d; axis++) {
    const middle = (at(first, axis) + at(second, axis)) / 2;
    const other = d > 1 ? distance * (at(across, axis) - (part * at(line, axis)) / length) : 0;
    child[axis] = middle - xi * at(line, axis) + other;
  }
}

function at(numbers: Float64Array | undefined, index: number): number {
  return (numbers as Float64Array)[index];
}
