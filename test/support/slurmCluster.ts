/** A Slurm of this one machine, without accounting, for a test; its processes end with it. Needs root. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './freePort.ts';
import type { TestServer } from './servers.ts';

const START_MS = 60_000;
/** Its commands start a process each, and ask a controller that others ask too. */
const ASK_EVERY_MS = 200;
/** How long its daemons may wait at their end for each other's answers. */
const END_MS = 5000;
/** Version 1 of the kernel's control groups: those in which Slurm makes one for each node. */
const GROUPS = ['memory', 'freezer'].map((controller) => `/sys/fs/cgroup/${controller}`);
const CONFINED = 'CgroupPlugin=cgroup/v1\nConstrainRAMSpace=yes\n';

/** Whether this machine lets Slurm confine the memory of jobs: the reason to skip a test that needs it, or false. */
export function cannotConfineMemory(): string | false {
  const probe = join(GROUPS[0] as string, `tuneboard-${process.pid}`);
  try {
    mkdirSync(probe);
    accessSync(join(probe, 'memory.limit_in_bytes'), constants.W_OK);
    return false;
  } catch {
    return 'no control groups (version 1) for memory that may be made on this machine';
  } finally {
    removeGroup(probe);
  }
}

/** A group goes when nothing is in it: groups first that are within it. */
function removeGroup(path: string): void {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) removeGroup(join(path, entry.name));
    }
    rmdirSync(path);
  } catch {
    // It is not there, or somebody else's.
  }
}

export interface SlurmOptions {
  /** Of each node; 4 by default. */
  readonly cpus?: number;
  /** Nodes, all on this machine, named after it; 1 by default. */
  readonly nodes?: number;
  /** A MariaDB that keeps accounts; none by default. */
  readonly accounts?: TestServer;
  /** More lines of slurm.conf, or others in place of those of the same name. */
  readonly settings?: readonly string[];
  /** Jobs are confined to the memory that they asked for, and the kernel ends what takes more (see `cannotConfineMemory`). */
  readonly confinesMemory?: boolean;
  /** Partitions as slurm.conf has them, in place of the one called main. `NODES` stands for all nodes. */
  readonly partitions?: readonly string[];
}

export class SlurmCluster {
  /** Environment in which Slurm's commands find it. */
  readonly env: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #servers: ChildProcess[];
  readonly #nodes = new Map<string, ChildProcess>();

  private constructor(folder: string, env: NodeJS.ProcessEnv, servers: ChildProcess[]) {
    this.#folder = folder;
    this.env = env;
    this.#servers = servers;
  }

