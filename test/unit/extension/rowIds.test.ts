import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf, runFolderIn, runIdOf, storageOfPlace } from '../../../src/extension/studies/rowIds.ts';

test('the id of a run has its folder, whose name may look like an id itself', () => {
  for (const folder of ['/a/.tuneboard/train', '/a/.tuneboard/train#2', 'C:\\a #1\\.tuneboard\\x'])
    for (const startedAt of [undefined, Date.UTC(2026, 0)])
      assert.equal(runFolderIn(runIdOf(folder, startedAt)), folder);
  assert.equal(runFolderIn(placeOf('/a/.tuneboard/train/journal.log', 'train')), undefined);
});

test('a place is in the storage that it begins with, whole', () => {
  const storages = ['redis://host:6379/0', 'redis://host:6379/0?prefix=a', '/a/b'].map((location) => ({ location }));
  for (const storage of storages) assert.equal(storageOfPlace(placeOf(storage.location, 'x#1'), storages), storage);
  for (const place of ['/a/b.db#x', runIdOf('/a/b')]) assert.equal(storageOfPlace(place, storages), undefined);
});
