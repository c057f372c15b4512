import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TuneboardError } from '../../../src/core/errors.ts';
import { problemOf } from '../../../src/extension/window/problem.ts';
import { english } from '../../support/words.ts';

test('an error of another bundle, which has a copy of the class, is one for a person too', async () => {
  const copy = '../../../src/core/errors.ts?another-bundle';
  const other = (await import(copy)) as typeof import('../../../src/core/errors.ts');
  assert.notEqual(other.TuneboardError, TuneboardError);
  const error = new other.TuneboardError('wrong-password', 'The server refused the user.');
  assert.ok(error instanceof TuneboardError);
  assert.equal(problemOf(error, english).sentence, 'The server refused the user.');
  for (const value of [new Error('x'), { code: 'x', message: 'y' }, null, 'x']) {
    assert.ok(!((value as unknown) instanceof TuneboardError));
  }
});

test('a kind of it is told from others as everywhere', () => {
  class Special extends TuneboardError {}
  assert.ok(new Special('a', 'b') instanceof Special);
  assert.ok(new Special('a', 'b') instanceof TuneboardError);
  assert.ok(!(new TuneboardError('a', 'b') instanceof Special));
});
