import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TrialState } from '../../../src/core/study/states.ts';
import { artifactsOf, checkedPath, kindOfFile, previewOf, rowsOf } from '../../../src/extension/panel/artifacts.ts';
import { listedAttrs } from '../../../src/extension/panel/panelRows.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { english } from '../../support/words.ts';
import { oneStudy, setRun } from './studyList.ts';

test('the files of a trial are shown from the folder of its study and from nowhere else', async (t) => {
  const [folder, elsewhere] = [temporaryFolder(t), temporaryFolder(t)];
  const inside = (name: string) => join(folder, name);
  mkdirSync(inside('artifacts'));
  writeFileSync(inside('loss.csv'), 'step,loss\n0,"1,5"\n');
  writeFileSync(inside('artifacts/4f-1'), 'note');
  writeFileSync(join(elsewhere, 'secret.txt'), 'secret');
  symlinkSync(join(elsewhere, 'secret.txt'), inside('link.txt'));
  const { study, history } = await oneStudy();
  setRun(study, 'finished', false);
  if (study.run) study.run = { ...study.run, folder: { ...study.run.folder, path: inside('.tuneboard/digits') } };
  history.add({
    state: TrialState.complete,
    values: [1],
    userAttrs: {
      'tuneboard:artifact:loss.csv': inside('loss.csv'),
      'tuneboard:artifact:far.txt': join(elsewhere, 'secret.txt'),
      'tuneboard:artifact:up.txt': inside('../secret.txt'),
      'tuneboard:artifact:link.txt': inside('link.txt'),
      'tuneboard:artifact:gone.png': inside('gone.png'),
      'tuneboard:artifact:folder.png': folder,
      'tuneboard:artifact:number.png': 5,
      note: 'kept',
    },
    systemAttrs: {
      'artifacts:a': JSON.stringify({ artifact_id: '4f-1', filename: 'note.txt', mimetype: 'text/plain' }),
      'artifacts:b': JSON.stringify({ artifact_id: '../loss.csv', filename: 'up.csv' }),
      'artifacts:c': 'no JSON',
    },
  });
  const found = artifactsOf(study, history, 0, english);
  const open = found.filter(({ problem }) => problem === null).map(({ name }) => name);
  assert.deepEqual(open, ['loss.csv', 'note.txt']);
  assert.deepEqual(
    found.filter(({ problem }) => problem !== null).map(({ name, path }) => [name, path]),
    ['far.txt', 'up.txt', 'link.txt', 'gone.png', 'folder.png'].map((name) => [name, null]),
  );
  assert.deepEqual(found.map(previewOf).filter(Boolean), [
    {
      kind: 'csv',
      rows: [
        ['step', 'loss'],
        ['0', '1,5'],
      ],
    },
    { kind: 'text', text: 'note' },
  ]);
  assert.deepEqual(listedAttrs(history, 0), [['note', 'kept']]);
  // Between the list and the click.
  const [table] = found;
  assert.ok(table);
  rmSync(inside('loss.csv'));
  symlinkSync(join(elsewhere, 'secret.txt'), inside('loss.csv'));
  for (const open of [previewOf, checkedPath])
    assert.throws(() => open(table), { name: 'StorageError', message: /leads out of/ });
});

test('files of one name are shown apart', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'artifacts'));
  const { study, history } = await oneStudy();
  setRun(study, 'finished', false);
  if (study.run) study.run = { ...study.run, folder: { ...study.run.folder, path: join(folder, '.tuneboard/digits') } };
  const systemAttrs: Record<string, string> = {};
  for (const id of ['a', 'b', 'c']) {
    writeFileSync(join(folder, 'artifacts', id), `text of ${id}`);
    systemAttrs[`artifacts:${id}`] = JSON.stringify({ artifact_id: id, filename: 'note.txt' });
  }
  history.add({ state: TrialState.complete, values: [1], systemAttrs });
  const found = artifactsOf(study, history, 0, english);
  assert.deepEqual(
    found.map((one) => [one.name, previewOf(one)]),
    [
      ['note.txt', { kind: 'text', text: 'text of a' }],
      ['note (2).txt', { kind: 'text', text: 'text of b' }],
      ['note (3).txt', { kind: 'text', text: 'text of c' }],
    ],
  );
});

test('the kind of a file is told by its name', () => {
  assert.deepEqual(['a.PNG', 'b.wav', 'c.tsv', 'd.json', 'e.md', 'f.pt', 'g', 'h.svg', 'i.html'].map(kindOfFile), [
    'image',
    'audio',
    'csv',
    'json',
    'text',
    'other',
    'other',
    'other',
    'other',
  ]);
  assert.deepEqual(rowsOf(['"a ""b""",c', ''], ','), [['a "b"', 'c'], ['']]);
});
