import type { Random } from '../random.ts';

/** Rows by columns, as the trees of a forest share them. */
export interface TreeData {
  /** One array of values a column. */
  readonly columns: readonly Float64Array[];
  readonly targets: Float64Array;
  /** Rows in ascending order of each column. */
  readonly sorted: readonly Uint32Array[];
}

export function treeData(columns: readonly Float64Array[], targets: Float64Array): TreeData {
  const sorted = columns.map((column) =>
    Uint32Array.from(column.keys()).sort((a, b) => column[a] - column[b] || a - b),
  );
  return { columns, targets, sorted };
}

/** A split of a node: `x ≤ threshold` goes to node `left`, the rest to the next one. A leaf has column −1. */
export interface RegressionTree {
  readonly column: Int16Array | Int32Array;
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  /** Mean of the targets. */
  readonly value: Float64Array;
  readonly nodes: number;
}

interface Split {
  readonly column: number;
  readonly threshold: number;
}

/** Improvements that differ by less are equal: which column wins is drawn, as the order of the columns is by CART. */
const EQUAL = 1e-12;

/**
 * Grows regression trees on bootstrap samples (Breiman 2001): CART with squared error, every column a candidate, thresholds
 * half-way, down to single rows or `maxDepth`. Columns are sorted once for all trees.
 */
export class TreeGrower {
  readonly #data: TreeData;
  readonly #maxDepth: number;
  readonly #draws: number;
  /** How often each row is in the sample, and that times its target: two numbers a row, read together. */
  readonly #weights: Float64Array;
  /** Sums of both over the node that was settled last. */
  #weight = 0;
  #sum = 0;
  /** The rows of the sample by column; a node owns one range of all of them. */
  readonly #rows: readonly Uint32Array[];
  readonly #goesLeft: Uint8Array;
  readonly #spare: Uint32Array;

  /** `draws`: how many rows a sample has, as many as there are by default. */
  constructor(data: TreeData, maxDepth: number, draws = data.targets.length) {
    const count = data.targets.length;
    this.#data = data;
    this.#draws = draws;
    this.#maxDepth = maxDepth;
    this.#weights = new Float64Array(2 * count);
    this.#rows = data.columns.map(() => new Uint32Array(count));
    this.#goesLeft = new Uint8Array(count);
    this.#spare = new Uint32Array(count);
  }

  grow(random: Random): RegressionTree {
    const distinct = this.#drawSample(random);
    const most = 2 * distinct - 1;
    const tree = {
      column: new Int32Array(most).fill(-1),
      threshold: new Float64Array(most),
      left: new Int32Array(most),
      value: new Float64Array(most),
      nodes: 1,
    };
    const open: [node: number, start: number, end: number, depth: number][] = [[0, 0, distinct, 0]];
    for (let next = open.pop(); next; next = open.pop()) {
      const [node, start, end, depth] = next;
      const split = this.#settle(tree, node, start, end, depth) ? undefined : this.#bestSplit(start, end, random);
      if (!split) continue;
      const middle = this.#partition(start, end, split);
      tree.column[node] = split.column;
      tree.threshold[node] = split.threshold;
      tree.left[node] = tree.nodes;
      open.push([tree.nodes + 1, middle, end, depth + 1], [tree.nodes, start, middle, depth + 1]);
      tree.nodes += 2;
    }
    return tree;
  }

  /** Draws rows with replacement; returns how many different ones it got. */
  #drawSample(random: Random): number {
    const weights = this.#weights.fill(0);
    const { targets } = this.#data;
    const count = targets.length;
    for (let draw = 0; draw < this.#draws; draw++) {
      const row = random.integer(count);
      weights[2 * row] = weights[2 * row] + 1;
    }
    for (let row = 0; row < count; row++) weights[2 * row + 1] = weights[2 * row] * targets[row];
    let distinct = 0;
    for (const [column, sorted] of this.#data.sorted.entries()) {
      const rows = this.#rows[column];
      distinct = 0;
      for (const row of sorted) if (weights[2 * row] > 0) rows[distinct++] = row;
    }
    return distinct;
  }

  /** Writes a node's mean; returns whether it stays a leaf. */
  #settle(tree: { value: Float64Array }, node: number, start: number, end: number, depth: number): boolean {
    const { targets } = this.#data;
    const rows = this.#rows[0];
    let weight = 0;
    let sum = 0;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let place = start; place < end; place++) {
      const row = rows[place];
      const target = targets[row];
      weight += this.#weights[2 * row];
      sum += this.#weights[2 * row + 1];
      if (target < low) low = target;
      if (target > high) high = target;
    }
    tree.value[node] = sum / weight;
    this.#weight = weight;
    this.#sum = sum;
    return low === high || depth >= this.#maxDepth;
  }

  #bestSplit(start: number, end: number, random: Random): Split | undefined {
    let best: Split | undefined;
    let bestGain = Number.NEGATIVE_INFINITY;
    let equals = 1;
    for (let column = 0; column < this.#rows.length; column++) {
      const [gain, threshold] = this.#bestOf(column, start, end);
      if (Number.isNaN(threshold)) continue;
      const difference = gain - bestGain;
      const isEqual = Math.abs(difference) <= EQUAL * Math.abs(gain);
      equals = isEqual ? equals + 1 : 1;
      if (isEqual ? random.integer(equals) === 0 : difference > 0) {
        best = { column, threshold };
        bestGain = gain;
      }
    }
    return best;
  }

  /** The best cut of a column by Σ (Σ y)² / Σ w over both sides, its threshold NaN when all values are the same. */
  #bestOf(column: number, start: number, end: number): readonly [gain: number, threshold: number] {
    const values = this.#data.columns[column];
    const rows = this.#rows[column];
    const weights = this.#weights;
    if (values[rows[start]] === values[rows[end - 1]]) return [0, Number.NaN];
    const allWeight = this.#weight;
    const allSum = this.#sum;
    let bestGain = Number.NEGATIVE_INFINITY;
    let cut = start;
    let weight = 0;
    let sum = 0;
    let next = values[rows[start]];
    for (let place = start; place < end - 1; place++) {
      const row = rows[place];
      weight += weights[2 * row];
      sum += weights[2 * row + 1];
      const value = next;
      next = values[rows[place + 1]];
      if (value === next) continue;
      const rest = allSum - sum;
      const gain = (sum * sum) / weight + (rest * rest) / (allWeight - weight);
      if (gain > bestGain) {
        bestGain = gain;
        cut = place;
      }
    }
    const below = values[rows[cut]];
    const above = values[rows[cut + 1]];
    const middle = below / 2 + above / 2;
    return [bestGain, middle < above ? middle : below];
  }

  /** Orders every column's range by side, each side still sorted; returns where the right side begins. */
  #partition(start: number, end: number, { column, threshold }: Split): number {
    const values = this.#data.columns[column];
    const goesLeft = this.#goesLeft;
    for (let place = start; place < end; place++) {
      const row = this.#rows[0][place];
      goesLeft[row] = Number(values[row] <= threshold);
    }
    let middle = start;
    for (const rows of this.#rows) {
      middle = start;
      let right = 0;
      for (let place = start; place < end; place++) {
        const row = rows[place];
        if (goesLeft[row]) rows[middle++] = row;
        else this.#spare[right++] = row;
      }
      for (let place = 0; place < right; place++) rows[middle + place] = this.#spare[place];
    }
    return middle;
  }
}
