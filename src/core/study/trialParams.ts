/** Parameters of a trial: as they are stored, as it was given them, and against the declared space of its study. */

import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import { toInternal } from '../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../space/distributions.ts';
import { isActive, type SearchSpace } from '../space/searchSpace.ts';
import { FIXED_PARAMS } from './attributes.ts';
import type { StoredParam } from './changes.ts';
import type { History } from './history.ts';
import { needsNewTrial, storedForm } from './living/storedForm.ts';

/**
 * What a claimed trial was given, in the types of the space: parameters that the space does not have, or that a condition
 * switches off, are left out. Throws `invalid-value`.
 */
export function checkedFixed(space: SearchSpace, given: Params): Params {
  const fixed: Record<string, ParamValue> = {};
  for (const { name, distribution } of space.parameters) {
    if (Object.hasOwn(given, name)) fixed[name] = valueIn(name, distribution, given[name]);
  }
  return fixed;
}

function valueIn(name: string, distribution: Distribution, value: ParamValue): ParamValue {
  try {
    const internal = toInternal(distribution, value);
    return distribution.type === 'categorical' ? distribution.choices[internal] : internal;
  } catch (error) {
    if (!(error instanceof TuneboardError)) throw error;
    throw new TuneboardError(error.code, coreMessage('fixedValueCantUsed', { name, reason: error.words }), {
      cause: error,
    });
  }
}

/** The active parameters in the form that trials of `history` are made with, in the order of the space. */
export function storedParams(space: SearchSpace, params: Params, history?: History): StoredParam[] {
  const stored: StoredParam[] = [];
  const active: Record<string, ParamValue> = {};
  for (const parameter of space.parameters) {
    const { name, distribution } = parameter;
    if (!Object.hasOwn(params, name) || !isActive(parameter, active)) continue;
    active[name] = params[name];
    const param = { name, internal: toInternal(distribution, params[name]), distribution };
    stored.push(history ? storedForm(history, param) : param);
  }
  return stored;
}

/**
 * Of a trial that is to wait with these values, the parameters that it has to be made with: Optuna would refuse them in a trial
 * that is there (see storedForm.ts), and a storage proxy even then. Values that cannot be used are left to the trial's start, which says so.
 */
export function newKinds(space: SearchSpace, given: Params, history: History): StoredParam[] {
  try {
    return storedParams(space, checkedFixed(space, given), history).filter((param) => needsNewTrial(history, param));
  } catch (error) {
    if (error instanceof TuneboardError) return [];
    throw error;
  }
}

/** Whether a trial has all parameters that it is to have. */
export function isDecided({ parameters }: SearchSpace, params: Params): boolean {
  return parameters.every((parameter) => Object.hasOwn(params, parameter.name) || !isActive(parameter, params));
}

/** What an enqueued trial was given; `{}` for any other trial. */
export function fixedParamsOf(history: History, number: number): Params {
  const fixed = history.systemAttrs(number)[FIXED_PARAMS];
  if (typeof fixed !== 'object' || fixed === null || Array.isArray(fixed)) return {};
  return fixed as Record<string, ParamValue>;
}

/** A trial's parameters as they are stored, in its own order. */
export function storedParamsOf(history: History, number: number): StoredParam[] {
  const params: StoredParam[] = [];
  for (const name of history.paramNames(number)) {
    const column = history.parameters.get(name);
    const distribution = column?.distribution(number);
    if (column && distribution) params.push({ name, internal: column.internalAt(number), distribution });
  }
  return params;
}
