import { isCompatible, toValue } from '../../space/distributionRules.ts';
import type { CategoricalDistribution, Distribution, ParamValue } from '../../space/distributions.ts';
import { ChoiceUnion, reencode } from '../../space/reencode.ts';
import { dumpJson } from '../../text/pythonJson.ts';
import { ensureLength } from './growable.ts';

/** A column keeps a cell for each trial up to this many; beyond, only while one in `DENSE_SHARE` trials has the parameter. */
const DENSE_LENGTH = 256;
const DENSE_SHARE = 16;

interface SparseCell {
  readonly internal: number;
  readonly id: number;
}

/**
 * One parameter over all trials of a study. Ranges may change from trial to trial; kind, log and choices do so where the space
 * was edited between two runs and in trials that were added from elsewhere, which `isComparable` tells.
 */
export class ParameterColumn {
  readonly name: string;
  /** Place among the study's columns, from 0. */
  readonly index: number;
  #internal = new Float64Array(0);
  #distributionIds = new Uint32Array(0);
  /** By trial number, in place of both arrays: a name that few of many trials have takes no room for the others. */
  #sparse: Map<number, SparseCell> | undefined;
  /** 1 + the largest trial number that has the parameter. */
  #length = 0;
  readonly #distributions: Distribution[] = [];
  /** Ids by content: each trial may have another range or other choices, so finding one must not be a search. */
  readonly #idsByContent = new Map<string, number>();
  #lastId = 0;
  #latest: Distribution | undefined;
  #newestNumber = -1;
  #newest: Distribution | undefined;
  readonly #choices = new ChoiceUnion();
  #shown: Distribution | undefined;
  /** Whether some trials have another kind, log or choices than the first one. */
  #isMixed = false;
  #count = 0;
  #informativeCount = 0;

  constructor(name: string, index: number) {
    this.name = name;
    this.index = index;
  }

