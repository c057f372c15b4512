import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createPruner } from '../../../src/core/pruners/createPruner.ts';
import type { Pruner } from '../../../src/core/pruners/pruner.ts';
import { Random } from '../../../src/core/random.ts';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { signedRankGreater } from '../../../src/core/stats/signedRank.ts';
import { studentCdf } from '../../../src/core/stats/studentT.ts';
import { History } from '../../../src/core/study/history.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { outcomeOf } from '../../../src/core/study/outcome.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { Study } from '../../../src/core/study/study.ts';
import { judge, prunerContract } from '../../support/contracts/prunerContract.ts';

interface Case {
  readonly pruner: string;
  readonly options: Readonly<Record<string, number | string>>;
  readonly direction: 'minimize' | 'maximize';
  readonly study: string;
  readonly trials: readonly {
    readonly reports: readonly (readonly [step: number, value: number | string])[];
    readonly decisions: readonly boolean[];
    readonly state: 'complete' | 'pruned' | 'fail';
    readonly value: number | string | null;
    readonly rungs?: readonly (number | string)[];
  }[];
}

/** Made by real Optuna: see record.py beside it. */
const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/pruners/decisions.json', import.meta.url), 'utf8'),
) as { optuna: string; cases: Case[] };

/** Made by scipy: see record_statistics.py beside it. */
const statistics = JSON.parse(
  readFileSync(new URL('../../fixtures/pruners/statistics.json', import.meta.url), 'utf8'),
) as {
  wilcoxon: { differences: number[]; p: number }[];
  student: [t: number, degrees: number, p: number][];
};

function created(type: string, options: Readonly<Record<string, number | string>> = {}): Pruner {
  const pruner = createPruner({ type, options });
  assert.ok(pruner);
  return pruner;
}

prunerContract('median', () => created('median'));
prunerContract('median with warm-up and intervals', () =>
  created('median', { nStartupTrials: 1, nWarmupSteps: 1, intervalSteps: 2 }),
);
prunerContract('successive halving', () => created('successive_halving', { minResource: 1, reductionFactor: 2 }));
prunerContract('successive halving, auto', () => created('successive_halving'));
prunerContract('hyperband', () => created('hyperband', { maxResource: 5, reductionFactor: 2 }));
prunerContract('hyperband, auto', () => created('hyperband'));
prunerContract('patient', () =>
  created('patient', { patience: 1, wrapped: 'percentile', percentile: 50, nStartupTrials: 2 }),
);
prunerContract('patient alone', () => created('patient', { patience: 0, wrapped: 'none' }));
prunerContract('threshold', () => created('threshold', { lower: -9, upper: 9 }));
prunerContract('wilcoxon', () => created('wilcoxon', { pThreshold: 0.3 }));
prunerContract('extrapolation', () => created('extrapolation', { nStartupTrials: 3, minChance: 0.3 }));
prunerContract('percentile', () => created('percentile', { percentile: 25, nMinTrials: 2 }));

for (const [index, one] of recorded.cases.entries()) {
  test(`decides as Optuna ${recorded.optuna}: ${one.pruner} ${JSON.stringify(one.options)} ${one.direction}`, () => {
    const options = Object.fromEntries(Object.entries(one.options).map(([key, value]) => [camelCase(key), value]));
    const pruner = created(one.pruner, options);
    const history = new History([one.direction === 'minimize' ? Direction.minimize : Direction.maximize]);
    assert.ok(one.trials.some(({ decisions }) => decisions.length > 0));
    for (const [number, trial] of one.trials.entries()) {
      history.add({ state: TrialState.running });
      const decisions = trial.reports.map(([step, value]) => {
        history.apply({ type: 'intermediate', number, step, value: asNumber(value) });
        return judge(pruner, history, number, one.study);
      });
      assert.deepEqual(decisions, trial.decisions, `case ${index}, trial ${number}: ${JSON.stringify(trial.reports)}`);
      const attrs = history.systemAttrs(number);
      const rungs = Object.keys(attrs)
        .sort()
        .map((key) => attrs[key]);
      assert.deepEqual(rungs, (trial.rungs ?? []).map(asNumber), `case ${index}, trial ${number}`);
      const state = TrialState[trial.state];
      const values = trial.state === 'complete' ? [asNumber(trial.value)] : null;
      const outcome = outcomeOf(history, number, { state, values });
      assert.deepEqual(outcome.values, trial.value === null ? null : [asNumber(trial.value)]);
      history.apply({ type: 'state', number, state, values: outcome.values });
    }
  });
}

test('the recorded decisions contain both answers', () => {
  const all = recorded.cases.flatMap(({ trials }) => trials.flatMap(({ decisions }) => decisions));
  assert.ok(all.filter(Boolean).length > 50 && all.filter((decision) => !decision).length > 50);
});

/** Curves that rise as a power law to a level of their own, at a pace of their own: a third of the pairs cross. */
function crossingCurves(seed: number, trials: number, epochs: number): readonly (readonly number[])[] {
  const random = new Random(seed, 0, 'curves');
  return Array.from({ length: trials }, () => {
    const level = 1 - 0.6 * random.uniform() ** 2;
    const start = 0.1 + 0.2 * random.uniform();
    const pace = Math.exp(4 * random.uniform() - 1);
    const power = 0.5 + random.uniform();
    return Array.from(
      { length: epochs },
      (_, epoch) => level - (level - start) * (1 + epoch / pace) ** -power + 0.005 * random.normal(),
    );
  });
}

