/** A Slurm that confines its jobs to the memory that they asked for: the kernel kills a trial's program, or the worker itself. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAIL_REASON } from '../../src/core/study/attributes.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { needs } from '../support/parts.ts';
import { cannotConfineMemory, SlurmCluster } from '../support/slurmCluster.ts';
import { whileTesting } from '../support/whileTesting.ts';
import { bundle, clusterHead } from './clusterStudy.ts';
import { TunerFolder } from './tunerHarness.ts';

const hasSlurm = needs('slurm');
const needed = hasSlurm.skip === false ? { skip: cannotConfineMemory() } : hasSlurm;
const cluster = whileTesting(needed, async (keep) => keep(await SlurmCluster.start({ confinesMemory: true })));

/** Some trials take ever more memory; the kernel is told to kill `WHO` first. */
const program = `
import { writeFileSync } from 'node:fs';
if (Number(process.argv[5]) === 3) {
  writeFileSync('/proc/' + (process.env.WHO === 'worker' ? process.ppid : process.pid) + '/oom_score_adj', '1000');
  const all = [];
  for (;;) all.push(Buffer.alloc(1e7, 1));
}
console.log('score=' + process.argv[3]);`;

const study = async (who: 'program' | 'worker') => {
  const folder = new TunerFolder();
  try {
    const executor = `{ type: slurm, heartbeat: 2s, mem: 400, node: "${process.execPath}" }`;
    const source = folder.study(program, {
      objective: `  env: { WHO: ${who} }`,
      head: `${clusterHead(8, 1)}\nstorage: sqlite:///study.db\nexecutor: ${executor}`,
    });
    const { code, stdout, stderr } = await bundle(folder, ['run', source], cluster().env).ended;
    assert.equal(code, 0, `${stdout}${stderr}`);
    const log = await openTrialLog(join(folder.path, 'study.db'));
    const history = log.studies()[0]?.history;
    await log.close();
    assert.ok(history);
    const numbers = Array.from({ length: history.length }, (_, number) => number);
    const hungry = numbers.filter((number) => history.params(number)['steps'] === 3);
    assert.ok(hungry.length > 0, 'some of the trials take too much');
    for (const number of numbers) {
      const isHungry = hungry.includes(number);
      assert.equal(history.state(number), isHungry ? TrialState.fail : TrialState.complete, `trial ${number}`);
    }
    const reasons = hungry.map((number) => String(history.userAttrs(number)[FAIL_REASON]).split('\n')[0]);
    return { reasons, stdout, workers: folder.record().workers ?? [], history, hungry };
  } finally {
    folder.remove();
  }
};

test('a program that the kernel kills for its memory has failed, with what to do; its worker goes on and is not lost', {
  ...needed,
  timeout: 180_000,
}, async () => {
  const { reasons, workers, stdout } = await study('program');
  for (const reason of reasons) {
    assert.equal(
      reason,
      'The program was killed because it needed more memory than there was for it: raise `mem` under `executor`.',
    );
  }
  assert.deepEqual(
    workers.map(({ state, reason }) => [state, reason]),
    [['ended', undefined]],
    stdout,
  );
});

test('a worker that the kernel kills for its memory is lost, says so, and its trial is not run again for ever', {
  ...needed,
  timeout: 240_000,
}, async () => {
  const { reasons, stdout, history, hungry } = await study('worker');
  assert.match(stdout, /Worker \d+_0 is lost: it needed more memory than its job has: raise `mem` under `executor`\./);
  assert.ok(hungry.length > 0);
  for (const number of hungry) {
    assert.equal(history.state(number), TrialState.fail);
    assert.deepEqual(
      history.systemAttrs(number)['tuneboard:cut-off'],
      { times: 3, step: 0 },
      'the fourth loss ends it',
    );
  }
  assert.ok(reasons.some((reason) => /^4 workers were lost one after another/.test(reason ?? '')));
});
