import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fanova } from '../../../src/core/importance/fanova.ts';
import { type PedAnovaOptions, pedAnova } from '../../../src/core/importance/pedAnova.ts';
import { Random } from '../../../src/core/random.ts';
import { distributionFromJson } from '../../../src/core/space/distributionJson.ts';
import {
  categoricalDistribution,
  floatDistribution,
  intDistribution,
} from '../../../src/core/space/distributionRules.ts';
import type { Distribution } from '../../../src/core/space/distributions.ts';
import { uniformInternal } from '../../../src/core/space/unitInterval.ts';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';

type Table = Readonly<Record<string, number>>;

interface Case {
  readonly name: string;
  readonly directions: readonly ('minimize' | 'maximize')[];
  readonly distributions: readonly string[];
  readonly trials: readonly {
    readonly state: 'complete' | 'pruned' | 'fail';
    readonly values: readonly (number | string)[] | null;
    readonly params: Readonly<Record<string, readonly [distribution: number, internal: number]>>;
  }[];
  readonly ped_anova: readonly {
    readonly options: Readonly<Record<string, number | boolean>>;
    readonly objective: number | null;
    readonly importances: Table;
  }[];
  readonly fanova: readonly { readonly objective: number | null; readonly runs: readonly Table[] }[];
}

/** Made by real Optuna: see record.py beside it. */
const recorded = JSON.parse(
  readFileSync(new URL('../../fixtures/importance/importances.json', import.meta.url), 'utf8'),
) as { optuna: string; cases: Case[] };

function historyOf({ directions, distributions, trials }: Case): History {
  const history = new History(directions.map((direction) => Direction[direction]));
  const parsed = distributions.map((text) => distributionFromJson(text));
  for (const { state, values, params } of trials) {
    history.add({
      state: TrialState[state],
      values:
        values?.map((value) => (value === 'nan' ? Number.NaN : Number(String(value).replace('inf', 'Infinity')))) ??
        null,
      params: Object.entries(params).map(([name, [place, internal]]) => {
        const distribution = parsed[place];
        assert.ok(distribution);
        return { name, internal, distribution };
      }),
    });
  }
  return history;
}

for (const one of recorded.cases) {
  for (const { options, objective, importances } of one.ped_anova) {
    test(`PED-ANOVA as Optuna ${recorded.optuna}: ${one.name} ${JSON.stringify(options)} ${objective ?? ''}`, () => {
      const own = pedAnova(historyOf(one), {
        ...(Object.fromEntries(
          Object.entries(options).map(([key, value]) => [
            key.replace(/_(.)/g, (_, letter) => letter.toUpperCase()),
            value,
          ]),
        ) as PedAnovaOptions),
        ...(objective !== null && { objective }),
      });
      assert.deepEqual(own.map(({ name }) => name).sort(), Object.keys(importances).sort());
      for (const { name, importance } of own) {
        assert.ok(
          Math.abs(importance - (importances[name] as number)) < 1e-6,
          `${name}: ${importance}, ${importances[name]}`,
        );
      }
    });
  }
}

test('importances are in order, make 1 together, and a parameter can be asked for', () => {
  const [mixed] = recorded.cases as [Case];
  const all = pedAnova(historyOf(mixed));
  assert.ok(Math.abs(all.reduce((sum, { importance }) => sum + importance, 0) - 1) < 1e-12);
  for (const [index, { importance }] of all.entries()) assert.ok(importance <= (all[index - 1]?.importance ?? 1));
  assert.equal(all.find(({ name }) => name === 'one')?.importance, 0);
  const two = pedAnova(historyOf(mixed), { params: ['drop', 'kind'] });
  assert.deepEqual(two.map(({ name }) => name).sort(), ['drop', 'kind']);
  const ratio = (table: typeof all) =>
    (table.find(({ name }) => name === 'drop')?.importance ?? 0) /
    (table.find(({ name }) => name === 'kind')?.importance ?? 0);
  assert.ok(Math.abs(ratio(two) - ratio(all)) < 1e-9);
});

