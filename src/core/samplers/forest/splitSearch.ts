import type { FastRandom } from './fastRandom.ts';

/** How a node sends a point on: by threshold, inactive ones right or left; by activity alone; by a set of choices. */
export const Rule = { nanRight: 0, nanLeft: 1, active: 2, choices: 3 } as const;

const CUTS = 3;

/** The rows of a node while it is split: their targets and one feature's coordinates, gathered. */
export class NodeRows {
  readonly targets: Float64Array;
  readonly coordinates: Float64Array;
  count = 0;
  sum = 0;
  squares = 0;
  isConstant = true;
  /** Of the feature: its range, and how many rows have it. */
  low = 0;
  high = 0;
  active = 0;

  constructor(capacity: number) {
    this.targets = new Float64Array(capacity);
    this.coordinates = new Float64Array(capacity);
  }

  takeTargets(rows: Int32Array, from: number, to: number, targets: Float64Array): void {
    this.count = to - from;
    this.sum = 0;
    this.squares = 0;
    this.isConstant = true;
    const first = targets[rows[from]];
    for (let index = from; index < to; index++) {
      const target = targets[rows[index]];
      this.targets[index - from] = target;
      this.sum += target;
      this.squares += target * target;
      if (target !== first) this.isConstant = false;
    }
  }

  /** Gathers the coordinates, and what there is to know of their range. */
  takeFeature(rows: Int32Array, from: number, points: Float64Array, width: number, feature: number): void {
    const { coordinates, count } = this;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let active = 0;
    for (let index = 0; index < count; index++) {
      const x = points[rows[from + index] * width + feature];
      coordinates[index] = x;
      if (x < low) low = x;
      if (x > high) high = x;
      active += +!Number.isNaN(x);
    }
    this.low = low;
    this.high = high;
    this.active = active;
  }

  /** Sum of the targets of rows that have the feature. */
  activeSum(): number {
    if (this.active === this.count) return this.sum;
    let sum = 0;
    for (let index = 0; index < this.count; index++) {
      if (!Number.isNaN(this.coordinates[index])) sum += this.targets[index];
    }
    return sum;
  }
}

/**
 * The best of some random splits of a node (Geurts, Ernst, Wehenkel 2006: "Extremely randomized trees"): of a numeric
 * feature at 3 random thresholds, of a categorical one into 3 random sets of choices — along the order of their means
 * where choices occur at least twice on average —, and of one that is inactive in some rows by whether it is. The score
 * is the reduction of the squared error; both sides keep at least `minLeaf` rows.
 */
export class SplitSearch {
  score = Number.NEGATIVE_INFINITY;
  feature = -1;
  rule: number = Rule.active;
  threshold = 0;
  /** Side of each choice (1 left), inactive last; of the best split where its rule is `choices`. */
  readonly sides: Uint8Array;
  readonly #minLeaf: number;
  readonly #trial: Uint8Array;
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  readonly #present: number[] = [];
  readonly #cuts = new Float64Array(CUTS);
  readonly #nanLeft = new Uint8Array(CUTS);
  readonly #leftCounts = new Float64Array(CUTS);
  readonly #leftSums = new Float64Array(CUTS);

  constructor(mostChoices: number, minLeaf: number) {
    this.#minLeaf = minLeaf;
    this.sides = new Uint8Array(mostChoices + 1);
    this.#trial = new Uint8Array(mostChoices + 1);
    this.#counts = new Float64Array(mostChoices + 1);
    this.#sums = new Float64Array(mostChoices + 1);
  }

  reset(): void {
    this.score = Number.NEGATIVE_INFINITY;
    this.feature = -1;
  }

  /** Returns whether the feature differs among the rows. */
  tryNumeric(node: NodeRows, feature: number, random: FastRandom): boolean {
    const { count, low, high, active } = node;
    const isPartial = active < count;
    const inactive = isPartial ? count - active : 0;
    const inactiveSum = isPartial ? node.sum - node.activeSum() : 0;
    if (active > 0 && isPartial) this.#consider(node, feature, Rule.active, 0, inactive, inactiveSum);
    if (!(high > low)) return active > 0 && isPartial;
    const cuts = this.#cuts;
    const nanLeft = this.#nanLeft;
    const leftCounts = this.#leftCounts;
    const leftSums = this.#leftSums;
    for (let cut = 0; cut < CUTS; cut++) {
      cuts[cut] = low + random.uniform() * (high - low);
      nanLeft[cut] = isPartial && random.uniform() < 0.5 ? 1 : 0;
      leftCounts[cut] = nanLeft[cut] ? inactive : 0;
      leftSums[cut] = nanLeft[cut] ? inactiveSum : 0;
    }
    if (count === 2) {
      this.#considerPair(node, feature);
      return true;
    }
    this.#sweep(node);
    for (let cut = 0; cut < CUTS; cut++) {
      const rule = nanLeft[cut] ? Rule.nanLeft : Rule.nanRight;
      this.#consider(node, feature, rule, cuts[cut], leftCounts[cut], leftSums[cut]);
    }
    return true;
  }

