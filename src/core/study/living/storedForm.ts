/**
 * How values of an edited space are written, so that Optuna goes on reading the study. Optuna compares a distribution with that
 * of the first trial that has the parameter: kind, log and the list of choices have to be equal, ranges may differ. It does so
 * when one parameter of a trial is set, and a journal's reader passes over what differs; a trial that is made together with its
 * parameters is taken as it is.
 */
import { distributionFromJson, distributionToJson } from '../../space/distributionJson.ts';
import { contains, sameDistribution } from '../../space/distributionRules.ts';
import type { CategoricalDistribution, Distribution } from '../../space/distributions.ts';
import { reencode } from '../../space/reencode.ts';
import { HELD_PARAM } from '../attributes.ts';
import type { JsonValue, StoredParam, TrialChange } from '../changes.ts';
import type { ParameterColumn } from '../columns/parameterColumn.ts';
import type { History } from '../history.ts';

/**
 * A parameter as a trial is made with it. A list of choices only ever grows: removed choices stay in it, and a new one comes
 * last, so that an index means the same choice in every trial.
 */
export function storedForm(history: History, { name, internal, distribution }: StoredParam): StoredParam {
  const column = history.parameters.get(name);
  if (!column || distribution.type !== 'categorical') return { name, internal, distribution };
  const all = allChoices(column, distribution);
  return { name, internal: reencode(distribution, internal, all), distribution: all };
}

/** By list of a space; stale once the column has more lists. */
const unions = new WeakMap<
  CategoricalDistribution,
  { readonly from: Distribution; readonly all: CategoricalDistribution }
>();

function allChoices(column: ParameterColumn, own: CategoricalDistribution): CategoricalDistribution {
  const { choices } = column;
  if (!choices || choices === own) return own;
  const known = unions.get(own);
  if (known?.from === choices) return known.all;
  const added = own.choices.filter((choice) => Number.isNaN(reencode(oneOf(choice), 0, choices)));
  const grown = added.length === 0 ? choices : { ...choices, choices: [...choices.choices, ...added] };
  const all = sameDistribution(grown, own) ? own : grown;
  unions.set(own, { from: choices, all });
  return all;
}

function oneOf(choice: CategoricalDistribution['choices'][number]): CategoricalDistribution {
  return { type: 'categorical', choices: [choice] };
}

/**
 * The change that gives a trial a parameter that it was not made with: in the form of the first trial where that has such a
 * value, else as an attribute, which Tuneboard reads as the parameter; Optuna shows that trial without it.
 */
export function paramChange(history: History, number: number, param: StoredParam): TrialChange {
  const column = history.parameters.get(param.name);
  const stored = storedForm(history, param);
  if (!column || column.accepts(stored.distribution)) return { type: 'param', number, param: stored };
  const [first] = column.distributions;
  const internal = reencode(stored.distribution, stored.internal, first);
  if (contains(first, internal)) {
    return { type: 'param', number, param: { name: param.name, internal, distribution: first } };
  }
  const value = { internal: stored.internal, distribution: distributionToJson(stored.distribution) };
  return { type: 'systemAttr', number, key: `${HELD_PARAM}${param.name}`, value };
}

/** Whether Optuna would refuse this parameter in a trial that is there already. */
export function needsNewTrial(history: History, param: StoredParam): boolean {
  return paramChange(history, 0, param).type !== 'param';
}

/** The parameter that an attribute holds; undefined for any other attribute, and for one that is damaged. */
export function heldParam(key: string, value: JsonValue): StoredParam | undefined {
  if (!key.startsWith(HELD_PARAM) || typeof value !== 'object' || value === null) return undefined;
  const { internal, distribution: text } = value as { internal?: unknown; distribution?: unknown };
  if (typeof internal !== 'number' || typeof text !== 'string') return undefined;
  try {
    const distribution = distributionFromJson(text);
    return { name: key.slice(HELD_PARAM.length), internal, distribution };
  } catch {
    return undefined;
  }
}
