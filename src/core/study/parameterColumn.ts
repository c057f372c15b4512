import { isCompatible, toValue } from '../space/distributionRules.ts';
import type { Distribution, ParamValue } from '../space/distributions.ts';
import { ensureLength } from './growable.ts';

/** One parameter over all trials of a study. Ranges may change from trial to trial, kind, log and choices may not. */
export class ParameterColumn {
  readonly name: string;
  /** Place among the study's columns, from 0. */
  readonly index: number;
  #internal = new Float64Array(0);
  /** 1 + place in `distributions`, 0 where a trial lacks the parameter. */
  #distributionIds = new Uint32Array(0);
  readonly #distributions: Distribution[] = [];
  /** Ids by range: an objective may use another range in every trial, so finding one must not be a search. */
  readonly #idsByRange = new Map<string, number>();
  #lastId = 0;
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

  /** The newest distribution met. */
  get latest(): Distribution {
    return this.#distributions.at(-1) as Distribution;
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
    if (this.#lastId > 0 && this.#distributions[this.#lastId - 1] === distribution) return this.#lastId;
    const range = rangeOf(distribution);
    let id = this.#idsByRange.get(range);
    if (id === undefined) {
      id = this.#distributions.push(distribution);
      this.#idsByRange.set(range, id);
    }
    this.#lastId = id;
    return id;
  }
}

/** What may differ between two distributions of one column. */
function rangeOf(distribution: Distribution): string {
  if (distribution.type === 'categorical') return '';
  return `${distribution.low} ${distribution.high} ${distribution.step}`;
}
