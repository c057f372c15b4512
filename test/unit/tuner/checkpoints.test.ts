import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { History } from '../../../src/core/study/history.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { untilQuiet } from '../../../src/tuner/objective/command/commandProcess.ts';
import { Checkpoints } from '../../../src/tuner/trials/checkpoints.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'checkpoints '));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a trial inherits the checkpoint of its parent's pause, not what the parent writes now", async (t) => {
  const folder = folderOf(t);
  const checkpoints = new Checkpoints(folder, 'complete');
  const parent = checkpoints.open(3);
  assert.ok(checkpoints.isEmpty(3));
  mkdirSync(join(parent, 'deep'));
  writeFileSync(join(parent, 'deep', 'weights'), 'old');
  assert.equal(await checkpoints.inherit(4, 3, 10), false, 'it has not paused yet');
  await checkpoints.snapshot(3, 10);
  writeFileSync(join(parent, 'deep', 'weights'), 'new');
  assert.equal(await checkpoints.inherit(4, 3, 10), true);
  const weights = (number: number) => readFileSync(join(folder, String(number), 'deep', 'weights'), 'utf8');
  assert.equal(weights(4), 'old');
  await Promise.all([checkpoints.snapshot(3, 20), checkpoints.inherit(5, 3, 10)]);
  await checkpoints.inherit(6, 3, 10);
  await checkpoints.inherit(7, 3, 20);
  const begun = [5, 6, 7].map(weights);
  assert.deepEqual(
    begun,
    ['old', 'old', 'new'],
    'with the step that it was told, although its parent has paused again',
  );
  await checkpoints.snapshot(3, 30);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('3.')),
    ['3.paused.1.20', '3.paused.2.30'],
  );
});

test('deletes checkpoints of ended trials unless they are to be kept, and interrupted copies', (t) => {
  const { complete, pruned, fail, waiting } = TrialState;
  const states = [complete, pruned, fail, waiting];
  for (const [kept, left] of [
    ['complete', ['0', '3', '3.paused.0']],
    ['all', ['0', '1', '2', '3', '3.paused.0']],
    ['none', ['3', '3.paused.0']],
  ] as const) {
    const folder = folderOf(t);
    const history = new History([Direction.minimize]);
    for (const state of states) history.add({ state });
    for (const name of ['0', '1', '2', '3', '3.paused.0', '0.paused.7', '2.tmp']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'weights'), name);
    }
    const checkpoints = new Checkpoints(folder, kept);
    assert.ok(!existsSync(join(folder, '2.tmp')));
    checkpoints.sweep(history);
    assert.deepEqual(readdirSync(folder).sort(), left);
  }
});

test('replaces a checkpoint in a shared folder while another worker copies it', async (t) => {
  const folder = folderOf(t);
  const [one, other] = [new Checkpoints(folder, 'all', true), new Checkpoints(folder, 'all', true)];
  for (let file = 0; file < 200; file++) writeFileSync(join(one.open(0), `w${file}`), '0');
  await one.snapshot(0, 0);
  for (let turn = 1; turn < 6; turn++) {
    for (let file = 0; file < 200; file++) writeFileSync(join(folder, '0', `w${file}`), String(turn));
    const [, isThere] = await Promise.all([one.snapshot(0, turn), other.inherit(turn, 0, turn)]);
    assert.ok(isThere);
    const files = readdirSync(join(folder, String(turn)));
    const contents = new Set(files.map((name) => readFileSync(join(folder, String(turn), name), 'utf8')));
    assert.equal(files.length, 200);
    assert.equal(contents.size, 1, 'it is one copy, whole');
  }
  mkdirSync(join(folder, '9.1.abcd.tmp'));
  assert.ok(new Checkpoints(folder, 'all', true) && existsSync(join(folder, '9.1.abcd.tmp')), "another's copy goes on");
});

test('a folder is quiet when nothing in it has changed for a moment, or when the time is up', async (t) => {
  const folder = folderOf(t);
  let writes = 0;
  const timer = setInterval(() => writeFileSync(join(folder, 'weights'), 'x'.repeat(++writes)), 20);
  const began = performance.now();
  await untilQuiet(folder, 700);
  assert.ok(performance.now() - began >= 690);
  setTimeout(() => clearInterval(timer), 100);
  await untilQuiet(folder, 60_000);
  const seen = writes;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(writes, seen);
});
