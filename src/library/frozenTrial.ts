import type { Params } from '../core/space/distributions.ts';
import type { JsonValue } from '../core/study/changes.ts';
import type { History } from '../core/study/history.ts';
import { TrialState } from '../core/study/states.ts';

export type TrialStateName = keyof typeof TrialState;

/** A trial as it was when it was read. */
export interface FrozenTrial<P extends object = Params> {
  readonly number: number;
  readonly state: TrialStateName;
  readonly params: P;
  /** One number an objective; null while there is none. */
  readonly values: readonly number[] | null;
  /** Reports by step, in the order of the steps' first report. */
  readonly intermediateValues: ReadonlyMap<number, number>;
  readonly userAttrs: Readonly<Record<string, JsonValue>>;
  readonly systemAttrs: Readonly<Record<string, JsonValue>>;
  /** Null where the storage does not know. */
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
}

/** The trial that a noisy study is expected to have its best value at. */
export interface ExpectedBest<P extends object = Params> {
  readonly trial: FrozenTrial<P>;
  /** What the objective comes to there on average, in its own units. */
  readonly value: number;
  /** The value lies between these with a probability of 90 %. */
  readonly interval: readonly [low: number, high: number];
  /** How probable it is that the trial is better on average than the first one, if that had all its values enqueued; else null. */
  readonly better: number | null;
}

export function frozenTrial<P extends object = Params>(history: History, number: number): FrozenTrial<P> {
  const values = history.directions.map((_, objective) => history.value(number, objective));
  const { steps, values: reports } = history.curve(number);
  const intermediateValues = new Map<number, number>();
  for (const [index, step] of steps.entries()) intermediateValues.set(step, reports[index] as number);
  return {
    number,
    state: stateName(history.state(number)),
    params: history.params(number) as P,
    values: values.some(Number.isNaN) ? null : values,
    intermediateValues,
    userAttrs: { ...history.userAttrs(number) },
    systemAttrs: { ...history.systemAttrs(number) },
    startedAt: dateOf(history.startedAt[number]),
    completedAt: dateOf(history.completedAt[number]),
  };
}

function stateName(state: TrialState): TrialStateName {
  const names = Object.keys(TrialState) as TrialStateName[];
  return names.find((name) => TrialState[name] === state) as TrialStateName;
}

function dateOf(time: number | undefined): Date | null {
  return time === undefined || Number.isNaN(time) ? null : new Date(time);
}
