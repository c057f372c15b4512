import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SuggestAnswer, SuggestQuestion } from './suggestService.ts';

/** What the launcher tells (src/tuner/python/_tuneboard_hook.py). `study` numbers the script's studies. */
export type LauncherEvent =
  | { readonly event: 'optuna'; readonly version: string }
  | { readonly event: 'hookFailed'; readonly message: string }
  /** `unrecorded`: why trials can't be written to our journal any more. */
  | { readonly event: 'problem'; readonly message: string; readonly unrecorded?: string }
  | {
      readonly event: 'study';
      readonly study: number;
      readonly name: string;
      /** Absolute path or URL without password; null when nobody else can read the storage. */
      readonly location: string | null;
      readonly directions: readonly number[];
      /** Class name of the script's own storage; absent for an in-memory study, which is copied to our journal. */
      readonly kind?: string;
    }
  | { readonly event: 'optimize'; readonly study: number; readonly trials: number | null }
  | { readonly event: 'optimizeEnd'; readonly study: number }
  | { readonly event: 'metric'; readonly study: number; readonly name: string }
  | {
      readonly event: 'trial';
      readonly study: number;
      readonly number: number;
      readonly phase: 'start' | 'end';
      readonly state?: string;
    };

/** What the launcher obeys (its `Control`). `limit`: finished trials at which a study ends as by a stop. */
export type LauncherOrder =
  | { readonly order: 'stop' }
  | { readonly order: 'pause'; readonly on: boolean }
  | { readonly order: 'limit'; readonly trials: number | null }
  /** Who the script is, for trials that outlive the tuner. */
  | { readonly order: 'process'; readonly pid: number; readonly start: string };

/** `reply` answers the connection that the event came over. */
export type OnLauncherEvent = (event: LauncherEvent | SuggestQuestion, reply: (answer: SuggestAnswer) => void) => void;

const LONGEST_LINE = 1024 * 1024;
/** A question tells what happened since the last one: after a resume, all of the study. */
const LONGEST_QUESTION = 256 * LONGEST_LINE;
const DRAIN_MS = 1000;

/**
 * The tuner's end of the connection to a script's processes: loopback TCP, because Python on Windows has no Unix
 * sockets; every connection has to know the token. The last order of each kind is kept for connections that come later
 * (forked children).
 */
export class LauncherChannel {
  readonly token = randomBytes(24).toString('hex');
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #orders = new Map<LauncherOrder['order'], LauncherOrder>();
  readonly #onEvent: OnLauncherEvent;

  private constructor(onEvent: OnLauncherEvent) {
    this.#onEvent = onEvent;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async listen(onEvent: OnLauncherEvent): Promise<LauncherChannel> {
    const channel = new LauncherChannel(onEvent);
    await new Promise<void>((resolve, reject) => {
      channel.#server.once('error', reject);
      channel.#server.listen(0, '127.0.0.1', resolve);
    });
    return channel;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  order(order: LauncherOrder): void {
    this.#orders.set(order.order, order);
    for (const socket of this.#sockets) send(socket, order);
  }

  /** Reads what ended processes have sent, then closes. A connection that stays open is cut after a second. */
  async close(): Promise<void> {
    // One turn of the event loop takes a connection that a short-lived process has just made.
    await sleep(20);
    const deadline = performance.now() + DRAIN_MS;
    while (this.#sockets.size > 0 && performance.now() < deadline) await sleep(10);
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    let text = '';
    let isKnown = false;
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const lines = chunk.includes('\n') ? text.split('\n') : [text];
      text = lines.pop() as string;
      if (text.length > (isKnown ? LONGEST_QUESTION : LONGEST_LINE)) socket.destroy();
      for (const line of lines) {
        const message = parse(line);
        if (!isKnown) {
          isKnown = message?.event === 'hello' && message['token'] === this.token;
          if (!isKnown) return void socket.destroy();
          this.#sockets.add(socket);
          for (const order of this.#orders.values()) send(socket, order);
        } else if (message)
          this.#onEvent(message as unknown as LauncherEvent | SuggestQuestion, (answer) => send(socket, answer));
      }
    });
  }
}

function send(socket: Socket, order: LauncherOrder | SuggestAnswer): void {
  if (!socket.destroyed) socket.write(`${JSON.stringify(order)}\n`);
}

function parse(line: string): { readonly event: string; readonly [key: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string') {
      return value as { event: string };
    }
  } catch {
    // Not ours.
  }
  return undefined;
}
