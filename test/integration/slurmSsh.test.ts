/** A study on Slurm by way of a login node: a real sshd, cut off in the middle; stopped; and logins that do not work. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { startProxy } from '../support/cuttingProxy.ts';
import { needs } from '../support/parts.ts';
import { startServer } from '../support/servers.ts';
import { SlurmCluster } from '../support/slurmCluster.ts';
import { SshServer, type Wrappers } from '../support/sshServer.ts';
import { whileTesting } from '../support/whileTesting.ts';
import {
  bundle,
  clusterHead,
  clusterObjective,
  clusterProgram,
  hasWorkers,
  loadWhole,
  requireNoSecret,
  secretDatabase,
} from './clusterStudy.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const needed = needs('slurm', 'ssh', 'postgres');
const servers = whileTesting(needed, async (keep) => {
  const postgres = keep(await startServer('postgres'));
  const slurm = keep(await SlurmCluster.start());
  const ssh = keep(await SshServer.start({ SLURM_CONF: slurm.env['SLURM_CONF'] as string }));
  return { postgres, slurm, ssh };
});
/** What the cluster has of the study. */
const there = mkdtempSync(join(tmpdir(), 'on the cluster '));
after(() => rmSync(there, { recursive: true, force: true }));

/** Not Slurm's own settings: only the login node has those. */
const client = (wrappers?: Wrappers) => servers().ssh.client(process.env, wrappers);
const executor = (login: string) =>
  `{ type: slurm, heartbeat: 2s, node: "${process.execPath}", ssh: ${login}, chdir: ${JSON.stringify(there)} }`;
