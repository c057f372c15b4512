/** Studies with rungs, populations and three objectives. */
import { seededRandom } from '../seededRandom.ts';
import { snapshot, type TrialRow, trialRows } from './studies.ts';

type Snapshots = Readonly<Record<string, () => ReturnType<typeof snapshot>>>;

/** Steps of the rungs of a schedule whose longest training has 27. */
const RUNGS = [1, 3, 9, 27];

/** Of every three trials that were measured at a rung the best goes on; the last ones are still at it. */
export function rungRows(count: number, seed: number): TrialRow[] {
  const random = seededRandom(seed);
  const ranks = Array.from({ length: count }, () => random());
  return trialRows(count, seed).map((row, number): TrialRow => {
    const bracket = number % 7 === 3 ? 1 : 0;
    const rank = ranks[number] as number;
    const top = Math.min(3, bracket + (rank < 1 / 27 ? 3 : rank < 1 / 9 ? 2 : rank < 1 / 3 ? 1 : 0));
    const rungs = RUNGS.slice(top > bracket ? bracket + 1 : bracket, top + 1);
    const last = rungs.at(-1) as number;
    const state = last === 27 ? 1 : number >= count - 2 ? 0 : number > count / 2 ? 4 : 2;
    const final = 0.84 + 0.09 * (1 - rank);
    const curve = Array.from({ length: last }, (_, step) => final - 0.2 / (step + 1.5));
    const value = state === 1 || state === 2 ? (curve.at(-1) as number) : Number.NaN;
    return { ...row, state, values: [value], curve, noted: { rungs, bracket, paused: state === 4 } };
  });
}

/** Eight members; now and then one goes on, as a new trial, with the weights of another. */
export function populationRows(intervals: number, seed: number): TrialRow[] {
  const random = seededRandom(seed);
  const size = 8;
  const stretches: { member: number; parent: number; from: number; to: number }[] = [];
  const latest = Array.from(
    { length: size },
    (_, member) => stretches.push({ member, parent: -1, from: 0, to: 5 }) - 1,
  );
  for (let interval = 1; interval < intervals; interval++) {
    const before = [...latest];
    for (let member = 0; member < size; member++) {
      const other = Math.floor(random() * size);
      if (random() > 0.2 || other === member) (stretches[before[member] as number] as { to: number }).to += 5;
      else {
        const from = 5 * interval;
        latest[member] = stretches.push({ member, parent: before[other] as number, from, to: from + 5 }) - 1;
      }
    }
  }
  const rows = trialRows(stretches.length, seed);
  return rows.map((row, number): TrialRow => {
    const { member, parent, from, to } = stretches[number] as (typeof stretches)[number];
    const state = latest.includes(number) ? (member < 6 ? 0 : 4) : 1;
    const curve = Array.from({ length: to - from }, (_, step) => 0.93 - 0.3 * 0.95 ** (from + step + random()));
    const value = state === 1 ? (curve.at(-1) as number) : Number.NaN;
    const noted = {
      generation: from / 5,
      member,
      parent,
      trained: [from, to] as [number, number],
      paused: state === 4,
    };
    return { ...row, state, values: [value], curve, noted };
  });
}

export const SCHEDULED: Snapshots = {
  rungs: () => snapshot(rungRows(120, 23), { total: 200, studyName: 'hyperband' }, 40),
  population: () => snapshot(populationRows(14, 29), { total: null, studyName: 'pbt' }, 60),
  evolution: () =>
    snapshot(
      trialRows(160, 31, 2).map((row, number) => ({
        ...row,
        curve: [],
        noted: { generation: Math.floor(number / 20) },
      })),
      { directions: [2, 1], metricNames: ['eval_f1', 'latency_ms'], best: null, studyName: 'nsga2' },
    ),
  three: () => {
    const random = seededRandom(37);
    const rows = trialRows(300, 37, 2).map((row) => ({
      ...row,
      curve: [],
      values: [...row.values, 5 + 90 * random()],
    }));
    const directions = [2, 1, 1] as const;
    return snapshot(
      rows,
      { directions, metricNames: ['eval_f1', 'latency_ms', 'size_mb'], best: null, total: null },
      11,
    );
  },
  tenThousandSeveral: () => {
    const rows = trialRows(10_000, 41, 2);
    return snapshot(rows, { directions: [2, 1], metricNames: ['eval_f1', 'latency_ms'], best: null, total: 20_000 });
  },
  tenThousandRungs: () => snapshot(rungRows(10_000, 43), { total: null, studyName: 'asha' }),
};
