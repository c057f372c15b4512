/** The steps at which trials are compared, ascending; the last is a full training. */
export type Ladder = readonly number[];

export interface LadderOptions {
  readonly minResource: number;
  readonly reductionFactor: number;
}

/**
 * R·η^(j − s_max) for j = 0 … s_max, s_max = ⌊log_η(R / r)⌋ (Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar: "Hyperband",
 * JMLR 18, 2018), rounded to whole steps.
 */
export function ladderTo(max: number, { minResource, reductionFactor }: LadderOptions): Ladder {
  const rungs = Math.max(0, Math.floor(Math.log(max / minResource) / Math.log(reductionFactor) + 1e-9));
  const steps: number[] = [];
  for (let rung = rungs; rung >= 0; rung--) {
    const step = Math.max(1, Math.round(max / reductionFactor ** rung));
    if (step !== steps.at(-1)) steps.push(step);
  }
  return steps;
}

/** ⌈(s_max + 1) / (s + 1) · η^s⌉: how many trials start in a bracket of s + 1 rungs (Hyperband, algorithm 1). */
export function bracketSize(rungs: number, lastRung: number, reductionFactor: number): number {
  return Math.ceil((rungs / (lastRung + 1)) * reductionFactor ** lastRung - 1e-9);
}