  static async start(options: SlurmOptions = {}): Promise<SlurmCluster> {
    const { nodes = 1, accounts } = options;
    const folder = mkdtempSync(join(tmpdir(), 'slurm-'));
    const controller = await freePort();
    const names = Array.from({ length: nodes }, (_, index) => `${host()}${nodes === 1 ? '' : `-${index}`}`);
    const ports: number[] = [];
    for (const _ of names) ports.push(await freePort());
    const daemon = accounts === undefined ? undefined : await freePort();
    const conf = join(folder, 'slurm.conf');
    const nodesOf = names.map((name, index) => ({ name, port: ports[index] as number }));
    writeFileSync(conf, configuration({ ...options, folder, controller, nodes: nodesOf, daemon }));
    if (options.confinesMemory) writeFileSync(join(folder, 'cgroup.conf'), CONFINED);
    for (const name of ['state', ...names]) mkdirSync(join(folder, name));
    const env = { ...process.env, SLURM_CONF: conf };
    const cluster = new SlurmCluster(folder, env, []);
    try {
      await cluster.#startMunge();
      if (accounts !== undefined) await cluster.#keepAccounts(accounts, daemon as number);
      cluster.#serve('slurmctld', '-D', '-f', conf);
      for (const name of names) cluster.#nodes.set(name, cluster.#serve('slurmd', '-D', '-N', name, '-f', conf));
      await cluster.#untilIdle(nodes);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Kills the daemon of a node, as if its machine had lost its power; its jobs' processes stay. */
  killNode(name: string): void {
    this.#nodes.get(name)?.kill('SIGKILL');
  }

  /** One for each cluster: another one that ends on this machine takes nothing away from it. */
  async #startMunge(): Promise<void> {
    const folder = mungeFolder(this.#folder);
    const key = join(folder, 'key');
    const socket = join(folder, 'socket');
    mkdirSync(folder, { mode: 0o755 });
    writeFileSync(key, randomBytes(128), { mode: 0o400 });
    for (const path of [folder, key]) execFileSync('chown', ['munge:munge', path]);
    const own = ['pid', 'seed', 'log'].map((name) => `--${name}-file=${join(folder, name)}`);
    const args = [
      '-u',
      'munge',
      '--',
      '/usr/sbin/munged',
      '--foreground',
      '--force',
      `--key-file=${key}`,
      `--socket=${socket}`,
    ];
    const daemon = spawn('runuser', [...args, ...own], { stdio: 'ignore' });
    this.#servers.push(daemon);
    const isUp = () => spawnSync('munge', ['-n', `--socket=${socket}`], { stdio: 'ignore' }).status === 0;
    for (const until = Date.now() + START_MS; !isUp(); await sleep(50)) {
      if (Date.now() > until || daemon.exitCode !== null) throw new Error('munged did not start.');
    }
  }

  #serve(program: string, ...args: string[]): ChildProcess {
    const server = spawn(join('/usr/sbin', program), args, { env: this.env, stdio: 'ignore' });
    this.#servers.push(server);
    return server;
  }

  /** In a database on MariaDB. */
  async #keepAccounts(accounts: TestServer, port: number): Promise<void> {
    const database = new URL(await accounts.newDatabase());
    const lines = [
      'AuthType=auth/munge',
      `AuthInfo=socket=${mungeFolder(this.#folder)}/socket`,
      `DbdHost=${host()}`,
      'DbdAddr=127.0.0.1',
      `DbdPort=${port}`,
      'SlurmUser=root',
      `PidFile=${this.#folder}/slurmdbd.pid`,
      `LogFile=${this.#folder}/slurmdbd.log`,
      'StorageType=accounting_storage/mysql',
      'StorageHost=127.0.0.1',
      `StoragePort=${database.port}`,
      'StorageUser=root',
      `StorageLoc=${database.pathname.slice(1)}`,
    ];
    const conf = join(this.#folder, 'slurmdbd.conf');
    writeFileSync(conf, `${lines.join('\n')}\n`, { mode: 0o600 });
    const daemon = spawn('/usr/sbin/slurmdbd', ['-D'], {
      env: { ...this.env, SLURM_CONF: join(this.#folder, 'slurm.conf') },
      stdio: 'ignore',
    });
    this.#servers.push(daemon);
    for (const until = Date.now() + START_MS; ; await sleep(200)) {
      if (this.#ask('sacctmgr', '-i', 'add', 'cluster', 'tuneboard') !== undefined) return;
      if (Date.now() > until || daemon.exitCode !== null) throw new Error('slurmdbd did not start.');
    }
  }

  /** What one of Slurm's commands prints. Throws when it fails: nothing would be taken for an empty answer. */
  run(program: string, ...args: string[]): string {
    return execFileSync(program, args, { env: this.env, encoding: 'utf8' });
  }

  /** The same of one that may not be there yet, or any more. */
  #ask(program: string, ...args: string[]): string | undefined {
    const { status, stdout } = spawnSync(program, args, { env: this.env, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  }

  /** Waits until a job is in a state, by its long name. */
  untilJob(job: string, state: string): Promise<void> {
    return this.#until(() => this.run('squeue', '-h', '-j', job, '-o', '%T').trim() === state);
  }

  /** Waits until no job is left. */
  untilQuiet(): Promise<void> {
    return this.#until(() => this.run('squeue', '-h').trim() === '');
  }

  async #until(condition: () => boolean): Promise<void> {
    for (const until = Date.now() + 2 * START_MS; !condition(); await sleep(ASK_EVERY_MS)) {
      if (Date.now() > until) throw new Error(`Slurm did not get there:\n${this.#ask('squeue') ?? ''}`);
    }
  }

  async stop(): Promise<void> {
    this.#ask('scancel', '--user=root');
    const until = Date.now() + 2 * END_MS;
    while (Date.now() < until && this.#ask('squeue', '-h') !== '') await sleep(ASK_EVERY_MS);
    for (const server of this.#servers) server.kill('SIGTERM');
    const hurry = setTimeout(() => {
      for (const server of this.#servers) server.kill('SIGKILL');
    }, END_MS);
    await Promise.all(this.#servers.map(ended));
    clearTimeout(hurry);
    this.#endJobs();
    for (const group of GROUPS) for (const node of this.#nodes.keys()) removeGroup(join(group, `slurm_${node}`));
    rmSync(mungeFolder(this.#folder), { recursive: true, force: true });
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** What a node that was killed left running. */
  #endJobs(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        if (readFileSync(`/proc/${pid}/environ`, 'utf8').includes(this.#folder)) process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended, or is nothing of ours.
      }
    }
  }

  async #untilIdle(nodes: number): Promise<void> {
    for (const until = Date.now() + START_MS; Date.now() < until; await sleep(100)) {
      const idle = this.#ask('sinfo', '-h', '-N', '-o', '%T %N')?.match(/^idle .*/gm);
      if (new Set(idle).size === nodes) return;
    }
    throw new Error(`Slurm did not start: ${this.#ask('sinfo') ?? 'it does not answer'}`);
  }
}

function ended(server: ChildProcess): unknown {
  if (server.exitCode !== null || server.signalCode !== null) return undefined;
  return new Promise((resolve) => server.once('exit', resolve));
}

/** Not in the cluster's own folder, which belongs to root alone; munged runs as a user of its own. */
function mungeFolder(folder: string): string {
  return `${folder}-munge`;
}

function host(): string {
  return hostname().split('.')[0] as string;
}

interface Configured extends Omit<SlurmOptions, 'nodes'> {
  readonly folder: string;
  readonly controller: number;
  /** Port of the daemon that keeps accounts. */
  readonly daemon: number | undefined;
  readonly nodes: readonly { readonly name: string; readonly port: number }[];
}

function configuration(at: Configured): string {
  const { folder, controller, daemon, nodes, cpus = 4, settings = [], confinesMemory = false } = at;
  const { partitions = ['PartitionName=main Nodes=NODES Default=YES MaxTime=INFINITE State=UP'] } = at;
  const all = nodes.map(({ name }) => name).join(',');
  const accounts =
    daemon === undefined
      ? ['JobAcctGatherType=jobacct_gather/none']
      : [
          'AccountingStorageType=accounting_storage/slurmdbd',
          'AccountingStorageHost=127.0.0.1',
          `AccountingStoragePort=${daemon}`,
          // Not a password: the socket of the munged that the daemon trusts.
          `AccountingStoragePass=${mungeFolder(folder)}/socket`,
          'JobAcctGatherType=jobacct_gather/linux',
        ];
  const lines = [
    'ClusterName=tuneboard',
    'AuthType=auth/munge',
    `AuthInfo=socket=${mungeFolder(folder)}/socket`,
    `SlurmctldHost=${host()}(127.0.0.1)`,
    'SlurmUser=root',
    'SlurmdUser=root',
    `SlurmctldPort=${controller}`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/%n.pid`,
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/%n`,
    `SlurmctldLogFile=${folder}/slurmctld.log`,
    `SlurmdLogFile=${folder}/%n.log`,
    `ProctrackType=proctrack/${confinesMemory ? 'cgroup' : 'linuxproc'}`,
    `TaskPlugin=task/${confinesMemory ? 'cgroup' : 'none'}`,
    ...accounts,
    'SelectType=select/cons_tres',
    `SelectTypeParameters=CR_CPU${confinesMemory ? '_Memory' : ''}`,
    'ReturnToService=2',
    'SlurmdParameters=config_overrides',
    'KillWait=5',
    'MessageTimeout=60',
    ...nodes.map(
      ({ name, port }) =>
        `NodeName=${name} NodeHostname=${host()} NodeAddr=127.0.0.1 Port=${port} CPUs=${cpus} RealMemory=1000 State=UNKNOWN`,
    ),
    ...partitions.map((line) => line.replace('NODES', all)),
  ];
  const nameOf = (line: string) => line.slice(0, line.indexOf('='));
  const given = new Set(settings.map(nameOf));
  return `${[...lines.filter((line) => !given.has(nameOf(line))), ...settings].join('\n')}\n`;
}
