import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '../../../src/core/study/changes.ts';
import { History } from '../../../src/core/study/history.ts';
import { annotationsKey, annotationsOf, marksAttr, marksOf, noteAttrs, noteOf } from '../../../src/core/study/notes.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';

type Attrs = Record<string, JsonValue>;

test('a note of any text is read as it was saved, whatever note was there before', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 5000 }), { maxLength: 4 }), (texts) => {
      const attrs: Attrs = {};
      for (const text of texts) Object.assign(attrs, Object.fromEntries(noteAttrs(attrs, 7, text)));
      assert.deepEqual(noteOf(attrs, 7), { version: texts.length, text: texts.at(-1) ?? '' });
      assert.deepEqual(noteOf(attrs, null), { version: 0, text: '' });
    }),
  );
});

test('a note is cut as optuna-dashboard cuts it, by code points', () => {
  const written = Object.fromEntries(noteAttrs({}, null, '😀'.repeat(2046)));
  assert.deepEqual(Object.keys(written), ['dashboard:note_ver', 'dashboard:note_str:0', 'dashboard:note_str:1']);
  assert.equal(written['dashboard:note_str:1'], '😀');
  const shorter = noteAttrs(written, null, 'x');
  assert.deepEqual(shorter, [
    ['dashboard:note_ver', 2],
    ['dashboard:note_str:0', 'x'],
    ['dashboard:note_str:1', ''],
  ]);
});

test('tags have no doubles, no edges and no end', () => {
  const [key, value] = marksAttr(3, {
    star: true,
    tags: [' a ', 'a', '', 'b'.repeat(99), ...'cdefghijklmnopqrstuvwxyz'],
  });
  const marks = marksOf({ [key]: value }, 3);
  assert.equal(marks.star, true);
  assert.deepEqual(marks.tags.slice(0, 3), ['a', 'b'.repeat(40), 'c']);
  assert.equal(marks.tags.length, 20);
});

test('attributes of any shape are no note, no star and no tag', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (version, text, marks) => {
      const attrs = { 'dashboard:note_ver': version, 'dashboard:note_str:0': text, 'tuneboard:marks': marks } as Attrs;
      assert.equal(typeof noteOf(attrs, null).text, 'string');
      assert.ok(marksOf(attrs, null).tags.every((tag) => typeof tag === 'string'));
      assert.equal(typeof annotationsKey(attrs), 'string');
    }),
  );
});

test('a trial is found by its id in the storage, and a mark by its number', () => {
  const history = new History([Direction.minimize]);
  for (let number = 0; number < 4; number++) history.add({ state: TrialState.complete, values: [number] });
  const systemAttrs: Attrs = {
    ...Object.fromEntries(noteAttrs({}, 12, 'of trial 2')),
    ...Object.fromEntries(noteAttrs({}, 99, 'of another study')),
    ...Object.fromEntries([marksAttr(1, { star: true, tags: [] }), marksAttr(50, { star: true, tags: [] })]),
    ...Object.fromEntries(noteAttrs({}, null, 'of the study')),
  };
  const record = { id: 0, name: 's', directions: [], userAttrs: {}, systemAttrs, history, trialIds: [10, 11, 12, -1] };
  const { study, trials } = annotationsOf(record);
  assert.equal(study.text, 'of the study');
  assert.deepEqual([...trials.keys()].sort(), [1, 2]);
  assert.equal(trials.get(2)?.text, 'of trial 2');
  assert.equal(trials.get(1)?.star, true);
});
