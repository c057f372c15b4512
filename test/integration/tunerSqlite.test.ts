/** A study in a SQLite database: watched while it runs, stopped, killed and resumed. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const PROGRAM = `for (let step = 0; step < 3; step++) { console.log('score=' + step + ' step=' + step); await new Promise((resolve) => setTimeout(resolve, 40)); }`;
const HEAD = 'budget: { trials: 60 }\nparallel: 2\npruner: none\nstorage: sqlite:///study.db';
const completed = (stdout: string) => [...stdout.matchAll(/^trial (\d+) complete/gm)].map((match) => Number(match[1]));

test('a study in SQLite is watched live, killed, stopped and resumed, and loses nothing', {
  timeout: 300_000,
}, async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(PROGRAM, { head: HEAD });
    const path = join(folder.path, 'study.db');
    const seen: number[] = [];
    for (let kill = 0; kill < 4; kill++) {
      const tuner = folder.start(['run', source]);
      await until(() => completed(tuner.stdout()).length > 0);
      await sleep(Math.random() * 200);
      tuner.child.kill('SIGKILL');
      seen.push(...completed((await tuner.ended).stdout));
    }
    const stopped = folder.start(['run', source]);
    await until(() => completed(stopped.stdout()).length > 0);
    assert.equal(folder.record().storage, path);
    const log = await openTrialLog(folder.record().storage as string);
    const { history } = log.studies()[0] as { history: import('../../src/core/study/history.ts').History };
    const before = history.informative;
    await until(async () => (await log.refresh()) && history.informative > before);
    stopped.child.kill('SIGINT');
    seen.push(...completed((await stopped.ended).stdout));
    await log.refresh();
    assert.equal(history.count(TrialState.running), 0);
    const last = await folder.run('run', source);
    assert.equal(last.code, 0, last.stderr);
    seen.push(...completed(last.stdout));
    await log.refresh();
    await log.close();
    assert.deepEqual(log.warnings, []);
    assert.equal(new Set(seen).size, seen.length, 'none is told twice');
    for (const number of seen) assert.equal(history.state(number), TrialState.complete, `trial ${number}`);
    assert.equal(history.count(TrialState.complete), 60);
    assert.equal(history.count(TrialState.running) + history.count(TrialState.waiting), 0);
  } finally {
    folder.remove();
  }
});
