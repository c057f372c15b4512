import { Random } from '../../../src/core/random.ts';
import { Direction } from '../../../src/core/study/states.ts';
import type { Problem } from '../problems/problem.ts';
import type { Player } from './players.ts';

/**
 * Runs one study. The noise of trial t is the same for all sides (it depends on seed and t alone). The incumbent is the
 * trial whose observed value is best; it counts with its value without noise.
 */
export async function runOne(
  problem: Problem,
  player: Player,
  seed: number,
  trials: number,
): Promise<{ best: (number | null)[]; ms: number }> {
  const sign = problem.direction === Direction.maximize ? -1 : 1;
  const best: (number | null)[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  let incumbent: number | null = null;
  let ms = 0;
  let value = Number.NaN;
  for (let number = 0; number < trials; number++) {
    const start = performance.now();
    const params = await (number === 0 ? player.first() : player.next(value));
    ms += performance.now() - start;
    value = problem.observe(params, new Random(seed, number, 'noise'));
    if (sign * value < lowest) {
      lowest = sign * value;
      incumbent = problem.truth(params);
    }
    best.push(incumbent);
  }
  return { best, ms };
}
