import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StepCounter, splitStep } from '../../../src/tuner/objective/metrics/lineReport.ts';

test('the step of a line is its step or its epoch, and no metric', () => {
  assert.deepEqual(splitStep({ epoch: 2, f1: 0.9 }, ['f1']), { metrics: { f1: 0.9 }, step: 2 });
  assert.deepEqual(splitStep({ epoch: 2, step: 40, f1: 0.9 }, ['f1']), { metrics: { f1: 0.9 }, step: 40 });
  assert.deepEqual(splitStep({ f1: 0.9 }, ['f1']), { metrics: { f1: 0.9 }, step: null });
  assert.deepEqual(splitStep({ epoch: 2 }, ['epoch']), { metrics: { epoch: 2 }, step: null });
});

test('steps that say nothing or are not whole are counted', () => {
  const run = (steps: (number | null)[]) => {
    const counter = new StepCounter();
    return steps.map((step) => counter.next(step));
  };
  assert.deepEqual(run([1, 2, 3]), [1, 2, 3]);
  assert.deepEqual(run([null, null]), [0, 1]);
  assert.deepEqual(run([0.5, 1, 1.5, 2]), [0, 1, 2, 3]);
  assert.deepEqual(run([1, 1.5, 2]), [1, 2, 3]);
  assert.deepEqual(run([-1, 0]), [0, 1]);
});

test('a report without a step after some with one is the result, and no step of the curve', () => {
  const counter = new StepCounter(3);
  assert.deepEqual(
    [4, 5, null, 6, null].map((step) => counter.next(step)),
    [4, 5, null, 6, null],
  );
});

test('every step is a whole number from 0 on; two reports share one only when both named it', () => {
  const step = fc.option(fc.oneof(fc.integer(), fc.double()), { nil: null });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const counter = new StepCounter();
      const seen = new Map<number, number | null>();
      for (const given of steps) {
        const taken = counter.next(given);
        if (taken === null) {
          assert.equal(given, null);
          continue;
        }
        assert.ok(Number.isInteger(taken) && taken >= 0, `${given} became ${taken}`);
        if (seen.has(taken) && seen.get(taken) !== given) assert.equal(taken, given);
        seen.set(taken, given);
      }
    }),
  );
});
