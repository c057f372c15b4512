/**
 * Distributions with Optuna's rules.
 *
 * A parameter has two forms. Its *value* is what the objective sees. Its *internal* form is one float64, as Optuna
 * stores it: a number is itself, a categorical choice is its index.
 */

/** A choice of a categorical distribution: any JSON value, NaN and the infinities included. */
export type Choice = null | boolean | number | string | readonly unknown[] | { readonly [key: string]: unknown };

export interface FloatDistribution {
  readonly type: 'float';
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  /** Grid width, or null for a continuous range. */
  readonly step: number | null;
}

export interface IntDistribution {
  readonly type: 'int';
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  readonly step: number;
}

export interface CategoricalDistribution {
  readonly type: 'categorical';
  readonly choices: readonly Choice[];
  /** Whether the choices are in an order: samplers then go by their places. Storages do not keep it, as Optuna has none. */
  readonly isOrdered?: true;
}

export type Distribution = FloatDistribution | IntDistribution | CategoricalDistribution;

/** What an objective receives for one parameter. */
export type ParamValue = Choice;

export type Params = Readonly<Record<string, ParamValue>>;
