import type { Distribution, Params } from '../space/distributions.ts';
import type { SearchSpace } from '../space/searchSpace.ts';
import type { JsonValue } from '../study/changes.ts';
import type { History } from '../study/history.ts';

/** What one suggestion is made from. The trial `number` is not in `history` yet, or is there as running without params. */
export interface SuggestContext {
  readonly history: History;
  readonly number: number;
}

/** A suggestion for a whole trial. `systemAttrs` are stored with the trial, under the names that Optuna uses where it has one. */
export interface Suggestion {
  readonly params: Params;
  readonly systemAttrs?: Readonly<Record<string, JsonValue>>;
}

/**
 * Proposes parameters. A sampler is a function of (seed, trial number, history): it may cache what it derives from the
 * history, but two samplers with the same options that see the same history give the same answer (tested by the
 * contract suite).
 */
export interface Sampler {
  readonly name: string;
  /**
   * Whether parameters of one trial depend on each other: then a define-by-run study draws what it knows of its space
   * together when a trial begins, and publishes it for other workers.
   */
  readonly drawsJointly?: boolean;
  /** Whether a scheduler may propose in its place, by a model that sees how far each trial was trained. */
  readonly modelsTraining?: boolean;
  /**
   * Suggests every active parameter of a declared space, conditions resolved. Parameters in `fixed` are decided already
   * (an enqueued trial): they are left out of the answer, and conditions see them.
   */
  suggest(space: SearchSpace, context: SuggestContext, fixed?: Params): Suggestion;
  /** Suggests one parameter of a define-by-run objective, given those that the trial already has. */
  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): Params[string];
  /** Whether there is nothing left to propose (a finished grid). No `space`: the objective defines it by running. */
  isExhausted?(space: SearchSpace | undefined, history: History): boolean;
}
