/**
 * What a hostile file points at: servers that must hear nothing, and files outside the workspace that must stay as they
 * are, unread. Everything lies in one temporary folder.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '../../support/cache.ts';

/** A secret of the environment that a storage URL asks for; it must not appear anywhere. */
export const SECRET = 'ghp_corpus_secret_that_never_leaves';

const LONG_AGO = new Date('2020-01-01T00:00:00Z');

export class Traps {
  readonly folder: string;
  /** The port of a listener on 127.0.0.1 and the path of one on a Unix socket. */
  port = 0;
  readonly socket: string;
  /** A FIFO without a writer: opening it the ordinary way blocks for ever. */
  readonly fifo: string;
  /** Files that records and links name. */
  readonly files: Readonly<Record<'secret' | 'journal' | 'database' | 'log' | 'certificate', string>>;
  readonly #heard: string[] = [];
  readonly #servers: Server[] = [];
  readonly #before = new Map<string, string>();

  private constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'tuneboard-traps-'));
    const at = (name: string) => join(this.folder, name);
    this.socket = at('trap.sock');
    this.fifo = at('fifo');
    this.files = {
      secret: at('secret.txt'),
      journal: at('outside.log'),
      database: at('outside.db'),
      log: at('printed.txt'),
      certificate: at('client.pem'),
    };
  }

  static async set(): Promise<Traps> {
    const traps = new Traps();
    const { files } = traps;
    const optuna = join(repository, 'test', 'fixtures', 'optuna', 'v5');
    writeFileSync(files.secret, `${SECRET}\n`);
    writeFileSync(files.certificate, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
    writeFileSync(files.log, 'Trial 0 finished with value: 1.0 and parameters: {"x": 1.0}.\n');
    writeFileSync(join(traps.folder, '.pgpass'), `*:*:*:*:${SECRET}\n`, { mode: 0o600 });
    cpSync(join(optuna, 'study.journal'), files.journal);
    cpSync(join(optuna, 'study.sqlite'), files.database);
    mkdirSync(join(traps.folder, 'folder'));
    execFileSync('mkfifo', [traps.fifo]);
    for (const path of Object.values(files)) {
      traps.#before.set(path, digest(path));
      // A read moves the time of access, as it lies before the time of change.
      utimesSync(path, LONG_AGO, new Date());
    }
    traps.port = await traps.#listen(0);
    await traps.#listen(traps.socket);
    return traps;
  }

  /** The environment of who opens the folders: default credentials that must not be used. */
  get environment(): Record<string, string> {
    return {
      GITHUB_TOKEN: SECRET,
      AWS_SECRET_ACCESS_KEY: SECRET,
      PGPASSWORD: SECRET,
      PGPASSFILE: join(this.folder, '.pgpass'),
      MYSQL_PWD: SECRET,
      TUNEBOARD_TRAP_PORT: String(this.port),
    };
  }

  /** Fails when somebody called a server, or read, changed or removed one of the files. */
  assertUntouched(): void {
    assert.deepEqual(this.#heard, [], 'no connection is made');
    for (const [path, before] of this.#before) {
      const read = lstatSync(path).atimeMs !== LONG_AGO.getTime() && keepsAccessTimes(this.folder);
      assert.ok(!read, `${path} is not read`);
      assert.equal(digest(path), before, `${path} is unchanged`);
      utimesSync(path, LONG_AGO, new Date());
    }
    assert.ok(lstatSync(this.fifo).isFIFO(), 'the FIFO is still there');
    assert.ok(lstatSync(this.socket).isSocket(), 'the socket is still there');
  }

  remove(): void {
    for (const server of this.#servers) server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #listen(where: number | string): Promise<number> {
    const server = createServer((socket) => {
      this.#heard.push(`${where === 0 ? 'TCP' : 'socket'}`);
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => this.#heard.push(bytes.toString('latin1').slice(0, 200)));
    });
    this.#servers.push(server);
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      const listening = () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      };
      if (typeof where === 'number') server.listen(where, '127.0.0.1', listening);
      else server.listen(where, listening);
    });
  }
}

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** Whether this file system notes when a file was read: some are mounted without. */
function keepsAccessTimes(folder: string): boolean {
  const path = join(folder, 'control');
  writeFileSync(path, 'read me');
  utimesSync(path, LONG_AGO, new Date());
  readFileSync(path);
  return lstatSync(path).atimeMs !== LONG_AGO.getTime();
}
