import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RanObjective } from '../../../protocol/runRecord.ts';
import { isSameToken } from '../../run/controlServer.ts';
import { type LineConnection, LineConnections, type LineTaker } from '../command/lineConnections.ts';
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
      /** Absolute path or URL without password; null when no other process can read the storage. */
      readonly location: string | null;
      readonly directions: readonly number[];
      /** Class name of the script's own storage; absent for an in-memory study, which is copied to our journal. */
      readonly kind?: string;
    }
  | {
      readonly event: 'optimize';
      readonly study: number;
      readonly trials: number | null;
      readonly objective?: RanObjective;
    }
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

/** A question tells what happened since the last one: after a resume, all of the study. */
const LONGEST_QUESTION = 256 * 2 ** 20;
const DRAIN_MS = 1000;

/**
 * The tuner's end of the connection to a script's processes: loopback TCP, because Python on Windows has no Unix
 * sockets; every connection has to know the token. The last order of each kind is kept for connections that come later
 * (forked children).
 */
export class LauncherChannel {
  readonly token = randomBytes(24).toString('hex');
  readonly #server: Server;
  readonly #connections: LineConnections;
  readonly #connected = new Set<LineConnection>();
  readonly #orders = new Map<LauncherOrder['order'], LauncherOrder>();
  readonly #onEvent: OnLauncherEvent;

  private constructor(onEvent: OnLauncherEvent) {
    this.#onEvent = onEvent;
    this.#server = createServer();
    this.#connections = new LineConnections(this.#server, { longest: LONGEST_QUESTION }, (connection) =>
      this.#accept(connection),
    );
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
    const text = JSON.stringify(order);
    for (const connection of this.#connected) void connection.send(text);
  }

  /** Reads what ended processes have sent, then closes. A connection that stays open is cut after a second. */
  async close(): Promise<void> {
    // One turn of the event loop takes a connection that a short-lived process has just made.
    await sleep(20);
    const deadline = performance.now() + DRAIN_MS;
    while (this.#connections.known > 0 && performance.now() < deadline) await sleep(10);
    await this.#connections.close();
  }

  #accept(connection: LineConnection): LineTaker {
    let isKnown = false;
    const tell = (message: LauncherOrder | SuggestAnswer) => connection.send(JSON.stringify(message));
    return {
      take: (line) => {
        const message = parse(line);
        if (isKnown) {
          if (message && isWhole(message))
            this.#onEvent(message as unknown as LauncherEvent | SuggestQuestion, (answer) => void tell(answer));
          return;
        }
        if (message?.['event'] !== 'hello' || !isSameToken(message['token'], this.token)) return connection.drop();
        isKnown = true;
        connection.know();
        this.#connected.add(connection);
        for (const order of this.#orders.values()) void tell(order);
      },
      closed: () => this.#connected.delete(connection),
    };
  }
}

/** The fields of each event, with their types: a process of a script may send anything. */
const FIELDS: Readonly<Record<(LauncherEvent | SuggestQuestion)['event'], Readonly<Record<string, string>>>> = {
  optuna: { version: 'string' },
  hookFailed: { message: 'string' },
  problem: { message: 'string', unrecorded: 'string?' },
  study: { study: 'number', name: 'string', location: 'string|null', directions: 'array', kind: 'string?' },
  optimize: { study: 'number', trials: 'number|null' },
  optimizeEnd: { study: 'number' },
  metric: { study: 'number', name: 'string?' },
  trial: { study: 'number', number: 'number', phase: 'string', state: 'string?' },
  suggest: { id: 'number', study: 'number', number: 'number', name: 'string', directions: 'array', trials: 'array' },
  suggestOne: { id: 'number', study: 'number', number: 'number', name: 'string', directions: 'array', trials: 'array' },
  shouldPrune: {
    id: 'number',
    study: 'number',
    number: 'number',
    name: 'string',
    directions: 'array',
    trials: 'array',
  },
};

function isWhole(message: Readonly<Record<string, unknown>>): boolean {
  const event = String(message['event']);
  if (!Object.hasOwn(FIELDS, event)) return false;
  return Object.entries(FIELDS[event as keyof typeof FIELDS]).every(([name, types]) => {
    const value = message[name];
    if (value === undefined) return types.endsWith('?');
    if (value === null) return /[?]$|null$/.test(types);
    const type = Array.isArray(value) ? 'array' : typeof value;
    return types.startsWith(type) && (type !== 'number' || Number.isSafeInteger(value));
  });
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
