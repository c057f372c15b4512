/** What stands before a dashboard that speaks no TLS itself: it encrypts, and hands everything on. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from './certificates.ts';

export interface TlsProxy {
  /** `https://localhost:PORT` */
  readonly address: string;
  /** Breaks the next connections that ask for such a path, before it is handed on. */
  breakNext(path: RegExp, times: number): void;
  /** Hands the next request for such a path on only so many milliseconds after it has come, when this resolves. */
  holdNext(path: RegExp, ms: number): Promise<void>;
  close(): Promise<void>;
}

/** @param target Address of what is behind it, `http://…`. */
export async function startTlsProxy(target: string, { cert, key }: Certificate): Promise<TlsProxy> {
  let broken = { path: /$^/, times: 0 };
  let held: { readonly path: RegExp; readonly ms: number; readonly come: () => void } | undefined;
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (asked, answer) => {
    const { method, url = '', headers } = asked;
    if (broken.times > 0 && broken.path.test(url)) {
      broken.times--;
      return asked.socket.destroy();
    }
    const pause = held?.path.test(url) ? held : undefined;
    if (pause) held = undefined;
    const behind = request(`${target}${url}`, { method, headers, agent: false }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    behind.on('error', () => answer.destroy());
    if (!pause) return asked.pipe(behind);
    // It has come whole, whatever becomes of who sent it.
    const pieces: Buffer[] = [];
    asked.on('data', (piece: Buffer) => pieces.push(piece));
    return asked.on('end', () => {
      pause.come();
      setTimeout(() => behind.end(Buffer.concat(pieces)), pause.ms);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `https://localhost:${(server.address() as AddressInfo).port}`,
    breakNext: (path, times) => {
      broken = { path, times };
    },
    holdNext: (path, ms) => new Promise((come) => (held = { path, ms, come })),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
