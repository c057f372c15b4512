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

for (const release of ['optuna', 'optuna4'] as const) {
  describe(`a storage proxy of ${release} in Kathmandu`, needs(release), () => {
    // Before Optuna 5.1 a proxy takes local times of its machine: it and this one are to have the same zone.
    const zones = release === 'optuna' ? ['UTC', 'America/St_Johns', 'Asia/Kathmandu'] : ['Asia/Kathmandu'];
    for (const zone of zones)
      it(`gives and takes times of its zone, asked from ${zone}`, async (t) => {
        const own = process.env['TZ'];
        process.env['TZ'] = zone;
        t.after(() => {
          if (own === undefined) delete process.env['TZ'];
          else process.env['TZ'] = own;
        });
        const proxy = await startProxy('memory', { release, env: { TZ: 'Asia/Kathmandu' } });
        t.after(() => proxy.stop());
        const log = await open(proxy.url);
        t.after(() => log.close());
        const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
        const before = Date.now();
        const isNow = (time: number | undefined) =>
          assert.ok((time as number) >= before - 1 && (time as number) <= Date.now() + 1, `${time}`);
        // Enqueued and added with its own times before anything is known.
        await log.createTrial(study, { state: TrialState.waiting });
        const added = { startedAt: before - 90_000, completedAt: before - 30_000 };
        await log.createTrial(study, { state: TrialState.complete, values: [1], ...added });
        const { history } = study;
        assert.equal(
          await log.createTrial(study, { state: TrialState.running, systemAttrs: { k: 1 } }, { ifNumber: 2 }),
          2,
        );
        isNow(history.startedAt[2]);
        assert.equal(await log.claimWaiting(study), 0);
        isNow(history.startedAt[0]);
        assert.equal((history.completedAt[1] as number) - (history.startedAt[1] as number), 60_000);
        assert.equal(history.startedAt[1], added.startedAt);
        const startedAt = before - 5000;
        assert.equal(await log.createTrial(study, { state: TrialState.running, startedAt }), 3);
        await log.commit(study, [{ type: 'state', number: 3, state: TrialState.complete, values: [1] }]);
        isNow(history.completedAt[3]);
        assert.equal(history.startedAt[3], startedAt);
        const reader = await openTrialLog(proxy.url);
        t.after(() => reader.close());
        const [{ history: seen }] = reader.studies() as [StudyRecord];
        assert.equal(seen.startedAt[3], startedAt);
        // A double holds times of today to a quarter of a microsecond.
        const offAtEnd = (seen.completedAt[3] as number) - (history.completedAt[3] as number);
        assert.ok(Math.abs(offAtEnd) < 0.01, `${offAtEnd}`);
        assert.deepEqual(reader.warnings, []);
      });
  });
}
