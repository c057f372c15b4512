import type { RegressionTree } from './regressionTree.ts';

/** A parameter as columns of a tree: a range is one column, a categorical one column of 0 or 1 a choice. */
export interface ParameterColumns {
  readonly first: number;
  readonly count: number;
}

/**
 * Up to so many columns a categorical's columns are free of each other, as Optuna takes them, although no trial has two
 * choices: 2^k cells. Beyond, where that has no meaning left and no end, the choices are one dimension.
 */
const FREE_COLUMNS = 10;

/**
 * The leaves of a tree as boxes that fill the unit cube of its columns: lower and upper bounds leaf by leaf, volumes, and
 * values. Bounds and widths are shares of the whole ranges.
 */
export interface LeafBoxes {
  readonly count: number;
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  readonly volumes: Float64Array;
  readonly values: Float64Array;
  /** Mean and variance of the tree's prediction over the whole space. */
  readonly mean: number;
  readonly variance: number;
}

/** `ranges`: low and high of every column, two numbers each. */
export function leafBoxes(
  tree: RegressionTree,
  ranges: Float64Array,
  parameters: readonly ParameterColumns[],
): LeafBoxes {
  const width = ranges.length / 2;
  const most = (tree.nodes + 1) / 2;
  const lows = new Float64Array(most * width);
  const highs = new Float64Array(most * width);
  const volumes = new Float64Array(most);
  const values = new Float64Array(most);
  const wide = parameters.filter(isWide);
  let count = 0;
  const low = new Float64Array(width);
  const high = new Float64Array(width).fill(1);
  const visit = (node: number): void => {
    const column = tree.column[node];
    if (column < 0) {
      lows.set(low, count * width);
      highs.set(high, count * width);
      values[count] = tree.value[node];
      volumes[count++] = volumeOf(low, high, wide);
      return;
    }
    const cut = shareOf(ranges, column, tree.threshold[node]);
    const left = tree.left[node];
    const upper = high[column];
    high[column] = cut;
    visit(left);
    high[column] = upper;
    const lower = low[column];
    low[column] = cut;
    visit(left + 1);
    low[column] = lower;
  };
  visit(0);
  return { count, lows, highs, volumes, values, ...momentsOf(values, volumes, count) };
}

function shareOf(ranges: Float64Array, column: number, value: number): number {
  const low = ranges[2 * column];
  const high = ranges[2 * column + 1];
  // Halved, so that the width of the widest range is still a number.
  return Math.min(Math.max((value / 2 - low / 2) / (high / 2 - low / 2), 0), 1);
}

function volumeOf(low: Float64Array, high: Float64Array, wide: readonly ParameterColumns[]): number {
  let volume = 1;
  for (let column = 0; column < low.length; column++) volume *= high[column] - low[column];
  for (const parameter of wide) {
    const { only, without } = choicesOf(low, high, 0, parameter);
    for (let column = parameter.first; column < parameter.first + parameter.count; column++) {
      volume /= high[column] - low[column];
    }
    volume *= shareOfChoices(parameter, only, without.length);
  }
  return volume;
}

function momentsOf(values: Float64Array, weights: Float64Array, count: number): { mean: number; variance: number } {
  let total = 0;
  let sum = 0;
  for (let index = 0; index < count; index++) {
    total += weights[index];
    sum += weights[index] * values[index];
  }
  const mean = sum / total;
  let squares = 0;
  for (let index = 0; index < count; index++) {
    squares += weights[index] * (values[index] - mean) ** 2;
  }
  return { mean, variance: squares / total };
}

/**
 * Variance of the tree's prediction as a function of one parameter, averaged over all others (Hutter, Hoos, Leyton-Brown
 * 2014, algorithm 2).
 */
export function marginalVariance(boxes: LeafBoxes, width: number, parameter: ParameterColumns): number {
  if (parameter.count === 1) return rangeVariance(boxes, width, parameter.first);
  return isWide(parameter) ? choiceVariance(boxes, width, parameter) : cubeVariance(boxes, width, parameter);
}

