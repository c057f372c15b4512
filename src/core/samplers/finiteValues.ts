import { coreMessage } from '../../words/en/core.ts';
import { TuneboardError } from '../errors.ts';
import { cardinality, gridPoint, toInternal, toValue } from '../space/distributionRules.ts';
import type { Distribution, ParamValue } from '../space/distributions.ts';

/** How many values a parameter has. Throws `invalid-space` for a continuous one; `method` names who asks ("A grid"). */
export function countValues(method: string, name: string, distribution: Distribution): number {
  const count = cardinality(distribution);
  if (Number.isFinite(count)) return count;
  throw new TuneboardError('invalid-space', coreMessage('needsStepChoicesInsteadRange', { method, name }));
}

/** Value `index` of a finite distribution: a choice or a grid point. */
export function valueAt(distribution: Distribution, index: number): ParamValue {
  return distribution.type === 'categorical' ? toValue(distribution, index) : gridPoint(distribution, index);
}

/** The place of a value among those of a finite distribution; −1 when it is none of them. */
export function indexOfValue(distribution: Distribution, value: ParamValue): number {
  if (distribution.type === 'categorical') return choiceOrNone(distribution, value);
  if (typeof value !== 'number') return -1;
  const { low, step } = distribution;
  const index = step === null ? 0 : Math.round((value - low) / step);
  if (index < 0 || index >= cardinality(distribution)) return -1;
  return Math.abs(gridPoint(distribution, index) - value) <= 1e-8 * (step ?? 0) ? index : -1;
}

function choiceOrNone(distribution: Distribution, value: ParamValue): number {
  try {
    return toInternal(distribution, value);
  } catch {
    return -1;
  }
}
