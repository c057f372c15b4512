import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSampler } from '../../../../src/core/samplers/createSampler.ts';
import { perturb } from '../../../../src/core/schedulers/population/explore.ts';
import { declaredSpace, type SpaceDeclaration } from '../../../../src/core/space/declaredSpace.ts';
import { distributionFromJson, distributionToJson } from '../../../../src/core/space/distributionJson.ts';
import type { Choice } from '../../../../src/core/space/distributions.ts';
import { History } from '../../../../src/core/study/history.ts';
import { MemoryLog } from '../../../../src/core/study/memoryLog.ts';
import { Study } from '../../../../src/core/study/study.ts';
import { parseStudyFile } from '../../../../src/studyfile/parseStudyFile.ts';

const VALUES = Array.from({ length: 24 }, (_, place) => `step-${place}`);

const NAMES = ['a', 'b', 'c', 'd'];

/** The squared distance in places between the best trial and the best values, after 50 trials. */
async function bestDistance(type: string, parameter: SpaceDeclaration[string], seed: number): Promise<number> {
  const log = new MemoryLog();
  const record = await log.createStudy({ name: 'study', directions: [1] });
  const space = declaredSpace(Object.fromEntries(NAMES.map((name) => [name, parameter])));
  const study = new Study(log, record, { space, sampler: createSampler({ type, seed }), pruner: null });
  let best = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 50; turn++) {
    const trial = await study.ask();
    const distance = NAMES.reduce((sum, name) => sum + (VALUES.indexOf(trial.params[name] as string) - 15) ** 2, 0);
    best = Math.min(best, distance);
    await study.tell(trial, { values: [distance] });
  }
  return best;
}

for (const type of ['gp', 'forest', 'tpe', 'auto']) {
  test(`${type} learns the order of ordinal values`, async () => {
    const mean = async (parameter: SpaceDeclaration[string]) => {
      const distances = await Promise.all([1, 2, 3].map((seed) => bestDistance(type, parameter, seed)));
      return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
    };
    const ordered = await mean({ type: 'ordinal', values: VALUES });
    const unordered = await mean({ type: 'categorical', choices: VALUES });
    assert.ok(ordered < 0.6 * unordered, `${ordered} with an order, ${unordered} without`);
  });
}

test('stores ordinal values as the categorical distribution that Optuna knows', () => {
  const { parameters } = declaredSpace({ size: { type: 'ordinal', values: [16, 32, 64] } });
  const distribution = parameters[0]?.distribution ?? assert.fail('no parameter');
  const text = distributionToJson(distribution);
  assert.equal(text, '{"name": "CategoricalDistribution", "attributes": {"choices": [16, 32, 64]}}');
  const history = new History([1]);
  history.add({
    state: 1,
    params: [{ name: 'size', internal: 1, distribution: distributionFromJson(text) }],
    values: [1],
  });
  assert.ok(history.parameters.get('size')?.accepts(distribution), 'old trials of a categorical stay evidence');
});

test('a population moves an ordinal value to a neighbour', () => {
  const values: Choice[] = ['small', 'medium', 'large', 'huge'];
  const space = declaredSpace({ size: { type: 'ordinal', values } });
  const options = { hyperparamMutations: null, resampleProbability: 0, perturbationFactor: 0.8 };
  for (let number = 0; number < 20; number++) {
    const context = { space, history: new History([1]), number, params: { size: 'medium' } };
    assert.ok(['small', 'large'].includes(String(perturb(1, options, context)['size'])));
  }
});

test('says what is wrong with an ordinal parameter', () => {
  const refused = (declaration: object, message: RegExp) =>
    assert.throws(() => declaredSpace({ size: declaration } as SpaceDeclaration), { code: 'invalid-space', message });
  refused({ type: 'ordinal', values: [] }, /needs at least one value/);
  refused({ type: 'ordinal', values: [1, 2, 1] }, /The value 1 is there twice/);
  refused({ type: 'ordinal', choices: [1, 2] }, /It has no key choices: use type, values, when/);
  const file = (range: string, rest = '') =>
    parseStudyFile(`objective:\n  command: python t.py {size}\nmetric: loss\nspace:\n  size: ${range}\n${rest}`);
  assert.deepEqual(file('{ type: ordinal, values: [16, 32, 64] }', 'where: ["size >= 32"]\n').problems, []);
  const codes = (text: ReturnType<typeof file>) => text.problems.map(({ code }) => code);
  assert.deepEqual(codes(file('{ type: ordinal, values: [16, 32, 16] }')), ['duplicate-choice']);
  assert.deepEqual(codes(file('{ type: ordinal, values: [16, 32] }', 'start: [{ size: 20 }]\n')), ['start-choice']);
});
