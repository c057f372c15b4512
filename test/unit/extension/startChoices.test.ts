/** The list that Start Study shows without a file in front: which files are in it, in which order, and how many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  excludePattern,
  MOST_FOUND,
  recentSources,
  startChoices,
} from '../../../src/extension/commands/startChoices.ts';

const file = (path: string) => ({ id: `file:///w/${path}`, path });
const files = (...paths: string[]) => paths.map(file);
const paths = (list: readonly { path: string }[]) => list.map(({ path }) => path);
const nothing = { open: [], recent: [], studyFiles: [], scripts: [] };

test('all of 500 study files are listed, by path with numbers by their value', () => {
  const expected = Array.from({ length: 500 }, (_, index) => `models/m${index}/train.study.yaml`);
  const found = files(...expected).sort((a, b) => a.path.length - b.path.length || (a.path < b.path ? 1 : -1));
  const { studyFiles, hasMore } = startChoices({ ...nothing, studyFiles: found });
  assert.deepEqual(paths(studyFiles), expected);
  assert.equal(hasMore, false);
});

test('each file is listed once, where it is most relevant', () => {
  const choices = startChoices({
    open: files('b.py', 'b.py'),
    recent: files('z.study.yaml', 'b.py', 'a.study.yaml'),
    studyFiles: files('z.study.yaml', 'c.study.yaml', 'a.study.yaml', 'B.study.yaml'),
    scripts: files('b.py', 'lib/x.py', 'lib-old/x.py', 'lib/sub/x.py', 'a.py'),
  });
  assert.deepEqual(paths(choices.open), ['b.py']);
  assert.deepEqual(paths(choices.recent), ['z.study.yaml', 'a.study.yaml']);
  assert.deepEqual(paths(choices.studyFiles), ['B.study.yaml', 'c.study.yaml']);
  assert.deepEqual(paths(choices.scripts), ['a.py', 'lib/sub/x.py', 'lib/x.py', 'lib-old/x.py']);
});

test('scripts beyond the limit are left out and reported, and no study file is lost for them', () => {
  const scripts = Array.from({ length: MOST_FOUND + 1 }, (_, index) => file(`s${index}.py`));
  const full = startChoices({ ...nothing, studyFiles: files('last.study.yaml'), scripts });
  assert.equal(full.scripts.length, MOST_FOUND);
  assert.equal(full.studyFiles.length, 1);
  assert.equal(full.hasMore, true);
  assert.equal(startChoices({ ...nothing, scripts: scripts.slice(1) }).hasMore, false);
});

test('what was started last comes first, each file once', () => {
  const record = (source: string, startedAt: number) => ({ source, startedAt });
  const recent = recentSources([record('/a', 1), record('/b', 3), record('/a', 5), record('/c', 4)]);
  assert.deepEqual(recent, ['/a', '/c', '/b']);
  const many = Array.from({ length: 40 }, (_, index) => record(`/${index}`, index));
  assert.equal(recentSources(many)[0], '/39');
  assert.ok(recentSources(many).length < many.length);
});

test('what search.exclude switches on is excluded with the folders of others', () => {
  const setting = { '**/out': true, '**/kept': false, '**/*.py': { when: '$(basename).txt' }, 'x/{a,b}': true };
  assert.equal(excludePattern(['**/venv'], setting), '{**/venv,**/out,x/{a,b}}');
  assert.equal(excludePattern([], { '**/out': true }), '**/out');
  assert.equal(excludePattern([], {}), undefined);
  for (const broken of [undefined, null, 'x', 5]) assert.equal(excludePattern(['**/venv'], broken), '**/venv');
});

test('a pattern with a comma or with braces that do not match leaves the other patterns as they are', () => {
  const odd = { 'a,b': true, '{open': true, 'close}': true, '}{': true, '': true, '**/out': true };
  assert.equal(excludePattern(['**/venv'], odd), '{**/venv,a?b,**/out}');
});