test('a study goes by way of a login node, and on after the connection was lost', {
  ...needed,
  timeout: 240_000,
}, async () => {
  const folder = new TunerFolder();
  try {
    const { postgres, slurm, ssh } = servers();
    const database = await secretDatabase(postgres);
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(8)}\nstorage: ${database.storage}\nexecutor: ${executor('login')}`,
    });
    folder.write('.env', 'SECRET=1');
    const tuner = bundle(folder, ['run', source], { ...client(), ...database.env });
    await until(() => hasWorkers(folder));
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

/**
 * What may go wrong when a study is stopped, by programs that come before the real ones on this machine or on the login node.
 * `interrupt`: the person presses Ctrl+C twice, which every program of the terminal gets.
 */
const stops: readonly { name: string; here?: Wrappers; there?: Wrappers; interrupt?: true; says: RegExp }[] = [
  {
    name: 'though Slurm answers late, and refuses at first',
    there: {
      squeue: 'sleep 1; exec "$REAL" "$@"',
      scancel: `echo x >> "$STATE"; case $(wc -l < "$STATE") in
        1) echo "scancel: error: Kill job error on job id 1_0: Socket timed out on send/recv operation" >&2; exit 1;;
        2) echo "scancel: error: Kill job error on job id 1_0: Job can not be altered now, try again later" >&2; exit 1;;
      esac; exec "$REAL" "$@"`,
    },
    says: /Slurm did not end the workers: Kill job error on job id 1_0: Socket timed out on send\/recv operation\./,
  },
  {
    name: 'though it came by Ctrl+C, in the middle of one of many calls of ssh, and the way there is lost for a moment',
    here: {
      ssh: `case "$*" in
        *scancel*) echo x >> "$STATE"; [ $(wc -l < "$STATE") -gt 1 ] || { echo "Connection reset by peer" >&2; exit 255; };;
        *) sleep 0.5;;
      esac; "$REAL" "$@"`,
    },
    interrupt: true,
    says: /login cannot be reached with ssh: Connection reset by peer\. Look whether it is up/,
  },
];

for (const { name, here, there: onLogin, interrupt, says } of stops) {
  test(`Stop ends the workers behind a login node ${name}`, { ...needed, timeout: 180_000 }, async () => {
    const folder = new TunerFolder();
    const { postgres, slurm, ssh } = servers();
    try {
      const database = await secretDatabase(postgres);
      writeFileSync(join(folder.path, 'killed'), '');
      const source = folder.study(clusterProgram, {
        objective: clusterObjective(folder),
        head: `${clusterHead(500)}\nstorage: ${database.storage}\nexecutor: ${executor('login')}`,
      });
      ssh.wrap(onLogin);
      const env = { ...client(here), ...database.env };
      const tuner = bundle(folder, ['run', source], env, interrupt && { detached: true });
      await until(() => /^trial \d+ complete/m.test(tuner.stdout()));
      if (interrupt) {
        const press = () => process.kill(-(tuner.child.pid as number), 'SIGINT');
        press();
        await until(() => tuner.stdout().includes('Stopping after the running trials'));
        press();
      } else tuner.child.kill('SIGTERM');
      const { code, stdout, stderr } = await tuner.ended;
      assert.equal(code, 130, `${stdout}${stderr}`);
      assert.equal(stderr, '');
      assert.match(stdout, says);
      assert.equal(folder.record().state, 'stopped');
      await slurm.untilQuiet();
      const history = await loadWhole(database.url, null);
      assert.equal(history.count(TrialState.running) + history.count(TrialState.waiting), 0);
    } finally {
      ssh.wrap();
      folder.remove();
    }
  });
}

/** How an answer of sbatch may be late or lost while the study is stopped; what it takes is there all the same. */
const onItsWay: readonly { name: string; here?: Wrappers; there?: Wrappers }[] = [
  { name: 'is on its way', there: { sbatch: 'echo x > "$ASKED"; sleep 4; exec "$REAL" "$@"' } },
  {
    name: 'was taken, and its answer is lost',
    here: {
      ssh: 'case "$*" in *sbatch*) echo x > "$ASKED"; exec 3<&0; "$REAL" "$@" <&3 >/dev/null 2>&1 & exec sleep 600;; esac; exec "$REAL" "$@"',
    },
  },
];

for (const { name, here, there: onLogin } of onItsWay) {
  test(`Stop while a job ${name} leaves none behind`, { ...needed, timeout: 120_000 }, async () => {
    const folder = new TunerFolder();
    const { postgres, slurm, ssh } = servers();
    const asked = join(folder.path, 'asked');
    const known = new Set(jobsOf(slurm));
    try {
      const source = folder.study(clusterProgram, {
        objective: clusterObjective(folder),
        head: `${clusterHead(500)}\nstorage: ${await postgres.newDatabase()}\nexecutor: ${executor('login')}`,
      });
      const name = (wrappers: Wrappers | undefined) =>
        wrappers &&
        Object.fromEntries(
          Object.entries(wrappers).map(([one, script]) => [
            one,
            `ASKED='${asked.replaceAll("'", `'\\''`)}'; ${script}`,
          ]),
        );
      ssh.wrap(name(onLogin));
      const tuner = bundle(folder, ['run', source], client(name(here)));
      await until(() => existsSync(asked));
      tuner.child.kill('SIGTERM');
      const { code, stdout, stderr } = await tuner.ended;
      assert.equal(code, 130, `${stdout}${stderr}`);
      const made = () => jobsOf(slurm).filter((job) => !known.has(job));
      await until(() => made().length > 0);
      await until(() => made().every((job) => /\|(CANCELLED|COMPLETING|COMPLETED|FAILED)$/.test(job)));
    } finally {
      ssh.wrap();
      folder.remove();
      await slurm.untilQuiet();
    }
  });
}

/** All that Slurm still knows of, each with its state. */
function jobsOf(slurm: SlurmCluster): string[] {
  const jobs = slurm.run('squeue', '-h', '-r', '-t', 'all', '-o', '%i|%T').trim();
  return jobs === '' ? [] : jobs.split('\n');
}

