/** A server whose disk fills up: one sentence, nothing that was recorded is lost, and it goes on once there is room. */
import assert from 'node:assert/strict';
import { chownSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { needs } from '../support/parts.ts';
import { ownerOf, startServer } from '../support/servers.ts';
import { smallDisk } from '../support/smallDisk.ts';

/** More than the database and its tables take, and room for the log of neither. */
const KILOBYTES = 40_000;
/** What a trial notes in this test; PostgreSQL keeps long texts compressed, so no two parts of it are alike. */
const note = (number: number) => Array.from({ length: 400 }, (_, index) => Math.sin(number * 1000 + index)).join();

test('the disk of a server fills up', needs('postgres'), async (context) => {
  const disk = smallDisk(KILOBYTES);
  if (!disk) return context.skip('making a small disk needs root on Linux');
  const server = await startServer('postgres').catch((error: unknown) => {
    disk.remove();
    throw error;
  });
  try {
    // Only the database is on it: a server that cannot write its log ends, and that is another story.
    const tables = join(disk.path, 'tables');
    mkdirSync(tables);
    const owner = ownerOf('postgres');
    if (owner) chownSync(tables, owner.uid, owner.gid);
    await server.admin(`CREATE TABLESPACE small LOCATION '${tables}'`);
    await server.admin('CREATE DATABASE small TABLESPACE small');
    const url = ServerUrl.parse(server.url('small'));
    const store = await ServerStore.open(url, { create: true });
    const study = await store.createStudy({ name: 's', directions: [Direction.minimize] });
    const ballast = join(disk.path, 'ballast');
    const { bavail, bsize } = statfsSync(disk.path);
    writeFileSync(ballast, Buffer.alloc((bavail - 64) * bsize));

    const run = async (number: number, log: ServerStore, record = study) => {
      await log.createTrial(record, { state: TrialState.running }, { ifNumber: number });
      await log.commit(record, [
        { type: 'userAttr', number, key: 'note', value: note(number) },
        { type: 'state', number, state: TrialState.complete, values: [number] },
      ]);
    };
    let recorded = 0;
    const untilFull = async () => {
      for (; recorded < 1000; recorded++) await run(recorded, store);
    };
    await assert.rejects(untilFull(), {
      code: 'disk-full',
      message: `${url} has a full disk. Free some space and resume.`,
    });
    assert.ok(recorded > 0, 'it had room at first');
    await store.close();

    rmSync(ballast);
    const resumed = await ServerStore.open(url, { create: true });
    const [record] = resumed.studies();
    assert.ok(record);
    const completed = () => Array.from(record.history.states).filter((state) => state === TrialState.complete).length;
    assert.equal(completed(), recorded, 'what was recorded is there, and nothing by half');
    const next = record.history.length;
    await run(next, resumed, record);
    await resumed.close();

    const log = await openTrialLog(url.toString());
    await log.close();
    const history = log.studies()[0]?.history;
    assert.equal(history?.count(TrialState.complete), recorded + 1);
    assert.deepEqual(history?.userAttrs(0), { note: note(0) });
    assert.deepEqual(history?.userAttrs(next), { note: note(next) });
  } finally {
    await server.dispose();
    disk.remove();
  }
  return undefined;
});
