import type { Distribution } from '../space/distributions.ts';
import type { TrialState } from './states.ts';

/** A JSON value that may also hold NaN and the infinities, as Python's json module writes them. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** One parameter of a trial in its stored form. */
export interface StoredParam {
  readonly name: string;
  /** The value as one float64: a number is itself, a categorical choice is its index. */
  readonly internal: number;
  readonly distribution: Distribution;
}

/** What a trial is created with. A running trial usually has params; a waiting one has `fixed_params` in `systemAttrs`. */
export interface TrialTemplate {
  readonly state: TrialState;
  readonly params?: readonly StoredParam[];
  /** One value an objective; null when there is none. */
  readonly values?: readonly number[] | null;
  readonly intermediate?: readonly (readonly [step: number, value: number])[];
  readonly userAttrs?: Readonly<Record<string, JsonValue>>;
  readonly systemAttrs?: Readonly<Record<string, JsonValue>>;
  /** Epoch milliseconds (fractions allowed), NaN when unknown. Defaults: now for `startedAt` unless waiting, NaN else. */
  readonly startedAt?: number;
  readonly completedAt?: number;
}

/** One change to an unfinished trial. A storage writes a list of them as one durable commit, in order. */
export type TrialChange =
  | { readonly type: 'param'; readonly number: number; readonly param: StoredParam }
  | { readonly type: 'intermediate'; readonly number: number; readonly step: number; readonly value: number }
  | { readonly type: 'userAttr'; readonly number: number; readonly key: string; readonly value: JsonValue }
  | { readonly type: 'systemAttr'; readonly number: number; readonly key: string; readonly value: JsonValue }
  | {
      readonly type: 'state';
      readonly number: number;
      readonly state: TrialState;
      readonly values?: readonly number[] | null;
      /** Epoch milliseconds: the start for `running`, else the completion. Default: now. */
      readonly at?: number;
    };
