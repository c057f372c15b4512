import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../../src/core/random.ts';
import { isActive } from '../../../src/core/space/searchSpace.ts';
import { Direction } from '../../../src/core/study/states.ts';
import { catalogue, selected } from '../../bench/problems/catalogue.ts';
import { paramsAt } from '../../bench/problems/lowest.ts';

/** The search for the best value of a surrogate takes long, so those are left to their own test. */
const MADE = selected('quick,pareto', false).filter(({ family }) => family !== 'surrogate');

test('no point of a problem is better than the best known value', () => {
  for (const { name, make } of MADE) {
    const { space, direction, best, truth } = make();
    const sign = direction === Direction.maximize ? -1 : 1;
    const random = new Random(11, 0, name);
    for (let point = 0; point < 300; point++) {
      const value = truth(
        paramsAt(
          space,
          Float64Array.from(space.parameters, () => random.uniform()),
        ),
      );
      assert.ok(Number.isFinite(value), name);
      assert.ok(sign * (value - best) > -1e-9 * Math.max(1, Math.abs(best)), `${name}: ${value} beats ${best}`);
    }
  }
});

test('a problem made twice is the same one, and noise depends on its random numbers alone', () => {
  for (const { name, make } of MADE) {
    const [a, b] = [make(), make()];
    const random = new Random(5, 0, name);
    for (let point = 0; point < 20; point++) {
      const params = paramsAt(
        a.space,
        Float64Array.from(a.space.parameters, () => random.uniform()),
      );
      assert.equal(a.truth(params), b.truth(params), name);
      assert.deepEqual(a.observe(params, new Random(1, point)), b.observe(params, new Random(1, point)), name);
    }
  }
});

test('only active parameters change the value of a conditional problem', () => {
  for (const { name, make } of MADE.filter(({ family }) => ['tree', 'learners', 'conditional'].includes(family))) {
    const { space, truth } = make();
    const units = space.parameters.map(() => 0.37);
    const params = paramsAt(space, units);
    const others = space.parameters.map((parameter) => (isActive(parameter, params) ? 0.37 : 0.9));
    assert.equal(truth(paramsAt(space, others)), truth(params), name);
    assert.ok(Object.keys(params).length < space.parameters.length, name);
  }
});

test('families fail, are noisy and are set aside where they say so', () => {
  const failing = catalogue()
    .find(({ name }) => name === 'failing/0')
    ?.make();
  const noisy = catalogue()
    .find(({ name }) => name === 'noisy/0')
    ?.make();
  assert.ok(failing && noisy);
  const random = new Random(3, 0);
  let failed = 0;
  for (let point = 0; point < 200; point++) {
    const units = Float64Array.from(failing.space.parameters, () => random.uniform());
    if (failing.observe(paramsAt(failing.space, units), random).some(Number.isNaN)) failed++;
  }
  assert.ok(failed > 20 && failed < 180, `${failed} of 200 fail`);
  const params = paramsAt(noisy.space, [0.5, 0.5]);
  assert.notDeepEqual(noisy.observe(params, new Random(1, 0)), noisy.observe(params, new Random(1, 1)));
  const held = new Set(selected('*', true).map(({ name }) => name));
  assert.ok(held.has('nets/100') && held.has('smooth/100') && !held.has('smooth/0'));
  assert.ok(selected('*', false).every(({ name }) => !held.has(name)));
});
