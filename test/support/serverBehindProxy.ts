/** A database server on a way that can be cut. */

import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { type CuttingProxy, startProxy } from './cuttingProxy.ts';
import { needs } from './parts.ts';
import { type ServerName, startServer, type TestServer } from './servers.ts';
import { whileTesting } from './whileTesting.ts';

/** Longer than a server takes to start on a busy machine, in milliseconds. */
const PATIENCE_MS = 60_000;

export interface ServerBehindProxy {
  readonly server: TestServer;
  readonly proxy: CuttingProxy;
  /** The same database by way of the proxy. */
  throughProxy(url: string): string;
}

/** Starts both for the tests of the `describe` that this is called in. */
export function serverBehindProxy(name: ServerName): ServerBehindProxy {
  const started = whileTesting(needs(name), async (keep) => {
    const server = keep(await startServer(name));
    return { server, proxy: keep(await startProxy(server.port)) };
  });
  return {
    get server() {
      return started().server;
    },
    get proxy() {
      return started().proxy;
    },
    throughProxy: (url) => url.replace(`:${started().server.port}/`, `:${started().proxy.port}/`),
  };
}

/** Opens a database to write, its tables made where there are none. */
export function openPatiently(url: string, patienceMs = PATIENCE_MS): Promise<ServerStore> {
  return ServerStore.open(ServerUrl.parse(url), { create: true, patienceMs });
}

export function databaseOf(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1);
}
