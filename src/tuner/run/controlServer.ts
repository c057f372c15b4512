import { createHash, timingSafeEqual } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import {
  createMessageConnection,
  ErrorCodes,
  type Message,
  type MessageConnection,
  ResponseError,
  SocketMessageWriter,
} from 'vscode-jsonrpc/node';
import { TuneboardError, wordsOf } from '../../core/errors.ts';
import { type ControlMethod, type ControlRequests, type ControlStatus, ORDER_FIELDS } from '../../protocol/control.ts';
import { RUN_RECORD_VERSION } from '../../protocol/runRecord.ts';
import { FrameReader } from '../../runs/frameReader.ts';
import { removeStaleSockets } from '../../runs/platform.ts';
import { runsMessage } from '../../words/en/runs.ts';

type Params<M extends ControlMethod> = ControlRequests[M]['params'];
type Result<M extends ControlMethod> = ControlRequests[M]['result'];

/** What the tuner does for each order. A handler that throws a TuneboardError answers with its code and sentence. */
export type ControlHandlers = {
  readonly [M in Exclude<ControlMethod, 'hello'>]: (params: Params<M>) => Promise<Result<M>> | Result<M>;
};

export interface ControlServer {
  /** Tells every connected client. */
  notify(status: ControlStatus): void;
  close(): Promise<void>;
}

/**
 * Listens for orders. A connection whose first request is not `hello` with the right token is closed; so is one that
 * says nothing for ten seconds, sends a frame of more than a megabyte or does not read. Of more than 64 connections the
 * oldest that has not said hello gives way, or the newest where all have.
 */
export async function serveControl(
  path: string,
  token: string,
  status: () => ControlStatus,
  handlers: ControlHandlers,
): Promise<ControlServer> {
  const clients = new Map<Socket, MessageConnection | null>();
  const server = createServer((socket) => accept(socket, clients, token, status, handlers));
  await listen(server, path);
  return {
    notify: (current) => {
      for (const connection of clients.values()) {
        void connection?.sendNotification('status', current).catch(() => undefined);
      }
    },
    close: () => closeServer(server, clients, path),
  };
}

const HELLO_TIMEOUT_MS = 10_000;
const MOST_CLIENTS = 64;
const MOST_FRAME_BYTES = 2 ** 20;
const MOST_UNREAD = 256;

/** Closes the connection of a peer that does not read: what it was sent waits in this process. */
class BoundedWriter extends SocketMessageWriter {
  readonly #socket: Socket;
  #waiting = 0;

  constructor(socket: Socket) {
    super(socket);
    this.#socket = socket;
  }

  override async write(message: Message): Promise<void> {
    if (++this.#waiting > MOST_UNREAD) this.#socket.destroy();
    try {
      await super.write(message);
    } finally {
      this.#waiting--;
    }
  }
}

function accept(
  socket: Socket,
  clients: Map<Socket, MessageConnection | null>,
  token: string,
  status: () => ControlStatus,
  handlers: ControlHandlers,
): void {
  if (clients.size >= MOST_CLIENTS) {
    const idle = [...clients].find(([, connection]) => connection === null)?.[0];
    if (!idle) return void socket.destroy();
    clients.delete(idle);
    idle.destroy();
  }
  clients.set(socket, null);
  socket.on('error', () => undefined);
  const connection = createMessageConnection(new FrameReader(socket, MOST_FRAME_BYTES), new BoundedWriter(socket));
  const drop = () => {
    clients.delete(socket);
    connection.dispose();
    socket.destroy();
  };
  const timer = setTimeout(drop, HELLO_TIMEOUT_MS).unref();
  socket.once('close', () => {
    clearTimeout(timer);
    clients.delete(socket);
  });
  connection.onError(drop);
  const refuse = () => {
    drop();
    return new ResponseError(ErrorCodes.InvalidRequest, 'Say hello with the token of the run record first.');
  };
  connection.onRequest('hello', (params: Params<'hello'>) => {
    if (clients.get(socket) || !isSameToken(params?.token, token)) return refuse();
    if (!(params.version <= RUN_RECORD_VERSION)) {
      return new ResponseError(
        ErrorCodes.InvalidRequest,
        'This tuner is older than the client: stop it and start it again.',
      );
    }
    clearTimeout(timer);
    clients.set(socket, connection);
    return status();
  });
  connection.onRequest(async (method: string, params: unknown) => {
    if (!clients.get(socket)) return refuse();
    if (!Object.hasOwn(handlers, method))
      return new ResponseError(ErrorCodes.MethodNotFound, `Unknown order "${method}".`);
    return answer(method as keyof ControlHandlers, handlers, params);
  });
  connection.listen();
}

async function answer(method: keyof ControlHandlers, handlers: ControlHandlers, given: unknown): Promise<unknown> {
  try {
    const params = given ?? {};
    const fields: readonly string[] = ORDER_FIELDS[method];
    if (typeof params !== 'object' || Array.isArray(params)) {
      throw new TuneboardError('invalid-order', runsMessage('orderTakesObject', { method }));
    }
    const unknown = JSON.stringify(Object.keys(params).find((name) => !fields.includes(name)));
    if (unknown !== undefined) {
      const message =
        fields.length === 0
          ? runsMessage('orderTakesNothing', { method, unknown })
          : runsMessage('orderTakesNot', { method, known: fields.join(', '), unknown });
      throw new TuneboardError('invalid-order', message);
    }
    return await (handlers[method] as (params: object) => unknown)(params);
  } catch (error) {
    const words = wordsOf(error);
    const code = error instanceof TuneboardError ? error.code : 'internal';
    return new ResponseError(ErrorCodes.InternalError, words.text, { code, words });
  }
}

/** Compares in constant time; anything but a string is wrong. */
export function isSameToken(given: unknown, expected: string): boolean {
  if (typeof given !== 'string') return false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** Listens on a Unix socket that only its owner may use (or a named pipe); stale ones beside it go. */
export async function listen(server: Server, path: string): Promise<void> {
  await removeStaleSockets(dirname(path));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      if (process.platform !== 'win32') chmodSync(path, 0o600);
      resolve();
    });
  });
}

async function closeServer(
  server: Server,
  clients: Map<Socket, MessageConnection | null>,
  path: string,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // What was written last (the answer to a stop, the final status) still has to reach the other side.
  for (const socket of clients.keys()) socket.end();
  const timer = setTimeout(() => {
    for (const socket of clients.keys()) socket.destroy();
  }, 200);
  await closed;
  clearTimeout(timer);
  if (process.platform !== 'win32') rmSync(path, { force: true });
}
