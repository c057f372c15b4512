/** The storage contract, and processes at once, by way of a PgBouncer that hands each transaction another connection. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { repository } from '../support/cache.ts';
import { storageContract } from '../support/contracts/storageContract.ts';
import { needs } from '../support/parts.ts';
import { type PgBouncer, startPgBouncer } from '../support/pgBouncer.ts';
import { startServer, type TestServer } from '../support/servers.ts';

const run = promisify(execFile);
const worker = join(repository, 'test', 'support', 'studyWorker.ts');

describe('PgBouncer', needs('postgres', 'pgbouncer'), () => {
  let server: TestServer;
  let bouncer: PgBouncer;
  before(async () => {
    server = await startServer('postgres');
    bouncer = await startPgBouncer(server);
  });
  after(async () => {
    await bouncer?.stop();
    await server?.dispose();
  });
  const open = (url: string) => ServerStore.open(ServerUrl.parse(url), { create: true });

  storageContract({
    name: 'transaction pooling',
    create: async () => open(bouncer.through(await server.newDatabase())),
    reopen: (log) => open(log.location),
  });

  it('lets four processes share two connections: none lost, none twice', { timeout: 300_000 }, async () => {
    const url = bouncer.through(await server.newDatabase());
    const log = await open(url);
    await log.createStudy({ name: 's', directions: [Direction.minimize] });
    await log.close();
    const workers = [1, 2, 3, 4].map((seed) => run(process.execPath, [worker, url, 's', '8', String(seed)]));
    const numbers = (await Promise.all(workers)).flatMap(({ stdout }) => stdout.trim().split('\n').map(Number));
    assert.deepEqual(
      numbers.sort((a, b) => a - b),
      Array.from({ length: 32 }, (_, number) => number),
    );
    const read = await openTrialLog(url);
    await read.close();
    const history = read.studies()[0]?.history;
    assert.equal(history?.length, 32);
    assert.equal((history?.count(TrialState.complete) ?? 0) + (history?.count(TrialState.pruned) ?? 0), 32);
  });

  it('says in one sentence what it cannot do behind one', async () => {
    const url = bouncer.through(await server.newDatabase());
    await assert.rejects(open(`${url}?options=-csearch_path%3Dteam`), {
      code: 'unsupported-url',
      message: /goes through a pooler that takes no "options": remove them from the URL/,
    });
    const statements = await startPgBouncer(server, 'statement');
    try {
      await assert.rejects(open(statements.through(await server.newDatabase())), {
        code: 'unsupported-url',
        message: /goes through a pooler that allows no transactions: set its pool_mode to transaction or session/,
      });
    } finally {
      await statements.stop();
    }
  });
});
