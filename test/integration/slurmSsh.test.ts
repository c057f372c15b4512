/** A study on Slurm by way of a login node: a real sshd, cut off in the middle; stopped; and logins that do not work. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { needs } from '../support/parts.ts';
import { startServer, type TestServer } from '../support/servers.ts';
import { SlurmCluster } from '../support/slurmCluster.ts';
import { SshServer } from '../support/sshServer.ts';
import {
  bundle,
  clusterHead,
  clusterObjective,
  clusterProgram,
  loadWhole,
  requireNoSecret,
  secretDatabase,
} from './clusterStudy.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const needed = needs('slurm', 'ssh', 'postgres');
let slurm: SlurmCluster;
let ssh: SshServer;
let postgres: TestServer;
/** What the cluster has of the study. */
let there: string;
before(async () => {
  if (needed.skip !== false) return;
  postgres = await startServer('postgres');
  slurm = await SlurmCluster.start();
  ssh = await SshServer.start({ SLURM_CONF: slurm.env['SLURM_CONF'] as string });
  there = mkdtempSync(join(tmpdir(), 'on the cluster '));
});
after(async () => {
  await ssh?.stop();
  await slurm?.stop();
  await postgres?.dispose();
  if (there) rmSync(there, { recursive: true, force: true });
});

/** Not Slurm's own settings: only the login node has those. */
const client = () => ssh.client(process.env);
const executor = (login: string) =>
  `{ type: slurm, heartbeat: 2s, node: "${process.execPath}", ssh: ${login}, chdir: ${JSON.stringify(there)} }`;
const isRunning = (folder: TunerFolder) =>
  (folder.recordIfAny()?.workers ?? []).some(({ state }) => state === 'running');

test('a study goes by way of a login node, and on after the connection was lost', {
  ...needed,
  timeout: 240_000,
}, async () => {
  const folder = new TunerFolder();
  try {
    const database = await secretDatabase(postgres);
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(8)}\nstorage: ${database.storage}\nexecutor: ${executor('login')}`,
    });
    folder.write('.env', 'SECRET=1');
    const tuner = bundle(folder, ['run', source], { ...client(), ...database.env });
    await until(() => isRunning(folder));
    const [job = ''] = (folder.record().workers ?? []).map(({ id }) => id);
    requireNoSecret(folder, slurm.run('scontrol', 'show', 'job', job));
    await ssh.cut();
    await until(() => /login cannot be reached with ssh: .* Look whether it is up/.test(tuner.stdout()));
    await ssh.resume();
    writeFileSync(join(folder.path, 'killed'), '');
    const { code, stdout, stderr } = await tuner.ended;
    assert.equal(code, 0, `${stdout}${stderr}`);
    const history = await loadWhole(database.url, 8);
    assert.equal(history.count(TrialState.complete), 8);
    for (let number = 0; number < 8; number++) {
      const output = readFileSync(join(folder.path, '.tuneboard', 'demo', 'trials', `${number}.log`), 'utf8');
      assert.match(output, /score=.* step=2/);
      assert.match(output, /no secret here/);
      assert.doesNotMatch(output, /Welcome/);
    }
    assert.equal(slurm.run('squeue', '-h').trim(), '', 'no job is left');
  } finally {
    folder.remove();
  }
});

test('Stop ends the workers behind a login node', { ...needed, timeout: 180_000 }, async () => {
  const folder = new TunerFolder();
  try {
    const database = await secretDatabase(postgres);
    writeFileSync(join(folder.path, 'killed'), '');
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(500)}\nstorage: ${database.storage}\nexecutor: ${executor('login')}`,
    });
    const tuner = bundle(folder, ['run', source], { ...client(), ...database.env });
    await until(() => /^trial \d+ complete/m.test(tuner.stdout()));
    tuner.child.kill('SIGTERM');
    assert.equal((await tuner.ended).code, 130);
    await until(() => slurm.run('squeue', '-h').trim() === '');
    const history = await loadWhole(database.url, null);
    assert.equal(history.count(TrialState.running), 0);
  } finally {
    folder.remove();
  }
});

for (const [login, message] of [
  ['nowhere', /The login node nowhere cannot be reached with ssh: .*resolve hostname.* Correct `ssh` under `executor`/],
  [
    'locked',
    /locked cannot be reached with ssh: .*Permission denied \(publickey\)\. It must let you in .*ssh-copy-id locked/,
  ],
  [
    'stranger',
    /stranger cannot be reached .* does not know its key, or knows another one: log in once by hand \(ssh stranger\)/,
  ],
  ['changed', /changed cannot be reached .* knows another one: log in once by hand/],
] as const) {
  test(`a login that does not work is a sentence, and no question: ${login}`, {
    ...needed,
    timeout: 120_000,
  }, async () => {
    const folder = new TunerFolder();
    try {
      const source = folder.study(clusterProgram, {
        objective: clusterObjective(folder),
        head: `${clusterHead(2)}\nstorage: ${await postgres.newDatabase()}\nexecutor: ${executor(login)}`,
      });
      const { code, stderr } = await bundle(folder, ['run', source], client()).ended;
      assert.equal(code, 1);
      assert.match(stderr, message);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    } finally {
      folder.remove();
    }
  });
}