/** Runs the curves through a pruner: the share of epochs it took, and whether the best of all trials was ended. */
function play(pruner: Pruner, all: readonly (readonly number[])[]): { share: number; lostBest: boolean } {
  const history = new History([Direction.maximize]);
  const results = all.map((curve) => curve.at(-1) ?? 0);
  let epochs = 0;
  let lostBest = false;
  for (const [number, curve] of all.entries()) {
    history.add({ state: TrialState.running });
    let isPruned = false;
    for (const [step, value] of curve.entries()) {
      if (isPruned) break;
      history.apply({ type: 'intermediate', number, step, value });
      epochs++;
      isPruned = step < curve.length - 1 && judge(pruner, history, number);
    }
    const state = isPruned ? TrialState.pruned : TrialState.complete;
    history.apply({ type: 'state', number, state, values: [results[number] ?? 0] });
    if (isPruned && results[number] === Math.max(...results)) lostBest = true;
  }
  return { share: epochs / (all.length * (all[0]?.length ?? 1)), lostBest };
}

test('extrapolation spares half of the work on curves that cross, and hardly ever loses the best trial', () => {
  const games = (type: string) => {
    const played = Array.from({ length: 60 }, (_, seed) => play(created(type), crossingCurves(seed, 60, 50)));
    return {
      share: played.reduce((sum, { share }) => sum + share, 0) / played.length,
      lost: played.filter(({ lostBest }) => lostBest).length,
    };
  };
  const { share, lost } = games('extrapolation');
  assert.ok(share < 0.5, `share ${share}`);
  assert.ok(lost <= 3, `lost ${lost} of 60`);
  assert.ok(games('median').lost > 15);
});

test('extrapolation ends what has diverged, and lets gaps in the steps and equal curves live', () => {
  const pruner = created('extrapolation', { nStartupTrials: 3 });
  const history = new History([Direction.minimize]);
  for (let trial = 0; trial < 10; trial++) {
    const intermediate = [1, 10, 100].map((step) => [step, 1 / step + trial / 10] as const);
    history.add({ state: TrialState.complete, values: [trial / 10], intermediate });
  }
  const ends = (reports: readonly (readonly [number, number])[]) =>
    judge(pruner, history, history.add({ state: TrialState.running, intermediate: reports }));
  assert.equal(ends([[3, Number.NaN]]), true);
  assert.equal(ends([[3, Number.POSITIVE_INFINITY]]), true);
  assert.equal(ends([[3, Number.NEGATIVE_INFINITY]]), false);
  assert.equal(
    ends([
      [1, 1],
      [10, 0.1],
      [50, 0.02],
    ]),
    false,
  );
  assert.equal(
    ends([
      [1, 2.9],
      [10, 2.1],
      [50, 2],
    ]),
    true,
  );
});

test('signed ranks and Student\u2019s t are those of scipy', () => {
  const near = (own: number, expected: number) => assert.ok(Math.abs(own - expected) < 1e-9, `${own}, ${expected}`);
  for (const { differences, p } of statistics.wilcoxon) near(signedRankGreater(differences), p);
  for (const [t, degrees, p] of statistics.student) near(studentCdf(t, degrees), p);
});

test('options of a wrapped pruner go through the one that wraps it; those of nobody are refused', () => {
  assert.equal(created('patient', { wrapped: 'percentile', percentile: 10 }).name, 'patient');
  for (const options of [{ wrapped: 'median', percentile: 10 }, { wrapped: 'patient' }, { wrapped: 'threshold' }]) {
    assert.throws(() => createPruner({ type: 'patient', options }), { code: 'invalid-option' });
  }
  const hyperband = (options: Readonly<Record<string, number>>) => () => createPruner({ type: 'hyperband', options });
  assert.throws(hyperband({ bootstrapCount: 1 }), { code: 'invalid-option', message: /maximal resource/ });
  assert.throws(hyperband({ minResource: 9, maxResource: 3 }), { code: 'invalid-option', message: /below/ });
  assert.throws(() => createPruner({ type: 'threshold' }), { code: 'invalid-option', message: /lower, upper or both/ });
});

test('a study keeps with a trial the rungs that it has reached', async () => {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 's', directions: [Direction.minimize] });
  const pruner = created('successive_halving', { minResource: 1, reductionFactor: 2 });
  const study = new Study(log, record, { sampler: createSampler({ type: 'random', seed: 0 }), pruner });
  const trial = await study.ask();
  for (const step of [0, 1, 2]) {
    await trial.report(3 - step, step);
    assert.equal(trial.shouldPrune(), false);
  }
  await study.tell(trial, { values: [1] });
  assert.deepEqual(study.history.systemAttrs(0), { completed_rung_0: 2, completed_rung_1: 1 });
  const worse = await study.ask();
  await worse.report(9, 1);
  assert.equal(worse.shouldPrune(), true);
  await study.tell(worse, { state: TrialState.pruned });
  assert.deepEqual(study.history.systemAttrs(1), { completed_rung_0: 9 });
});

test('none is no pruner; unknown names and options are refused in one sentence', () => {
  assert.equal(createPruner({ type: 'none' }), null);
  assert.throws(() => createPruner({ type: 'mean' }), { code: 'unknown-pruner' });
  for (const options of [{ nStartup: 1 }, { intervalSteps: 0 }, { nWarmupSteps: -1 }, { nMinTrials: 1.5 }]) {
    assert.throws(() => createPruner({ type: 'median', options }), { code: 'invalid-option' });
  }
  assert.throws(() => createPruner({ type: 'percentile', options: { percentile: 101 } }), { code: 'invalid-option' });
});

function camelCase(name: string): string {
  return name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function asNumber(value: number | string | null): number {
  if (value === 'nan' || value === null) return Number.NaN;
  return value === 'inf' ? Number.POSITIVE_INFINITY : value === '-inf' ? Number.NEGATIVE_INFINITY : Number(value);
}
