import { Random } from '../random.ts';
import type { RegressionTree } from './regressionTree.ts';

/** A parameter as columns of a tree: a range is one column, a categorical one column of 0 or 1 a choice. */
export interface ParameterColumns {
  readonly first: number;
  readonly count: number;
}

/** Up to so many columns, every combination of a categorical's columns is looked at; beyond, so many drawn ones. */
const EXACT_COLUMNS = 10;
const DRAWN_CELLS = 1024;

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
export function leafBoxes(tree: RegressionTree, ranges: Float64Array): LeafBoxes {
  const width = ranges.length / 2;
  const most = (tree.nodes + 1) / 2;
  const lows = new Float64Array(most * width);
  const highs = new Float64Array(most * width);
  const volumes = new Float64Array(most);
  const values = new Float64Array(most);
  let count = 0;
  const low = new Float64Array(width);
  const high = new Float64Array(width).fill(1);
  const visit = (node: number): void => {
    const column = tree.column[node] as number;
    if (column < 0) {
      lows.set(low, count * width);
      highs.set(high, count * width);
      values[count] = tree.value[node] as number;
      volumes[count++] = volumeOf(low, high);
      return;
    }
    const cut = shareOf(ranges, column, tree.threshold[node] as number);
    const left = tree.left[node] as number;
    const upper = high[column] as number;
    high[column] = cut;
    visit(left);
    high[column] = upper;
    const lower = low[column] as number;
    low[column] = cut;
    visit(left + 1);
    low[column] = lower;
  };
  visit(0);
  return { count, lows, highs, volumes, values, ...momentsOf(values, volumes, count) };
}

function shareOf(ranges: Float64Array, column: number, value: number): number {
  const low = ranges[2 * column] as number;
  const high = ranges[2 * column + 1] as number;
  // Halved, so that the width of the widest range is still a number.
  return Math.min(Math.max((value / 2 - low / 2) / (high / 2 - low / 2), 0), 1);
}

function volumeOf(low: Float64Array, high: Float64Array): number {
  let volume = 1;
  for (let column = 0; column < low.length; column++) volume *= (high[column] as number) - (low[column] as number);
  return volume;
}

function momentsOf(values: Float64Array, weights: Float64Array, count: number): { mean: number; variance: number } {
  let total = 0;
  let sum = 0;
  for (let index = 0; index < count; index++) {
    total += weights[index] as number;
    sum += (weights[index] as number) * (values[index] as number);
  }
  const mean = sum / total;
  let squares = 0;
  for (let index = 0; index < count; index++) {
    squares += (weights[index] as number) * ((values[index] as number) - mean) ** 2;
  }
  return { mean, variance: squares / total };
}

/**
 * Variance of the tree's prediction as a function of one parameter, averaged over all others (Hutter, Hoos, Leyton-Brown
 * 2014, algorithm 2). The columns of a categorical are free of each other, as Optuna takes them.
 */
export function marginalVariance(boxes: LeafBoxes, width: number, { first, count }: ParameterColumns): number {
  return count === 1 ? rangeVariance(boxes, width, first) : choiceVariance(boxes, width, first, count);
}

/** The marginal is constant between cuts: each leaf adds its value where it lies, by what it takes of the other columns. */
function rangeVariance(
  { count, lows, highs, volumes, values, mean }: LeafBoxes,
  width: number,
  column: number,
): number {
  const cuts = new Float64Array(count + 1);
  for (let leaf = 0; leaf < count; leaf++) cuts[leaf] = lows[leaf * width + column] as number;
  cuts[count] = 1;
  cuts.sort();
  const changes = new Float64Array(count + 1);
  for (let leaf = 0; leaf < count; leaf++) {
    const low = lows[leaf * width + column] as number;
    const high = highs[leaf * width + column] as number;
    if (!(high > low)) continue;
    const part = ((volumes[leaf] as number) / (high - low)) * ((values[leaf] as number) - mean);
    const from = placeOf(cuts, low);
    const to = placeOf(cuts, high);
    changes[from] = (changes[from] as number) + part;
    changes[to] = (changes[to] as number) - part;
  }
  let marginal = 0;
  let variance = 0;
  for (let place = 0; place < count; place++) {
    marginal += changes[place] as number;
    variance += ((cuts[place + 1] as number) - (cuts[place] as number)) * marginal * marginal;
  }
  return variance;
}

/** The last place of `value` in ascending `cuts`, where it is. */
function placeOf(cuts: Float64Array, value: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((cuts[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** What the leaves say about the columns of a categorical: each rules out one half of some columns. */
interface ChoiceBoxes {
  /** Columns that a leaf is cut in, from `starts[leaf]` to `starts[leaf + 1]`, and the bit that they need there. */
  readonly cut: Uint32Array;
  readonly bit: Uint8Array;
  readonly starts: Uint32Array;
  /** A leaf's value less the mean, times what it takes of the other columns. */
  readonly parts: Float64Array;
}

/** Columns of 0 and 1, cut half-way: every cell of the cube is as large as another. */
function choiceVariance(boxes: LeafBoxes, width: number, first: number, columns: number): number {
  const choices = choiceBoxes(boxes, width, first, columns);
  const isExact = columns <= EXACT_COLUMNS;
  const cells = isExact ? 1 << columns : DRAWN_CELLS;
  const random = new Random(0, columns, 'fanova');
  const bits = new Uint8Array(columns);
  let variance = 0;
  for (let cell = 0; cell < cells; cell++) {
    for (let column = 0; column < columns; column++) {
      bits[column] = isExact ? (cell >> column) & 1 : random.integer(2);
    }
    variance += marginalAt(choices, bits) ** 2 / cells;
  }
  return variance;
}

function choiceBoxes(boxes: LeafBoxes, width: number, first: number, columns: number): ChoiceBoxes {
  const { count, lows, highs, volumes, values, mean } = boxes;
  const cut: number[] = [];
  const bit: number[] = [];
  const starts = new Uint32Array(count + 1);
  const parts = new Float64Array(count);
  for (let leaf = 0; leaf < count; leaf++) {
    let share = 1;
    for (let column = 0; column < columns; column++) {
      const low = lows[leaf * width + first + column] as number;
      const size = (highs[leaf * width + first + column] as number) - low;
      if (size === 1) continue;
      share *= size;
      cut.push(column);
      bit.push(Number(low > 0));
    }
    parts[leaf] = ((volumes[leaf] as number) / share) * ((values[leaf] as number) - mean);
    starts[leaf + 1] = cut.length;
  }
  return { cut: Uint32Array.from(cut), bit: Uint8Array.from(bit), starts, parts };
}

/** The mean of the leaves that hold a cell, less that of all, weighted by what they take of the other columns. */
function marginalAt({ cut, bit, starts, parts }: ChoiceBoxes, bits: Uint8Array): number {
  let marginal = 0;
  for (let leaf = 0; leaf < parts.length; leaf++) {
    const end = starts[leaf + 1] as number;
    let place = starts[leaf] as number;
    while (place < end && bits[cut[place] as number] === bit[place]) place++;
    if (place === end) marginal += parts[leaf] as number;
  }
  return marginal;
}
