import type { History } from '../../study/history.ts';
import { TrialState } from '../../study/states.ts';

export interface TagNames {
  /** System attributes that hold a trial's generation, the one that counts first. */
  readonly generation: readonly string[];
  /** System attribute with the trials that a generation was derived from, in its first trial. */
  readonly parents: string;
}

export interface Generation {
  /** Complete trials in ascending order. */
  readonly complete: readonly number[];
  /** What its first trial says it was derived from. */
  readonly parents: readonly number[] | undefined;
}

interface OwnGeneration {
  readonly complete: number[];
  parents: readonly number[] | undefined;
  /** The trial that said so. */
  owner: number;
}

const NOTHING: Generation = { complete: [], parents: undefined };

/**
 * What the trials of a history say about generations. The first trial of a generation also says which trials that was
 * derived from, so that a trial which ends late changes nothing that was decided without it. Follows the history at the
 * cost of its changes.
 */
export class GenerationTags {
  readonly #history: History;
  readonly #names: TagNames;
  readonly #isUsable: (number: number) => boolean;
  readonly #generations = new Map<number, OwnGeneration>();
  readonly #untagged: number[] = [];
  #firstTagged = Number.POSITIVE_INFINITY;
  #last = -1;
  #lastComplete = -1;
  #revision = 0;
  #doubtful = Number.POSITIVE_INFINITY;

  /** Complete trials that are not usable do not count. */
  constructor(history: History, names: TagNames, isUsable: (number: number) => boolean) {
    this.#history = history;
    this.#names = names;
    this.#isUsable = isUsable;
  }

  /** The highest generation that any trial was drawn in; −1 when there is none. */
  get last(): number {
    return this.#last;
  }

  /** The highest generation with a complete trial; −1 when there is none. */
  get lastComplete(): number {
    return this.#lastComplete;
  }

  of(generation: number): Generation {
    return this.#generations.get(generation) ?? NOTHING;
  }

  /** Whether a trial can be a parent. */
  isParent(number: number): boolean {
    return (
      number < this.#history.length && this.#history.state(number) === TrialState.complete && this.#isUsable(number)
    );
  }

  /** The latest complete trials, at most `most`, that are older than any that was drawn in a generation. */
  earlier(most: number): readonly number[] {
    let end = this.#untagged.length;
    while (end > 0 && this.#untagged[end - 1] > this.#firstTagged) end--;
    return this.#untagged.slice(Math.max(0, end - most), end);
  }

  /**
   * Takes in what happened since the last call. Returns the first generation whose derivation may be another one by now,
   * Infinity when there is none.
   */
  update(): number {
    this.#doubtful = Number.POSITIVE_INFINITY;
    for (const number of this.#history.changedSince(this.#revision)) this.#note(number);
    this.#revision = this.#history.revision;
    return this.#doubtful;
  }

  #note(number: number): void {
    const generation = this.#generationOf(number);
    const isComplete = this.#history.state(number) === TrialState.complete && this.#isUsable(number);
    if (generation === undefined) {
      if (isComplete && insert(this.#untagged, number)) this.#doubt(0);
      return;
    }
    const own = this.#own(generation);
    if (number < this.#firstTagged) {
      this.#firstTagged = number;
      this.#doubt(0);
    }
    const parents = this.#history.systemAttrs(number)[this.#names.parents];
    if (Array.isArray(parents) && number < own.owner) {
      own.parents = parents.filter((parent) => typeof parent === 'number');
      own.owner = number;
      this.#doubtful = Math.min(this.#doubtful, generation);
    }
    if (!isComplete || !insert(own.complete, number)) return;
    this.#lastComplete = Math.max(this.#lastComplete, generation);
    this.#doubt(generation + 1);
  }

  /** What a generation says itself is beyond doubt. */
  #doubt(generation: number): void {
    if (this.of(generation).parents === undefined) this.#doubtful = Math.min(this.#doubtful, generation);
  }

  /** There can't be more generations than trials: another number is damaged. */
  #generationOf(number: number): number | undefined {
    const attrs = this.#history.systemAttrs(number);
    for (const name of this.#names.generation) {
      const generation = attrs[name];
      if (typeof generation !== 'number') continue;
      return Number.isInteger(generation) && generation >= 0 && generation <= number ? generation : undefined;
    }
    return undefined;
  }

  #own(generation: number): OwnGeneration {
    let own = this.#generations.get(generation);
    if (!own) {
      own = { complete: [], parents: undefined, owner: Number.POSITIVE_INFINITY };
      this.#generations.set(generation, own);
      this.#last = Math.max(this.#last, generation);
    }
    return own;
  }
}

/** Adds a number to an ascending list; false when it is there already. */
function insert(list: number[], number: number): boolean {
  let place = list.length;
  while (place > 0 && list[place - 1] > number) place--;
  if (place > 0 && list[place - 1] === number) return false;
  list.splice(place, 0, number);
  return true;
}
