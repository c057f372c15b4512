import { isCompatible, toValue } from '../space/distributionRules.ts';
import type { Distribution, FloatDistribution, IntDistribution, ParamValue } from '../space/distributions.ts';
import { ensureLength } from './growable.ts';

/**
 * One parameter over all trials of a study. Ranges may change from trial to trial; kind, log and choices do so only in
 * trials that were added from elsewhere, which `isComparable` tells.
 */
export class ParameterColumn {
  readonly name: string;
  /** Place among the study's columns, from 0. */
  readonly index: number;
  #internal = new Float64Array(0);
  #distributionIds = new Uint32Array(0);
  readonly #distributions: Distribution[] = [];
  /** Ids by range: an objective may use another range in every trial, so finding one must not be a search. */
  readonly #idsByRange = new Map<string, number>();
  #lastId = 0;
  #latest: Distribution | undefined;
  /** Whether some trials have another kind, log or choices than the first one. */
  #isMixed = false;
  #count = 0;
  #informativeCount = 0;

  constructor(name: string, index: number) {
    this.name = name;
    this.index = index;
  }

  /** Internal values by trial number, NaN where a trial lacks the parameter; may be shorter than the history. */
  get internal(): Float64Array {
    return this.#internal;
  }

  /** The distinct distributions met, oldest first. */
  get distributions(): readonly Distribution[] {
    return this.#distributions;
  }

  /** By trial number 1 + place in `distributions`, 0 where a trial lacks the parameter; may be shorter than the history. */
  get distributionIds(): Uint32Array {
    return this.#distributionIds;
  }

  /** The newest distribution met of those that are comparable with the first. */
  get latest(): Distribution {
    return this.#latest as Distribution;
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
    return (this.#distributionIds[number] ?? 0) > 0;
  }

  value(number: number): ParamValue | undefined {
    const distribution = this.distribution(number);
    return distribution && toValue(distribution, this.#internal[number] as number);
  }

  distribution(number: number): Distribution | undefined {
    return this.#distributions[(this.#distributionIds[number] ?? 0) - 1];
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
    const internal = this.#internal;
    // What is beyond the column becomes NaN.
    for (let row = 0; row < numbers.length; row++) values[row] = internal[numbers[row] as number] as number;
    if (!this.#isMixed) return values;
    for (let row = 0; row < numbers.length; row++) {
      if (!this.isComparable(numbers[row] as number)) values[row] = Number.NaN;
    }
    return values;
  }

  set(number: number, internal: number, distribution: Distribution): void {
    this.#internal = ensureLength(this.#internal, number + 1, Number.NaN);
    this.#distributionIds = ensureLength(this.#distributionIds, number + 1, 0);
    if (!this.has(number)) this.#count++;
    this.#internal[number] = internal;
    this.#distributionIds[number] = this.#idOf(distribution);
  }

  #idOf(distribution: Distribution): number {
    if (this.#lastId > 0 && this.#distributions[this.#lastId - 1] === distribution) return this.#lastId;
    this.#lastId = this.#knownId(distribution) || this.#add(distribution);
    return this.#lastId;
  }

  /** 0 for a distribution that is new. */
  #knownId(distribution: Distribution): number {
    if (distribution.type !== 'categorical') return this.#idsByRange.get(rangeOf(distribution)) ?? 0;
    return 1 + this.#distributions.findIndex((known) => isCompatible(known, distribution));
  }

  #add(distribution: Distribution): number {
    if (this.accepts(distribution)) this.#latest = distribution;
    else this.#isMixed = true;
    const id = this.#distributions.push(distribution);
    if (distribution.type !== 'categorical') this.#idsByRange.set(rangeOf(distribution), id);
    return id;
  }
}

function rangeOf({ type, low, high, log, step }: FloatDistribution | IntDistribution): string {
  return `${type} ${low} ${high} ${log} ${step}`;
}
