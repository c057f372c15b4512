/** A Galera cluster: every one of its servers takes writes, and locks of one are not known to the others. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { repository } from '../support/cache.ts';
import { startCluster } from '../support/galera.ts';
import { needs } from '../support/parts.ts';
import { whileTesting } from '../support/whileTesting.ts';

const run = promisify(execFile);
const worker = join(repository, 'test', 'support', 'studyWorker.ts');
const wanted = needs('mysql', 'galera');

describe('Galera', wanted, () => {
  const cluster = whileTesting(wanted, async (keep) => keep(await startCluster()));
  const newDatabase = async () => {
    const [first, second] = cluster().servers;
    const url = await first.newDatabase();
    return {
      url,
      other: url.replace(`:${first.port}/`, `:${second.port}/`),
      name: url.slice(url.lastIndexOf('/') + 1),
    };
  };
  const open = (url: string) => ServerStore.open(ServerUrl.parse(url), { create: true, patienceMs: 60_000 });

  it('gives each number once, whichever of its servers is written to, and leaves no attribute behind', async () => {
    const { url, other, name } = await newDatabase();
    const log = await open(url);
    await log.createStudy({ name: 's', directions: [Direction.minimize] });
    await log.close();
    const [first, second] = cluster().servers;
    const isThere = () => second.admin('SELECT 1 FROM study_directions', name).catch(() => '');
    while ((await isThere()).trim() !== '1') await delay(20);
    const work = (place: string, seed: number) => run(process.execPath, [worker, place, 's', '12', String(seed)]);
    await Promise.all([work(url, 1), work(other, 2), work(url, 3)]);
    const count = 'SELECT COUNT(*), COUNT(DISTINCT number) FROM trials';
    assert.equal((await first.admin(count, name)).trim(), '36\t36');
    const view = await openTrialLog(other);
    await view.close();
    assert.deepEqual(view.warnings, []);
    const [{ history, systemAttrs }] = view.studies() as [StudyRecord];
    assert.equal(history.informative, 36);
    assert.deepEqual(systemAttrs, {});
  });

  it('goes on with another server of the cluster', async (t) => {
    const { url, name } = await newDatabase();
    const [first, second] = cluster().servers;
    const told: string[] = [];
    const several = url.replace(`:${first.port}/`, `:${first.port},127.0.0.1:${second.port}/`);
    const log = await ServerStore.open(ServerUrl.parse(several), {
      create: true,
      patienceMs: 60_000,
      onWaiting: (sentence) => void told.push(sentence),
    });
    t.after(() => log.close());
    const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
    assert.equal(await log.createTrial(study, { state: TrialState.running }), 0);
    await first.stop();
    await log.commit(study, [{ type: 'state', number: 0, state: TrialState.complete, values: [1] }]);
    assert.equal((await second.admin('SELECT COUNT(*) FROM trial_values', name)).trim(), '1');
    assert.match(told.at(-1) ?? '', new RegExp(` has another server now, 127\\.0\\.0\\.1:${second.port}: `));
  });

  it('asks none that is cut off from its cluster, and says so', async (t) => {
    const broken = await startCluster();
    t.after(() => broken.dispose());
    const [first, second] = broken.servers;
    const url = await first.newDatabase();
    await second.stop('hard');
    const status = "SHOW STATUS LIKE 'wsrep_ready'";
    while (!(await first.admin(status)).includes('OFF')) await delay(50);
    await assert.rejects(open(url), {
      code: 'unreachable',
      message: / answers nobody, as it is cut off from most of its cluster: name another of its servers/,
    });
    const several = url.replace(`:${first.port}/`, `:${second.port},127.0.0.1:${first.port}/`);
    await assert.rejects(open(several), {
      message: /\(no server listens there\), 127\.0\.0\.1:\d+ \(cut off from its cluster\)\.$/,
    });
  });
});
