/** The storage contract behind Optuna's storage proxy. */
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { ProxyStore } from '../../src/storage/proxy/proxyStore.ts';
import { ProxyUrl } from '../../src/storage/proxy/proxyUrl.ts';
import { storageContract } from '../support/contracts/storageContract.ts';
import { needs } from '../support/parts.ts';
import { type ProxyFarm, startProxies } from '../support/storageProxies.ts';
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
