import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { type EtaInput, etaMs } from '../../../src/extension/studies/eta.ts';

const START = 1_000_000;

function historyOf(ends: readonly number[], state: TrialState = TrialState.complete): History {
  const history = new History([Direction.maximize]);
  for (const end of ends) history.add({ state, values: [0.5], startedAt: START, completedAt: START + end });
  return history;
}

function eta(history: History, more: Partial<EtaInput>): number | null {
  const finished = history.length;
  return etaMs({ history, startedAt: START, total: 100, finished, parallel: 1, timeoutMs: null, now: START, ...more });
}

test('one trial after another: the remaining ones take as long as the past ones', () => {
  const history = historyOf([10_000, 20_000, 30_000, 40_000]);
  assert.equal(eta(history, { total: 10, now: START + 40_000 }), 60_000);
});

test('the wait since the newest end counts, and never makes it negative', () => {
  const history = historyOf([10_000, 20_000]);
  assert.equal(eta(history, { total: 3, now: START + 25_000 }), 5000);
  assert.equal(eta(history, { total: 3, now: START + 90_000 }), 0);
  assert.equal(eta(history, { total: 2, now: START + 90_000 }), 0);
});

test('parallel trials end in bursts: the pace is over all of them', () => {
  const history = historyOf([10_000, 10_001, 10_002, 10_003, 20_000, 20_001, 20_002, 20_003]);
  const left = eta(history, { total: 16, parallel: 4, now: START + 20_003 });
  assert.ok(left !== null && Math.abs(left - 20_003) < 1000, String(left));
});

test('nothing is said before a round of trials has ended, nor without a total', () => {
  assert.equal(eta(historyOf([10_000]), {}), null);
  assert.equal(eta(historyOf([1, 2, 3]), { parallel: 4 }), null);
  assert.equal(eta(historyOf([1, 2, 3]), { total: null }), null);
});

test('trials of an earlier run do not count: there was a pause in between', () => {
  const history = historyOf([-900_000, -890_000, 10_000, 20_000]);
  assert.equal(eta(history, { total: 6, now: START + 20_000 }), 20_000);
});

test('a change of pace is followed: pruning makes later trials short', () => {
  const slow = Array.from({ length: 40 }, (_, index) => (index + 1) * 60_000);
  const quick = Array.from({ length: 40 }, (_, index) => 2_400_000 + (index + 1) * 1000);
  const left = eta(historyOf([...slow, ...quick]), { total: 100, now: START + 2_440_000 });
  assert.ok(left !== null && left <= 21_000, String(left));
});

test('the time limit of a study bounds it', () => {
  const history = historyOf([10_000, 20_000]);
  assert.equal(eta(history, { total: 1000, timeoutMs: 60_000, now: START + 20_000 }), 40_000);
  assert.equal(eta(history, { total: null, timeoutMs: 60_000, now: START + 20_000 }), 40_000);
});

test('running and waiting trials are not ends', () => {
  const history = historyOf([10_000, 20_000]);
  history.add({ state: TrialState.running, startedAt: START });
  history.add({ state: TrialState.waiting });
  assert.equal(eta(history, { finished: 2, total: 4, now: START + 20_000 }), 20_000);
});

test('trials that a scheduler trains in parts have no pace: those that lose end in bursts', () => {
  const history = historyOf([10_000, 20_000, 30_000]);
  const systemAttrs = { 'tuneboard:rung': { bracket: 0, rung: 0, step: 1 } };
  history.add({ state: TrialState.running, startedAt: START, systemAttrs });
  assert.equal(eta(history, { finished: 3, now: START + 30_000 }), null);
  assert.equal(eta(history, { finished: 3, now: START + 30_000, timeoutMs: 60_000 }), 30_000, 'a limit is a limit');
});
