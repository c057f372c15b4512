/** Studies as the extension would send them, for looking at the panel and for timing it. Runs in the page. */
import { measureEffects } from '../../../src/core/importance/effects.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution } from '../../../src/core/space/distributions.ts';
import { History } from '../../../src/core/study/history.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import type { PanelHeader, PanelParameter, PanelRows, PanelSchedule, ToPanel } from '../../../src/protocol/panel.ts';

import { seededRandom } from '../seededRandom.ts';
import { EXTREME } from './extremeStudies.ts';
import { MANY } from './manyTrials.ts';
import { SCHEDULED } from './scheduledStudies.ts';

type Snapshot = Extract<ToPanel, { type: 'snapshot' }>;

export interface TrialRow {
  state: number;
  values: number[];
  startedAt: number;
  completedAt: number;
  params: number[];
  curve: number[];
  isFeasible?: boolean;
  /** What a scheduler noted. */
  noted?: {
    paused?: boolean;
    rungs?: number[];
    bracket?: number;
    generation?: number;
    member?: number;
    parent?: number;
    trained?: [from: number, to: number];
  };
}

const START = Date.UTC(2026, 10, 24, 9, 0, 0);
const OPTIMIZERS = ['sgd', 'adafactor', 'adamw_torch'];
const PARAMETERS: readonly Omit<PanelParameter, 'values'>[] = [
  { name: 'learning_rate', kind: 'float', log: true, low: 1e-6, high: 1e-4, choices: null, step: null },
  { name: 'num_train_epochs', kind: 'int', log: false, low: 1, high: 5, choices: null, step: 1 },
  {
    name: 'per_device_train_batch_size',
    kind: 'categorical',
    log: false,
    low: 0,
    high: 3,
    choices: [8, 16, 32, 64],
    step: null,
  },
  { name: 'optim', kind: 'categorical', log: false, low: 0, high: 2, choices: OPTIMIZERS, step: null },
  { name: 'momentum', kind: 'float', log: false, low: 0, high: 0.99, choices: null, step: null },
];

export function trialRows(count: number, seed: number, objectives = 1): TrialRow[] {
  const random = seededRandom(seed);
  let at = START;
  return Array.from({ length: count }, (_, number): TrialRow => {
    const focus = Math.min(1, number / 30);
    const lr = 10 ** (-6 + 2 * (random() * (1 - focus) + focus * (0.7 + 0.18 * (random() - 0.5))));
    const optim = Math.floor(random() * 3);
    const epochs = 1 + Math.floor(random() * 5);
    const fit = Math.exp(-((Math.log10(lr) + 4.57) ** 2) / 0.35) * (optim === 0 ? 0.2 : 1);
    const final = 0.812 + 0.118 * fit + 0.008 * (random() - 0.5);
    const roll = random();
    const state = number > 3 && roll < 0.03 ? 3 : number > 6 && (roll < 0.12 || final < 0.82) && random() < 0.6 ? 2 : 1;
    const steps = state === 2 ? Math.max(1, Math.min(epochs, 2)) : epochs;
    const curve = Array.from(
      { length: steps },
      (__, step) => final - 0.11 * fit * 0.5 ** (step + 1) - 0.06 * 0.4 ** step,
    );
    const duration = 20_000 + epochs * 38_000 * (0.8 + 0.4 * random());
    at += duration;
    const value = state === 1 ? (curve.at(-1) as number) + 0.002 : state === 2 ? (curve.at(-1) as number) : Number.NaN;
    const values = objectives === 1 ? [value] : [value, 20 + 180 * random() * epochs * (0.4 + fit)];
    return {
      state,
      values: state === 3 ? values.map(() => Number.NaN) : values,
      startedAt: at - duration,
      completedAt: at,
      params: [lr, epochs, Math.floor(random() * 4), optim, optim === 0 ? random() * 0.99 : Number.NaN],
      curve: state === 3 ? curve.slice(0, 1) : curve,
    };
  });
}

export function columns(rows: readonly TrialRow[], numbers: readonly number[]): PanelRows {
  const chosen = numbers.map((number) => rows[number] as TrialRow);
  const offsets = new Uint32Array(chosen.length + 1);
  chosen.forEach((row, index) => {
    offsets[index + 1] = (offsets[index] as number) + row.curve.length;
  });
  return {
    numbers: Uint32Array.from(numbers),
    states: Uint8Array.from(chosen, ({ state }) => state),
    feasible: Uint8Array.from(chosen, ({ isFeasible }) => Number(isFeasible !== false)),
    values: Float64Array.from(chosen.flatMap(({ values }) => values)),
    startedAt: Float64Array.from(chosen, ({ startedAt }) => startedAt),
    completedAt: Float64Array.from(chosen, ({ completedAt }) => completedAt),
    parameters: PARAMETERS.map((parameter, index) => ({
      ...parameter,
      values: Float64Array.from(chosen, ({ params }) => params[index] ?? Number.NaN),
    })),
    attributes: [],
    curveOffsets: offsets,
    curveSteps: Float64Array.from(chosen.flatMap(({ curve }) => curve.map((_, step) => step + 1))),
    curveValues: Float64Array.from(chosen.flatMap(({ curve }) => curve)),
    schedule: scheduleOf(chosen),
  };
}

