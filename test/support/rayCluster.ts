/** A Ray of this one machine, for a test; its processes end with it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './freePort.ts';
import { pythonOf } from './parts.ts';
import { descendantsOf, runToEnd, signalAll } from './processes.ts';

/** On a busy machine its agent sometimes never comes to answer: it is started once more then. */
const READY_MS = 30_000;
const STARTS = 3;
/** Ray keeps 10002 to 19999 for its workers. */
const isFit = (port: number): boolean => port < 10_002 || port > 19_999;

export class RayCluster {
  /** Of the dashboard. */
  readonly address: string;
  /** Short: Ray puts sockets below it, whose paths may have 107 bytes. */
  readonly #folder: string;
  readonly #port: number;

  private constructor(folder: string, port: number, dashboard: number) {
    this.#folder = folder;
    this.#port = port;
    this.address = `http://127.0.0.1:${dashboard}`;
  }

  static async start(env: NodeJS.ProcessEnv = {}, cpus = 4): Promise<RayCluster> {
    for (let left = STARTS - 1; ; left--) {
      try {
        return await RayCluster.#startOnce(env, cpus);
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  }

  static async #startOnce(env: NodeJS.ProcessEnv, cpus: number): Promise<RayCluster> {
    const [port, dashboard, agent] = [await freePort(isFit), await freePort(isFit), await freePort(isFit)];
    const cluster = new RayCluster(mkdtempSync('/tmp/ray-'), port, dashboard);
    const options = ['--node-ip-address=127.0.0.1', '--dashboard-host=127.0.0.1', '--num-gpus=0'];
    options.push(`--num-cpus=${cpus}`);
    options.push(`--port=${port}`, `--dashboard-port=${dashboard}`, `--temp-dir=${cluster.#folder}`);
    options.push(`--dashboard-agent-listen-port=${agent}`);
    options.push('--object-store-memory=80000000', '--disable-usage-stats', '--include-log-monitor=false');
    try {
      await runToEnd(ray(), ['start', '--head', ...options], { env: { ...process.env, ...env } });
      await cluster.#untilReady(env['RAY_AUTH_TOKEN']);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** What the dashboard answers to whoever asks, who is no browser. */
  get(path: string, token?: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const call = request(`${this.address}${path}`, { agent: false, timeout: 20_000, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        answer.on('end', () => resolve(text));
      });
      call.on('timeout', () => call.destroy(new Error('no answer')));
      call.on('error', reject).end();
    });
  }

  /** Starts one more node, with an address of this machine's own (such as 127.0.0.2). */
  async addNode(address: string, cpus: number, env: NodeJS.ProcessEnv = {}): Promise<void> {
    const options = [`--address=127.0.0.1:${this.#port}`, `--node-ip-address=${address}`, `--num-cpus=${cpus}`];
    options.push('--num-gpus=0', `--dashboard-agent-listen-port=${await freePort(isFit)}`);
    options.push('--object-store-memory=80000000', '--disable-usage-stats', '--include-log-monitor=false');
    await runToEnd(ray(), ['start', ...options], { env: { ...process.env, ...env } });
  }

  /** Kills all that runs on a node, as if its machine had lost its power. */
  killNode(address: string): void {
    const pids = processesNaming([`=${address}`]).filter((pid) => this.#processes().includes(pid));
    signalAll([...pids, ...pids.flatMap(descendantsOf)], 'SIGKILL');
  }

  /** By process: `ray stop` would end every Ray of this machine. */
  async stop(): Promise<void> {
    for (let turn = 0; turn < 100; turn++) {
      const pids = this.#processes();
      if (pids.length === 0) break;
      signalAll([...pids, ...pids.flatMap(descendantsOf)], 'SIGKILL');
      await sleep(100);
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Those that name its folder or its port on their command line. */
  #processes(): number[] {
    return processesNaming([this.#folder, `:${this.#port}`, `=${this.#port}`]);
  }

  /** It is when it takes a job. */
  async #untilReady(token: string | undefined): Promise<void> {
    for (const until = Date.now() + READY_MS; Date.now() < until; await sleep(200)) {
      if ((await submit(this.address, { entrypoint: 'true' }, token).catch(() => 0)) === 200) return;
    }
    throw new Error('Ray did not start.');
  }
}

function ray(): string {
  return join(pythonOf('ray'), '..', 'ray');
}

function processesNaming(marks: readonly string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return words.some((word) => marks.some((mark) => word.includes(mark)));
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Submits a job, and says how it was answered. Not with `fetch`: Ray takes that for a browser. */
function submit(address: string, job: object, token: string | undefined): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const call = request(
      `${address}/api/jobs/`,
      { method: 'POST', headers, timeout: 20_000, agent: false },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode));
      },
    );
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', reject);
    call.end(JSON.stringify(job));
  });
}
