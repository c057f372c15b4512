/** The storage contract behind Optuna's storage proxy, and what only it does. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ProxyStore } from '../../src/storage/proxy/proxyStore.ts';
import { ProxyUrl } from '../../src/storage/proxy/proxyUrl.ts';
import { storageContract } from '../support/contracts/storageContract.ts';
import { needs } from '../support/parts.ts';
import { type ProxyFarm, startProxies, startProxy } from '../support/storageProxies.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const open = (url: string) => ProxyStore.open(ProxyUrl.parse(url));

for (const behind of ['memory', 'sqlite'] as const) {
  describe(`storage proxy of Optuna before ${behind}`, needs('optuna'), () => {
    let farm: ProxyFarm;
    before(async () => {
      farm = await startProxies();
    });
    after(() => farm?.dispose());

    storageContract({
      name: `grpc before ${behind}`,
      timesOfEnds: 'of the server',
      commits: 'change by change',
      create: async (t) => {
        const name = behind === 'memory' ? 'memory' : `sqlite:///${join(temporaryFolder(t), 'study.db')}`;
        return open(await farm.newProxy(name));
      },
      reopen: (log) => open(log.location),
    });
  });
}

describe('a storage proxy in another time zone', needs('optuna'), () => {
  it('is found out by what it writes, and gets times in its own', async (t) => {
    const proxy = await startProxy('memory', { env: { TZ: 'Asia/Kathmandu' } });
    t.after(() => proxy.stop());
    const log = await open(proxy.url);
    t.after(() => log.close());
    const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
    const isNow = (time: number | undefined) => assert.ok(Math.abs((time as number) - Date.now()) < 60_000, `${time}`);
    // Enqueued and added with its own times before anything is known.
    await log.createTrial(study, { state: TrialState.waiting });
    await log.createTrial(study, { state: TrialState.complete, values: [1], startedAt: 1000, completedAt: 2000 });
    const { history } = study;
    assert.equal(
      await log.createTrial(study, { state: TrialState.running, systemAttrs: { k: 1 } }, { ifNumber: 2 }),
      2,
    );
    isNow(history.startedAt[2]);
    assert.equal(await log.claimWaiting(study), 0);
    isNow(history.startedAt[0]);
    assert.equal((history.completedAt[1] as number) - (history.startedAt[1] as number), 1000);
    const began = Date.now() - 5000;
    assert.equal(await log.createTrial(study, { state: TrialState.running, startedAt: began }), 3);
    await log.commit(study, [{ type: 'state', number: 3, state: TrialState.complete, values: [1] }]);
    isNow(history.completedAt[3]);
    assert.ok(Math.abs((history.startedAt[3] as number) - began) < 1);
    // Who only looks takes them for times of this machine, and is as far off at all.
    const reader = await openTrialLog(proxy.url);
    t.after(() => reader.close());
    const [{ history: seen }] = reader.studies() as [StudyRecord];
    const off = (seen.startedAt[3] as number) - began;
    assert.ok(Math.abs((seen.completedAt[3] as number) - (history.completedAt[3] as number) - off) < 1);
    assert.ok(reader.warnings.length === 0 || /does not tell the time zone/.test(reader.warnings[0] as string));
  });
});
