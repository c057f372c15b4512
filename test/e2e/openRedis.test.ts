/** A storage on Redis: opened by its URL, with a password that is asked for, and watched. */
import { test } from 'node:test';
import { openRedisStore } from '../../src/storage/journal/redis/openRedis.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { needs } from '../support/parts.ts';
import { startRedis } from '../support/redisServer.ts';
import { openAndWatch } from '../support/vscode/openAndWatch.ts';

const PASSWORD = 'p@ss/w:rd';

test(
  'a storage on Redis is opened with a password, and its trials come by themselves',
  needs('vscode', 'browser', 'redis'),
  async (context) => {
    const server = await startRedis({ requirepass: PASSWORD });
    context.after(() => server.dispose());
    const url = server.url('team');
    const log = await openRedisStore(ServerUrl.parse(url, PASSWORD));
    await openAndWatch(context, { log, url, passwords: [PASSWORD], name: 'redis' });
  },
);
