import { isCompatible, sameDistribution, toValue } from '../space/distributionRules.ts';
import type { Distribution, ParamValue } from '../space/distributions.ts';
import { ensureLength } from './growable.ts';

/** One parameter over all trials of a study. Ranges may change from trial to trial, kind, log and choices may not. */
export class ParameterColumn {
  readonly name: string;
  /** Place among the study's columns, from 0. */
  readonly index: number;
  #internal = new Float64Array(0);
  #distributionIds = new Uint16Array(0);
  readonly #distributions: Distribution[] = [];
  #count = 0;

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

  /** The newest distribution met. */
  get latest(): Distribution {
    return this.#distributions.at(-1) as Distribution;
  }

  /** How many trials have the parameter. */
  get count(): number {
    return this.#count;
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

  /** Whether Optuna lets a trial of this study use the distribution. */
  accepts(distribution: Distribution): boolean {
    const first = this.#distributions[0];
    return first === undefined || first === distribution || isCompatible(first, distribution);
  }

  set(number: number, internal: number, distribution: Distribution): void {
    this.#internal = ensureLength(this.#internal, number + 1, Number.NaN);
    this.#distributionIds = ensureLength(this.#distributionIds, number + 1, 0);
    if (!this.has(number)) this.#count++;
    this.#internal[number] = internal;
    this.#distributionIds[number] = this.#idOf(distribution);
  }

  #idOf(distribution: Distribution): number {
    const known = this.#distributions.findLastIndex(
      (other) => other === distribution || sameDistribution(other, distribution),
    );
    return known >= 0 ? known + 1 : this.#distributions.push(distribution);
  }
}
