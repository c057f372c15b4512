import { floatDistribution, intDistribution, isCompatible } from '../../space/distributionRules.ts';
import type { Distribution } from '../../space/distributions.ts';
import { reencode } from '../../space/reencode.ts';
import type { StoredParam } from '../changes.ts';
import type { ParameterColumn } from '../columns/parameterColumn.ts';
import type { History } from '../history.ts';
import { presentHistory } from './presentHistory.ts';

/**
 * A trial's parameter in the kind, the scale and the choices that the study has it in now, with the trial's own range: where a
 * space was edited, all trials of a copy are alike, as Optuna wants them. A value that has no such form keeps its own.
 */
export function uniformForm(column: ParameterColumn, number: number): StoredParam {
  const { name } = column;
  const own = column.distribution(number) as Distribution;
  const internal = column.internalAt(number);
  if (!column.isMixed) return { name, internal, distribution: own };
  const distribution = inKindOf(own, column.shown);
  const moved = distribution ? reencode(own, internal, distribution) : Number.NaN;
  return distribution && !Number.isNaN(moved)
    ? { name, internal: moved, distribution }
    : { name, internal, distribution: own };
}

/**
 * The history with every parameter in one form, `shown` where it has several: for what compares trials with each other. Where
 * the space was not edited, it is the history itself.
 */
export function uniformHistory(history: History): History {
  const mixed = [...history.parameters.values()].filter((column) => column.isMixed);
  if (mixed.length === 0) return history;
  const parameters = mixed.map(({ name, shown }) => ({ name, distribution: shown }));
  return presentHistory(history, { parameters, isInferred: true }, 'exact');
}

function inKindOf(own: Distribution, now: Distribution): Distribution | undefined {
  if (isCompatible(own, now)) return own;
  if (now.type === 'categorical') return now;
  if (own.type === 'categorical') return undefined;
  const { low, high } = own;
  if (now.log && low <= 0) return undefined;
  if (now.type === 'float') {
    return floatDistribution(low, high, now.log ? { log: true } : own.step === null ? {} : { step: own.step });
  }
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) return undefined;
  return intDistribution(low, high, { log: now.log });
}
