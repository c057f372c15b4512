import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillPlaces } from '../../../../src/core/text/fillPlaces.ts';

test('places are filled in by their numbers; one without a value stays', () => {
  assert.equal(fillPlaces('{1} of {0}, {2}', ['a', 2]), '2 of a, {2}');
  assert.equal(fillPlaces('{0}', ['{1}']), '{1}', 'what is filled in has no places');
});

test('one of something is told in the singular, also where it is not the first', () => {
  const told = (sentence: string, ...values: (string | number)[]) => fillPlaces(sentence, values);
  assert.equal(told('{0} trials', 1), '1 trial');
  assert.equal(told('{0} trials', '1'), '1 trial');
  assert.equal(told('{0} trials', 0), '0 trials');
  assert.equal(told('{0} trials', 21), '21 trials');
  assert.equal(told('{0} studies', 1), '1 study');
  assert.equal(told('{0} of {1} trials over {2} generations.', 1, 1, 1), '1 of 1 trial over 1 generation.');
  assert.equal(told('for {1}, of {0} trials', 1, 'my 1 trials'), 'for my 1 trials, of 1 trial');
  assert.equal(told('{0} 个试验', 1), '1 个试验');
});
