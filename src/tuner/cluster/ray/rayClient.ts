import { createReadStream, readFileSync } from 'node:fs';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TuneboardError } from '../../../core/errors.ts';
import { clusterMessage } from '../../../words/en/cluster.ts';
import type { Message } from '../../../words/message.ts';
import type { RayPackage } from './rayExecutor.ts';

/** A job as Ray's REST interface tells of it (GET /api/jobs/ID), as far as it is used. */
export interface RayJob {
  readonly status: 'PENDING' | 'RUNNING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED';
  readonly message?: string | null;
  readonly error_type?: string | null;
  readonly driver_exit_code?: number | null;
  /** Of the agent on the node that it runs on; Ray knows no more of a job that is no program of its own. */
  readonly driver_agent_http_address?: string | null;
}

export interface RaySubmission {
  readonly entrypoint: string;
  readonly submission_id: string;
  readonly runtime_env: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

const TIMEOUT_MS = 30_000;
/** A package may take its time over a slow line. */
const UPLOAD_MS = 600_000;
/** The dashboard answers longer requests with 413. */
export const MOST_PACKAGE_BYTES = 100 * 2 ** 20;

/** Ray's Jobs REST interface, as Ray 2.x serves it on its dashboard. Every failure is one sentence with a code. */
export class RayClient {
  /** Without the login that may be in it: it is shown and kept. */
  readonly address: string;
  readonly #base: string;
  readonly #token: string | undefined;
  readonly #verify: string | null;
  readonly #closing = new AbortController();
  readonly #sending = new AbortController();
  #heardAt = 0;

  /**
   * @param address Of the dashboard; null: from the environment, else this machine's.
   * @param verify Path of a file with the authorities that its certificate may be of; null: those that Node knows.
   */
  constructor(address: string | null, env: NodeJS.ProcessEnv = process.env, verify: string | null = null) {
    this.#verify = verify;
    this.#base = baseOf(address, env);
    this.address = withoutLogin(this.#base);
    this.#token = tokenOf(env);
  }

  /** Ends what is being asked, and asks nothing more. */
  close(): void {
    this.#closing.abort();
  }

  /** When it last answered, in milliseconds of `performance.now()`; 0: never. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Ends the upload of a package, and begins no other one. */
  stopSending(): void {
    this.#sending.abort();
  }

  /** Ray's version. Throws `no-cluster` where nothing answers. */
  async version(): Promise<string> {
    const { ray_version: version } = await this.#json<{ ray_version?: string }>('GET', '/api/version');
    return version ?? 'unknown';
  }

  /** Uploads a package unless it is there. Returns its URI. */
  async upload(content: RayPackage): Promise<string> {
    const path = `/api/packages/gcs/${content.name}`;
    const known = await this.#fetch('GET', path);
    if (known.status === 404) {
      const answer = await this.#fetch('PUT', path, content, UPLOAD_MS);
      if (!isOk(answer)) throw refused(answer, clusterMessage('rayNotSent', { address: this.address }));
    } else if (!isOk(known)) throw refused(known, clusterMessage('rayRefused', { address: this.address }));
    return `gcs://${content.name}`;
  }

  async submit(job: RaySubmission): Promise<void> {
    const answer = await this.#fetch('POST', '/api/jobs/', JSON.stringify(job));
    if (isOk(answer)) return;
    const { text } = answer;
    // An answer that was lost on its way: the job is there.
    if (answer.status === 500 && text.includes('already exists')) return;
    throw rayError(answer.status, clusterMessage('rayTookNoWorker', { address: this.address }), text);
  }

  /** Undefined: Ray does not know it (any more). */
  async job(id: string): Promise<RayJob | undefined> {
    const answer = await this.#fetch('GET', `/api/jobs/${encodeURIComponent(id)}`);
    if (answer.status === 404) return undefined;
    if (!isOk(answer)) throw refused(answer, clusterMessage('rayTellsNoJobs', { address: this.address }));
    return parsed<RayJob>(answer, this.address);
  }

  async stop(id: string): Promise<void> {
    const answer = await this.#fetch('POST', `/api/jobs/${encodeURIComponent(id)}/stop`);
    if (!isOk(answer) && answer.status !== 404)
      throw refused(answer, clusterMessage('rayDidNotStop', { address: this.address, id }));
  }

  /** All that a job has printed so far. */
  async logs(id: string): Promise<string> {
    const answer = await this.#fetch('GET', `/api/jobs/${encodeURIComponent(id)}/logs`);
    if (!isOk(answer)) throw refused(answer, clusterMessage('rayHasNoLog', { address: this.address, id }));
    return parsed<{ logs?: string }>(answer, this.address).logs ?? '';
  }

  async #json<T>(method: string, path: string): Promise<T> {
    const answer = await this.#fetch(method, path);
    if (!isOk(answer)) throw refused(answer, clusterMessage('rayRefused', { address: this.address }));
    return parsed<T>(answer, this.address);
  }

