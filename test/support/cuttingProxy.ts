import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A server that says nothing for so long has answered all that it was asked, in milliseconds. */
const SILENCE_MS = 50;

/** In words, or by the name under which PostgreSQL knows it. */
const COMMIT = /COMMIT(?!TED)|tb_commit_/;

/** Stands before a database server and cuts connections at moments that a network would choose. */
export interface CuttingProxy {
  readonly port: number;
  /** Cuts every connection now. */
  cutAll(): void;
  /** The next time that a client commits, the server hears it, and the client never an answer. */
  cutAtCommit(): void;
  /** How often that has happened. */
  readonly cuts: number;
  /** From now on, what clients send is so long on its way, in milliseconds. */
  slowDown(delayMs: number): void;
  /** Who connects from now on gets another server; connections that are there last. */
  turnTo(serverPort: number): void;
  close(): Promise<void>;
}

/** @param commit What a client sends when it commits. */
export async function startProxy(serverPort: number, commit = COMMIT): Promise<CuttingProxy> {
  let target = serverPort;
  let delayMs = 0;
  const sockets = new Set<Socket>();
  let isArmed = false;
  let cuts = 0;
  const listener = createServer((client) => {
    const server = connect(target, '127.0.0.1');
    let isCut = false;
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        if (!isCut) server.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (isArmed && commit.test(chunk.toString('latin1'))) {
        isArmed = false;
        isCut = true;
        cuts++;
        // The server's answer tells that it has done it; it is kept back. What came before the commit is answered first.
        let silence: NodeJS.Timeout | undefined;
        server.on('data', () => {
          clearTimeout(silence);
          silence = setTimeout(() => {
            client.destroy();
            server.destroy();
          }, SILENCE_MS);
        });
      }
      // No test waits at its end for what is still on its way.
      if (delayMs > 0) setTimeout(() => server.write(chunk), delayMs).unref();
      else server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (!isCut) client.write(chunk);
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  return {
    port,
    get cuts() {
      return cuts;
    },
    cutAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    cutAtCommit: () => {
      isArmed = true;
    },
    slowDown: (ms) => {
      delayMs = ms;
    },
    turnTo: (other) => {
      target = other;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
