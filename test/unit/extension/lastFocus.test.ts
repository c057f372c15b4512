/** Which study a command is about when several are in view: the one where a person turned to last. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FocusPlace, LastFocus } from '../../../src/extension/studies/lastFocus.ts';

const inView = { panel: ['of the panel'], row: ['of the row'], file: ['newest of the file', 'older of the file'] };

test('a row that is selected while a panel is in front comes before the panel, until the panel has the focus again', () => {
  const focus = new LastFocus();
  focus.turnTo('panel');
  assert.equal(focus.sort(inView)[0], 'of the panel');
  focus.turnTo('row');
  assert.equal(focus.sort(inView)[0], 'of the row');
  focus.turnTo('panel');
  assert.equal(focus.sort(inView)[0], 'of the panel');
});

test('a file that a person turns to comes before row and panel, with its studies in their order', () => {
  const focus = new LastFocus();
  focus.turnTo('row');
  focus.turnTo('file');
  assert.deepEqual(focus.sort(inView).slice(0, 2), inView.file);
});

test('a row that is no longer selected comes last', () => {
  const focus = new LastFocus();
  focus.turnTo('row');
  focus.leave('row');
  assert.equal(focus.sort(inView).at(-1), 'of the row');
});

test('a place without a study gives way to the place before it', () => {
  const focus = new LastFocus();
  focus.turnTo('row');
  focus.turnTo('file');
  assert.deepEqual(focus.sort({ ...inView, file: [] }), ['of the row', 'of the panel']);
});

test('whatever a person turns to, the last place comes first and no study is lost', () => {
  const place = fc.constantFrom<FocusPlace>('panel', 'row', 'file');
  fc.assert(
    fc.property(fc.array(place, { minLength: 1 }), (places) => {
      const focus = new LastFocus();
      for (const one of places) focus.turnTo(one);
      const sorted = focus.sort({ panel: ['panel'], row: ['row'], file: ['file'] });
      const lastFirst = [...new Set([...places].reverse())];
      assert.deepEqual(sorted.slice(0, lastFirst.length), lastFirst);
      assert.deepEqual([...sorted].sort(), ['file', 'panel', 'row']);
    }),
  );
});
