import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AssessedParameter,
  assessImportance,
  type ImportanceEvaluator,
} from '../../../src/core/importance/assess.ts';
import { fanova } from '../../../src/core/importance/fanova.ts';
import { trialsOutside } from '../../../src/core/importance/usedTrials.ts';
import { Random } from '../../../src/core/random.ts';
import { floatDistribution, intDistribution } from '../../../src/core/space/distributionRules.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';

const UNIT = floatDistribution(0, 1);
const EVALUATORS = ['pedAnova', 'fanova'] as const;
type Value = (places: readonly number[], random: Random) => number;

/** Four parameters in [0, 1], drawn at random. */
function study(seed: number, trials: number, value: Value): History {
  const history = new History([Direction.minimize]);
  const random = new Random(seed, 0, 'study');
  for (let number = 0; number < trials; number++) {
    const places = Array.from({ length: 4 }, () => random.uniform());
    const params = places.map((internal, index) => ({ name: `p${index}`, internal, distribution: UNIT }));
    history.add({ state: TrialState.complete, values: [value(places, random)], params });
  }
  return history;
}

/** In which share of the studies a parameter, or any, is told from noise. */
function rate(evaluator: ImportanceEvaluator, studies: number, trials: number, value: Value, name?: string): number {
  let found = 0;
  for (let seed = 0; seed < studies; seed++) {
    const { parameters } = assessImportance(study(seed, trials, value), { evaluator, objective: 0, seed });
    if (parameters.some((row) => !row.isNoise && (name === undefined || row.name === name))) found++;
  }
  return found / studies;
}

test('six trials of a study with a seed tell nothing', () => {
  for (let order = 0; order < 6; order++) {
    const history = new History([Direction.minimize]);
    for (let number = 0; number < 6; number++) {
      const seed = (number + order) % 6;
      const params = [
        { name: 'seed', internal: seed, distribution: intDistribution(0, 5) },
        { name: 'lr', internal: 0.1 + number / 10, distribution: UNIT },
      ];
      history.add({ state: TrialState.complete, values: [seed], params });
    }
    for (const evaluator of EVALUATORS) {
      const { parameters } = assessImportance(history, { evaluator, objective: 0 });
      assert.deepEqual(
        parameters.map(({ isNoise }) => isNoise),
        [true, true],
      );
    }
  }
});

test('pure noise is called so, in 19 of 20 studies', () => {
  const noise: Value = (_, random) => random.normal();
  // 5 % is meant: with 60 studies more than 9 false alarms come once in 1,500 times.
  for (const trials of [20, 100]) assert.ok(rate('pedAnova', 60, trials, noise) <= 0.15, `${trials}`);
  assert.ok(rate('pedAnova', 20, 1000, noise) <= 0.25);
  assert.ok(rate('fanova', 20, 20, noise) <= 0.25);
});

test('one strong parameter of 30 trials is found, and so is one that matters by a product', () => {
  assert.ok(rate('pedAnova', 40, 30, ([x = 0], random) => (x - 0.4) ** 2 + 0.03 * random.normal(), 'p0') >= 0.8);
  assert.ok(rate('fanova', 15, 30, ([x = 0], random) => x + 0.2 * random.normal(), 'p0') >= 0.8);
  const product: Value = ([x = 0, y = 0]) => x * y;
  for (const name of ['p0', 'p1']) assert.ok(rate('pedAnova', 20, 100, product, name) >= 0.8, name);
});

test('the interval holds what many studies of the same kind show, and the same seed gives the same report', () => {
  const value: Value = ([x = 0, y = 0], random) => 2 * x + y + 0.3 * random.normal();
  for (const evaluator of EVALUATORS) {
    const rows = Array.from({ length: 24 }, (_, seed) =>
      assessImportance(study(seed, 80, value), { evaluator, objective: 0 }).parameters.find(
        ({ name }) => name === 'p0',
      ),
    ) as AssessedParameter[];
    const mean = rows.reduce((sum, { importance }) => sum + importance, 0) / rows.length;
    const held = rows.filter(({ low, high }) => low <= mean && mean <= high).length;
    assert.ok(held >= 16, `${evaluator}: ${held} of 24`);
    const again = () => assessImportance(study(1, 40, value), { evaluator, objective: 0 });
    assert.deepEqual(again(), again());
  }
});

