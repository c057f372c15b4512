import assert from 'node:assert/strict';
import { test } from 'node:test';
import { categoricalDistribution, floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { FIXED_PARAMS, INTERRUPTED } from '../../../src/core/study/attributes.ts';
import { History } from '../../../src/core/study/history.ts';
import { compareWithStart, findingsOf, sameValues, startWords } from '../../../src/core/study/startComparison.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';

const lr = floatDistribution(0, 1);
const optimiser = categoricalDistribution(['sgd', 'adam']);

interface Added {
  readonly lr: number;
  readonly optimiser?: 0 | 1;
  readonly isStart?: boolean;
  readonly state?: TrialState;
  readonly violates?: boolean;
  readonly interrupted?: string;
}

function add(history: History, values: number | readonly number[], trial: Added): void {
  const { state = TrialState.complete, isStart, violates } = trial;
  history.add({
    state,
    values: state === TrialState.complete ? [values].flat() : null,
    params: [
      { name: 'lr', internal: trial.lr, distribution: lr },
      { name: 'optimiser', internal: trial.optimiser ?? 0, distribution: optimiser },
    ],
    systemAttrs: {
      ...(isStart && { [FIXED_PARAMS]: { lr: trial.lr, optimiser: trial.optimiser === 1 ? 'adam' : 'sgd' } }),
      ...(violates && { constraints: [1] }),
      ...(trial.interrupted !== undefined && { [INTERRUPTED]: trial.interrupted }),
    },
  });
}

const sentences = (history: History) => findingsOf(history).map(({ text }) => text);

test('the best is compared with trial 0 in the direction of the study', () => {
  for (const direction of [Direction.minimize, Direction.maximize]) {
    const history = new History([direction]);
    const better = direction === Direction.maximize ? 0.88 : 0.72;
    add(history, 0.8, { lr: 0.1, isStart: true });
    assert.equal(compareWithStart(history), undefined, 'one trial is not compared with itself');
    add(history, 0.8, { lr: 0.2 });
    assert.deepEqual(sentences(history), ['No trial is better than trial 0, which has your own values.']);
    add(history, better, { lr: 0.3 });
    const comparison = compareWithStart(history);
    assert.equal(comparison?.best, 2);
    assert.ok(Math.abs(comparison.ahead - 0.08) < 1e-12);
    assert.ok(Math.abs((comparison.share ?? 0) - 0.1) < 1e-12);
    assert.equal(comparison.repeatability, null);
    assert.equal(startWords(comparison).text, '0.08 (10 %) better than trial 0');
    assert.deepEqual(sentences(history), [
      'The best value is 0.08 (10 %) better than that of your own values in trial 0.',
    ]);
  }
});

test('a trial that could not begin is no start: the one after it is', () => {
  const history = new History([Direction.minimize]);
  add(history, 0, { lr: 0.1, isStart: true, state: TrialState.fail, interrupted: 'start' });
  add(history, 0.8, { lr: 0.1, isStart: true });
  add(history, 0.6, { lr: 0.3 });
  assert.deepEqual(sentences(history), [
    'The best value is 0.2 (25 %) better than that of your own values in trial 1.',
  ]);
});

test('a start of 0 or below has a difference, and a share only where there is one', () => {
  const history = new History([Direction.minimize]);
  add(history, 0, { lr: 0.1, isStart: true });
  add(history, -4, { lr: 0.2 });
  assert.deepEqual([compareWithStart(history)?.ahead, compareWithStart(history)?.share], [4, null]);
  const negative = new History([Direction.maximize]);
  add(negative, -2, { lr: 0.1, isStart: true });
  add(negative, -1, { lr: 0.2 });
  assert.deepEqual([compareWithStart(negative)?.ahead, compareWithStart(negative)?.share], [1, 0.5]);
});

test('nothing is compared without values of the person, without a value of trial 0, or with several objectives', () => {
  const drawn = new History([Direction.minimize]);
  add(drawn, 2, { lr: 0.1 });
  const partly = new History([Direction.minimize]);
  partly.add({
    state: TrialState.complete,
    values: [2],
    params: [
      { name: 'lr', internal: 0.1, distribution: lr },
      { name: 'optimiser', internal: 0, distribution: optimiser },
    ],
    systemAttrs: { [FIXED_PARAMS]: { lr: 0.1 } },
  });
  const failed = new History([Direction.minimize]);
  add(failed, 0, { lr: 0.1, isStart: true, state: TrialState.fail });
  const infinite = new History([Direction.minimize]);
  add(infinite, Number.POSITIVE_INFINITY, { lr: 0.1, isStart: true });
  const infeasible = new History([Direction.minimize]);
  add(infeasible, 0.5, { lr: 0.1, isStart: true, violates: true });
  for (const history of [drawn, partly, failed, infinite, infeasible]) {
    add(history, 1, { lr: 0.2 });
    add(history, 1.5, { lr: 0.3 });
    assert.equal(compareWithStart(history), undefined);
    assert.deepEqual(sentences(history), []);
  }
  const several = new History([Direction.minimize, Direction.minimize]);
  add(several, [1, 2], { lr: 0.1, isStart: true });
  add(several, [0.5, 1], { lr: 0.2 });
  assert.equal(compareWithStart(several), undefined);
});

test('repeated runs say whether the distance may be chance, as they come', () => {
  const history = new History([Direction.maximize]);
  add(history, 0.8, { lr: 0.1, isStart: true });
  add(history, 0.83, { lr: 0.2 });
  assert.equal(compareWithStart(history)?.repeatability, null);
  add(history, 0.81, { lr: 0.1 });
  // Two runs: s = 0.01 / √2, and t(0.975; 1) = 12.706.
  assert.ok(Math.abs((compareWithStart(history)?.repeatability ?? 0) - 0.12706) < 1e-4);
  assert.match(sentences(history)[0] ?? '', /not more than runs with the same parameters differ by \(0\.127\)\.$/);
  for (let run = 0; run < 10; run++) add(history, 0.805 + 0.005 * (-1) ** run, { lr: 0.1 });
  for (let run = 0; run < 10; run++) add(history, 0.825 + 0.005 * (-1) ** run, { lr: 0.2 });
  const { repeatability, ahead } = compareWithStart(history) ?? { repeatability: null, ahead: 0 };
  assert.ok(repeatability !== null && repeatability > 0.01 && repeatability < 0.017, String(repeatability));
  assert.ok(ahead > repeatability);
  assert.match(sentences(history)[0] ?? '', /which is more than runs with the same parameters differ by/);
});

test('looking again costs what is new', () => {
  const history = new History([Direction.maximize]);
  add(history, 0, { lr: 0.5, isStart: true });
  for (let number = 1; number < 50_000; number++) add(history, number, { lr: (number % 25_000) / 50_000 });
  const begun = process.cpuUsage();
  compareWithStart(history);
  const first = process.cpuUsage(begun).user;
  const again = process.cpuUsage();
  for (let look = 0; look < 100; look++) compareWithStart(history);
  assert.ok(process.cpuUsage(again).user < 5 * first + 20_000);
});

test('trials of different parameters and one value are said, until one differs', () => {
  const history = new History([Direction.maximize]);
  add(history, 0.841, { lr: 0.1, isStart: true });
  add(history, 0.841, { lr: 0.2 });
  assert.equal(sameValues(history), undefined, 'two may be chance');
  add(history, 0.841, { lr: 0.3, state: TrialState.fail });
  add(history, 0.841, { lr: 0.2, optimiser: 1 });
  assert.match(
    sameValues(history)?.text ?? '',
    /^All 3 complete trials have different parameters and exactly the same value \(0\.8410\): check that/,
  );
  assert.equal(sentences(history).length, 1, 'nothing else is said of such values');
  add(history, 0.8410001, { lr: 0.4 });
  assert.equal(sameValues(history), undefined);
  const repeated = new History([Direction.maximize]);
  for (let run = 0; run < 5; run++) add(repeated, 0.5, { lr: 0.1 });
  assert.equal(sameValues(repeated), undefined, 'the same parameters give the same value');
  const several = new History([Direction.minimize, Direction.maximize]);
  for (let run = 0; run < 3; run++) add(several, [1, 2], { lr: run / 10 });
  assert.match(sameValues(several)?.text ?? '', /\(1, 2\)/);
  add(several, [1, 3], { lr: 0.9 });
  assert.equal(sameValues(several), undefined);
});
