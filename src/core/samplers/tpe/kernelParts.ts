import type { Random } from '../../random.ts';
import { logNormalMass } from '../../stats/normal.ts';
import type { Candidates } from './candidates.ts';
import { type Dimension, DimensionKind } from './dimension.ts';
import { logCellMass } from './truncatedNormal.ts';

/** Minus the log-mass that a normal kernel around ½ with bandwidth 1 has in [0, 1]. */
const NORM = -logNormalMass(-0.5, 0.5);

/** Log-density of a candidate under the prior kernel: centre ½ and bandwidth 1, every choice alike. */
export function logPrior(dimensions: readonly Dimension[], candidates: Candidates, candidate: number): number {
  let log = 0;
  for (let index = 0; index < dimensions.length; index++) {
    const { kind, choices } = dimensions[index];
    const at = candidate * dimensions.length + index;
    if (kind === DimensionKind.categorical) log -= Math.log(choices);
    else if (kind === DimensionKind.continuous) {
      const distance = candidates.coordinates[at] - 0.5;
      log += NORM - (distance * distance) / 2;
    } else {
      const [low, high] = [candidates.cellLow[at], candidates.cellHigh[at]];
      log += NORM + logCellMass(low, high, 0.5, 1, Number.NEGATIVE_INFINITY);
    }
  }
  return log;
}

/** Draws from a categorical kernel around choice `own` among `count` kernels; −1: from the prior. */
export function drawChoice(choices: number, own: number, count: number, random: Random): number {
  if (own < 0) return random.integer(choices);
  const extra = 1 / (count + 1);
  const place = random.uniform() * (1 + choices * extra);
  return place < 1 ? own : Math.min(choices - 1, Math.floor((place - 1) / extra));
}

/** Sets, by categorical dimension, a kernel's log-probability of its own and of any other choice, among `count` kernels. */
export function setChoiceLogs(
  dimensions: readonly Dimension[],
  count: number,
  same: Float64Array,
  other: Float64Array,
): void {
  const extra = 1 / (count + 1);
  for (let index = 0; index < dimensions.length; index++) {
    const { choices } = dimensions[index];
    if (choices === 0) continue;
    const logRow = Math.log(1 + choices * extra);
    same[index] = Math.log(1 + extra) - logRow;
    other[index] = Math.log(extra) - logRow;
  }
}