function scheduleOf(rows: readonly TrialRow[]): PanelSchedule | null {
  if (rows.every(({ noted }) => noted === undefined)) return null;
  const offsets = [0];
  for (const { noted } of rows) offsets.push((offsets.at(-1) as number) + (noted?.rungs?.length ?? 0));
  const column = (key: 'bracket' | 'generation' | 'member' | 'parent') =>
    Int32Array.from(rows, ({ noted }) => noted?.[key] ?? -1);
  return {
    paused: Uint8Array.from(rows, ({ noted }) => Number(noted?.paused === true)),
    rungOffsets: Uint32Array.from(offsets),
    rungs: Float64Array.from(rows.flatMap(({ noted }) => noted?.rungs ?? [])),
    areRungsSteps: true,
    brackets: column('bracket'),
    generations: column('generation'),
    members: column('member'),
    parents: column('parent'),
    trainedFrom: Float64Array.from(rows, ({ noted }) => noted?.trained?.[0] ?? Number.NaN),
    trainedTo: Float64Array.from(rows, ({ noted }) => noted?.trained?.[1] ?? Number.NaN),
  };
}

/** Trials that no other one beats in every objective. */
function frontOf(rows: readonly TrialRow[], directions: readonly number[]): Uint32Array {
  if (directions.length < 2) return new Uint32Array(0);
  const losses = rows.map(({ values }) => values.map((value, at) => (directions[at] === 2 ? -value : value)));
  const beats = (one: number, other: number) => {
    const [left, right] = [losses[one] as number[], losses[other] as number[]];
    return (
      left.every((loss, at) => loss <= (right[at] as number)) && left.some((loss, at) => loss < (right[at] as number))
    );
  };
  let front: number[] = [];
  for (const [number, { state, isFeasible }] of rows.entries()) {
    if (state !== 1 || isFeasible === false || front.some((other) => beats(other, number))) continue;
    front = [...front.filter((other) => !beats(number, other)), number];
  }
  return Uint32Array.from(front);
}

export function headerOf(rows: readonly TrialRow[], part: Partial<PanelHeader> = {}): PanelHeader {
  let best: number | null = null;
  const sign = part.directions?.[0] === 1 ? -1 : 1;
  const score = (number: number) => sign * ((rows[number] as TrialRow).values[0] as number);
  for (let number = 0; number < rows.length; number++) {
    if (rows[number]?.state !== 1 || !Number.isFinite(score(number))) continue;
    if (best === null || score(number) > score(best)) best = number;
  }
  return {
    studyId: 'harness',
    studyName: 'hotel-sentiment',
    run: 'running',
    message: null,
    directions: [2],
    metricNames: ['eval_f1'],
    finished: rows.filter(({ state }) => state > 0 && state < 4).length,
    total: 100,
    population: null,
    startedAt: START,
    etaMs: 12 * 60_000,
    elsewhere: 0,
    best,
    ahead: null,
    front: frontOf(rows, part.directions ?? [2]),
    interrupted: [],
    canStart: true,
    steering: [],
    canStop: true,
    budget: part.total ?? 100,
    parallel: 2,
    runningHere: 2,
    canRunMore: false,
    canInsert: true,
    ...part,
  };
}

export function snapshot(
  rows: readonly TrialRow[],
  part: Partial<PanelHeader> = {},
  selected: number | null = null,
): Snapshot {
  const numbers = rows.map((_, number) => number);
  return { type: 'snapshot', header: headerOf(rows, part), rows: columns(rows, numbers), selected };
}

function withRunning(rows: TrialRow[]): TrialRow[] {
  const unfinished = (curve: number[]): TrialRow => ({
    state: 0,
    values: [Number.NaN],
    startedAt: START,
    completedAt: Number.NaN,
    params: [3.1e-5, 4, 1, 2, Number.NaN],
    curve,
  });
  return [...rows, unfinished([0.8, 0.88]), unfinished([])];
}

/** Every state of the panel that is worth a look. */
export { compared } from './comparedStudies.ts';

