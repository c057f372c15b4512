/** The storage contract on a real Redis server, and what only it does. */
import { after, before, describe } from 'node:test';
import { openRedisStore } from '../../src/storage/redis/openRedis.ts';
import { ServerUrl } from '../../src/storage/server/serverUrl.ts';
import { storageContract } from '../support/contracts/storageContract.ts';
import { needs } from '../support/parts.ts';
import { startRedis, type TestRedis } from '../support/redisServer.ts';

describe('redis', needs('redis'), () => {
  let server: TestRedis;
  before(async () => {
    server = await startRedis();
  });
  after(() => server?.dispose());
  const open = (url: string) => openRedisStore(ServerUrl.parse(url));

  storageContract({
    name: 'redis',
    create: () => open(server.url()),
    reopen: (log) => open(log.location),
  });
});