test('asks that make no sense are refused in one sentence, too few trials make all equal', () => {
  const [mixed] = recorded.cases as [Case];
  const history = historyOf(mixed);
  assert.throws(() => pedAnova(history, { params: ['nope'] }), { code: 'no-parameter' });
  assert.throws(() => pedAnova(history, { objective: 1 }), { code: 'no-objective' });
  assert.throws(() => pedAnova(history, { targetQuantile: 0.5, regionQuantile: 0.4 }), { code: 'invalid-option' });
  assert.deepEqual(pedAnova(new History([1])), []);
  const one = new History([1]);
  const range = floatDistribution(0, 1);
  one.add({
    state: TrialState.complete,
    values: [1],
    params: ['a', 'b'].map((name) => ({ name, internal: 0.5, distribution: range })),
  });
  assert.deepEqual(pedAnova(one), [
    { name: 'a', importance: 0.5 },
    { name: 'b', importance: 0.5 },
  ]);
});

for (const one of recorded.cases) {
  for (const { objective, runs } of one.fanova) {
    test(`fANOVA as Optuna ${recorded.optuna}, within sampling error: ${one.name} ${objective ?? ''}`, () => {
      const history = historyOf(one);
      const own = Array.from({ length: 5 }, (_, seed) =>
        fanova(history, { seed, ...(objective !== null && { objective }) }),
      );
      for (const name of Object.keys(runs[0] ?? {})) {
        const theirs = runs.map((run) => run[name] as number);
        const ours = own.map((run) => run.find((row) => row.name === name)?.importance as number);
        const [expected, spread] = momentsOf(theirs);
        const error = Math.abs(momentsOf(ours)[0] - expected);
        assert.ok(error < 4 * spread + 0.002, `${name}: ${ours}, Optuna ${theirs}`);
      }
    });
  }
}

function momentsOf(numbers: readonly number[]): [mean: number, deviation: number] {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  return [mean, Math.sqrt(numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (numbers.length - 1))];
}

/** A study of random points: `value` of the place in [0, 1) that each parameter was drawn at. */
function studyOf(
  ranges: readonly Distribution[],
  trials: number,
  value: (places: readonly number[]) => number,
): History {
  const history = new History([Direction.minimize]);
  for (let number = 0; number < trials; number++) {
    const random = new Random(5, number);
    const places = ranges.map(() => random.uniform());
    history.add({
      state: TrialState.complete,
      values: [value(places)],
      params: ranges.map((distribution, index) => ({
        name: `p${index}`,
        internal: uniformInternal(distribution, places[index] as number),
        distribution,
      })),
    });
  }
  return history;
}

test('fANOVA gives variances their shares: 4 to 1 of two that add up, none to one that does nothing', () => {
  const range = floatDistribution(-1e308, 1e308);
  const history = studyOf([range, range, range], 400, ([x = 0, y = 0]) => 2 * x + y);
  const own = fanova(history);
  assert.deepEqual(
    own.map(({ name }) => name),
    ['p0', 'p1', 'p2'],
  );
  assert.ok(Math.abs((own[0]?.importance ?? 0) - 0.8) < 0.05 && Math.abs((own[1]?.importance ?? 0) - 0.2) < 0.05);
  assert.deepEqual(fanova(history), own);
  assert.notDeepEqual(fanova(history, { seed: 1 }), own);
});

test('fANOVA takes many choices, single values, and an objective that never changes', () => {
  const many = categoricalDistribution(Array.from({ length: 30 }, (_, index) => index));
  const ranges = [many, floatDistribution(0, 1), intDistribution(3, 3)];
  const own = fanova(studyOf(ranges, 300, ([word = 0, x = 0]) => (word < 0.3 ? 3 : 0) + x));
  assert.equal(own[0]?.name, 'p0');
  assert.ok((own[0]?.importance ?? 0) > 0.6);
  assert.deepEqual(own[2], { name: 'p2', importance: 0 });
  for (const { importance } of fanova(studyOf(ranges, 50, () => 7))) assert.equal(importance, 1 / 3);
  const two = new History([Direction.minimize, Direction.maximize]);
  assert.throws(() => fanova(two), { code: 'several-objectives' });
  assert.deepEqual(fanova(two, { objective: 1 }), []);
});