  async #fetch(method: string, path: string, body?: Body, timeoutMs = TIMEOUT_MS): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (this.#token !== undefined) headers['authorization'] = `Bearer ${this.#token}`;
    if (typeof body === 'string') headers['content-type'] = 'application/json';
    if (body !== undefined)
      headers['content-length'] = String(typeof body === 'string' ? Buffer.byteLength(body) : body.bytes);
    const ca = this.#verify === null ? {} : { ca: authorities(this.#verify) };
    const ends = typeof body === 'object' ? [this.#closing.signal, this.#sending.signal] : [this.#closing.signal];
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...ends]);
    try {
      const answer = await ask(`${this.#base}${path}`, { method, headers, signal, ...ca }, body);
      this.#heardAt = performance.now();
      return answer;
    } catch (error) {
      throw new TuneboardError('no-cluster', this.#unreachable(error), { cause: error });
    }
  }

  #unreachable(error: unknown): Message {
    const { name, code } = error as { name?: string; code?: string };
    const certificate = certificateTrouble(error, this.#verify, this.address);
    if (certificate) return certificate;
    const isLate = name === 'TimeoutError' || name === 'AbortError';
    const how = isLate ? clusterMessage('rayIsLate') : (code ?? clusterMessage('noConnection'));
    return clusterMessage('rayUnreachable', { address: this.address, how });
  }
}

function authorities(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const why = (cause as Error).message;
    throw new TuneboardError('usage', clusterMessage('cannotReadWhichVerifyUnder', { path, why }), {
      cause,
    });
  }
}

/** What an error of TLS means for a person; undefined: it is none. */
function certificateTrouble(error: unknown, verify: string | null, address: string): Message | undefined {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)) {
    return verify === null
      ? clusterMessage('rayUnknownAuthority', { address })
      : clusterMessage('rayOtherAuthority', { address, verify });
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return clusterMessage('rayOtherName', { address });
  }
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) {
    return clusterMessage('rayExpired', { address });
  }
  // What answers is plain HTTP, or does not speak TLS at all.
  return /wrong version number|packet length too long/.test(message)
    ? clusterMessage('rayPlain', { address })
    : undefined;
}

/** A text, or a file. */
type Body = string | RayPackage;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Not with `fetch`: Ray treats the headers that it adds as a browser's, and lets no browser submit or upload anything. */
function ask(url: string, options: RequestOptions, body: Body | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(url, { ...options, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.on('error', reject);
    if (typeof body !== 'object') request.end(body);
    else
      createReadStream(body.path)
        .on('error', (error) => request.destroy(error))
        .pipe(request);
  });
}

function parsed<T>({ text }: Answer, address: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new TuneboardError('no-cluster', clusterMessage('whatAnswersNotRayWrite', { address }));
  }
}

function isOk({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function refused({ status, text }: Answer, what: Message): TuneboardError {
  return rayError(status, what, text);
}

function rayError(status: number, what: Message, text: string): TuneboardError {
  if (status === 401 || status === 403) {
    return new TuneboardError('no-token', clusterMessage('wantsTokenAnotherOneSet', { what }));
  }
  if (status === 413) return new TuneboardError('too-large', clusterMessage('packageLargerThanTakes', { what }));
  // Its head node is only just starting.
  const code = text.includes('No available agent') ? 'no-cluster' : 'cluster-refused';
  return new TuneboardError(code, clusterMessage('rayAnswered', { what, status, reason: lastLine(text) }));
}

/** Ray answers with a traceback, or an object with a message. */
function lastLine(text: string): string {
  const line =
    text
      .trim()
      .split('\n')
      .findLast((one) => one.trim() !== '') ?? 'no reason was given.';
  return line.trim().slice(0, 400);
}

function baseOf(address: string | null, env: NodeJS.ProcessEnv): string {
  const usual = env['RAY_API_SERVER_ADDRESS'] || env['RAY_ADDRESS'] || 'http://127.0.0.1:8265';
  // One that was kept without its login.
  const given = address === null || address === withoutLogin(usual) ? usual : address;
  if (/^https?:\/\//i.test(given)) return given.replace(/(?<!\/)\/+$/, '');
  throw new TuneboardError('usage', clusterMessage('notWhereRayTakesJobs', { given: withoutLogin(given) }));
}

function withoutLogin(address: string): string {
  return address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1');
}

/** As Ray itself looks for it. */
function tokenOf(env: NodeJS.ProcessEnv): string | undefined {
  if (env['RAY_AUTH_TOKEN']) return env['RAY_AUTH_TOKEN'].trim();
  try {
    return (
      readFileSync(env['RAY_AUTH_TOKEN_PATH'] ?? join(homedir(), '.ray', 'auth_token'), 'utf8').trim() || undefined
    );
  } catch {
    return undefined;
  }
}
