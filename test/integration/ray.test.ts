/** A study on a real Ray of one node: packed, submitted, followed; a worker is killed in the middle; a token is asked for. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { RayClient } from '../../src/tuner/executors/ray/rayClient.ts';
import { needs } from '../support/parts.ts';
import { RayCluster } from '../support/rayCluster.ts';
import { startServer, type TestServer } from '../support/servers.ts';
import {
  bundle,
  clusterHead,
  clusterObjective,
  clusterProgram,
  compareWithLocal,
  hasWorkers,
  killAWorker,
  loadWhole,
  requireNoSecret,
  secretDatabase,
} from './clusterStudy.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const TOKEN = 'a'.repeat(64);
const needed = needs('ray', 'postgres');
let ray: RayCluster;
let postgres: TestServer;
before(async () => {
  if (needed.skip !== false) return;
  postgres = await startServer('postgres');
  ray = await RayCluster.start({ RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN: TOKEN });
});
after(async () => {
  await ray?.stop();
  await postgres?.dispose();
});

test('a study on Ray ends as one here does, though a worker is killed', {
  ...needs('ray'),
  timeout: 240_000,
}, async () => {
  const folder = new TunerFolder();
  try {
    const executor = `{ type: ray, address: "${ray.address}", heartbeat: 2s, node: "${process.execPath}", entrypoint_num_cpus: 1 }`;
    folder.write('.env', 'SECRET=1');
    const database = await secretDatabase(postgres);
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(10)}\nstorage: ${database.storage}\nexecutor: ${executor}`,
    });
    const tuner = bundle(folder, ['run', source], {
      ...process.env,
      ...database.env,
      RAY_AUTH_TOKEN: TOKEN,
    });
    await until(() => hasWorkers(folder));
    await killAWorker(folder, database.url);
    const { code, stdout, stderr } = await tuner.ended;
    assert.equal(code, 0, `${stdout}${stderr}`);
    const history = await loadWhole(database.url, 10);
    await compareWithLocal(history);
    assert.equal(history.count(TrialState.running) + history.count(TrialState.waiting), 0);
    requireNoSecret(folder);
    // Each trial's output came from the job's log.
    const number = history.best ?? 0;
    const output = readFileSync(join(folder.path, '.tuneboard', 'demo', 'trials', `${number}.log`), 'utf8');
    assert.match(output, /score=.* step=2/);
    assert.match(output, /no secret here/);
    const { workers = [], engine, state } = folder.record();
    assert.deepEqual([engine, state], ['ray', 'finished']);
    assert.ok(workers.length >= 2 && workers.every((worker) => !['queued', 'running'].includes(worker.state)));
  } finally {
    folder.remove();
  }
});

test('without its token Ray is not spoken to, and the sentence says what to set', needed, async () => {
  const env = { RAY_AUTH_TOKEN_PATH: '/nowhere' };
  await assert.rejects(new RayClient(ray.address, env).job('x'), { code: 'no-token', message: /RAY_AUTH_TOKEN/ });
});
