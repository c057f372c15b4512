/** A Ray of this one machine, for a test; its processes end with it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pythonOf } from './parts.ts';
import { runToEnd } from './processes.ts';

const START_MS = 90_000;

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

  static async start(env: NodeJS.ProcessEnv = {}): Promise<RayCluster> {
    const [port, dashboard] = [await freePort(), await freePort()];
    const cluster = new RayCluster(mkdtempSync('/tmp/ray-'), port, dashboard);
    const options = ['--node-ip-address=127.0.0.1', '--dashboard-host=127.0.0.1', '--num-cpus=4', '--num-gpus=0'];
    options.push(`--port=${port}`, `--dashboard-port=${dashboard}`, `--temp-dir=${cluster.#folder}`);
    options.push('--object-store-memory=80000000', '--disable-usage-stats', '--include-log-monitor=false');
    const ray = join(pythonOf('ray'), '..', 'ray');
    try {
      await runToEnd(ray, ['start', '--head', ...options], { env: { ...process.env, ...env } });
      await cluster.#untilReady();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** By process: `ray stop` would end every Ray of this machine. */
  async stop(): Promise<void> {
    for (let turn = 0; turn < 100; turn++) {
      const pids = this.#processes();
      if (pids.length === 0) break;
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended meanwhile.
        }
      }
      await sleep(100);
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Those that name its folder or its port on their command line, or were started by one that does. */
  #processes(): number[] {
    const marks = [this.#folder, `:${this.#port}`, `=${this.#port}`];
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

  async #untilReady(): Promise<void> {
    for (const until = Date.now() + START_MS; Date.now() < until; await sleep(200)) {
      const answer = await fetch(`${this.address}/api/jobs/`).catch(() => undefined);
      if (answer && answer.status !== 500) return;
    }
    throw new Error('Ray did not start.');
  }
}

/** Ray keeps 10002 to 19999 for its workers. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port >= 10_002 && port <= 19_999 ? freePort() : port));
    });
  });
}
