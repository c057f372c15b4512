import type { Random } from '../../random.ts';
import { sameDistribution } from '../../space/distributionRules.ts';
import type { History } from '../../study/history.ts';
import { TrialState } from '../../study/states.ts';
import { ageWeight } from './ageWeight.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { BelowSelector } from './belowSelector.ts';
import { Candidates } from './candidates.ts';
import type { Dimension } from './dimension.ts';
import { Kernels } from './kernels.ts';
import { NumberSet } from './numberSet.ts';
import { Observations } from './observations.ts';
import { Thinning } from './thinning.ts';

/** So many changes at once are taken in by building anew. */
const MANY = 64;
/** Far more than the rounding error of a log-density: what is that near to the best is judged in full. */
const ROUNDING = 1e-6;
/** Draws of one point that the conditions of a space refuse. */
const MOST_DRAWS = 16;

/** Whether internal values of the dimensions may be proposed. */
export type IsAllowed = (internals: Float64Array) => boolean;

export interface GroupModelOptions {
  readonly selector: BelowSelector;
  /** Whether running trials count as bad ones (the constant liar). */
  readonly countsRunning: boolean;
  /** How many points are drawn and judged. */
  readonly candidates: number;
  readonly bandwidths: Bandwidth;
}

/**
 * The two densities over one group of parameters that are drawn together: l over the good ("below") trials, g over the
 * others and the running ones. Follows its history by what changed since the last look.
 */
export class GroupModel {
  readonly #history: History;
  readonly #selector: BelowSelector;
  readonly #countsRunning: boolean;
  readonly #candidates: Candidates;
  #dimensions: readonly Dimension[];
  #observations: Observations;
  #below: Kernels;
  #above: Kernels;
  #belowNumbers: ReadonlySet<number> = new Set();
  /** Complete and pruned trials that were taken in, and those among them that have all parameters of the group. */
  readonly #settled = new NumberSet();
  readonly #members = new NumberSet();
  #thinning = new Thinning(0);
  #revision = 0;
  #number = -1;

  constructor(
    history: History,
    dimensions: readonly Dimension[],
    { selector, countsRunning, candidates, bandwidths }: GroupModelOptions,
  ) {
    this.#history = history;
    this.#dimensions = dimensions;
    this.#selector = selector;
    this.#countsRunning = countsRunning;
    this.#candidates = new Candidates(candidates, dimensions.length);
    this.#observations = new Observations(history, dimensions);
    this.#below = new Kernels(dimensions, bandwidths);
    this.#above = new Kernels(dimensions, bandwidths);
  }

