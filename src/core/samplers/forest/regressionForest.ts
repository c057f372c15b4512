import { ensureLength } from '../../study/growable.ts';
import type { FastRandom } from './fastRandom.ts';
import { NodeRows, Rule, SplitSearch } from './splitSearch.ts';

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
  #count = 0;
  /** Feature of a split, −1 for a leaf. */
  #features = new Int32Array(0);
  #rules = new Uint8Array(0);
  #thresholds = new Float64Array(0);
  /** First of the two children, which are neighbours; for a split by choices, where its set starts is in `#sets`. */
  #children = new Int32Array(0);
  #sets = new Int32Array(0);
  /** Bits, 32 choices a word; the last one is for inactive. */
  #words = new Uint32Array(0);
  #wordCount = 0;
  /** Rows, sum and sum of squares of a leaf: 3 numbers a node; as grown, and with what was added. */
  #grown = new Float64Array(0);
  #leaves = new Float64Array(0);
  #choices: ArrayLike<number> = [];

  grow(data: ForestData, random: FastRandom): void {
    const { rows, choices } = data;
    this.#choices = choices;
    const size = Math.min(rows.length, MOST_ROWS);
    this.#reserve(TREES * (2 * Math.ceil(size / MIN_LEAF) + 1));
    this.#count = 0;
    this.#wordCount = 0;
    const pool = rows.slice();
    const sample = new Int32Array(size);
    const node = new NodeRows(size);
    const search = new SplitSearch(Math.max(0, ...choices), MIN_LEAF);
    const order = Int32Array.from(choices, (_, feature) => feature);
    for (let tree = 0; tree < TREES; tree++) {
      drawRows(pool, sample, random);
      this.#roots[tree] = this.#count++;
      this.#growTree(data, sample, { node, search, order, random });
    }
    this.forgetAdded();
  }

  /** Drops what `add` added. */
  forgetAdded(): void {
    this.#leaves.set(this.#grown.subarray(0, 3 * this.#count));
  }

  /** Adds one more observation to the leaf of every tree that the point at `offset` falls into. */
  add(points: Float64Array, offset: number, target: number): void {
    for (let tree = 0; tree < TREES; tree++) {
      const at = 3 * this.#leafOf(this.#roots[tree] as number, points, offset);
      this.#leaves[at] = (this.#leaves[at] as number) + 1;
      this.#leaves[at + 1] = (this.#leaves[at + 1] as number) + target;
      this.#leaves[at + 2] = (this.#leaves[at + 2] as number) + target * target;
    }
  }

  /** Sets `mean` and `variance` for the point at `offset`. */
  predict(points: Float64Array, offset: number): void {
    let sum = 0;
    let squares = 0;
    for (let tree = 0; tree < TREES; tree++) {
      const at = 3 * this.#leafOf(this.#roots[tree] as number, points, offset);
      const count = this.#leaves[at] as number;
      sum += (this.#leaves[at + 1] as number) / count;
      squares += (this.#leaves[at + 2] as number) / count;
    }
    this.mean = sum / TREES;
    this.variance = Math.max(0, squares / TREES - this.mean * this.mean);
  }

  /**
   * Means and variances of `count` points that lie one after the other, as `predict` tells them, into arrays of that length. Goes
   * tree by tree, so that one stays in the cache.
   */
  predictMany(points: Float64Array, count: number, means: Float64Array, variances: Float64Array): void {
    const width = this.#choices.length;
    means.fill(0, 0, count);
    variances.fill(0, 0, count);
    for (let tree = 0; tree < TREES; tree++) {
      const root = this.#roots[tree] as number;
      for (let place = 0; place < count; place++) {
        const at = 3 * this.#leafOf(root, points, place * width);
        const size = this.#leaves[at] as number;
        means[place] = (means[place] as number) + (this.#leaves[at + 1] as number) / size;
        variances[place] = (variances[place] as number) + (this.#leaves[at + 2] as number) / size;
      }
    }
    for (let place = 0; place < count; place++) {
      const mean = (means[place] as number) / TREES;
      means[place] = mean;
      variances[place] = Math.max(0, (variances[place] as number) / TREES - mean * mean);
    }
  }

  #growTree(data: ForestData, sample: Int32Array, tools: GrowTools): void {
    const open: number[] = [this.#count - 1, 0, sample.length];
    while (open.length > 0) {
      const to = open.pop() as number;
      const from = open.pop() as number;
      const at = open.pop() as number;
      if (!this.#findSplit(data, sample, from, to, tools)) {
        this.#features[at] = -1;
        this.#grown[3 * at] = tools.node.count;
        this.#grown[3 * at + 1] = tools.node.sum;
        this.#grown[3 * at + 2] = tools.node.squares;
        continue;
      }
      this.#store(at, tools.search);
      const middle = this.#part(at, data, sample, from, to);
      const left = this.#count;
      this.#count += 2;
      this.#children[at] = left;
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
      const feature = order[other] as number;
      order[other] = order[place] as number;
      order[place] = feature;
      node.takeFeature(sample, from, data.points, width, feature);
      const choices = data.choices[feature] as number;
      const differs =
        choices > 0 ? search.tryCategorical(node, feature, choices, random) : search.tryNumeric(node, feature, random);
      if (differs) wanted--;
    }
    return search.feature >= 0;
  }

  #store(at: number, search: SplitSearch): void {
    this.#features[at] = search.feature;
    this.#rules[at] = search.rule;
    this.#thresholds[at] = search.threshold;
    if (search.rule !== Rule.choices) return;
    const bits = (this.#choices[search.feature] as number) + 1;
    this.#sets[at] = this.#wordCount;
    this.#words = ensureLength(this.#words, this.#wordCount + Math.ceil(bits / 32), 0);
    for (let start = 0; start < bits; start += 32) {
      let word = 0;
      for (let bit = 0; bit < 32 && start + bit < bits; bit++) if (search.sides[start + bit]) word |= 1 << bit;
      this.#words[this.#wordCount++] = word;
    }
  }

  /** Moves the rows that go left to the front; returns where the others start. */
  #part(at: number, { points, choices }: ForestData, sample: Int32Array, from: number, to: number): number {
    const width = choices.length;
    let middle = from;
    for (let index = from; index < to; index++) {
      const row = sample[index] as number;
      if (!this.#goesLeft(at, points[row * width + (this.#features[at] as number)] as number)) continue;
      sample[index] = sample[middle] as number;
      sample[middle++] = row;
    }
    return middle;
  }

  #goesLeft(at: number, x: number): boolean {
    switch (this.#rules[at]) {
      case Rule.nanRight:
        return x <= (this.#thresholds[at] as number);
      case Rule.nanLeft:
        return !(x > (this.#thresholds[at] as number));
      case Rule.active:
        return Number.isNaN(x);
      default: {
        const choice = Number.isNaN(x) ? (this.#choices[this.#features[at] as number] as number) : x;
        const word = this.#words[(this.#sets[at] as number) + (choice >>> 5)] as number;
        return ((word >>> (choice & 31)) & 1) === 1;
      }
    }
  }

  #leafOf(root: number, points: Float64Array, offset: number): number {
    const features = this.#features;
    const thresholds = this.#thresholds;
    const children = this.#children;
    const rules = this.#rules;
    let at = root;
    for (;;) {
      const feature = features[at] as number;
      if (feature < 0) return at;
      const x = points[offset + feature] as number;
      // Most splits: the others cost a call.
      const isLeft = rules[at] === Rule.nanRight ? x <= (thresholds[at] as number) : this.#goesLeft(at, x);
      at = (children[at] as number) + (isLeft ? 0 : 1);
    }
  }

  #reserve(nodes: number): void {
    this.#features = ensureLength(this.#features, nodes, 0);
    this.#children = ensureLength(this.#children, nodes, 0);
    this.#sets = ensureLength(this.#sets, nodes, 0);
    this.#rules = ensureLength(this.#rules, nodes, 0);
    this.#thresholds = ensureLength(this.#thresholds, nodes, 0);
    this.#grown = ensureLength(this.#grown, 3 * nodes, 0);
    this.#leaves = ensureLength(this.#leaves, 3 * nodes, 0);
  }
}

/** Fills the sample: all of the pool, or its first rows and a random part of the others. */
function drawRows(pool: Int32Array, sample: Int32Array, random: FastRandom): void {
  const from = sample.length < pool.length ? FIRST_ROWS : sample.length;
  for (let place = from; place < sample.length; place++) {
    const other = place + random.integer(pool.length - place);
    const row = pool[other] as number;
    pool[other] = pool[place] as number;
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
