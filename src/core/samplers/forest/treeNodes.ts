import { ensureLength } from '../../study/columns/growable.ts';
import { Rule } from './splitSearch.ts';

/** Lanes that go down side by side. */
const LANES = 4;
/** Bits of the feature in a link; 16 more are the choices that go right. */
const FEATURE_BITS = 15;
const MOST_BITS = 16;

/** A split as the search found it; `sides` says for each choice, inactive last, whether it goes left (1). */
export interface Split {
  readonly feature: number;
  readonly rule: number;
  readonly threshold: number;
  readonly sides: Uint8Array;
}

/**
 * The nodes of some trees, 16 bytes each, so that a step down reads one place in memory: a threshold, a feature, and the first
 * of two children, which are neighbours. Four descents go side by side, as none waits for what another reads, and a leaf is its
 * own child, so that they may end at different depths: less than half of the time of one after the other.
 */
export class TreeNodes {
  count = 0;
  /** Two numbers a node, of which the first is the threshold: ∞ for a leaf. */
  #thresholds = new Float64Array(0);
  /**
   * The same bytes, four numbers a node: the last is the child. The third is the feature of most splits, with the choices that go right in the
   * bits above it where the feature is categorical (the threshold is ∞ then); it is −1 − feature for any other split, and 0
   * for a leaf. The first is where the choices of a split by many begin in `#words`.
   */
  #links = new Int32Array(0);
  #rules = new Uint8Array(0);
  /** Bits, 32 choices a word; the last one is for inactive. */
  #words = new Uint32Array(0);
  #wordCount = 0;
  readonly #choices: ArrayLike<number>;
  readonly #categorical: readonly number[];
  /** Coordinates with ∞ in place of NaN. */
  #points = new Float64Array(0);
  /** What they are as choices: how many bits to shift a set. */
  #shifts = new Int32Array(0);
  /** Of each lane the node, then of each where its point begins. */
  readonly #lanes = new Int32Array(2 * LANES);

  /** `choices`: by feature, 0 for a numeric one. Room for so many nodes. */
  constructor(choices: ArrayLike<number>, nodes: number) {
    this.#choices = choices;
    this.#categorical = Array.from(choices, (_, feature) => feature).filter((feature) => choices[feature] > 0);
    this.#thresholds = new Float64Array(2 * nodes);
    this.#links = new Int32Array(this.#thresholds.buffer);
    this.#rules = new Uint8Array(nodes);
  }

  setLeaf(node: number): void {
    this.#thresholds[2 * node] = Number.POSITIVE_INFINITY;
    this.#links[4 * node + 2] = 0;
    this.#links[4 * node + 3] = node;
  }

  /** Makes the node a split, with two new children, of which the first is returned: the left one. */
  setSplit(node: number, { feature, rule, threshold, sides }: Split): number {
    const child = this.count;
    this.count += 2;
    this.#rules[node] = rule;
    const bits = this.#choices[feature] + 1;
    const isUsual = feature < 2 ** FEATURE_BITS && bits <= MOST_BITS;
    this.#thresholds[2 * node] = rule === Rule.choices ? Number.POSITIVE_INFINITY : threshold;
    let link = -1 - feature;
    if (rule === Rule.nanRight && isUsual) link = feature;
    if (rule === Rule.choices && isUsual) link = (rightOf(sides, 0, bits) << FEATURE_BITS) | feature;
    if (rule === Rule.choices && !isUsual) this.#links[4 * node] = this.#storeSides(sides, bits);
    this.#links[4 * node + 2] = link;
    this.#links[4 * node + 3] = child;
    return child;
  }

