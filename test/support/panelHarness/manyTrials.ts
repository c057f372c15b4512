/** Studies of any size whose distributions are known: what a density must show as it is. */
import { seededRandom } from '../seededRandom.ts';
import { snapshot, type TrialRow, trialRows } from './studies.ts';

type Snapshots = Readonly<Record<string, () => ReturnType<typeof snapshot>>>;

/**
 * Learning rates even in the logarithm over four decades; values fall towards 0.2 as the study goes on, 0.6 % of them lie
 * evenly between 0.6 and 0.9. Every 50th trial failed, every 7th was pruned, the last three are running.
 */
export function spreadRows(count: number, seed: number, objectives = 1): TrialRow[] {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return trialRows(count, seed, objectives).map((row, number): TrialRow => {
    const lr = 10 ** (-6 + 4 * random());
    const age = number / count;
    const usual = 0.22 + 0.06 * (1 - 0.6 * age) * Math.abs(normal()) + 0.012 * (Math.log10(lr) + 4) ** 2;
    const value = random() < 0.006 ? 0.6 + 0.3 * random() : Math.min(0.6, usual);
    const latency = 30 + 8 / value + 12 * Math.abs(normal());
    const state = number >= count - 3 ? 0 : number % 50 === 7 ? 3 : number % 7 === 3 && objectives === 1 ? 2 : 1;
    const has = state === 1 || state === 2;
    const values = objectives === 1 ? [value] : [value, latency];
    const epochs = Math.floor(row.params[1] as number);
    const curve = Array.from({ length: epochs }, (_, step) => value + 0.3 / (step + 1) ** 2);
    return {
      ...row,
      state,
      values: has ? values : values.map(() => Number.NaN),
      completedAt: state === 0 ? Number.NaN : row.completedAt,
      params: [lr, ...row.params.slice(1)],
      curve: objectives === 1 ? curve : [],
    };
  });
}

/** Curves of up to 60 steps, of which the worse ones were pruned on the way; the best trial is a single one. */
export function curveRows(count: number, seed: number): TrialRow[] {
  const random = seededRandom(seed);
  return trialRows(count, seed).map((row, number): TrialRow => {
    const isBest = number === Math.floor(count / 3) + 1;
    const end = isBest ? 0.11 : 0.2 + 0.25 * random() ** 2;
    const isPruned = !isBest && end > 0.23 && random() < 0.8;
    const isRunning = number >= count - 2;
    const length = isPruned ? 4 + Math.floor(50 * random() ** 2) : isRunning ? 25 : 60;
    const curve = Array.from({ length }, (_, step) => end + 0.8 / (step + 1.6) + 0.01 * (random() - 0.5));
    const state = isRunning ? 0 : isPruned ? 2 : 1;
    return { ...row, state, values: [isRunning ? Number.NaN : (curve.at(-1) as number)], curve };
  });
}

const MINIMIZED = { directions: [1], metricNames: ['val_loss'] } as const;
const TWO = { directions: [1, 1], metricNames: ['val_loss', 'latency_ms'], best: null } as const;

export const MANY: Snapshots = {
  spread200: () => snapshot(spreadRows(200, 3), { ...MINIMIZED, total: 240 }, 40),
  spread5001: () => snapshot(spreadRows(5001, 3), { ...MINIMIZED, total: 6000 }, 40),
  spread100000: () => snapshot(spreadRows(100_000, 3), { ...MINIMIZED, total: null }, 40),
  spread1000000: () => snapshot(spreadRows(1_000_000, 3), { ...MINIMIZED, total: null }, 40),
  pair100000: () => snapshot(spreadRows(100_000, 5, 2), { ...TWO, total: null }, 40),
  curves499: () => snapshot(curveRows(499, 9), { ...MINIMIZED, total: 1000 }),
  curves10000: () => snapshot(curveRows(10_000, 9), { ...MINIMIZED, total: 20_000 }, 77),
};
