import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { SqliteStore } from '../../../src/storage/sql/sqlite/sqliteStore.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

/** Another process makes and removes a file beside the database, as SQLite does, until it is told to stop. */
const TOGGLE = `
const { rmSync, writeFileSync } = require('node:fs');
const { workerData } = require('node:worker_threads');
const stop = new Int32Array(workerData.stop);
while (Atomics.load(stop, 0) === 0) {
  writeFileSync(workerData.path, '');
  rmSync(workerData.path);
}
`;

test('a file beside a database that goes away meanwhile hinders nobody from opening it', async (t) => {
  const path = join(temporaryFolder(t), 'study.db');
  const store = await SqliteStore.open(path, { create: true });
  await store.createStudy({ name: 's', directions: [1] });
  await store.close();
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(TOGGLE, { eval: true, workerData: { path: `${path}-journal`, stop } });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  try {
    for (let round = 0; round < 300; round++) {
      const opened = await SqliteStore.open(path, { create: true });
      assert.equal(opened.studies().length, 1);
      await opened.close();
    }
  } finally {
    Atomics.store(new Int32Array(stop), 0, 1);
    await ended;
  }
});