  /** Whether a point with this coordinate, NaN or ∞ where inactive, goes left at a split. */
  goesLeft(node: number, feature: number, x: number): boolean {
    switch (this.#rules[node]) {
      case Rule.nanRight:
        return x <= this.#thresholds[2 * node];
      case Rule.nanLeft:
        return !(x > this.#thresholds[2 * node]) || x === Number.POSITIVE_INFINITY;
      case Rule.active:
        return !(x < Number.POSITIVE_INFINITY);
      default: {
        const choice = x < Number.POSITIVE_INFINITY ? x : this.#choices[feature];
        return ((this.#rightWord(node, choice) >>> (choice & 31)) & 1) === 0;
      }
    }
  }

  /** Takes the points, `count` from `offset` on, whose leaves are to be found. */
  load(points: Float64Array, offset: number, count: number): void {
    const width = this.#choices.length;
    const size = count * width;
    this.#points = ensureLength(this.#points, size, 0);
    this.#shifts = ensureLength(this.#shifts, size, 0);
    for (let at = 0; at < size; at++) {
      const x = points[offset + at];
      this.#points[at] = Number.isNaN(x) ? Number.POSITIVE_INFINITY : x;
    }
    for (const feature of this.#categorical) {
      for (let at = feature; at < size; at += width) {
        const x = points[offset + at];
        this.#shifts[at] = Number.isNaN(x) ? this.#choices[feature] : x;
      }
    }
  }

  /** Writes the leaf that each of the first `count` loaded points reaches from one root. */
  leavesFrom(root: number, count: number, leaves: Int32Array): void {
    const width = this.#choices.length;
    for (let lane = 0; lane < count; lane += LANES) {
      const last = Math.min(lane + LANES, count) - 1;
      for (let index = 0; index < LANES; index++) {
        this.#lanes[index] = root;
        this.#lanes[LANES + index] = Math.min(lane + index, last) * width;
      }
      this.#descend();
      for (let index = lane; index <= last; index++) leaves[index] = this.#lanes[index - lane];
    }
  }

  /** Writes the leaf that the first loaded point reaches from each root. */
  leavesOf(roots: Int32Array, leaves: Int32Array): void {
    for (let lane = 0; lane < roots.length; lane += LANES) {
      const last = Math.min(lane + LANES, roots.length) - 1;
      for (let index = 0; index < LANES; index++) {
        this.#lanes[index] = roots[Math.min(lane + index, last)];
        this.#lanes[LANES + index] = 0;
      }
      this.#descend();
      for (let index = lane; index <= last; index++) leaves[index] = this.#lanes[index - lane];
    }
  }

  /** Replaces the nodes of the lanes by the leaves below them. */
  #descend(): void {
    const lanes = this.#lanes;
    let a = lanes[0];
    let b = lanes[1];
    let c = lanes[2];
    let d = lanes[3];
    const offsetA = lanes[LANES];
    const offsetB = lanes[LANES + 1];
    const offsetC = lanes[LANES + 2];
    const offsetD = lanes[LANES + 3];
    let moved = 1;
    while (moved !== 0) {
      const nextA = this.#below(a, offsetA);
      const nextB = this.#below(b, offsetB);
      const nextC = this.#below(c, offsetC);
      const nextD = this.#below(d, offsetD);
      moved = (a ^ nextA) | (b ^ nextB) | (c ^ nextC) | (d ^ nextD);
      a = nextA;
      b = nextB;
      c = nextC;
      d = nextD;
    }
    lanes[0] = a;
    lanes[1] = b;
    lanes[2] = c;
    lanes[3] = d;
  }

  /** The child that the point at `offset` goes to; a leaf itself. */
  #below(node: number, offset: number): number {
    const links = this.#links;
    const at = node << 2;
    const link = links[at + 2];
    const child = links[at + 3];
    if (link < 0) {
      const other = -1 - link;
      return child + (this.goesLeft(node, other, this.#points[offset + other]) ? 0 : 1);
    }
    const place = offset + (link & (2 ** FEATURE_BITS - 1));
    // Numbers from comparisons, not branches: nobody can guess which way a point goes.
    const isAbove = this.#points[place] > this.#thresholds[node << 1];
    if (this.#categorical.length === 0) return (child + +isAbove) | 0;
    return (child + (+isAbove | (((link >>> FEATURE_BITS) >>> this.#shifts[place]) & 1))) | 0;
  }

  /** The word of a split by choices that has the bit of this one. */
  #rightWord(node: number, choice: number): number {
    const link = this.#links[4 * node + 2];
    if (link >= 0) return link >>> FEATURE_BITS;
    return this.#words[this.#links[4 * node] + (choice >>> 5)];
  }

  /** Returns where the words start. */
  #storeSides(sides: Uint8Array, bits: number): number {
    const first = this.#wordCount;
    this.#words = ensureLength(this.#words, first + Math.ceil(bits / 32), 0);
    for (let start = 0; start < bits; start += 32) this.#words[this.#wordCount++] = rightOf(sides, start, bits);
    return first;
  }
}

/** The choices from `start` on that go right, at most 32 of `bits`, as bits. */
function rightOf(sides: Uint8Array, start: number, bits: number): number {
  let word = 0;
  for (let bit = 0; bit < 32 && start + bit < bits; bit++) if (!sides[start + bit]) word |= 1 << bit;
  return word;
}
