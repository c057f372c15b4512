import { TuneboardError, wordsOf } from '../core/errors.ts';
import { declaredSpace, type SpaceDeclaration } from '../core/space/declaredSpace.ts';
import { contains, toInternal } from '../core/space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../core/space/distributions.ts';
import type { SearchSpace } from '../core/space/searchSpace.ts';
import type { JsonValue, StoredParam, TrialTemplate } from '../core/study/changes.ts';
import type { History } from '../core/study/history.ts';
import { storedForm } from '../core/study/living/storedForm.ts';
import { valuesProblem } from '../core/study/outcome.ts';
import { TrialState } from '../core/study/states.ts';
import { closest } from '../core/text/closest.ts';
import { shown } from '../core/text/shown.ts';

/** A trial that was run elsewhere, as evidence: `study.addTrial`. */
export interface AddedTrial<P extends object = Params> {
  readonly params: Partial<P>;
  /** One value an objective; a number for one objective. A failed trial has none, a pruned one may have one. */
  readonly values?: number | readonly number[];
  /** `complete` by default. */
  readonly state?: EndState;
  /** Step and value of each report. */
  readonly intermediateValues?: Iterable<readonly [step: number, value: number]>;
  readonly userAttrs?: Readonly<Record<string, JsonValue>>;
  /** What the parameters range over, where neither the study's `space` nor an earlier trial says so. */
  readonly space?: SpaceDeclaration;
  readonly startedAt?: Date;
  readonly completedAt?: Date;
}

export const END_STATES = {
  complete: TrialState.complete,
  pruned: TrialState.pruned,
  fail: TrialState.fail,
} as const;

/** How a trial ends when it is told a word instead of values. */
export type EndState = keyof typeof END_STATES;

export function invalidEnd(word: string): TuneboardError {
  return new TuneboardError('invalid-tell', `A trial ends as "complete", "pruned" or "fail", not ${shown(word)}.`);
}

/**
 * The trial as it is stored. Throws `unknown-parameter` for a parameter of which nobody says what it ranges over,
 * `invalid-value` for a value that it cannot have, and `invalid-tell` for values that do not fit the state.
 */
export function addedTemplate(history: History, space: SearchSpace | undefined, added: AddedTrial): TrialTemplate {
  const { params, state = 'complete', intermediateValues = [], userAttrs = {}, startedAt, completedAt } = added;
  const declared = space ?? (added.space && declaredSpace(added.space));
  const given = params as Params;
  if (declared) requireNames(declared, given);
  if (!Object.hasOwn(END_STATES, state)) throw invalidEnd(state);
  const intermediate = [...intermediateValues];
  const now = Date.now();
  return {
    state: END_STATES[state],
    params: Object.entries(given).map(([name, value]) => stored(history, name, value, declared)),
    values: valuesOf(history, added, intermediate),
    intermediate,
    userAttrs,
    startedAt: startedAt?.getTime() ?? now,
    completedAt: completedAt?.getTime() ?? now,
  };
}

function stored(history: History, name: string, value: ParamValue, space: SearchSpace | undefined): StoredParam {
  const distribution =
    space?.parameters.find((parameter) => parameter.name === name)?.distribution ?? history.parameters.get(name)?.shown;
  if (!distribution) {
    throw new TuneboardError(
      'unknown-parameter',
      `Nothing says what ${name} ranges over: add space: { ${name}: { type: …, … } } to the trial.`,
    );
  }
  return storedForm(history, { name, internal: internalOf(name, value, distribution), distribution });
}

function internalOf(name: string, value: ParamValue, distribution: Distribution): number {
  let reason = 'it is outside of the range.';
  try {
    const internal = toInternal(distribution, value);
    if (distribution.type === 'int' && internal !== Number(value)) reason = 'it is no whole number.';
    else if (contains(distribution, internal)) return internal;
  } catch (error) {
    if (!(error instanceof TuneboardError)) throw error;
    reason = wordsOf(error).text;
  }
  throw new TuneboardError('invalid-value', `${name} can't be ${JSON.stringify(value)}: ${reason}`);
}

function valuesOf(
  { directions }: History,
  { values, state = 'complete' }: AddedTrial,
  reports: readonly (readonly [step: number, value: number])[],
): readonly number[] | null {
  const given = typeof values === 'number' ? [values] : (values ?? null);
  if (state === 'fail' && given)
    throw new TuneboardError('invalid-tell', 'A failed trial has no values: leave them out.');
  if (state === 'fail') return null;
  if (state === 'pruned' && !given) {
    const last = reports.reduce<readonly [number, number] | undefined>(
      (found, report) => (found && found[0] > report[0] ? found : report),
      undefined,
    );
    return last && directions.length === 1 && !Number.isNaN(last[1]) ? [last[1]] : null;
  }
  const problem = valuesProblem(given, directions.length);
  if (problem === undefined) return given;
  throw new TuneboardError('invalid-tell', `${problem} Give a complete trial its values.`);
}

/** A name that the space does not have would be left out without a word. */
export function requireNames({ parameters }: SearchSpace, params: Params): void {
  const names = parameters.map(({ name }) => name);
  const wrong = Object.keys(params).find((name) => !names.includes(name));
  if (wrong === undefined) return;
  const instead = closest(wrong, names) ?? names.join(', ');
  throw new TuneboardError('unknown-parameter', `The space has no parameter ${shown(wrong)}: use ${instead}.`);
}
