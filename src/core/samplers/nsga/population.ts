import type { History } from '../../study/history.ts';
import { GenerationTags, type TagNames } from './generationTags.ts';
import { type Scores, scoresOf } from './scores.ts';
import type { Selection } from './selection.ts';

/** What the next trial descends from. */
export interface Ancestry {
  readonly generation: number;
  /** Trials; none in generation 0. */
  readonly parents: readonly number[];
  /** Scores of the parents, row by row. */
  readonly scores: Scores;
  /** Whether no trial says yet which trials this generation was selected from. */
  readonly isUnsaid: boolean;
}

interface Settings {
  readonly names: TagNames;
  readonly size: number;
  readonly select: Selection;
  readonly seed: number;
}

/**
 * Generations as Optuna counts them: one is full when it has as many complete trials as the population, and the parents of
 * the next are selected from them and their own parents. Which ones those were is read from the first trial of a
 * generation, where it says so; else selected again.
 */
export class Population {
  readonly #history: History;
  readonly #settings: Settings;
  readonly #tags: GenerationTags;
  #generation = 0;
  #parents: readonly number[] = [];
  #scores: Scores | undefined;

  constructor(history: History, settings: Settings) {
    this.#history = history;
    this.#settings = settings;
    this.#tags = new GenerationTags(history, settings.names, () => true);
  }

  ancestry(): Ancestry {
    if (this.#tags.update() <= this.#generation) this.#startOver();
    const last = Math.max(0, this.#tags.lastComplete);
    const isFull = this.#tags.of(last).complete.length >= this.#settings.size;
    const generation = isFull ? last + 1 : last;
    if (this.#generation < generation) this.#advance(generation);
    this.#scores ??= scoresOf(this.#history, this.#parents);
    const isUnsaid = this.#tags.of(generation).parents === undefined;
    return { generation, parents: this.#parents, scores: this.#scores, isUnsaid };
  }

  /** From the last generation that says what its parents are; the ones after it are selected anew. */
  #advance(generation: number): void {
    let from = generation;
    while (from > this.#generation + 1 && this.#said(from).length === 0) from--;
    for (let next = from; next <= generation; next++) this.#parents = this.#parentsOf(next);
    this.#generation = generation;
    this.#scores = undefined;
  }

  #startOver(): void {
    this.#generation = 0;
    this.#parents = [];
    this.#scores = undefined;
  }

  #said(generation: number): readonly number[] {
    return this.#tags.of(generation).parents?.filter((number) => this.#tags.isParent(number)) ?? [];
  }

  #parentsOf(generation: number): readonly number[] {
    const said = this.#said(generation);
    if (said.length > 0) return said;
    const { size, select, seed } = this.#settings;
    const before = this.#tags.of(generation - 1).complete;
    const members = [...new Set([...before, ...this.#parents])];
    const rows = select(scoresOf(this.#history, members), size, seed, generation);
    return rows.map((row) => members[row]).sort((a, b) => a - b);
  }
}
