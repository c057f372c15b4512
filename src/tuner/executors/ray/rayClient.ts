import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TuneboardError } from '../../../core/errors.ts';

/** A job as Ray's REST interface tells of it (GET /api/jobs/ID), as far as it is used. */
export interface RayJob {
  readonly status: 'PENDING' | 'RUNNING' | 'STOPPED' | 'SUCCEEDED' | 'FAILED';
  readonly message?: string | null;
  readonly error_type?: string | null;
  readonly driver_exit_code?: number | null;
  readonly driver_info?: { readonly node_ip_address?: string } | null;
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
  readonly address: string;
  readonly #token: string | undefined;

  /** @param address Of the dashboard; null: from the environment, else this machine's. */
  constructor(address: string | null, env: NodeJS.ProcessEnv = process.env) {
    this.address = addressOf(address, env);
    this.#token = tokenOf(env);
  }

  /** Ray's version. Throws `no-cluster` where nothing answers. */
  async version(): Promise<string> {
    const { ray_version: version } = await this.#json<{ ray_version?: string }>('GET', '/api/version');
    return version ?? 'unknown';
  }

  /** Uploads a package unless it is there. Returns its URI. */
  async upload(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const path = `/api/packages/gcs/${name}`;
    const known = await this.#fetch('GET', path);
    if (known.status === 404) {
      const answer = await this.#fetch('PUT', path, bytes, UPLOAD_MS);
      if (!answer.ok)
        throw await this.#refused(answer, `The working folder could not be sent to Ray at ${this.address}`);
    } else if (!known.ok) throw await this.#refused(known, `Ray at ${this.address} refused`);
    return `gcs://${name}`;
  }

  async submit(job: RaySubmission): Promise<void> {
    const answer = await this.#fetch('POST', '/api/jobs/', JSON.stringify(job));
    if (answer.ok) return;
    const text = await answer.text();
    // An answer that was lost on its way: the job is there.
    if (answer.status === 500 && text.includes('already exists')) return;
    throw rayError(answer.status, `Ray at ${this.address} did not take a worker`, text);
  }

  /** Undefined: Ray does not know it (any more). */
  async job(id: string): Promise<RayJob | undefined> {
    const answer = await this.#fetch('GET', `/api/jobs/${encodeURIComponent(id)}`);
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw await this.#refused(answer, `Ray at ${this.address} does not tell of its jobs`);
    return (await answer.json()) as RayJob;
  }

  async stop(id: string): Promise<void> {
    const answer = await this.#fetch('POST', `/api/jobs/${encodeURIComponent(id)}/stop`);
    if (!answer.ok && answer.status !== 404)
      throw await this.#refused(answer, `Ray at ${this.address} did not stop ${id}`);
  }

  /** All that a job has printed so far. */
  async logs(id: string): Promise<string> {
    const answer = await this.#fetch('GET', `/api/jobs/${encodeURIComponent(id)}/logs`);
    if (!answer.ok) throw await this.#refused(answer, `Ray at ${this.address} has no log of ${id}`);
    return ((await answer.json()) as { logs?: string }).logs ?? '';
  }

  async #json<T>(method: string, path: string): Promise<T> {
    const answer = await this.#fetch(method, path);
    if (!answer.ok) throw await this.#refused(answer, `Ray at ${this.address} refused`);
    try {
      return (await answer.json()) as T;
    } catch {
      throw new TuneboardError(
        'no-cluster',
        `What answers at ${this.address} is not Ray: write the address of its dashboard, such as http://head:8265.`,
      );
    }
  }

  async #fetch(
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    timeoutMs = TIMEOUT_MS,
  ): Promise<Response> {
    const headers: Record<string, string> = {};
    if (this.#token !== undefined) headers['authorization'] = `Bearer ${this.#token}`;
    if (typeof body === 'string') headers['content-type'] = 'application/json';
    try {
      return await fetch(`${this.address}${path}`, {
        method,
        headers,
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      throw new TuneboardError('no-cluster', this.#unreachable(error), { cause: error });
    }
  }

  #unreachable(error: unknown): string {
    const { name, cause } = error as { name?: string; cause?: { code?: string } };
    const how = name === 'TimeoutError' ? 'it does not answer' : (cause?.code ?? 'no connection');
    return `Ray's head node cannot be reached at ${this.address} (${how}): start it, or correct \`address\` under \`executor\`.`;
  }

  async #refused(answer: Response, what: string): Promise<TuneboardError> {
    return rayError(answer.status, what, await answer.text().catch(() => ''));
  }
}

function rayError(status: number, what: string, text: string): TuneboardError {
  if (status === 401 || status === 403) {
    return new TuneboardError(
      'no-token',
      `${what}: it wants a token, or another one. Set RAY_AUTH_TOKEN, or RAY_AUTH_TOKEN_PATH to a file with it.`,
    );
  }
  if (status === 413) return new TuneboardError('too-large', `${what}: the package is larger than it takes.`);
  return new TuneboardError('cluster-refused', `${what} (${status}): ${lastLine(text)}`);
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

function addressOf(address: string | null, env: NodeJS.ProcessEnv): string {
  const given = address ?? (env['RAY_API_SERVER_ADDRESS'] || env['RAY_ADDRESS'] || 'http://127.0.0.1:8265');
  if (/^https?:\/\//i.test(given)) return given.replace(/\/+$/, '');
  throw new TuneboardError(
    'usage',
    `${given} is not where Ray takes jobs: write the address of its dashboard, such as http://head:8265, under \`executor\`.`,
  );
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
