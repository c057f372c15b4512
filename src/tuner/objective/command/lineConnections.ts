import { once } from 'node:events';
import type { Server, Socket } from 'node:net';

/** A connection that has not been known by then is cut, as is the oldest such one when there are this many. */
const HELLO_MS = 10_000;
const MOST_UNKNOWN = 64;
/** Lines that wait for the ones before them; a sender that is faster is not read until they are done. */
const MOST_WAITING = 128;

/** One connection, as the taker of its lines sees it. */
export interface LineConnection {
  /** Sends a line; resolves when there is room for another, so that a peer that does not read stops being read. */
  send(text: string): Promise<void>;
  /** It has proven who it is: it may stay, and send longer lines. */
  know(): void;
  drop(): void;
}

export interface LineTaker {
  /** Called with one line at a time, the next when the promise is settled. */
  take(line: string): Promise<void> | void;
  closed?(): void;
}

export interface LineLimits {
  /** In UTF-16 units; of a connection that is not known a megabyte at most. */
  readonly longest: number;
}

const LONGEST_UNKNOWN = 2 ** 20;

/**
 * The connections of processes that send lines and need not be trusted: endless lines, floods, silence and peers that do
 * not read cost bounded memory, and closing never waits for one.
 */
export class LineConnections {
  readonly #server: Server;
  readonly #limits: LineLimits;
  readonly #accept: (connection: LineConnection) => LineTaker;
  /** Open ones, with whether they are known. */
  readonly #sockets = new Map<Socket, boolean>();

  constructor(server: Server, limits: LineLimits, accept: (connection: LineConnection) => LineTaker) {
    this.#server = server;
    this.#limits = limits;
    this.#accept = accept;
    server.on('connection', (socket) => this.#open(socket));
  }

  get known(): number {
    let count = 0;
    for (const isKnown of this.#sockets.values()) if (isKnown) count++;
    return count;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets.keys()) socket.destroy();
    await closed;
  }

  #open(socket: Socket): void {
    const unknown = [...this.#sockets].filter(([, isKnown]) => !isKnown);
    if (unknown.length >= MOST_UNKNOWN) unknown[0]?.[0].destroy();
    this.#sockets.set(socket, false);
    const timer = setTimeout(() => socket.destroy(), HELLO_MS).unref();
    const taker = this.#accept({
      send: async (text) => {
        if (!socket.writable || socket.write(`${text}\n`)) return;
        // A closed socket drains no more.
        await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
      },
      know: () => {
        clearTimeout(timer);
        if (this.#sockets.has(socket)) this.#sockets.set(socket, true);
      },
      drop: () => socket.destroy(),
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
      taker.closed?.();
    });
    this.#read(socket, taker);
  }

  #read(socket: Socket, taker: LineTaker): void {
    let pieces: string[] = [];
    let held = 0;
    let waiting = 0;
    let queue = Promise.resolve();
    const take = (line: string) => {
      waiting++;
      queue = queue.then(async () => {
        if (!socket.destroyed) await taker.take(line);
        waiting--;
        if (waiting === 0 && socket.isPaused()) socket.resume();
      });
      queue = queue.catch(() => void socket.destroy());
    };
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      const lines = text.split('\n');
      for (const [index, line] of lines.entries()) {
        pieces.push(line);
        held += line.length;
        const longest = this.#sockets.get(socket) ? this.#limits.longest : LONGEST_UNKNOWN;
        if (held > Math.min(longest, this.#limits.longest)) return void socket.destroy();
        if (index === lines.length - 1) break;
        take(pieces.join(''));
        pieces = [];
        held = 0;
      }
      if (waiting > MOST_WAITING) socket.pause();
    });
  }
}
