import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createPruner } from '../../../src/core/pruners/createPruner.ts';
import type { Pruner } from '../../../src/core/pruners/pruner.ts';
import { History } from '../../../src/core/study/history.ts';
import { outcomeOf } from '../../../src/core/study/outcome.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { prunerContract } from '../../support/contracts/prunerContract.ts';

interface Case {
  readonly pruner: string;
  readonly options: Readonly<Record<string, number>>;
  readonly direction: 'minimize' | 'maximize';
  readonly trials: readonly {
    readonly reports: readonly (readonly [step: number, value: number | string])[];
    readonly decisions: readonly boolean[];
    readonly state: 'complete' | 'pruned' | 'fail';
    readonly value: number | string | null;
  }[];
}

/** Made by real Optuna: see record.py beside it. */
const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/pruners/decisions.json', import.meta.url), 'utf8'),
) as { optuna: string; cases: Case[] };

function created(type: string, options: Readonly<Record<string, number>> = {}): Pruner {
  const pruner = createPruner({ type, options });
  assert.ok(pruner);
  return pruner;
}

prunerContract('median', () => created('median'));
prunerContract('median with warm-up and intervals', () =>
  created('median', { nStartupTrials: 1, nWarmupSteps: 1, intervalSteps: 2 }),
);
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
        return pruner.shouldPrune(history, number);
      });
      assert.deepEqual(decisions, trial.decisions, `case ${index}, trial ${number}: ${JSON.stringify(trial.reports)}`);
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
