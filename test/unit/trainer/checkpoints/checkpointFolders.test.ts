import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { keepOnly, removeRemains, rotateCheckpoints } from '../../../../src/trainer/checkpoints/checkpointFolders.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

test('what a process that is gone has left aside is deleted, but a checkpoint that has lost its place', async (t) => {
  const folder = temporaryFolder(t);
  const { pid: gone } = spawnSync(process.execPath, ['--version']);
  const make = (name: string, ...files: readonly string[]) => {
    mkdirSync(join(folder, name));
    for (const file of files) writeFileSync(join(folder, name, file), '');
  };
  make(`.checkpoint-1.${gone}.part`);
  // Killed between the two renames of an overwritten checkpoint, and after them.
  make(`.checkpoint-2.${gone}.old`, 'before');
  make(`.checkpoint-2.${gone}.part`);
  make('checkpoint-3', 'after');
  make(`.checkpoint-3.${gone}.old`, 'before');
  // Killed in deleting: some of its files are gone, and it does not come back.
  make(`.checkpoint-5.${gone}.gone`, 'rest');
  make(`.checkpoint-4.${process.pid}.part`);
  make(`.checkpoint-4.${process.pid}.old`);
  make(`.checkpoint-4.${process.pid}.gone`);
  await removeRemains(folder);
  const running = ['gone', 'old', 'part'].map((kind) => `.checkpoint-4.${process.pid}.${kind}`);
  assert.deepEqual(readdirSync(folder).sort(), [...running, 'checkpoint-2', 'checkpoint-3']);
  assert.deepEqual(readdirSync(join(folder, 'checkpoint-2')), ['before']);
  assert.deepEqual(readdirSync(join(folder, 'checkpoint-3')), ['after']);
});

test('a checkpoint loses its name before any of its files', async (t) => {
  const folder = temporaryFolder(t);
  for (const step of [1, 2, 3]) mkdirSync(join(folder, `checkpoint-${step}`));
  // Many enough that a deletion in place would be seen half done.
  for (let file = 0; file < 400; file++) writeFileSync(join(folder, 'checkpoint-1', String(file)), '');
  // The oldest, however long that took.
  utimesSync(join(folder, 'checkpoint-1'), 0, 0);
  const seen = new Set<string>();
  let isDone = false;
  const done = rotateCheckpoints(folder, { limit: 2, keep: [join(folder, 'checkpoint-3')] }).then(() => {
    isDone = true;
  });
  while (!isDone) {
    seen.add(filesOf(join(folder, 'checkpoint-1')));
    await new Promise(setImmediate);
  }
  await done;
  seen.add(filesOf(join(folder, 'checkpoint-1')));
  assert.deepEqual(
    [...seen].filter((files) => files !== '400'),
    ['none'],
  );
  await keepOnly(folder, join(folder, 'checkpoint-3'));
  assert.deepEqual(readdirSync(folder), ['checkpoint-3']);
});

function filesOf(folder: string): string {
  try {
    return String(readdirSync(folder).length);
  } catch {
    return 'none';
  }
}

test('several processes may tidy one folder at once', async (t) => {
  const folder = temporaryFolder(t);
  const { pid: gone } = spawnSync(process.execPath, ['--version']);
  for (let step = 1; step <= 20; step++) {
    mkdirSync(join(folder, `.checkpoint-${step}.${gone}.old`, 'whole'), { recursive: true });
    mkdirSync(join(folder, `.checkpoint-${step}.${gone}.part`));
  }
  // Each has looked before any has renamed.
  await Promise.all(Array.from({ length: 5 }, () => removeRemains(folder)));
  const found = readdirSync(folder);
  assert.equal(found.length, 20);
  for (const name of found)
    assert.deepEqual([name.startsWith('checkpoint-'), ...readdirSync(join(folder, name))], [true, 'whole']);
});
