import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf, runFolderIn, runIdOf } from '../../../src/extension/model/rowIds.ts';

test('the id of a run has its folder, whose name may look like an id itself', () => {
  for (const folder of ['/a/.tuneboard/train', '/a/.tuneboard/train#2', 'C:\\a #1\\.tuneboard\\x'])
    for (const startedAt of [undefined, Date.UTC(2026, 0)])
      assert.equal(runFolderIn(runIdOf(folder, startedAt)), folder);
  assert.equal(runFolderIn(placeOf('/a/.tuneboard/train/journal.log', 'train')), undefined);
});
