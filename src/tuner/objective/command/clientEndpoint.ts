/**
 * The endpoint of the one-file Python client (`tuneboard.py`, or any program that speaks this).
 *
 * The tuner puts into the environment of a trial's process:
 *   TUNEBOARD_ENDPOINT      `unix:<path of a socket>`, or `tcp:127.0.0.1:<port>` where Unix sockets are missing
 *   TUNEBOARD_TOKEN         the trial's own secret
 *   TUNEBOARD_TRIAL_NUMBER  the trial's number
 *   TUNEBOARD_STUDY         the study's name
 *   TUNEBOARD_PARAMS        the parameters as JSON
 *
 * and where a scheduler trains the trial in parts
 *   TUNEBOARD_CHECKPOINT    a folder of the trial's own: empty at first; what it leaves there, it finds when it goes on
 *   TUNEBOARD_STEP          steps that the checkpoint has been trained, 0 without one
 *   TUNEBOARD_BUDGET        steps to have done before it pauses or ends; missing: as many as it takes
 *
 * Requests and answers are one JSON object a line (UTF-8, `\n`), answered in order; `value` may be NaN, Infinity or
 * -Infinity as Python's json module writes them. The first request must be `hello`; a wrong token closes the connection.
 *
 *   {"op":"hello","token":"…","trial":3}             → {"ok":true}
 *   {"op":"report","value":0.91,"step":2}            → {"ok":true}   durable in the storage when answered; step optional
 *   {"op":"report","metrics":{"f1":0.9},"step":2}    → {"ok":true}   several values by name, as a printed line would give
 *   {"op":"shouldPrune"}                             → {"ok":true,"prune":false}   true also when the trial is to pause
 *   {"op":"budget"}                                  → {"ok":true,"budget":27}   null: as many steps as it takes
 *   {"op":"attr","key":"note","value":"…"}           → {"ok":true}   a user attribute of the trial
 *   {"op":"artifact","name":"a.png","path":"/…"}     → {"ok":true}   a file that the trial wrote, by its absolute path
 *   {"op":"constraint","name":"ms","value":-3}       → {"ok":true}   satisfied when 0 or less
 *   {"op":"gradient","gradient":{"lr":0.2}}          → {"ok":true}   derivatives of the objective
 *   anything else                                    → {"ok":false,"error":"one sentence"}
 *
 * A program that was answered `"prune":true` has 10 seconds to end by itself, with any exit code: the trial is pruned, or
 * paused if it has come to the end of its part.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { isAbsolute } from 'node:path';
import { ARTIFACT } from '../../../core/study/attributes.ts';
import { parseJson } from '../../../core/text/pythonJson.ts';
import { hasUnixSockets } from '../../../runs/platform.ts';
import { isSameToken, listen } from '../../run/controlServer.ts';
import { gradientOf } from '../metrics/lineReport.ts';
import type { EarlyEnd, TrialHandle } from '../objective.ts';
import { type LineConnection, LineConnections, type LineTaker } from './lineConnections.ts';

/** One trial's side of the endpoint. */
export interface ClientSession {
  readonly env: Readonly<Record<string, string>>;
  /** Whether the program has said hello: it may then end itself when it is to be pruned. */
  readonly isConnected: boolean;
  /** The cause that it was given to end. */
  readonly toldEnd: EarlyEnd | undefined;
  close(): void;
}

interface Registered {
  readonly trial: TrialHandle;
  readonly token: string;
  readonly metric: string;
  readonly connections: Set<LineConnection>;
  isConnected: boolean;
  toldEnd: EarlyEnd | undefined;
}

/** A request longer than this is refused: nothing legitimate is. */
const LONGEST_REQUEST = 1024 * 1024;
const MOST_METRICS = 1000;
/** Databases have room for keys of 512 characters. */
const LONGEST_NAME = 400;

export class ClientEndpoint {
  readonly #connections: LineConnections;
  readonly #address: string;
  readonly #path: string | null;
  readonly #trials = new Map<number, Registered>();

