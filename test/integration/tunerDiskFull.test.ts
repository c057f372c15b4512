/** A disk that fills up while a study runs: it stops with one sentence, and goes on once there is room. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { TunerFolder } from './tunerHarness.ts';

/** A file system of its own with very little room; undefined where that is not allowed. */
function smallDisk(kilobytes: number): { path: string; remove: () => void } | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const path = mkdtempSync(join(tmpdir(), 'tuneboard-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    remove: () => {
      execFileSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

test('the disk fills up while trials report; after making room the study goes on', async (context) => {
  const disk = smallDisk(400);
  if (!disk) return context.skip('making a small disk needs root on Linux');
  const folder = new TunerFolder(disk.path);
  try {
    const ballast = join(disk.path, 'ballast');
    writeFileSync(ballast, Buffer.alloc(300 * 1024));
    const source = folder.study(
      `for (let step = 0; step < 30; step++) { console.log('score=0.5 step=' + step + ' note ' + 'x'.repeat(200)); await new Promise((resolve) => setTimeout(resolve, 2)); }`,
      { head: 'budget: { trials: 60 }\npruner: none' },
    );
    const full = await folder.run('run', source);
    assert.equal(full.code, 1);
    assert.match(full.stderr, /^tuneboard: .*the disk is full.*\n$/);
    const finished = [...full.stdout.matchAll(/^trial (\d+) complete/gm)].map((match) => Number(match[1]));
    rmSync(ballast);
    execFileSync('mount', ['-o', 'remount,size=4m', disk.path]);
    const lines = readFileSync(folder.journal(), 'utf8').trim().split('\n');
    for (const line of lines) JSON.parse(line);
    const rest = await folder.run('run', source);
    assert.equal(rest.code, 0, rest.stderr);
    const { history } = await folder.load();
    for (const number of finished) assert.equal(history.state(number), TrialState.complete, `trial ${number}`);
    assert.equal(history.count(TrialState.running) + history.count(TrialState.waiting), 0);
    assert.equal(history.count(TrialState.complete), 60);
    assert.equal(folder.record().state, 'finished');
  } finally {
    disk.remove();
  }
  return undefined;
});
