import { hypervolume } from '../../../src/core/fronts/hypervolume.ts';
import { Random } from '../../../src/core/random.ts';
import type { Params } from '../../../src/core/space/distributions.ts';
import { Direction } from '../../../src/core/study/states.ts';
import { directionsOf, type Front, type Problem } from '../problems/problem.ts';
import type { Player } from './players.ts';

/** Runs one study. The noise of trial t is the same for all sides: it depends on seed and t alone. */
export async function runOne(
  problem: Problem,
  player: Player,
  seed: number,
  trials: number,
): Promise<{ best: (number | null)[]; ms: number }> {
  const tell = problem.front ? frontScore(problem, problem.front) : incumbentScore(problem);
  const best: (number | null)[] = [];
  let ms = 0;
  let values: readonly number[] = [];
  for (let number = 0; number < trials; number++) {
    const start = performance.now();
    const params = await (number === 0 ? player.first() : player.next(values));
    ms += performance.now() - start;
    values = problem.observe(params, new Random(seed, number, 'noise'));
    best.push(tell(values, params));
  }
  return { best, ms };
}

type Score = (values: readonly number[], params: Params) => number | null;

/** Of the trial whose observed value is best so far: its value without noise. Null while all trials have failed. */
function incumbentScore({ direction, truth }: Problem): Score {
  const sign = direction === Direction.maximize ? -1 : 1;
  let lowest = Number.POSITIVE_INFINITY;
  let incumbent: number | null = null;
  return ([value = Number.NaN], params) => {
    if (sign * value < lowest) {
      lowest = sign * value;
      incumbent = truth(params);
    }
    return incumbent;
  };
}

/** The hypervolume without noise of the trials that no other one dominates as observed. */
function frontScore(problem: Problem, { losses, reference }: Front): Score {
  const signs = directionsOf(problem).map((direction) => (direction === Direction.maximize ? -1 : 1));
  let front: { seen: number[]; real: Float64Array }[] = [];
  return (values, params) => {
    const seen = values.map((value, objective) => value * (signs[objective] as number));
    const dominates = (a: readonly number[], b: readonly number[]): boolean =>
      a.every((loss, objective) => loss <= (b[objective] as number));
    if (!seen.some(Number.isNaN) && !front.some((other) => dominates(other.seen, seen))) {
      front = front.filter((other) => !dominates(seen, other.seen));
      front.push({ seen, real: Float64Array.from(losses(params)) });
    }
    return hypervolume(
      front.map(({ real }) => real),
      Float64Array.from(reference),
    );
  };
}
