import { ensureLength } from '../../study/columns/growable.ts';
import type { FastRandom } from './fastRandom.ts';
import { NodeRows, SplitSearch } from './splitSearch.ts';
import { TreeNodes } from './treeNodes.ts';

/** What the leaves of a forest hold: rows, sum and sum of squares of the targets, with additions that can be taken back. */
class LeafSums {
  /** Mean and mean square of a leaf: 2 numbers a node. */
  means = new Float64Array(0);
  /** Rows, sum, sum of squares: 3 numbers a node. */
  #sums = new Float64Array(0);
  /** Additions since the leaves were set: the leaf, and its numbers before. */
  #logged = 0;
  #loggedLeaves = new Int32Array(0);
  #loggedSums = new Float64Array(0);

  /** Makes room for so many nodes and forgets all additions. */
  reserve(nodes: number): void {
    this.means = ensureLength(this.means, 2 * nodes, 0);
    this.#sums = ensureLength(this.#sums, 3 * nodes, 0);
    this.#logged = 0;
  }

  set(leaf: number, count: number, sum: number, squares: number): void {
    this.#sums[3 * leaf] = count;
    this.#sums[3 * leaf + 1] = sum;
    this.#sums[3 * leaf + 2] = squares;
    this.means[2 * leaf] = sum / count;
    this.means[2 * leaf + 1] = squares / count;
  }

  add(leaf: number, target: number): void {
    const [sums, at, place] = [this.#sums, 3 * leaf, this.#logged++];
    this.#loggedLeaves = ensureLength(this.#loggedLeaves, place + 1, 0);
    this.#loggedSums = ensureLength(this.#loggedSums, 3 * place + 3, 0);
    this.#loggedLeaves[place] = leaf;
    for (let index = 0; index < 3; index++) this.#loggedSums[3 * place + index] = sums[at + index];
    this.set(leaf, sums[at] + 1, sums[at + 1] + target, sums[at + 2] + target * target);
  }

  /** Takes back all additions but the first `kept`. */
  undo(kept: number): void {
    const saved = this.#loggedSums;
    while (this.#logged > kept) {
      const at = 3 * --this.#logged;
      const leaf = this.#loggedLeaves[this.#logged];
      this.set(leaf, saved[at], saved[at + 1], saved[at + 2]);
    }
  }
}

const TREES = 30;
const MIN_LEAF = 1;
const FEATURE_SHARE = 0.7;
/** Features that a split looks at, at most: bounds the cost where there are very many. */
const MOST_FEATURES = 16;
/** Rows of a tree, at most: the first ones and a random part of the others, for each tree another one. */
const MOST_ROWS = 400;
const FIRST_ROWS = 64;

/**
 * Observations: `width` coordinates a row at `points[row * width]` (see `UnitSpace`), and a target a row. The rows that matter
 * most come first.
 */
export interface ForestData {
  readonly points: Float64Array;
  readonly targets: Float64Array;
  readonly rows: Int32Array;
  /** Number of choices by feature, 0 for a numeric one. */
  readonly choices: Int32Array;
}

/**
 * A regression forest of 30 extremely randomised trees (Geurts, Ernst, Wehenkel 2006; Hutter, Hoos, Leyton-Brown 2011 for
 * its use in algorithm configuration): each over all rows, or over 400 of more, with splits as `SplitSearch` finds them among
 * 0.7 of the features, down to single rows. A point's mean is the mean over trees, its variance that between the trees plus the mean one within
 * the leaves. Growing costs O(n log n); observations that come later can be added to the leaves.
 */
export class RegressionForest {
  /** Of the point that `predict` was called with. */
  mean = 0;
  variance = 0;
  readonly #roots = new Int32Array(TREES);
  #nodes = new TreeNodes([], 0);
  readonly #leaves = new LeafSums();
  /** The leaves of the last point or points. */
  #reached = new Int32Array(TREES);

  grow(data: ForestData, random: FastRandom): void {
    const { rows, choices } = data;
    const size = Math.min(rows.length, MOST_ROWS);
    const nodes = TREES * (2 * Math.ceil(size / MIN_LEAF) + 1);
    this.#nodes = new TreeNodes(choices, nodes);
    this.#leaves.reserve(nodes);
    const pool = rows.slice();
    const sample = new Int32Array(size);
    const node = new NodeRows(size);
    const search = new SplitSearch(Math.max(0, ...choices), MIN_LEAF);
    const order = Int32Array.from(choices, (_, feature) => feature);
    for (let tree = 0; tree < TREES; tree++) {
      drawRows(pool, sample, random);
      this.#roots[tree] = this.#nodes.count++;
      this.#growTree(data, sample, { node, search, order, random });
    }
  }

  /** Drops what `add` added after the first `kept` of them, so that the forest is what it was then. */
  forgetAdded(kept = 0): void {
    this.#leaves.undo(kept * TREES);
  }

