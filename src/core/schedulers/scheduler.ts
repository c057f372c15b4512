import type { Sampler } from '../samplers/sampler.ts';
import type { Params } from '../space/distributions.ts';
import type { SearchSpace } from '../space/searchSpace.ts';
import { POPULATION, RUNG } from '../study/attributes.ts';
import type { JsonValue } from '../study/changes.ts';
import type { History } from '../study/history.ts';
import type { Breeding, Rung } from './trialAttrs.ts';

/** What a study does next. */
export type Move =
  /** A new trial up to the rung's step. Without `params` an enqueued trial or the sampler's proposal. */
  | { readonly type: 'new'; readonly rung: Rung; readonly params?: Params; readonly breeding?: Breeding }
  /** The paused trial goes on to the rung's step; with the rung that it had when it was interrupted before. */
  | { readonly type: 'continue'; readonly number: number; readonly rung: Rung }
  /** Nothing until a running trial has come further. */
  | { readonly type: 'wait' }
  /** Nothing any more, unless further trials are allowed. */
  | { readonly type: 'done' };

/** What becomes of a running trial after a report. */
export type Decision =
  | { readonly type: 'continue' }
  /** It has reached its step and waits for what the others do. */
  | { readonly type: 'pause' }
  /** It has reached its step and goes on to the next rung without a pause. */
  | { readonly type: 'promote'; readonly rung: Rung }
  /** It has reached the last step: complete. */
  | { readonly type: 'finish' };

export const CONTINUE: Decision = { type: 'continue' };
export const WAIT: Move = { type: 'wait' };
export const DONE: Move = { type: 'done' };

/** What a sampler learns from if not from the whole history, and the sampler if it is another than the study's. */
export interface Proposal {
  readonly history?: History;
  readonly sampler?: Sampler;
}

export interface MoveContext {
  readonly history: History;
  readonly space: SearchSpace;
  /** Whether the study's budget has room for another trial. */
  readonly mayStart: boolean;
}

/**
 * Decides how far each trial is trained. A scheduler is a function of (seed, history), as a sampler is: it may cache what
 * it derives from the history, and gives the same answers after a resume. Only for studies with one objective.
 */
export interface Scheduler {
  readonly name: string;
  next(context: MoveContext): Move;
  /** `number`'s latest report is already in `history`. */
  decide(history: History, number: number): Decision;
  /** Whether a trial that has done so many steps is fully trained. */
  isLastStep(history: History, step: number): boolean;
  /** Paused trials that can never go on: they are to be told as pruned. */
  losers(context: MoveContext): readonly number[];
  /** How trial `number` of a study with sampler `own` is proposed. */
  proposal(history: History, number: number, space: SearchSpace, own: Sampler): Proposal;
  /** Whether trials only make sense with checkpoints, which are copied between them. */
  readonly needsCheckpoints?: true;
}

/** The attributes that a trial of this move carries from its start. */
export function moveAttrs(move: Move & { type: 'new' }): Record<string, JsonValue> {
  const attrs: Record<string, JsonValue> = { [RUNG]: { ...move.rung } };
  if (move.breeding) attrs[POPULATION] = { ...move.breeding };
  return attrs;
}
