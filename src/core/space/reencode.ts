import { dumpJson } from '../text/pythonJson.ts';
import { choiceIndex } from './distributionRules.ts';
import type { CategoricalDistribution, Choice, Distribution } from './distributions.ts';

/**
 * A stored value in the internal form of another distribution, by what the objective saw: a choice is looked up, a number stays
 * itself, also outside the range. NaN where the other one has no such value: a choice that it lacks, a fraction for an int,
 * a text for a range.
 */
export function reencode(from: Distribution, internal: number, to: Distribution): number {
  if (from === to) return internal;
  const value = from.type === 'categorical' ? from.choices[internal] : internal;
  if (value === undefined) return Number.NaN;
  if (to.type === 'categorical') {
    const index = choiceIndex(to.choices, value);
    return index < 0 ? Number.NaN : index;
  }
  if (typeof value !== 'number') return Number.NaN;
  return to.type === 'int' && !Number.isInteger(value) ? Number.NaN : value;
}

/** The choices of several lists, each once, those of earlier lists first: an index into the first list means the same here. */
export class ChoiceUnion {
  #distribution: CategoricalDistribution | undefined;
  readonly #known = new Set<string>();

  /** Undefined as long as there was no list. */
  get distribution(): CategoricalDistribution | undefined {
    return this.#distribution;
  }

  /** The same object while nothing is new. */
  add(list: CategoricalDistribution): CategoricalDistribution {
    const added: Choice[] = [];
    for (const choice of list.choices) {
      const text = dumpJson(choice);
      if (this.#distribution && this.#known.has(text)) continue;
      this.#known.add(text);
      added.push(choice);
    }
    if (!this.#distribution) this.#distribution = list;
    else if (added.length > 0) {
      this.#distribution = { type: 'categorical', choices: [...this.#distribution.choices, ...added] };
    }
    return this.#distribution;
  }
}