/** Whether the columns of a categorical are taken as one dimension with its choices. */
function isWide({ count }: ParameterColumns): boolean {
  return count > FREE_COLUMNS;
}

/** The marginal is constant between cuts: each leaf adds its value where it lies, by what it takes of the other columns. */
function rangeVariance(
  { count, lows, highs, volumes, values, mean }: LeafBoxes,
  width: number,
  column: number,
): number {
  const cuts = new Float64Array(count + 1);
  for (let leaf = 0; leaf < count; leaf++) cuts[leaf] = lows[leaf * width + column];
  cuts[count] = 1;
  cuts.sort();
  const changes = new Float64Array(count + 1);
  for (let leaf = 0; leaf < count; leaf++) {
    const low = lows[leaf * width + column];
    const high = highs[leaf * width + column];
    if (!(high > low)) continue;
    const part = (volumes[leaf] / (high - low)) * (values[leaf] - mean);
    const from = placeOf(cuts, low);
    const to = placeOf(cuts, high);
    changes[from] = changes[from] + part;
    changes[to] = changes[to] - part;
  }
  let marginal = 0;
  let variance = 0;
  for (let place = 0; place < count; place++) {
    marginal += changes[place];
    variance += (cuts[place + 1] - cuts[place]) * marginal * marginal;
  }
  return variance;
}

/** The last place of `value` in ascending `cuts`, where it is. */
function placeOf(cuts: Float64Array, value: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cuts[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Columns of 0 and 1, cut half-way: every cell of the cube is as large as another. */
function cubeVariance(boxes: LeafBoxes, width: number, { first, count }: ParameterColumns): number {
  const marginals = new Float64Array(1 << count);
  for (let leaf = 0; leaf < boxes.count; leaf++) {
    const start = leaf * width + first;
    let share = 1;
    // Bits that the leaf fixes, and what they are there.
    let fixed = 0;
    let bits = 0;
    for (let column = 0; column < count; column++) {
      const low = boxes.lows[start + column];
      const size = boxes.highs[start + column] - low;
      if (size === 1) continue;
      share *= size;
      fixed |= 1 << column;
      if (low > 0) bits |= 1 << column;
    }
    const part = partOf(boxes, leaf, share);
    for (let cell = 0; cell < marginals.length; cell++) {
      if ((cell & fixed) === bits) marginals[cell] = marginals[cell] + part;
    }
  }
  return marginals.reduce((sum, marginal) => sum + (marginal * marginal) / marginals.length, 0);
}

/** Every choice is as likely as another. A leaf holds one choice, or all but some. */
function choiceVariance(boxes: LeafBoxes, width: number, parameter: ParameterColumns): number {
  const marginals = new Float64Array(parameter.count);
  let ofAll = 0;
  for (let leaf = 0; leaf < boxes.count; leaf++) {
    const { only, without } = choicesOf(boxes.lows, boxes.highs, leaf * width, parameter);
    const part = partOf(boxes, leaf, shareOfChoices(parameter, only, without.length));
    if (only !== undefined) marginals[only] = marginals[only] + part;
    else {
      ofAll += part;
      for (const choice of without) marginals[choice] = marginals[choice] - part;
    }
  }
  return marginals.reduce((sum, marginal) => sum + (marginal + ofAll) ** 2 / marginals.length, 0);
}

function choicesOf(lows: Float64Array, highs: Float64Array, start: number, { first, count }: ParameterColumns) {
  const without: number[] = [];
  for (let choice = 0; choice < count; choice++) {
    if (lows[start + first + choice] > 0) return { only: choice, without };
    if (highs[start + first + choice] < 1) without.push(choice);
  }
  return { only: undefined, without };
}

function shareOfChoices({ count }: ParameterColumns, only: number | undefined, without: number): number {
  return only === undefined ? (count - without) / count : 1 / count;
}

/** A leaf's value less the mean of all, times what it takes of the other columns. */
function partOf({ volumes, values, mean }: LeafBoxes, leaf: number, share: number): number {
  return share > 0 ? (volumes[leaf] / share) * (values[leaf] - mean) : 0;
}
