import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import type { History } from './history.ts';
import { TrialState } from './states.ts';

export interface TellOptions {
  /** One number an objective; anything else makes the trial a failed one unless a state is given. */
  readonly values?: number | readonly unknown[] | null;
  readonly state?: TrialState;
}

export interface Outcome {
  readonly state: TrialState;
  readonly values: readonly number[] | null;
  /** Why the values could not be used: one sentence. */
  readonly reason?: string;
}

/**
 * How a trial ends, by Optuna's rules for `tell`: without a state, usable values complete it and anything else fails it;
 * a pruned trial's value is its last intermediate value unless that is NaN. Throws `invalid-tell` for a contradiction.
 */
export function outcomeOf(history: History, number: number, { values = null, state }: TellOptions): Outcome {
  const given = typeof values === 'number' ? [values] : values;
  switch (state) {
    case undefined:
    case TrialState.complete: {
      const reason = valuesProblem(given, history.directions.length);
      if (reason === undefined) return { state: TrialState.complete, values: given as readonly number[] };
      if (state === undefined) return { state: TrialState.fail, values: null, reason };
      throw new TuneboardError('invalid-tell', coreMessage('trialCantComplete', { number, reason }));
    }
    case TrialState.pruned:
      if (given) throw new TuneboardError('invalid-tell', coreMessage('prunedTrialTakesLastReported'));
      return { state, values: lastValue(history, number) };
    case TrialState.fail:
      if (given) throw new TuneboardError('invalid-tell', coreMessage('failedTrialNoValuesLeave'));
      return { state, values: null };
    default:
      throw new TuneboardError('invalid-tell', coreMessage('trialEndsCompletePrunedFailed'));
  }
}

/** What is wrong with the values of a complete trial, in a sentence. Infinity is a value, NaN is none. */
export function valuesProblem(values: readonly unknown[] | null, count: number): string | undefined {
  if (!values) return 'The objective returned no value.';
  if (values.length !== count) {
    return `The objective returned ${values.length} value${values.length === 1 ? '' : 's'}, but the study has ${count} objective${count === 1 ? '' : 's'}.`;
  }
  for (const value of values) {
    if (typeof value !== 'number')
      return `The objective returned ${JSON.stringify(value) ?? String(value)}, which is not a number.`;
    if (Number.isNaN(value)) return 'The objective returned NaN.';
  }
  return undefined;
}

/** The value at the highest step, for a study with one objective. */
function lastValue(history: History, number: number): readonly number[] | null {
  if (history.directions.length !== 1) return null;
  const last = history.lastReport(number);
  return last && !Number.isNaN(last.value) ? [last.value] : null;
}