  /** Adds one more observation to the leaf of every tree that the point at `offset` falls into. */
  add(points: Float64Array, offset: number, target: number): void {
    this.#nodes.load(points, offset, 1);
    this.#nodes.leavesOf(this.#roots, this.#reached);
    for (let tree = 0; tree < TREES; tree++) this.#leaves.add(this.#reached[tree], target);
  }

  /** Sets `mean` and `variance` for the point at `offset`. */
  predict(points: Float64Array, offset: number): void {
    const { means } = this.#leaves;
    const reached = this.#reached;
    this.#nodes.load(points, offset, 1);
    this.#nodes.leavesOf(this.#roots, reached);
    let sum = 0;
    let squares = 0;
    for (let tree = 0; tree < TREES; tree++) {
      const at = 2 * reached[tree];
      sum += means[at];
      squares += means[at + 1];
    }
    this.mean = sum / TREES;
    this.variance = Math.max(0, squares / TREES - this.mean * this.mean);
  }

  /**
   * Means and variances of `count` points that lie one after the other, as `predict` tells them, into arrays of that length. Goes
   * tree by tree, so that one stays in the cache.
   */
  predictMany(points: Float64Array, count: number, means: Float64Array, variances: Float64Array): void {
    const leafMeans = this.#leaves.means;
    this.#reached = ensureLength(this.#reached, count, 0);
    const reached = this.#reached;
    this.#nodes.load(points, 0, count);
    means.fill(0, 0, count);
    variances.fill(0, 0, count);
    for (let tree = 0; tree < TREES; tree++) {
      this.#nodes.leavesFrom(this.#roots[tree], count, reached);
      for (let place = 0; place < count; place++) {
        const at = 2 * reached[place];
        means[place] = means[place] + leafMeans[at];
        variances[place] = variances[place] + leafMeans[at + 1];
      }
    }
    for (let place = 0; place < count; place++) {
      const mean = means[place] / TREES;
      means[place] = mean;
      variances[place] = Math.max(0, variances[place] / TREES - mean * mean);
    }
  }

  #growTree(data: ForestData, sample: Int32Array, tools: GrowTools): void {
    const open: number[] = [this.#nodes.count - 1, 0, sample.length];
    while (open.length > 0) {
      const to = open.pop() as number;
      const from = open.pop() as number;
      const at = open.pop() as number;
      if (!this.#findSplit(data, sample, from, to, tools)) {
        this.#nodes.setLeaf(at);
        this.#leaves.set(at, tools.node.count, tools.node.sum, tools.node.squares);
        continue;
      }
      const left = this.#nodes.setSplit(at, tools.search);
      const middle = this.#part(at, tools.search.feature, data, sample, from, to);
      open.push(left, from, middle, left + 1, middle, to);
    }
  }

  #findSplit(data: ForestData, sample: Int32Array, from: number, to: number, tools: GrowTools): boolean {
    const { node, search, order, random } = tools;
    const width = order.length;
    node.takeTargets(sample, from, to, data.targets);
    if (node.count < 2 * MIN_LEAF || node.isConstant) return false;
    search.reset();
    let wanted = Math.min(MOST_FEATURES, Math.ceil(FEATURE_SHARE * width));
    for (let place = 0; place < width && wanted > 0; place++) {
      const other = place + random.integer(width - place);
      const feature = order[other];
      order[other] = order[place];
      order[place] = feature;
      node.takeFeature(sample, from, data.points, width, feature);
      const choices = data.choices[feature];
      const differs =
        choices > 0 ? search.tryCategorical(node, feature, choices, random) : search.tryNumeric(node, feature, random);
      if (differs) wanted--;
    }
    return search.feature >= 0;
  }

  /** Moves the rows that go left to the front; returns where the others start. */
  #part(at: number, feature: number, data: ForestData, sample: Int32Array, from: number, to: number): number {
    const { points, choices } = data;
    const width = choices.length;
    let middle = from;
    for (let index = from; index < to; index++) {
      const row = sample[index];
      if (!this.#nodes.goesLeft(at, feature, points[row * width + feature])) continue;
      sample[index] = sample[middle];
      sample[middle++] = row;
    }
    return middle;
  }
}

/** Fills the sample: all of the pool, or its first rows and a random part of the others. */
function drawRows(pool: Int32Array, sample: Int32Array, random: FastRandom): void {
  const from = sample.length < pool.length ? FIRST_ROWS : sample.length;
  for (let place = from; place < sample.length; place++) {
    const other = place + random.integer(pool.length - place);
    const row = pool[other];
    pool[other] = pool[place];
    pool[place] = row;
  }
  sample.set(pool.subarray(0, sample.length));
}

interface GrowTools {
  readonly node: NodeRows;
  readonly search: SplitSearch;
  /** The features in some order. */
  readonly order: Int32Array;
  readonly random: FastRandom;
}
