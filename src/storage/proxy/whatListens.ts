import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';

/** What is met where a storage proxy should be: an operating system's code where nothing is, such as `ECONNREFUSED`. */
export type Listener = 'http2' | 'http1' | 'tls' | 'other' | 'silent' | { readonly code: string };

/** What a client of HTTP/2 says first, and an empty list of settings (RFC 9113, 3.4). */
const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
]);
const SETTINGS = 4;
const TLS_ALERT = 0x15;
const WAIT_MS = 2000;

/** Asks who listens at a port by greeting in HTTP/2: gRPC's answer is known, and so are those of web servers and TLS. */
export async function whatListens(host: string, port: number): Promise<Listener> {
  const listener = await greet(host, port);
  return listener === 'other' && (await speaksTls(host, port)) ? 'tls' : listener;
}

function greet(host: string, port: number): Promise<Listener> {
  const socket = connect({ host, port });
  const { promise, resolve } = Promise.withResolvers<Listener>();
  socket.once('connect', () => socket.write(PREFACE));
  socket.once('data', (bytes) => resolve(listenerOf(bytes)));
  socket.once('close', () => resolve('other'));
  socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
    resolve(code === 'ECONNRESET' || code === 'EPIPE' ? 'other' : { code });
  });
  return within(promise, socket, () => (socket.connecting ? { code: 'ETIMEDOUT' } : 'silent'));
}

function speaksTls(host: string, port: number): Promise<boolean> {
  const socket = connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  socket.once('secureConnect', () => resolve(true));
  socket.once('close', () => resolve(false));
  socket.once('error', () => resolve(false));
  return within(promise, socket, () => false);
}

async function within<T>(answer: Promise<T>, socket: Socket, atEnd: () => T): Promise<T> {
  const timer = new AbortController();
  const slow = sleep(WAIT_MS, undefined, { signal: timer.signal }).then(atEnd, atEnd);
  try {
    return await Promise.race([answer, slow]);
  } finally {
    timer.abort();
    socket.destroy();
  }
}

function listenerOf(bytes: Buffer): Listener {
  if (bytes.length >= 4 && bytes[3] === SETTINGS && bytes.readUIntBE(0, 3) % 6 === 0) return 'http2';
  if (bytes.toString('latin1', 0, 5) === 'HTTP/') return 'http1';
  // The answer to a client that does not begin with TLS.
  return bytes[0] === TLS_ALERT && bytes[1] === 3 ? 'tls' : 'other';
}
