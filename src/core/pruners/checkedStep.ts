import type { Curve } from '../study/columns/curves.ts';

export interface CheckedSteps {
  /** Steps below this are never a reason. */
  readonly nWarmupSteps: number;
  /** Distance of two checks in steps; a check without a report waits for the next one. */
  readonly intervalSteps: number;
}

/** The last step if this report is one that is checked: past the warm-up and the first of its interval. */
export function checkedStep({ steps }: Curve, { nWarmupSteps, intervalSteps }: CheckedSteps): number | undefined {
  let last = -1;
  let before = -1;
  for (const step of steps) {
    if (step > last) {
      before = last;
      last = step;
    } else if (step > before) before = step;
  }
  if (last < 0 || last < nWarmupSteps) return undefined;
  const checkFrom = Math.floor((last - nWarmupSteps) / intervalSteps) * intervalSteps + nWarmupSteps;
  return before < checkFrom ? last : undefined;
}
