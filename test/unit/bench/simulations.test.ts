import assert from 'node:assert/strict';
import test from 'node:test';
import { createSampler } from '../../../src/core/samplers/createSampler.ts';
import { type CurveProblem, crossings, curveProblems } from '../../bench/fidelity/curveProblems.ts';
import { parseMethod } from '../../bench/fidelity/method.ts';
import { train } from '../../bench/fidelity/train.ts';
import { simulate } from '../../bench/parallel/simulate.ts';
import { selected } from '../../bench/problems/catalogue.ts';

const curves = curveProblems().filter(({ name }) => name.startsWith('curves'));
const [curve] = curves as [CurveProblem];

test('about 30 % of the pairs of synthetic curves cross, and all curves rise', () => {
  const shares = curves.map(crossings);
  const share = shares.reduce((total, one) => total + one, 0) / shares.length;
  assert.ok(share > 0.2 && share < 0.4, shares.join(', '));
  const params = Object.fromEntries(curve.space.parameters.map(({ name }) => [name, 0.4]));
  for (let epoch = 1; epoch < curve.epochs; epoch++) {
    assert.ok(curve.valueAt(params, epoch + 1) > curve.valueAt(params, epoch));
  }
});

test('full trainings spend the budget one by one, and the best one grows', async () => {
  const { best, begun, completed, missed } = await train(curve, parseMethod('random'), 3, {
    budgets: [2, 5, 10],
    rerun: false,
  });
  assert.deepEqual([begun, completed, missed], [10, 10, 0]);
  const values = best as number[];
  assert.ok(values.length === 3 && (values[0] as number) <= (values[1] as number), best.join());
});

test('a pruner and a scheduler begin more trials; without checkpoints a scheduler begins fewer', async () => {
  const begun = async (method: string, rerun: boolean): Promise<number> =>
    (await train(curve, parseMethod(method), 3, { budgets: [10], rerun })).begun;
  assert.ok((await begun('random+median', false)) > 10);
  const kept = await begun('random/asha', false);
  assert.ok(kept > 2 * (await begun('random', false)));
  assert.ok((await begun('random/asha', true)) < kept);
});

test('simulated workers are busy when trials are long, and wait for their turn when asks take as long', async () => {
  const problem = selected('classic/branin', false)[0]?.make();
  assert.ok(problem);
  const sampler = () => createSampler({ type: 'random', seed: 1 });
  const simulation = { workers: 16, trials: 60 };
  const long = await simulate(problem, sampler(), 1, { ...simulation, seconds: 1_000 });
  const short = await simulate(problem, sampler(), 1, { ...simulation, seconds: 1e-6 });
  assert.ok(long.efficiency > 0.99, String(long.efficiency));
  assert.ok(short.efficiency < 0.5, String(short.efficiency));
  assert.equal(long.regrets.length, 60);
  const [first, last] = [long.regrets[0] as number, long.regrets.at(-1) as number];
  assert.ok(last >= 0 && last <= first);
});
