/** A Slurm of this one machine, without accounting, for a test; its processes end with it. Needs root. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './freePort.ts';

const START_MS = 60_000;

export class SlurmCluster {
  /** Environment in which Slurm's commands find it. */
  readonly env: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #servers: ChildProcess[];
  readonly #isOurMunge: boolean;

  private constructor(folder: string, env: NodeJS.ProcessEnv, servers: ChildProcess[], isOurMunge: boolean) {
    this.#isOurMunge = isOurMunge;
    this.#folder = folder;
    this.env = env;
    this.#servers = servers;
  }

  static async start(cpus = 4): Promise<SlurmCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'slurm-'));
    const [controller, node] = [await freePort(), await freePort()];
    const conf = join(folder, 'slurm.conf');
    writeFileSync(conf, configuration({ folder, controller, node, cpus }));
    for (const name of ['state', 'spool']) mkdirSync(join(folder, name));
    const env = { ...process.env, SLURM_CONF: conf };
    const isOurMunge = startMunge();
    const servers = ['slurmctld', 'slurmd'].map((name) =>
      spawn(join('/usr/sbin', name), ['-D', '-f', conf], { env, stdio: 'ignore' }),
    );
    const cluster = new SlurmCluster(folder, env, servers, isOurMunge);
    try {
      await cluster.#untilIdle();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
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

  async stop(): Promise<void> {
    this.#ask('scancel', '--user=root');
    for (let waited = 0; waited < 10_000 && this.#ask('squeue', '-h') !== ''; waited += 100) await sleep(100);
    for (const server of this.#servers) server.kill('SIGTERM');
    await Promise.all(
      this.#servers.map((server) =>
        server.exitCode !== null ? undefined : new Promise((resolve) => server.once('exit', resolve)),
      ),
    );
    if (this.#isOurMunge) stopMunge();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #untilIdle(): Promise<void> {
    for (const until = Date.now() + START_MS; Date.now() < until; await sleep(100)) {
      if (this.#ask('sinfo', '-h', '-o', '%T') === 'idle') return;
    }
    throw new Error(`Slurm did not start: ${this.#ask('sinfo') ?? 'it does not answer'}`);
  }
}

/** One for the whole machine. Returns whether it was started here. */
function startMunge(): boolean {
  if (spawnSync('munge', ['-n'], { stdio: 'ignore' }).status === 0) return false;
  spawnSync('install', ['-d', '-o', 'munge', '-g', 'munge', '-m', '755', '/run/munge']);
  spawnSync('runuser', ['-u', 'munge', '--', '/usr/sbin/munged'], { stdio: 'ignore' });
  return true;
}

function stopMunge(): void {
  try {
    process.kill(Number(readFileSync('/run/munge/munged.pid', 'utf8')), 'SIGTERM');
  } catch {
    // It is gone already.
  }
}

function configuration(at: { folder: string; controller: number; node: number; cpus: number }): string {
  const host = hostname().split('.')[0];
  return `ClusterName=tuneboard
SlurmctldHost=${host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort=${at.controller}
SlurmdPort=${at.node}
SlurmctldPidFile=${at.folder}/slurmctld.pid
SlurmdPidFile=${at.folder}/slurmd.pid
StateSaveLocation=${at.folder}/state
SlurmdSpoolDir=${at.folder}/spool
SlurmctldLogFile=${at.folder}/slurmctld.log
SlurmdLogFile=${at.folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SlurmdParameters=config_overrides
KillWait=5
MessageTimeout=60
NodeName=${host} NodeAddr=127.0.0.1 CPUs=${at.cpus} RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP
`;
}
