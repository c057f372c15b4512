import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { Direction, TrialState } from '../../../../src/core/study/states.ts';
import { SuggestService } from '../../../../src/tuner/objective/optuna/suggestService.ts';

const trial = (number: number, intermediate: readonly (readonly [number, number])[], attrs = {}) => ({
  number,
  state: TrialState.running,
  values: null,
  params: {},
  distributions: {},
  intermediate,
  attrs,
});

test("a script's pruner returns the attributes to keep and knows the study by its name", () => {
  const service = new SuggestService({
    pruner: { type: 'hyperband', options: { minResource: 1, maxResource: 3, reductionFactor: 3 } },
  });
  const name = 'digits é';
  const ask = (number: number, step: number, value: number) =>
    service.answer({
      id: number,
      event: 'shouldPrune',
      study: 0,
      name,
      directions: [Direction.minimize],
      number,
      trials: [trial(number, [[step, value]])],
    });
  // Two brackets with 3 and 2 of 5 parts: the first has a rung at step 1, the second at step 3.
  const bracket = (number: number) => (crc32(`${name}_${number}`) % 5 < 3 ? 0 : 1);
  const numbers = Array.from({ length: 12 }, (_, number) => number);
  assert.ok(numbers.some((number) => bracket(number) === 0) && numbers.some((number) => bracket(number) === 1));
  for (const number of numbers) {
    const { error, attrs } = ask(number, 1, 1 - number);
    assert.equal(error, undefined);
    assert.deepEqual(attrs, bracket(number) === 0 ? { completed_rung_0: 1 - number } : {});
  }
});