  /** Brings the model to the state of the history as trial `number` sees it. */
  update(number: number, dimensions: readonly Dimension[]): void {
    this.#setDimensions(dimensions);
    if (number < this.#number) this.#forget();
    if (this.#revision !== this.#history.revision || number !== this.#number) {
      const previous = this.#number;
      this.#number = number;
      this.#thinning = new Thinning(number);
      this.#selector.update();
      this.#takeIn(this.#history.changedSince(this.#revision), previous);
      this.#revision = this.#history.revision;
    }
    this.#below.prepare((numbers, weights) => this.#selector.weigh(numbers, weights));
    this.#above.prepare((numbers, weights) => this.#weighAbove(numbers, weights));
  }

  /**
   * Draws points from l and returns the internal values of the one with the highest l(x)/g(x), the first of equals (one
   * buffer for all calls, in the order of the dimensions). Points that are not allowed are drawn anew, as far as that helps.
   */
  propose(random: Random, isAllowed?: IsAllowed): Float64Array {
    const candidates = this.#candidates;
    const refused = new Set<number>();
    for (let candidate = 0; candidate < candidates.count; candidate++) {
      if (!this.#draw(candidate, random, isAllowed)) refused.add(candidate);
    }
    let best = 0;
    let bestScore = Number.NEGATIVE_INFINITY;
    for (let candidate = 0; candidate < candidates.count; candidate++) {
      if (refused.has(candidate)) continue;
      const score = this.score(candidates, candidate, bestScore);
      if (score > bestScore) {
        best = candidate;
        bestScore = score;
      }
    }
    return candidates.internals(best, this.#dimensions);
  }

  /** Draws a candidate from l, up to some times until it is allowed; whether it is. */
  #draw(candidate: number, random: Random, isAllowed: IsAllowed | undefined): boolean {
    for (let draw = 0; draw < MOST_DRAWS; draw++) {
      this.#below.draw(this.#candidates, candidate, random);
      if (!isAllowed || isAllowed(this.#candidates.internals(candidate, this.#dimensions))) return true;
    }
    return false;
  }

  /** log l(x) − log g(x): the higher, the more promising. Where that is below `least`, any other number below it may come back. */
  score(candidates: Candidates, candidate: number, least = Number.NEGATIVE_INFINITY): number {
    const below = this.#below.logDensity(candidates, candidate);
    return below - this.#above.logDensity(candidates, candidate, below - least + ROUNDING);
  }

  #setDimensions(dimensions: readonly Dimension[]): void {
    if (dimensions === this.#dimensions) return;
    const isSame = dimensions.every((dimension, index) =>
      sameDistribution(dimension.distribution, this.#dimensions[index].distribution),
    );
    if (isSame) return;
    // Other ranges: the same trials, other coordinates.
    const above = this.#above.numbers.slice();
    this.#dimensions = dimensions;
    this.#observations = new Observations(this.#history, dimensions);
    this.#above = this.#above.over(dimensions);
    this.#above.beginBulk();
    for (const number of above) this.#insert(this.#above, number);
    this.#buildBelow();
  }

  #forget(): void {
    this.#above.clear();
    this.#below.clear();
    this.#belowNumbers = new Set();
    this.#settled.clear();
    this.#members.clear();
    this.#revision = 0;
  }

  #takeIn(changed: readonly number[], previous: number): void {
    const history = this.#history;
    const above = this.#above;
    if (changed.length > MANY) above.beginBulk();
    const fresh: number[] = [];
    const running: number[] = [];
    for (const number of changed) {
      if (this.#settled.has(number)) continue;
      const state = history.state(number);
      // A running trial's kernel is taken out; it comes back if it still is one.
      if (above.has(number)) above.remove(number);
      if (state === TrialState.running) running.push(number);
      if (state !== TrialState.complete && state !== TrialState.pruned) continue;
      this.#settled.add(number);
      if (this.#observations.read(number) && this.#members.add(number)) fresh.push(number);
    }
    if (previous >= 0 && previous < history.length && history.state(previous) === TrialState.running) {
      running.push(previous);
    }
    if (changed.length > 0 || this.#selector.isUnlimited) this.#moveBetween(fresh);
    if (this.#countsRunning) for (const number of running) this.#insertAbove(number);
    if (above.has(this.#number)) above.remove(this.#number);
    this.#thin();
  }

  /** Applies a new choice of the good trials. */
  #moveBetween(fresh: readonly number[]): void {
    const before = this.#belowNumbers;
    const below = new Set<number>();
    for (const number of this.#selector.below((one) => this.#thinning.keeps(one))) {
      if (this.#members.has(number)) below.add(number);
    }
    const isSame = below.size === before.size && [...below].every((number) => before.has(number));
    if (isSame) {
      for (const number of fresh) if (!below.has(number)) this.#insertAbove(number);
      return;
    }
    this.#belowNumbers = below;
    for (const number of this.#belowNumbers) if (this.#above.has(number)) this.#above.remove(number);
    for (const number of before) if (!this.#belowNumbers.has(number)) this.#insertAbove(number);
    for (const number of fresh) if (!this.#belowNumbers.has(number)) this.#insertAbove(number);
    this.#buildBelow();
  }

  #buildBelow(): void {
    this.#below = this.#below.over(this.#dimensions);
    for (const number of this.#belowNumbers) this.#insert(this.#below, number);
  }

  #insertAbove(number: number): void {
    if (number !== this.#number && this.#thinning.keeps(number) && !this.#above.has(number)) {
      this.#insert(this.#above, number);
    }
  }

  #insert(kernels: Kernels, number: number): void {
    const internals = this.#observations.read(number);
    if (internals) kernels.insert(number, internals);
  }

  #thin(): void {
    if (this.#thinning.share >= 1) return;
    const { numbers } = this.#above;
    for (let index = numbers.length - 1; index >= 0; index--) {
      const number = numbers[index];
      if (!this.#thinning.keeps(number)) this.#above.remove(number);
    }
  }

  /**
   * Optuna's weights, from the oldest to the newest: 1/n … 1 linearly, and 1 for the last 25. Where kernels stand for
   * several trials, n counts the trials that they stand for.
   */
  #weighAbove(numbers: Float64Array, weights: Float64Array): void {
    let total = 0;
    for (let index = 0; index < numbers.length; index++) total += this.#thinning.multiplicity(numbers[index]);
    let before = 0;
    for (let index = 0; index < numbers.length; index++) {
      const multiplicity = this.#thinning.multiplicity(numbers[index]);
      weights[index] = multiplicity * ageWeight(before + (multiplicity - 1) / 2, total);
      before += multiplicity;
    }
  }
}