  private constructor(server: Server, path: string | null) {
    this.#path = path;
    this.#address = path === null ? `tcp:127.0.0.1:${(server.address() as AddressInfo).port}` : `unix:${path}`;
    this.#connections = new LineConnections(server, { longest: LONGEST_REQUEST }, (connection) =>
      this.#accept(connection),
    );
  }

  static async open(socketPath: string): Promise<ClientEndpoint> {
    const server = createServer();
    const path = hasUnixSockets ? socketPath : null;
    if (path !== null) await listen(server, path);
    else {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
      });
    }
    return new ClientEndpoint(server, path);
  }

  /** `metric`: the name under which `report(value)` counts. */
  register(trial: TrialHandle, metric: string): ClientSession {
    const token = randomBytes(16).toString('hex');
    const entry: Registered = {
      trial,
      token,
      metric,
      connections: new Set(),
      isConnected: false,
      toldEnd: undefined,
    };
    this.#trials.set(trial.number, entry);
    return {
      env: { TUNEBOARD_ENDPOINT: this.#address, TUNEBOARD_TOKEN: token },
      get isConnected() {
        return entry.isConnected;
      },
      get toldEnd() {
        return entry.toldEnd;
      },
      close: () => {
        this.#trials.delete(trial.number);
        for (const connection of entry.connections) connection.drop();
      },
    };
  }

  async close(): Promise<void> {
    await this.#connections.close();
    if (this.#path !== null) rmSync(this.#path, { force: true });
  }

  #accept(connection: LineConnection): LineTaker {
    let entry: Registered | undefined;
    return {
      take: async (line) => {
        const request = parseRequest(line);
        if (entry) return connection.send(JSON.stringify(await answer(entry, request)));
        entry = this.#hello(request);
        if (!entry) return connection.drop();
        entry.isConnected = true;
        entry.connections.add(connection);
        connection.know();
        return connection.send('{"ok":true}');
      },
      closed: () => entry?.connections.delete(connection),
    };
  }

  #hello(request: Request): Registered | undefined {
    const entry = this.#trials.get(Number(request['trial']));
    return request['op'] === 'hello' && entry && isSameToken(request['token'], entry.token) ? entry : undefined;
  }
}

type Request = Readonly<Record<string, unknown>>;

function parseRequest(line: string): Request {
  try {
    const parsed: unknown = parseJson(line);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Request) : {};
  } catch {
    return {};
  }
}

async function answer(entry: Registered, request: Request): Promise<object> {
  try {
    switch (request['op']) {
      case 'report':
        return await report(entry, request);
      case 'shouldPrune': {
        entry.toldEnd = entry.trial.earlyEnd();
        return { ok: true, prune: entry.toldEnd !== undefined };
      }
      case 'budget':
        return { ok: true, budget: entry.trial.part?.budget ?? null };
      case 'constraint':
        return await setConstraint(entry, request);
      case 'gradient':
        return reportGradient(entry, request);
      case 'attr':
        return await setAttr(entry, request);
      case 'artifact':
        return await setArtifact(entry, request);
      default:
        return refuse(`Unknown operation ${JSON.stringify(request['op'] ?? null)}.`);
    }
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

async function report({ trial, metric }: Registered, request: Request): Promise<object> {
  const step = request['step'] ?? null;
  if (step !== null && !(typeof step === 'number' && Math.abs(step) <= Number.MAX_SAFE_INTEGER)) {
    return refuse('The step must be a number.');
  }
  const given = request['metrics'] ?? { [metric]: request['value'] };
  if (typeof given !== 'object' || Array.isArray(given)) return refuse('The metrics must be an object of numbers.');
  const metrics = Object.entries(given);
  if (metrics.length > MOST_METRICS) return refuse(`A report has ${MOST_METRICS} metrics at most.`);
  if (metrics.length === 0 || metrics.some(([, value]) => typeof value !== 'number')) {
    return refuse('A reported value must be a number.');
  }
  trial.report(Object.fromEntries(metrics) as Record<string, number>, step);
  await trial.flush();
  return { ok: true };
}

async function setAttr({ trial }: Registered, request: Request): Promise<object> {
  const { key, value } = request;
  if (typeof key !== 'string' || key === '') return refuse('An attribute needs a key.');
  const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  if (!isPlain) return refuse('An attribute must be a text, a number, true, false or null.');
  await trial.setUserAttr(key, value as string | number | boolean | null);
  return { ok: true };
}

async function setArtifact({ trial }: Registered, { name, path }: Request): Promise<object> {
  if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME) {
    return refuse(`An artifact needs a name of ${LONGEST_NAME} characters at most.`);
  }
  if (typeof path !== 'string' || !isAbsolute(path)) return refuse('An artifact needs the absolute path of its file.');
  await trial.setUserAttr(`${ARTIFACT}${name}`, path);
  return { ok: true };
}

async function setConstraint({ trial }: Registered, { name, value }: Request): Promise<object> {
  if (typeof name !== 'string' || name === '') return refuse('A constraint needs a name.');
  if (typeof value !== 'number' || Number.isNaN(value)) return refuse('A constraint must be a number.');
  await trial.setConstraint(name, value);
  return { ok: true };
}

function reportGradient({ trial }: Registered, { gradient }: Request): object {
  const found = gradientOf({ gradient });
  if (!found) return refuse('A gradient must have a number for each parameter that it names.');
  trial.reportGradient(found);
  return { ok: true };
}

function refuse(error: string): object {
  return { ok: false, error };
}
