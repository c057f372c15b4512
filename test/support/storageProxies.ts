/** Optuna's own storage proxies (`optuna.storages.run_grpc_proxy_server`) for the tests, each on a free port of this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { freePort } from './freePort.ts';
import { pythonOf } from './parts.ts';

type Release = 'optuna' | 'optuna4';

/** As a team starts it: the storage's URL or `memory`, and a port. */
const PROXY = `
import sys, warnings
warnings.simplefilter("ignore")
import optuna
name, port = sys.argv[1:]
storage = optuna.storages.InMemoryStorage() if name == "memory" else optuna.storages.get_storage(name)
optuna.storages.run_grpc_proxy_server(storage, host="127.0.0.1", port=int(port))
`;

/** Many in one process, as Python takes seconds to start: a storage and a port a line. */
const MANY = `
import sys, warnings
warnings.simplefilter("ignore")
import optuna
from optuna.storages._grpc.server import make_server
servers = []
print("ready", flush=True)
for line in sys.stdin:
    name, port = line.rsplit(" ", 1)
    storage = optuna.storages.InMemoryStorage() if name == "memory" else optuna.storages.get_storage(name)
    servers.append(make_server(storage, "127.0.0.1", int(port)))
    servers[-1].start()
    print("ready", flush=True)
`;

export interface StorageProxy {
  readonly port: number;
  /** As Tuneboard names it. */
  readonly url: string;
  readonly pid: number;
  /** Ends it at once; a storage in its memory is gone with it. */
  stop(): Promise<void>;
  /** On the same port again. */
  start(): Promise<void>;
}

export interface ProxyOptions {
  readonly release?: Release;
  readonly port?: number;
  readonly env?: NodeJS.ProcessEnv;
}

/** `storage`: as Optuna names it, or `memory`. Resolves when it listens. */
export async function startProxy(storage: string, options: ProxyOptions = {}): Promise<StorageProxy> {
  const port = options.port ?? (await freePort());
  let child: ChildProcess | undefined;
  const endWithUs = () => child?.kill('SIGKILL');
  process.once('exit', endWithUs);
  const proxy = {
    port,
    url: `grpc://127.0.0.1:${port}`,
    get pid() {
      return child?.pid ?? -1;
    },
    stop: async () => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    },
    start: async () => {
      const python = pythonOf(options.release ?? 'optuna');
      child = spawn(python, ['-c', PROXY, storage, `${port}`], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, ...options.env },
      });
      await says(child, 'Listening...', 'stderr');
    },
  };
  await proxy.start();
  return proxy;
}

export interface ProxyFarm {
  /** Starts another one and returns its URL. */
  newProxy(storage: string): Promise<string>;
  dispose(): Promise<void>;
}

export async function startProxies(release: Release = 'optuna'): Promise<ProxyFarm> {
  const child = spawn(pythonOf(release), ['-c', MANY], { stdio: ['pipe', 'pipe', 'inherit'] });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  await says(child, 'ready', 'stdout');
  return {
    newProxy: async (storage) => {
      const port = await freePort();
      const isReady = says(child, 'ready', 'stdout');
      child.stdin.write(`${storage} ${port}\n`);
      await isReady;
      return `grpc://127.0.0.1:${port}`;
    },
    dispose: async () => {
      process.off('exit', endWithUs);
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function says(child: ChildProcess, words: string, stream: 'stdout' | 'stderr'): Promise<void> {
  const input = child[stream];
  if (!input) throw new Error('the output of the proxy is not read');
  const said: string[] = [];
  const lines = createInterface({ input });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onEnd = () => reject(new Error(`the storage proxy ended:\n${said.join('\n')}`));
  lines.on('line', (line) => {
    said.push(line);
    if (line.includes(words)) resolve();
  });
  child.once('close', onEnd);
  try {
    await promise;
  } finally {
    child.off('close', onEnd);
    lines.close();
    input.resume();
  }
}
