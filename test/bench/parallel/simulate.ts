import { Random } from '../../../src/core/random.ts';
import type { Sampler } from '../../../src/core/samplers/sampler.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import type { Trial } from '../../../src/core/study/trial.ts';
import type { Problem } from '../problems/problem.ts';

export interface Simulation {
  readonly workers: number;
  /** Completed trials after which it ends. */
  readonly trials: number;
  /** Seconds of the median trial; durations are log-normal around it with σ = 0.5. */
  readonly seconds: number;
}

export interface Simulated {
  /** Noise-free distance of the incumbent to the best known value, after each completed trial. */
  readonly regrets: readonly number[];
  /** Share of the workers' time, up to the last start, that they spent on trials. */
  readonly efficiency: number;
}

interface Running {
  readonly trial: Trial;
  readonly begin: number;
  readonly end: number;
}

const SPREAD = 0.5;

/**
 * One study with several workers on a simulated clock. One tuner serves them: an ask takes the time that it really takes
 * here, during which no other worker is served. Asks see the running trials.
 */
export async function simulate(
  problem: Problem,
  sampler: Sampler,
  seed: number,
  { workers, trials, seconds }: Simulation,
): Promise<Simulated> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'parallel', directions: [problem.direction] });
  const study = new Study(log, record, { space: problem.space, sampler, pruner: null });
  const durations = new Random(seed, 0, 'durations');
  const running: Running[] = [];
  const ended: Running[] = [];
  const regrets: number[] = [];
  let [clock, tunerFree] = [0, 0];
  while (ended.length < trials) {
    if (running.length < workers) {
      const start = performance.now();
      const trial = await study.ask();
      tunerFree = Math.max(clock, tunerFree) + (performance.now() - start) / 1000;
      const duration = seconds * Math.exp(SPREAD * durations.normal());
      running.push({ trial, begin: tunerFree, end: tunerFree + duration });
      continue;
    }
    const next = running.reduce((first, one) => (one.end < first.end ? one : first));
    running.splice(running.indexOf(next), 1);
    clock = next.end;
    ended.push(next);
    const values = problem.observe(next.trial.params, new Random(seed, next.trial.number, 'noise'));
    const failed = values.some(Number.isNaN);
    await study.tell(next.trial, failed ? { state: TrialState.fail } : { values: [...values] });
    regrets.push(regretOf(problem, study));
  }
  const all = [...running, ...ended];
  const lastStart = Math.max(...all.map(({ begin }) => begin));
  const busy = all.reduce((total, { begin, end }) => total + Math.min(end, lastStart) - begin, 0);
  return { regrets, efficiency: busy / (workers * lastStart) };
}

/** Infinite while every trial has failed. */
function regretOf({ direction, best, truth }: Problem, { history }: Study): number {
  if (history.best === undefined) return Number.POSITIVE_INFINITY;
  const value = truth(history.params(history.best));
  return Math.max(0, direction === Direction.maximize ? best - value : value - best);
}
