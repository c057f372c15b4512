import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Params } from '../../../src/core/space/distributions.ts';
import { bbob } from '../../bench/problems/bbob.ts';
import { catalogue } from '../../bench/problems/catalogue.ts';
import { sharedJson } from '../../bench/problems/shared.ts';
import { scenarioOf } from '../../bench/problems/surrogates.ts';

interface Crosscheck {
  readonly problems: Readonly<Record<string, { ref: number; rows: [Params, [observed: number, truth: number]][] }>>;
  readonly surrogates: Readonly<Record<string, [Params, Record<string, number>][]>>;
}

interface BbobReference {
  readonly fopt: number;
  readonly xopt: readonly number[];
  readonly X: readonly (readonly number[])[];
  readonly y: readonly number[];
}

/** The names that differ from ours. */
const OUR_NAMES: Readonly<Record<string, string>> = { branin2: 'branin', noisy_hartmann6: 'hartmann6' };

/** Public data that the project does not carry: where they are not beside it, that is told and nothing is compared. */
function sharedData<T>(t: TestContext, name: string): T | null {
  const found = sharedJson<T>(name);
  if (found === null) t.diagnostic(`nothing to compare with: there is no ../shared/bench/${name}`);
  return found;
}

test('the surrogates answer as their source does, every target of every instance', (t) => {
  const crosscheck = sharedData<Crosscheck>(t, 'crosscheck.json');
  for (const [key, rows] of Object.entries(crosscheck?.surrogates ?? {})) {
    const [name, instance] = [key.slice(0, key.lastIndexOf('_')), key.slice(key.lastIndexOf('_') + 1)];
    const scenario = scenarioOf(name);
    assert.ok(scenario, key);
    assert.ok(scenario.instances.includes(instance), key);
    for (const [params, targets] of rows) {
      for (const [target, value] of Object.entries(scenario.evaluate(instance, params))) {
        near(value, targets[target] as number, 1e-4, `${key} ${target}`);
      }
    }
  }
});

test('tables and formulas answer as their source does, and know the best value', (t) => {
  const crosscheck = sharedData<Crosscheck>(t, 'crosscheck.json');
  const entries = catalogue();
  for (const [key, { ref, rows }] of Object.entries(crosscheck?.problems ?? {})) {
    const entry = entries.find(({ name }) => name.endsWith(`/${OUR_NAMES[key] ?? key}`));
    assert.ok(entry, key);
    const problem = entry.make();
    near(problem.best, ref, 1e-6, key);
    for (const [params, [, truth]] of rows) near(problem.truth(params), truth, 1e-6, key);
  }
});

test('the functions of BBOB have their published values and optima', (t) => {
  const references = sharedData<Record<string, BbobReference>>(t, 'bbob_reference_values.json');
  for (const [key, { fopt, xopt, X, y }] of Object.entries(references ?? {})) {
    const [number = 0, instance = 0, size = 0] = key.split(/\D+/).filter(Boolean).map(Number);
    const { value, optimum } = bbob(number, instance, size);
    assert.equal(optimum, fopt, key);
    near(value(xopt), fopt, 1e-6, key);
    for (const [index, x] of X.entries()) near(value(x), y[index] as number, 1e-6, `${key} point ${index}`);
  }
});

function near(actual: number, expected: number, tolerance: number, label: string): void {
  const allowed = tolerance * Math.max(Math.abs(expected), 1e-9);
  assert.ok(Math.abs(actual - expected) <= allowed, `${label}: ${actual} instead of ${expected}`);
}
