/** The storage contract on real database servers, and what only they do. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ServerStore } from '../../src/storage/server/serverStore.ts';
import { ServerUrl } from '../../src/storage/server/serverUrl.ts';
import { storageContract } from '../support/contracts/storageContract.ts';
import { needs } from '../support/parts.ts';
import { type ServerName, startServer, type TestServer } from '../support/servers.ts';

for (const name of ['postgres', 'mysql'] as const satisfies readonly ServerName[]) {
  describe(name, needs(name), () => {
    let server: TestServer;
    before(async () => {
      server = await startServer(name);
    });
    after(() => server?.dispose());
    const open = (url: string) => ServerStore.open(ServerUrl.parse(url), { create: true });

    storageContract({
      name,
      keepsSeconds: name === 'mysql' ? 'whole' : 'fractions',
      create: async () => open(await server.newDatabase()),
      reopen: (log) => open(log.location),
    });

    it('keeps a trial exactly as another view reads it', async (t) => {
      assert.ok(t);
    });
  });
}
