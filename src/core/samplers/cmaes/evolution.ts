import type { JsonValue } from '../../study/changes.ts';
import type { History } from '../../study/history.ts';
import { TrialState } from '../../study/states.ts';
import { bestFirst, type Scores, scoresOf } from '../nsga/scores.ts';
import { withMargin } from './margin.ts';
import { isUsable, type Plan, pointsOf } from './plan.ts';
import { continued, firstRun, populationOf, type Run, type RunSettings } from './run.ts';
import { freshState, type SearchState } from './searchState.ts';
import { afterGeneration } from './update.ts';
import { sourcesUsed, warmStart } from './warmStart.ts';

/** Generation of a trial, counted from 0 (Optuna's name). */
export const GENERATION = 'cma:generation';
/** In the first trial of a generation: the trials that it was derived from. */
export const PARENTS = 'cma:parents';

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

interface Generation {
  /** Usable complete trials in ascending order. */
  readonly complete: number[];
  /** What its first trial says it was derived from, and the number of that trial. */
  parents: readonly number[] | undefined;
  owner: number;
}

interface Derived {
  readonly run: Run;
  readonly parents: readonly number[];
}

/**
 * The course of a search, read from the trials of a history. Trials say in which generation they were drawn; the first one
 * of a generation says also from which trials that was derived, so that a trial which ends late changes nothing that was
 * decided without it. Where nobody says so (a study begun elsewhere), it is the first λ complete trials by number. Follows
 * the history at the cost of its changes; a contradiction to what was derived makes it start over.
 */
export class Evolution {
  readonly #history: History;
  readonly #plan: Plan;
  readonly #settings: EvolutionSettings;
  readonly #generations = new Map<number, Generation>();
  /** Usable complete trials of no generation, ascending. */
  readonly #others: number[] = [];
  #firstTagged = Number.POSITIVE_INFINITY;
  #last = -1;
  #revision = 0;
  /** The run of generation `#at`. */
  #at = -1;
  #derived: Derived | undefined;
  /** The run of the generation after `#at`, should it begin now. */
  #next: Derived | undefined;

  constructor(history: History, plan: Plan, settings: EvolutionSettings) {
    this.#history = history;
    this.#plan = plan;
    this.#settings = settings;
  }