test('fANOVA of a sample agrees with that of all trials', () => {
  const history = study(3, 12_000, ([x = 0, y = 0, z = 0], random) => 2 * x + y * z + 0.2 * random.normal());
  const done: number[] = [];
  const options = { evaluator: 'fanova', objective: 0, onProgress: (share: number) => done.push(share) } as const;
  const { parameters, sample, complete } = assessImportance(history, options);
  assert.deepEqual([sample, complete, done.at(-1)], [10_000, 12_000, 1]);
  assert.deepEqual(
    done,
    done.toSorted((a, b) => a - b),
  );
  for (const { name, importance } of fanova(history, { trees: 8 })) {
    const row = parameters.find((one) => one.name === name) as AssessedParameter;
    assert.ok(
      importance > row.low - 0.02 && importance < row.high + 0.02,
      `${name}: ${importance}, ${row.low}–${row.high}`,
    );
  }
});

test('a conditional parameter is listed: in the sum of PED-ANOVA, apart in fANOVA', () => {
  const history = new History([Direction.minimize]);
  const random = new Random(1, 0);
  for (let number = 0; number < 120; number++) {
    const [x, momentum] = [random.uniform(), random.uniform()];
    const params = [{ name: 'x', internal: x, distribution: UNIT }];
    if (number % 2) params.push({ name: 'momentum', internal: momentum, distribution: UNIT });
    history.add({ state: TrialState.complete, values: [number % 2 ? momentum + 0.1 * x : x], params });
  }
  for (const evaluator of EVALUATORS) {
    const { parameters } = assessImportance(history, { evaluator, objective: 0 });
    const row = parameters.find(({ name }) => name === 'momentum') as AssessedParameter;
    assert.deepEqual([row.trials, row.isNoise, row.isApart], [60, false, evaluator === 'fanova']);
    const sum = parameters.reduce((total, { importance, isApart }) => total + (isApart ? 0 : importance), 0);
    assert.ok(Math.abs(sum - 1) < 1e-9);
    if (evaluator === 'fanova') assert.ok(row.importance > 0.9, `${row.importance} of what varies where it is`);
  }
});

test('a pruned trial counts only where it is behind the best at its last step', () => {
  const history = new History([Direction.maximize]);
  const add = (state: TrialState, value: number | null, intermediate: [number, number][]) =>
    history.add({ state, values: value === null ? null : [value], intermediate });
  for (let number = 0; number < 40; number++)
    add(TrialState.complete, number, [
      [1, number / 40],
      [2, number / 20],
    ]);
  const behind = add(TrialState.pruned, null, [[1, 0.5]]);
  add(TrialState.pruned, null, [[1, 0.99]]);
  add(TrialState.pruned, null, [[7, 0.1]]);
  add(TrialState.pruned, null, []);
  const diverged = add(TrialState.pruned, null, [[1, Number.NaN]]);
  add(TrialState.fail, null, []);
  const infeasible = history.add({ state: TrialState.complete, values: [90], systemAttrs: { constraints: [1] } });
  assert.deepEqual(trialsOutside(history, 0), [behind, diverged, infeasible]);
  const { complete, pruned, leftOut } = assessImportance(history, { evaluator: 'pedAnova', objective: 0 });
  assert.deepEqual([complete, pruned, leftOut], [41, 2, { pruned: 3, failed: 1, notFinite: 0 }]);
  assert.equal(assessImportance(history, { evaluator: 'fanova', objective: 0 }).pruned, 0);
});
