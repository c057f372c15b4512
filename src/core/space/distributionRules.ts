import type { Distribution, ParamValue } from './distributions.ts';

/** The internal form as the objective sees it. */
export function toValue(distribution: Distribution, internal: number): ParamValue {
  if (distribution.type !== 'categorical') return internal;
  return distribution.choices[internal] ?? null;
}

/** Whether two distributions are the same to the last digit. */
export function sameDistribution(a: Distribution, b: Distribution): boolean {
  if (a === b) return true;
  if (a.type === 'categorical' || b.type === 'categorical') return a.type === b.type && isCompatible(a, b);
  return a.type === b.type && a.low === b.low && a.high === b.high && a.log === b.log && a.step === b.step;
}

/** Optuna's rule for one parameter within a study: same kind, same log, equal choices; low, high and step may change. */
export function isCompatible(a: Distribution, b: Distribution): boolean {
  if (a.type === 'categorical') {
    return b.type === 'categorical' && JSON.stringify(a.choices) === JSON.stringify(b.choices);
  }
  if (b.type === 'categorical') return false;
  return a.type === b.type && a.log === b.log;
}
