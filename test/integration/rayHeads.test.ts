/** Two studies on two Rays at once, one with a password from ~/.pgpass that no answer of Ray shows; and an environment that fails. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { Authority } from '../support/certificates.ts';
import { needs } from '../support/parts.ts';
import { RayCluster } from '../support/rayCluster.ts';
import { SECRET_PASSWORD, SECRET_USER, startServer } from '../support/servers.ts';
import { startTlsProxy } from '../support/tlsProxy.ts';
import { whileTesting } from '../support/whileTesting.ts';
import { bundle, clusterHead, clusterObjective, clusterProgram, loadWhole, requireNoSecret } from './clusterStudy.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const needed = needs('ray', 'postgres');
const servers = whileTesting(needed, async (keep) => {
  const postgres = keep(await startServer('postgres'));
  const first = keep(await RayCluster.start({}, 2));
  const second = keep(await RayCluster.start({}, 2));
  const authority = keep(new Authority());
  const https = keep(await startTlsProxy(second.address, authority.issue('head', { names: 'DNS:localhost' })));
  return { postgres, first, second, authority, https };
});

const executor = ({ address }: { readonly address: string }, more = '') =>
  `{ type: ray, address: "${address}", heartbeat: 2s, node: "${process.execPath}"${more} }`;
const workersOf = (folder: TunerFolder) => folder.recordIfAny()?.workers ?? [];
const areRunning = (folder: TunerFolder) => workersOf(folder).filter(({ state }) => state === 'running').length === 2;

/** State by name, of the jobs that are workers. */
async function jobsOn(ray: RayCluster): Promise<Readonly<Record<string, string>>> {
  const jobs = JSON.parse(await ray.get('/api/jobs/')) as { submission_id?: string; status: string }[];
  const workers = jobs.filter(({ submission_id: id }) => id?.startsWith('tuneboard-'));
  return Object.fromEntries(workers.map(({ submission_id: id, status }) => [id, status]));
}

test('two studies are on two heads at once, each with its own workers; Stop of one leaves the other; no password is shown', {
  ...needed,
  timeout: 300_000,
}, async () => {
  const { postgres, first, second, authority, https } = servers();
  const [one, other] = [new TunerFolder(), new TunerFolder()];
  try {
    const { host, hostname, port, pathname } = new URL(await postgres.newDatabase());
    const database = `${SECRET_USER}@${host}${pathname}`;
    const written = SECRET_PASSWORD.replace(/[\\:]/g, '\\$&');
    // Its name is one that is never sent.
    const PGPASSFILE = one.write('.pgpass', `${hostname}:${port}:*:${SECRET_USER}:${written}\n`);
    chmodSync(PGPASSFILE, 0o600);
    const start = (folder: TunerFolder, ray: string, storage: string, trials: number) => {
      const source = folder.study(clusterProgram, {
        objective: clusterObjective(folder),
        head: `${clusterHead(trials)}\nstorage: ${storage}\nexecutor: ${ray}`,
      });
      return bundle(folder, ['run', source], { ...process.env, PGPASSFILE });
    };
    const stopped = start(one, executor(first), `postgresql://${database}`, 500);
    const going = start(
      other,
      executor(https, `, verify: ${authority.ca}`),
      `sqlite:///${join(other.path, 'study.db')}`,
      8,
    );
    await until(() => areRunning(one) && areRunning(other));
    const names = (folder: TunerFolder) =>
      workersOf(folder)
        .map(({ id }) => id)
        .sort();
    assert.deepEqual(Object.keys(await jobsOn(first)).sort(), names(one));
    assert.deepEqual(Object.keys(await jobsOn(second)).sort(), names(other));
    writeFileSync(join(one.path, 'killed'), '');
    await until(() => /^trial \d+ complete/m.test(stopped.stdout()));
    const [job = ''] = names(one);
    requireNoSecret(
      one,
      await first.get('/api/jobs/'),
      await first.get(`/api/jobs/${job}`),
      await first.get(`/api/jobs/${job}/logs`),
    );
    stopped.child.kill('SIGTERM');
    const end = await stopped.ended;
    assert.equal(end.code, 130, `${end.stdout}${end.stderr}`);
    assert.deepEqual(new Set(Object.values(await jobsOn(first))), new Set(['STOPPED']));
    for (const id of names(other)) assert.equal((await jobsOn(second))[id], 'RUNNING');
    writeFileSync(join(other.path, 'killed'), '');
    const { code, stdout, stderr } = await going.ended;
    assert.equal(code, 0, `${stdout}${stderr}`);
    assert.equal((await loadWhole(join(other.path, 'study.db'), 8)).count(TrialState.complete), 8);
  } finally {
    one.remove();
    other.remove();
  }
});

test('an environment that Ray cannot set up ends the run with what is wrong with it', {
  ...needed,
  timeout: 120_000,
}, async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(2)}\nstorage: sqlite:///${join(folder.path, 'study.db')}\nexecutor: ${executor(servers().second, ', runtime_env: { conda: no-such-environment }')}`,
    });
    const { code, stderr } = await bundle(folder, ['run', source], process.env).ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^tuneboard: 3 workers failed one after another\. Ray could not set up `runtime_env`: .*[Cc]onda/,
    );
    assert.equal(stderr.trim().split('\n').length, 1);
  } finally {
    folder.remove();
  }
});
