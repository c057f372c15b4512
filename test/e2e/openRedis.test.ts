/** A storage on Redis: opened by its URL, with a password that is asked for and kept as a secret, and watched. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { openRedisStore } from '../../src/storage/redis/openRedis.ts';
import { ServerUrl } from '../../src/storage/server/serverUrl.ts';
import { needs } from '../support/parts.ts';
import { startRedis } from '../support/redisServer.ts';
import { eventually } from '../support/vscode/eventually.ts';
import { inVscode } from '../support/vscode/session.ts';

const PASSWORD = 'p@ss/w:rd';

test(
  'a storage on Redis is opened with a password, and its trials come by themselves',
  needs('vscode', 'browser', 'redis'),
  async (context) => {
    const server = await startRedis({ requirepass: PASSWORD });
    context.after(() => server.dispose());
    const url = server.url('team');
    const log = await openRedisStore(ServerUrl.parse(url, PASSWORD));
    context.after(() => log.close());
    const study = await log.createStudy({ name: 'shared-study', directions: [Direction.maximize] });
    const complete = (value: number) => log.createTrial(study, { state: TrialState.complete, values: [value] });
    await complete(0.25);
    await inVscode(
      context,
      (workspace) => workspace.write('notes.txt', 'A folder without studies.\n'),
      async ({ window }) => {
        await window.palette('Tuneboard: Open Storage');
        await window.pick('Enter a path or URL');
        await window.answer(url);
        await window.answer(PASSWORD);
        await window.waitForTreeRow(/^shared-study/);
        await window.screenshot('redis-1-opened');
        await complete(0.75);
        const writtenAt = Date.now();
        await eventually(
          () => window.treeRows(),
          (rows) => rows.some((row) => /shared-study.*0\.75/.test(row)),
          'the new best trial is in the tree',
        );
        assert.ok(Date.now() - writtenAt < 10_000, 'on a busy machine; it is asked for every second');
        assert.ok(!(await window.treeRows()).join('\n').includes(PASSWORD));
        assert.deepEqual(await window.allMessages(), []);
        await window.screenshot('redis-2-news');
      },
    );
  },
);
