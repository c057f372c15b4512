/** A study on a real Ray of one node: packed, submitted, followed, behind encryption; a worker is killed in the middle; a token is asked for. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { RayClient } from '../../src/tuner/cluster/ray/rayClient.ts';
import { Authority } from '../support/certificates.ts';
import { needs } from '../support/parts.ts';
import { RayCluster } from '../support/rayCluster.ts';
import { startServer } from '../support/servers.ts';
import { startTlsProxy } from '../support/tlsProxy.ts';
import { whileTesting } from '../support/whileTesting.ts';
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
const servers = whileTesting(needed, async (keep) => {
  const postgres = keep(await startServer('postgres'));
  const ray = keep(await RayCluster.start({ RAY_AUTH_MODE: 'token', RAY_AUTH_TOKEN: TOKEN }));
  const authority = keep(new Authority());
  const https = keep(await startTlsProxy(ray.address, authority.issue('head', { names: 'DNS:localhost' })));
  return { postgres, ray, authority, https };
});

const executor = (address: string) =>
  `{ type: ray, address: "${address}", heartbeat: 2s, node: "${process.execPath}", entrypoint_num_cpus: 1 }`;
const client = ({ ca }: Authority) => ({ ...process.env, RAY_AUTH_TOKEN: TOKEN, NODE_EXTRA_CA_CERTS: ca });

test('a study on Ray, behind encryption and with a token, ends as one here does, though a worker is killed', {
  ...needed,
  timeout: 240_000,
}, async () => {
  const { postgres, authority, https } = servers();
  const folder = new TunerFolder();
  try {
    folder.write('.env', 'SECRET=1');
    const database = await secretDatabase(postgres);
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(10)}\nstorage: ${database.storage}\nexecutor: ${executor(https.address)}`,
    });
    const tuner = bundle(folder, ['run', source], { ...client(authority), ...database.env });
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

test('Stop ends the workers, though the first attempts to end them fail', { ...needed, timeout: 180_000 }, async () => {
  const { postgres, authority, https } = servers();
  const folder = new TunerFolder();
  try {
    const database = await secretDatabase(postgres);
    writeFileSync(join(folder.path, 'killed'), '');
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(500)}\nstorage: ${database.storage}\nexecutor: ${executor(https.address)}`,
    });
    const tuner = bundle(folder, ['run', source], { ...client(authority), ...database.env });
    await until(() => /^trial \d+ complete/m.test(tuner.stdout()));
    https.breakNext(/\/stop$/, 2);
    tuner.child.kill('SIGTERM');
    const { code, stdout, stderr } = await tuner.ended;
    assert.equal(code, 130, `${stdout}${stderr}`);
    assert.match(stdout, /Ray's head node cannot be reached at https:\S+ \(ECONNRESET\)/);
    const { state, workers = [] } = folder.record();
    assert.equal(state, 'stopped');
    assert.deepEqual(
      workers.filter((worker) => ['queued', 'running'].includes(worker.state)),
      [],
    );
    const history = await loadWhole(database.url, null);
    assert.equal(history.count(TrialState.running) + history.count(TrialState.waiting), 0);
  } finally {
    folder.remove();
  }
});

test('Stop while a job is on its way to Ray leaves none behind', { ...needed, timeout: 120_000 }, async () => {
  const { ray, authority, https } = servers();
  const folder = new TunerFolder();
  const list = async () =>
    JSON.parse(await ray.get('/api/jobs/', TOKEN)) as { submission_id?: string; status: string }[];
  const known = new Set((await list()).map(({ submission_id: id }) => id));
  try {
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(500)}\nstorage: sqlite:///${join(folder.path, 'study.db')}\nexecutor: ${executor(https.address)}`,
    });
    const held = https.holdNext(/\/api\/jobs\/$/, 3000);
    const tuner = bundle(folder, ['run', source], client(authority));
    await held;
    tuner.child.kill('SIGTERM');
    const { code, stdout, stderr } = await tuner.ended;
    assert.equal(code, 130, `${stdout}${stderr}`);
    const made = async () => (await list()).filter(({ submission_id: id }) => !known.has(id));
    await until(async () => (await made()).some(({ status }) => status === 'STOPPED'));
    assert.equal((await made()).length, 1, 'the one that was on its way, and no second one');
  } finally {
    folder.remove();
  }
});

test(
  'without its token, or its authority, Ray is not spoken to, and the sentence says what to set',
  needed,
  async () => {
    const env = { RAY_AUTH_TOKEN_PATH: '/nowhere' };
    const { ray, https } = servers();
    await assert.rejects(new RayClient(https.address, { RAY_AUTH_TOKEN: TOKEN }).version(), {
      code: 'no-cluster',
      message:
        /an authority that is not known here: name the authority's file with `verify` under .* NODE_EXTRA_CA_CERTS/,
    });
    await assert.rejects(new RayClient(ray.address, env).job('x'), { code: 'no-token', message: /RAY_AUTH_TOKEN/ });
  },
);