test('Stop takes no time though the login node is out of reach; what is left is named, and ended when it is reached again', {
  ...needed,
  timeout: 240_000,
}, async () => {
  const folder = new TunerFolder();
  const { postgres, slurm, ssh } = servers();
  const blocker = slurm.run('sbatch', '--parsable', '--exclusive', '--output=/dev/null', '--wrap', 'sleep 600').trim();
  try {
    await slurm.untilJob(blocker, 'RUNNING');
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(500)}\nstorage: ${await postgres.newDatabase()}\nexecutor: ${executor('login')}`,
    });
    const tuner = bundle(folder, ['run', source], client());
    await until(() => (folder.recordIfAny()?.workers ?? []).filter(({ reason }) => reason !== undefined).length === 2);
    const [job = ''] = (folder.record().workers ?? []).map(({ id }) => id.split('_')[0]);
    await ssh.cut();
    tuner.child.kill('SIGTERM');
    const began = performance.now();
    const { code, stdout, stderr } = await tuner.ended;
    // A minute without the change, five seconds and the end of the process with it.
    assert.ok(performance.now() - began < 30_000, `${stdout}${stderr}`);
    assert.equal(code, 130, `${stdout}${stderr}`);
    const sentence = `Nothing is known of the end of these workers: ${job}_0, ${job}_1. They are ended as soon as Slurm on login can be reached, for a day from now; or by hand: ssh login scancel ${job}`;
    assert.ok(stdout.includes(sentence), stdout);
    const { state, message, left } = folder.record();
    assert.deepEqual([state, message, left?.place], ['stopped', sentence, 'login']);
    assert.equal(slurm.run('squeue', '-h', '-r', '-j', job, '-o', '%T').trim(), 'PENDING\nPENDING');
    await ssh.resume();
    await until(() => folder.record().left === undefined);
    assert.ok(folder.record().workers?.every(({ state: one }) => one === 'ended'));
    await until(() => slurm.run('squeue', '-h', '-o', '%F').trim() === blocker);
  } finally {
    slurm.run('scancel', blocker);
    folder.remove();
    await slurm.untilQuiet();
  }
});

test('Stop takes no time though neither the login node nor the database answers any more', {
  ...needed,
  timeout: 240_000,
}, async () => {
  const folder = new TunerFolder();
  const { postgres, slurm } = servers();
  const proxy = await startProxy(postgres.port);
  try {
    const database = (await postgres.newDatabase()).replace(`:${postgres.port}/`, `:${proxy.port}/`);
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(500)}\nstorage: ${database}\nexecutor: ${executor('login')}`,
    });
    const silent = join(folder.path, 'silent');
    const ssh = '[ ! -e "$SILENT" ] || exec sleep 600; exec "$REAL" "$@"';
    const tuner = bundle(folder, ['run', source], { ...client({ ssh }), SILENT: silent });
    await until(() => hasWorkers(folder));
    writeFileSync(silent, '');
    proxy.slowDown(600_000);
    tuner.child.kill('SIGTERM');
    const began = performance.now();
    const { code, stdout, stderr } = await tuner.ended;
    assert.ok(performance.now() - began < 40_000, `${stdout}${stderr}`);
    assert.equal(code, 130, `${stdout}${stderr}`);
    assert.match(stdout, /Trials that ran could not be recorded as stopped/);
    assert.match(stdout, /Nothing is known of the end of these workers: .*; or by hand: ssh login scancel \d+/);
    assert.match(stdout, /\nContinue with: .*\n$/, 'the last word is what to do');
    const { state, left } = folder.record();
    assert.deepEqual([state, left?.ids.length], ['stopped', 2]);
  } finally {
    await proxy.close();
    slurm.run('scancel', '--user=root');
    folder.remove();
    await slurm.untilQuiet();
  }
});

test('Stop does not wait for a login node that does not answer', { ...needed, timeout: 120_000 }, async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(clusterProgram, {
      objective: clusterObjective(folder),
      head: `${clusterHead(2)}\nstorage: sqlite:///study.db\nexecutor: ${executor('login')}`,
    });
    const asked = join(folder.path, 'asked');
    const env = { ...client({ ssh: 'echo x > "$ASKED"; exec sleep 600' }), ASKED: asked };
    const tuner = bundle(folder, ['run', source], env);
    await until(() => existsSync(asked));
    tuner.child.kill('SIGTERM');
    const { code, stdout, stderr } = await tuner.ended;
    assert.equal(code, 130, `${stdout}${stderr}`);
    assert.equal(folder.record().state, 'stopped');
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
        head: `${clusterHead(2)}\nstorage: ${await servers().postgres.newDatabase()}\nexecutor: ${executor(login)}`,
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