  tryCategorical(node: NodeRows, feature: number, choices: number, random: FastRandom): boolean {
    const present = this.#tally(node, choices);
    if (present.length < 2) return false;
    const isOrdered = node.count >= 2 * present.length;
    if (isOrdered) this.#sortByMean(present);
    const tries = present.length === 2 ? 1 : CUTS;
    for (let attempt = 0; attempt < tries; attempt++) {
      const cut = isOrdered ? 1 + random.integer(present.length - 1) : -1;
      let leftCount = 0;
      let leftSum = 0;
      for (let place = 0; place < present.length; place++) {
        const choice = present[place];
        const isLeft = isOrdered ? place < cut : random.uniform() < 0.5;
        this.#trial[choice] = isLeft ? 1 : 0;
        if (!isLeft) continue;
        leftCount += this.#counts[choice];
        leftSum += this.#sums[choice];
      }
      if (!this.#consider(node, feature, Rule.choices, 0, leftCount, leftSum)) continue;
      // A choice that the node has not met goes either way.
      for (let choice = 0; choice <= choices; choice++) this.sides[choice] = random.uniform() < 0.5 ? 1 : 0;
      for (const choice of present) this.sides[choice] = this.#trial[choice];
    }
    for (const choice of present) this.#counts[choice] = this.#sums[choice] = 0;
    return true;
  }

  /** Two rows: all cuts that part them are alike, and the first one counts. */
  #considerPair(node: NodeRows, feature: number): void {
    const { coordinates, targets, high } = node;
    const left = targets[coordinates[0] < high ? 0 : 1];
    for (let index = 0; index < CUTS; index++) {
      const cut = this.#cuts[index];
      if (cut < high) return void this.#consider(node, feature, Rule.nanRight, cut, 1, left);
    }
  }

  #sweep({ coordinates, targets, count }: NodeRows): void {
    const c0 = this.#cuts[0];
    const c1 = this.#cuts[1];
    const c2 = this.#cuts[2];
    let n0 = 0;
    let n1 = 0;
    let n2 = 0;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    for (let index = 0; index < count; index++) {
      const x = coordinates[index];
      const target = targets[index];
      // Numbers from comparisons, not branches: which side a row is on is anybody's guess.
      const in0 = +(x <= c0);
      const in1 = +(x <= c1);
      const in2 = +(x <= c2);
      n0 += in0;
      n1 += in1;
      n2 += in2;
      s0 += in0 * target;
      s1 += in1 * target;
      s2 += in2 * target;
    }
    const counts = this.#leftCounts;
    const sums = this.#leftSums;
    counts[0] = counts[0] + n0;
    counts[1] = counts[1] + n1;
    counts[2] = counts[2] + n2;
    sums[0] = sums[0] + s0;
    sums[1] = sums[1] + s1;
    sums[2] = sums[2] + s2;
  }

  /** Counts and sums by choice; inactive rows are one more choice. */
  #tally({ coordinates, targets, count }: NodeRows, choices: number): number[] {
    const present = this.#present;
    present.length = 0;
    for (let index = 0; index < count; index++) {
      const x = coordinates[index];
      const choice = Number.isNaN(x) ? choices : x;
      if (this.#counts[choice] === 0) present.push(choice);
      this.#counts[choice] = this.#counts[choice] + 1;
      this.#sums[choice] = this.#sums[choice] + targets[index];
    }
    if (present.length < 2) for (const choice of present) this.#counts[choice] = this.#sums[choice] = 0;
    return present;
  }

  /** By insertion: a node's choices are few. */
  #sortByMean(present: number[]): void {
    for (let end = 1; end < present.length; end++) {
      const choice = present[end];
      const mean = this.#mean(choice);
      let place = end;
      for (; place > 0; place--) {
        const other = present[place - 1];
        const otherMean = this.#mean(other);
        if (otherMean < mean || (otherMean === mean && other < choice)) break;
        present[place] = other;
      }
      present[place] = choice;
    }
  }

  #mean(choice: number): number {
    return this.#sums[choice] / this.#counts[choice];
  }

  #consider(
    node: NodeRows,
    feature: number,
    rule: number,
    threshold: number,
    leftCount: number,
    leftSum: number,
  ): boolean {
    const rightCount = node.count - leftCount;
    if (leftCount < this.#minLeaf || rightCount < this.#minLeaf) return false;
    const rightSum = node.sum - leftSum;
    const score = (leftSum * leftSum) / leftCount + (rightSum * rightSum) / rightCount;
    if (score <= this.score) return false;
    this.score = score;
    this.feature = feature;
    this.rule = rule;
    this.threshold = threshold;
    return true;
  }
}