  present(): Present {
    const history = this.#history;
    for (const number of history.changedSince(this.#revision)) this.#note(number);
    this.#revision = history.revision;
    this.#advance();
    if (!this.#derived) {
      const first = this.#first(undefined);
      return { run: first.run, generation: 0, parents: first.parents };
    }
    const { run } = this.#derived;
    const complete = this.#generations.get(this.#at)?.complete ?? [];
    if (complete.length < run.state.population) return { run, generation: this.#at, parents: undefined };
    const next = this.#following(complete.slice(0, run.state.population));
    return { run: next.run, generation: this.#at + 1, parents: next.parents };
  }

  #note(number: number): void {
    const attrs = this.#history.systemAttrs(number);
    const generation = attrs[GENERATION];
    const isComplete = this.#history.state(number) === TrialState.complete;
    // There can't be more generations than trials: another number is damaged.
    if (typeof generation !== 'number' || !(generation >= 0 && generation <= number)) {
      if (isComplete && isUsable(this.#history, number, this.#plan) && insert(this.#others, number)) this.#doubtFirst();
      return;
    }
    const record = this.#record(generation);
    if (number < this.#firstTagged) {
      this.#firstTagged = number;
      this.#doubtFirst();
    }
    this.#noteParents(record, generation, number, attrs[PARENTS]);
    if (isComplete && isUsable(this.#history, number, this.#plan) && insert(record.complete, number)) {
      if (this.#at > generation && !this.#generations.get(generation + 1)?.parents) this.#startOver();
    }
  }

  #noteParents(record: Generation, generation: number, number: number, parents: JsonValue | undefined): void {
    if (!Array.isArray(parents) || number >= record.owner) return;
    record.parents = parents.filter((parent) => typeof parent === 'number');
    record.owner = number;
    if (this.#at >= generation) this.#startOver();
  }

  #doubtFirst(): void {
    if (this.#at >= 0 && !this.#generations.get(0)?.parents) this.#startOver();
  }

  #startOver(): void {
    this.#at = -1;
    this.#derived = undefined;
    this.#next = undefined;
  }

  #record(generation: number): Generation {
    let record = this.#generations.get(generation);
    if (!record) {
      record = { complete: [], parents: undefined, owner: Number.POSITIVE_INFINITY };
      this.#generations.set(generation, record);
      this.#last = Math.max(this.#last, generation);
    }
    return record;
  }

  #advance(): void {
    while (this.#at < this.#last) {
      const given = this.#generations.get(this.#at + 1)?.parents;
      if (!this.#derived) this.#derived = this.#first(given);
      else {
        const complete = this.#generations.get(this.#at)?.complete ?? [];
        this.#derived = this.#following(this.#valid(given) ?? complete.slice(0, this.#derived.run.state.population));
      }
      this.#next = undefined;
      this.#at++;
    }
  }

  #valid(parents: readonly number[] | undefined): readonly number[] | undefined {
    const valid = parents?.filter(
      (number) => this.#history.state(number) === TrialState.complete && isUsable(this.#history, number, this.#plan),
    );
    return valid && valid.length > 0 ? valid : undefined;
  }

  /** The run before any generation. */
  #first(given: readonly number[] | undefined): Derived {
    const { isSeparable, sigma } = this.#settings;
    const dimensions = this.#plan.names.length;
    const population = populationOf(this.#settings, dimensions);
    const parents = given ? (this.#valid(given) ?? []) : this.#sources();
    const start =
      parents.length > 0
        ? warmStart(pointsOf(this.#history, parents, this.#plan, false), dimensions)
        : { mean: new Float64Array(dimensions).fill(0.5), sigma };
    return { run: firstRun(this.#corrected(freshState(isSeparable, { ...start, population }))), parents };
  }

  /** The best earlier trials, when there are enough to begin where they are. */
  #sources(): readonly number[] {
    if (!this.#settings.warmStart) return [];
    let end = this.#others.length;
    while (end > 0 && (this.#others[end - 1] as number) > this.#firstTagged) end--;
    const earlier = this.#others.slice(Math.max(0, end - LATEST_SOURCES), end);
    const count = sourcesUsed(earlier.length);
    if (count === 0) return [];
    const scores = scoresOf(this.#history, earlier);
    return bestFirst(scores)
      .slice(0, count)
      .map((row) => earlier[row] as number)
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
    const scores: Scores = scoresOf(this.#history, parents);
    const order = bestFirst(scores);
    const sorted = order.map((row) => parents[row] as number);
    const points = pointsOf(this.#history, sorted, this.#plan, this.#settings.withMargin);
    const isSingle = scores.width === 1;
    const losses = isSingle ? Float64Array.from(order, (row) => scores.losses[row] as number) : new Float64Array(0);
    const after = this.#settings.adapt(run.state, afterGeneration(run.state, points));
    return continued(run, this.#corrected(after), losses, points, this.#settings);
  }

  #corrected(state: SearchState): SearchState {
    const { distributions } = this.#plan;
    if (!this.#settings.withMargin) return state;
    return withMargin(
      state,
      distributions.map((distribution) => (distribution.step === null ? null : distribution)),
    );
  }
}

/** Adds a number to an ascending list; false when it is there already. */
function insert(list: number[], number: number): boolean {
  let place = list.length;
  while (place > 0 && (list[place - 1] as number) > number) place--;
  if (place > 0 && list[place - 1] === number) return false;
  list.splice(place, 0, number);
  return true;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, place) => number === b[place]);
}