export const STUDIES: Readonly<Record<string, () => Snapshot>> = {
  empty: () => snapshot([], { finished: 0, total: 50, run: 'starting', etaMs: null, best: null }),
  twelve: () => snapshot(trialRows(12, 3), { total: 50 }, 7),
  sixty: () => {
    const rows = withRunning(trialRows(60, 7));
    return snapshot(rows, {}, headerOf(rows).best);
  },
  failedRun: () =>
    snapshot(trialRows(14, 5), {
      run: 'failed',
      canStop: false,
      etaMs: null,
      message: 'The objective failed three times in a row: train.py has no argument --optim.',
    }),
  allNan: () =>
    snapshot(
      trialRows(4, 9).map((row, number) => ({
        ...row,
        state: 1,
        values: [number === 3 ? Number.POSITIVE_INFINITY : Number.NaN],
        curve: [],
      })),
      { run: 'finished', total: 4, etaMs: null, best: null, canStop: false },
    ),
  exploded: () =>
    snapshot(
      trialRows(40, 11).map((row, number) => ({
        ...row,
        values: row.values.map((value) =>
          number % 13 === 5 ? 4e7 : number === 20 ? Number.POSITIVE_INFINITY : 1.02 - value,
        ),
      })),
      { directions: [1], metricNames: ['eval_loss'], total: 40, run: 'stopped', canStop: false, etaMs: null },
    ),
  multi: () =>
    snapshot(
      trialRows(80, 13, 2).map((row, number) => ({ ...row, isFeasible: number % 9 !== 4 })),
      { directions: [2, 1], metricNames: ['eval_f1', 'latency_ms'], best: null },
      40,
    ),
  ...SCHEDULED,
  ...EXTREME,
  ...MANY,
  tenThousand: () => snapshot(trialRows(10_000, 17), { total: 20_000, studyName: 'ten-thousand' }, 500),
  hundredThousand: () => snapshot(trialRows(100_000, 19), { total: null, studyName: 'hundred-thousand' }),
};

/** What the extension answers when the panel asks which parameters matter. */
/** The trials as the core has them. */
function historyOf({ directions }: PanelHeader, { numbers, states, values, parameters }: PanelRows): History {
  const history = new History(directions);
  const distributions = parameters.map(({ kind, low, high, log, choices }) => {
    if (kind === 'categorical') return categoricalDistribution(choices ?? []);
    return kind === 'int' ? intDistribution(low, high, { log }) : floatDistribution(low, high, { log });
  });
  for (const number of numbers) {
    const params = parameters.flatMap(({ name, values: column }, at) => {
      const internal = column[number] as number;
      return Number.isNaN(internal) ? [] : [{ name, internal, distribution: distributions[at] as Distribution }];
    });
    const own = [...values.subarray(number * directions.length, (number + 1) * directions.length)];
    const state = states[number] as TrialState;
    history.add({ state, values: state === TrialState.complete ? own : null, params });
  }
  return history;
}

export function importanceAnswer(study: string): ToPanel {
  const { header, rows } = (STUDIES[study] as () => Snapshot)();
  const { numbers, parameters } = rows;
  const shares = [0.61, 0.224, 0.09, 0.072, 0.004];
  const named = parameters.map(({ name }, index) => {
    const importance = shares[index] ?? 0.001;
    const spread = 0.04 + 0.2 * importance;
    const [low, high] = [Math.max(0, importance - spread), Math.min(1, importance + spread)];
    const [isNoise, trials] = [importance < 0.08, name === 'momentum' ? Math.ceil(numbers.length / 3) : numbers.length];
    return { name, importance, low, high, isNoise, trials, isApart: false };
  });
  const isTooFew = study === 'allNan' || numbers.length < 3;
  const used = { complete: numbers.length, pruned: 0, sample: null, leftOut: { pruned: 2, failed: 1, notFinite: 0 } };
  const expected = measureEffects(historyOf(header, rows), { first: 0 });
  const answer = { evaluator: 'pedAnova', objective: 0, problem: null, expected, ...used } as const;
  return { type: 'importance', importance: { ...answer, parameters: isTooFew ? [] : named } };
}

/** Growing versions of one study: the messages that follow its snapshot, one finished and one running trial each. */
export function* liveDeltas(from: number, count: number, seed: number, objectives = 1): Generator<ToPanel> {
  const rows = trialRows(from + count + 1, seed, objectives);
  const several = { directions: [2, 1] as const, metricNames: ['eval_f1', 'latency_ms'], best: null };
  for (let next = from; next < from + count; next++) {
    const running = { ...(rows[next + 1] as TrialRow), state: 0, values: [Number.NaN], completedAt: Number.NaN };
    const part = { finished: next + 1, total: from + count, ...(objectives > 1 ? several : {}) };
    const seen = [...rows.slice(0, next + 1), running];
    const header = headerOf(seen.slice(0, Math.min(seen.length, 200)), part);
    yield { type: 'delta', header, rows: columns(seen, [next, next + 1]) };
  }
}
