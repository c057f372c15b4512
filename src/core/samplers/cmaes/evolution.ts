import { CMA_TAGS } from '../../study/attributes.ts';
import type { History } from '../../study/history.ts';
import { GenerationTags } from '../nsga/generationTags.ts';
import { bestFirst, scoresOf } from '../nsga/scores.ts';
import { afterChoices, choicesLike } from './choices.ts';
import { constantsFor } from './constants.ts';
import { withMargin } from './margin.ts';
import { chosenBy, isUsable, type Plan, pointsOf } from './plan.ts';
import { continued, firstRun, populationOf, type Run, type RunSettings } from './run.ts';
import { freshState, type SearchState } from './searchState.ts';
import { afterGeneration } from './update.ts';
import { sourcesUsed, warmStart } from './warmStart.ts';

/** A warm start looks at so many of the trials before it: the cost of an ask must not grow with their number. */
const LATEST_SOURCES = 1_000;

export interface EvolutionSettings extends RunSettings {
  readonly withMargin: boolean;
  readonly warmStart: boolean;
  readonly adapt: (before: SearchState, after: SearchState) => SearchState;
}

/** What the next trial is drawn from. */
export interface Present {
  readonly run: Run;
  readonly generation: number;
  /** To be written with the trial when it is the first of its generation. */
  readonly parents: readonly number[] | undefined;
}

interface Derived {
  readonly run: Run;
  readonly parents: readonly number[];
}

/**
 * The course of a search, read from the generations that the trials of a history were drawn in. Where no trial says what a
 * generation was derived from (a study begun elsewhere), it is the first λ complete trials by number of the one before. A
 * contradiction to what was derived already makes it start over.
 */
export class Evolution {
  readonly #history: History;
  readonly #plan: Plan;
  readonly #settings: EvolutionSettings;
  readonly #tags: GenerationTags;
  /** The run of generation `#at`. */
  #at = -1;
  #derived: Derived | undefined;
  /** The run of the generation after `#at`, should it begin now. */
  #next: Derived | undefined;

  constructor(history: History, plan: Plan, settings: EvolutionSettings) {
    this.#history = history;
    this.#plan = plan;
    this.#settings = settings;
    this.#tags = new GenerationTags(history, CMA_TAGS, (number) => isUsable(history, number, plan));
  }

  present(): Present {
    if (this.#tags.update() <= this.#at) this.#startOver();
    this.#advance();
    if (!this.#derived) {
      const first = this.#first(undefined);
      return { run: first.run, generation: 0, parents: first.parents };
    }
    const { run } = this.#derived;
    const { complete } = this.#tags.of(this.#at);
    if (complete.length < run.state.population) return { run, generation: this.#at, parents: undefined };
    const next = this.#following(complete.slice(0, run.state.population));
    return { run: next.run, generation: this.#at + 1, parents: next.parents };
  }

  #startOver(): void {
    this.#at = -1;
    this.#derived = undefined;
    this.#next = undefined;
  }

  #advance(): void {
    while (this.#at < this.#tags.last) {
      const given = this.#tags.of(this.#at + 1).parents;
      if (!this.#derived) this.#derived = this.#first(given);
      else {
        const { complete } = this.#tags.of(this.#at);
        const valid = given?.filter((number) => this.#tags.isParent(number)) ?? [];
        const parents = valid.length > 0 ? valid : complete.slice(0, this.#derived.run.state.population);
        this.#derived = this.#following(parents);
      }
      this.#next = undefined;
      this.#at++;
    }
  }

  /** The run before any generation. */
  #first(given: readonly number[] | undefined): Derived {
    const { isSeparable, sigma } = this.#settings;
    const dimensions = this.#plan.names.length;
    const population = populationOf(this.#settings, dimensions);
    const parents = given ? given.filter((number) => this.#tags.isParent(number)) : this.#sources();
    const start =
      parents.length > 0
        ? warmStart(pointsOf(this.#history, parents, this.#plan, false), dimensions)
        : { mean: new Float64Array(dimensions).fill(0.5), sigma };
    const state = this.#corrected(freshState(isSeparable, { ...start, population }));
    const choices = choicesLike(this.#settings.counts, chosenBy(this.#history, parents, this.#plan));
    return { run: firstRun(state, choices), parents };
  }

  /** The best earlier trials, when there are enough to begin where they are. */
  #sources(): readonly number[] {
    if (!this.#settings.warmStart) return [];
    const earlier = this.#tags.earlier(LATEST_SOURCES);
    const count = sourcesUsed(earlier.length);
    if (count === 0) return [];
    return bestFirst(scoresOf(this.#history, earlier))
      .slice(0, count)
      .map((row) => earlier[row])
      .sort((a, b) => a - b);
  }

  /** The run after a generation, of which `parents` are the members that count. */
  #following(parents: readonly number[]): Derived {
    if (this.#next && isSame(this.#next.parents, parents)) return this.#next;
    const { run } = this.#derived as Derived;
    this.#next = { parents, run: parents.length < 2 ? run : this.#updated(run, parents) };
    return this.#next;
  }

  #updated(run: Run, parents: readonly number[]): Run {
    const scores = scoresOf(this.#history, parents);
    const order = bestFirst(scores);
    const sorted = order.map((row) => parents[row]);
    const points = pointsOf(this.#history, sorted, this.#plan, this.#settings.withMargin);
    const isSingle = scores.width === 1;
    const losses = isSingle ? Float64Array.from(order, (row) => scores.losses[row]) : new Float64Array(0);
    const after = this.#settings.adapt(run.state, afterGeneration(run.state, points));
    const { weights } = constantsFor(run.state.dimensions, parents.length, run.state.isSeparable);
    const choices = afterChoices(run.choices, chosenBy(this.#history, sorted, this.#plan), weights);
    return continued(run, { state: this.#corrected(after), choices }, losses, points, this.#settings);
  }

  #corrected(state: SearchState): SearchState {
    if (!this.#settings.withMargin) return state;
    const grids = this.#plan.distributions.map((distribution) => (distribution.step === null ? null : distribution));
    return withMargin(state, grids);
  }
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, place) => number === b[place]);
}