  /** The value as one float64, NaN where the trial lacks the parameter. */
  internalAt(number: number): number {
    if (this.#sparse) return this.#sparse.get(number)?.internal ?? Number.NaN;
    return number < this.#internal.length ? this.#internal[number] : Number.NaN;
  }

  /** The distinct distributions met, oldest first. */
  get distributions(): readonly Distribution[] {
    return this.#distributions;
  }

  /** The newest distribution met of those that are comparable with the first. */
  get latest(): Distribution {
    return this.#latest as Distribution;
  }

  /** The distribution of the trial with the highest number: what the parameter is now. */
  get newest(): Distribution {
    return this.#newest as Distribution;
  }

  /** All choices that any trial could have, those of the first trial first; undefined where no trial has choices. */
  get choices(): CategoricalDistribution | undefined {
    return this.#choices.distribution;
  }

  /**
   * What all trials are shown in: the newest kind and scale, with every choice that there ever was, or the range from the lowest
   * low to the highest high.
   */
  get shown(): Distribution {
    this.#shown ??= this.#widest();
    return this.#shown;
  }

  /** Whether some trials have another kind, scale or choices than the first one. */
  get isMixed(): boolean {
    return this.#isMixed;
  }

  /** How many trials have the parameter. */
  get count(): number {
    return this.#count;
  }

  /** How many complete and pruned trials have the parameter. */
  get informativeCount(): number {
    return this.#informativeCount;
  }

  /** Called by the history once a trial with this parameter is complete or pruned. */
  countInformative(): void {
    this.#informativeCount++;
  }

  has(number: number): boolean {
    return this.distributionIdAt(number) > 0;
  }

  value(number: number): ParamValue | undefined {
    const distribution = this.distribution(number);
    return distribution && toValue(distribution, this.internalAt(number));
  }

  distribution(number: number): Distribution | undefined {
    return this.#distributions[this.distributionIdAt(number) - 1];
  }

  /** Whether the trial has the parameter in the kind, log and choices that the study has it in. */
  isComparable(number: number): boolean {
    const distribution = this.distribution(number);
    return distribution !== undefined && (!this.#isMixed || this.accepts(distribution));
  }

  /** Whether Optuna lets a trial of this study use the distribution. */
  accepts(distribution: Distribution): boolean {
    const first = this.#distributions[0];
    return first === undefined || first === distribution || isCompatible(first, distribution);
  }

  /** Internal values of some trials, one a number; NaN where a trial lacks the parameter or has it in another kind. */
  comparableOf(numbers: Uint32Array): Float64Array {
    const values = new Float64Array(numbers.length);
    for (let row = 0; row < numbers.length; row++) values[row] = this.internalAt(numbers[row]);
    if (!this.#isMixed) return values;
    for (let row = 0; row < numbers.length; row++) {
      if (!this.isComparable(numbers[row])) values[row] = Number.NaN;
    }
    return values;
  }

  /** Internal values of some trials in `shown`, one a number; NaN where a trial has no such value. */
  shownOf(numbers: Uint32Array): Float64Array {
    const { shown } = this;
    const values = new Float64Array(numbers.length);
    for (let row = 0; row < numbers.length; row++) values[row] = this.internalIn(shown, numbers[row]);
    return values;
  }

  /** A trial's value in the internal form of another distribution (see `reencode`); NaN where the trial lacks the parameter. */
  internalIn(distribution: Distribution, number: number): number {
    const own = this.distribution(number);
    return own ? reencode(own, this.internalAt(number), distribution) : Number.NaN;
  }

  set(number: number, internal: number, distribution: Distribution): void {
    const id = this.#idOf(distribution);
    if (number >= this.#newestNumber) {
      this.#newestNumber = number;
      const newest = this.#distributions[id - 1];
      if (newest !== this.#newest) {
        this.#newest = newest;
        this.#shown = undefined;
      }
    }
    if (!this.has(number)) this.#count++;
    this.#length = Math.max(this.#length, number + 1);
    this.#fit(number);
    if (this.#sparse) {
      this.#sparse.set(number, { internal, id });
      return;
    }
    this.#internal = ensureLength(this.#internal, number + 1, Number.NaN);
    this.#distributionIds = ensureLength(this.#distributionIds, number + 1, 0);
    this.#internal[number] = internal;
    this.#distributionIds[number] = id;
  }

  /** 1 + place in `distributions`, 0 where the trial lacks the parameter. */
  distributionIdAt(number: number): number {
    return (this.#sparse ? this.#sparse.get(number)?.id : this.#distributionIds[number]) ?? 0;
  }

  /** Changes the form where the trials ask for it. The way back needs twice the share, so that it is rare. */
  #fit(number: number): void {
    const sparse = this.#sparse;
    if (sparse) {
      if (this.#length * 2 > this.#count * DENSE_SHARE) return;
      this.#sparse = undefined;
      this.#internal = new Float64Array(this.#length).fill(Number.NaN);
      this.#distributionIds = new Uint32Array(this.#length);
      for (const [at, cell] of sparse) {
        this.#internal[at] = cell.internal;
        this.#distributionIds[at] = cell.id;
      }
    } else if (number >= this.#internal.length && number >= Math.max(DENSE_LENGTH, this.#count * DENSE_SHARE)) {
      const cells = new Map<number, SparseCell>();
      this.#distributionIds.forEach((id, at) => {
        if (id > 0) cells.set(at, { internal: this.#internal[at], id });
      });
      this.#sparse = cells;
      this.#internal = new Float64Array(0);
      this.#distributionIds = new Uint32Array(0);
    }
  }

  #widest(): Distribution {
    const { newest } = this;
    if (newest.type === 'categorical') return this.#choices.distribution as Distribution;
    let { low, high } = newest;
    for (const other of this.#distributions) {
      if (other.type === 'categorical' || (newest.log && other.low <= 0)) continue;
      low = Math.min(low, other.low);
      high = Math.max(high, other.high);
    }
    return low === newest.low && high === newest.high ? newest : { ...newest, low, high };
  }

  #idOf(distribution: Distribution): number {
    if (this.#lastId > 0 && this.#distributions[this.#lastId - 1] === distribution) return this.#lastId;
    const content = contentOf(distribution);
    this.#lastId = this.#idsByContent.get(content) ?? this.#add(distribution, content);
    return this.#lastId;
  }

  #add(distribution: Distribution, content: string): number {
    if (this.accepts(distribution)) this.#latest = distribution;
    else this.#isMixed = true;
    if (distribution.type === 'categorical') this.#choices.add(distribution);
    this.#shown = undefined;
    const id = this.#distributions.push(distribution);
    this.#idsByContent.set(content, id);
    return id;
  }
}

const contents = new WeakMap<Distribution, string>();

/** Equal for distributions that are the same. */
function contentOf(distribution: Distribution): string {
  if (distribution.type !== 'categorical') {
    const { type, low, high, log, step } = distribution;
    return `${type} ${low} ${high} ${log} ${step}`;
  }
  let content = contents.get(distribution);
  if (content === undefined) {
    content = dumpJson(distribution.choices);
    contents.set(distribution, content);
  }
  return content;
}
