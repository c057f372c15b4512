import { storageMessage } from '../../../words/en/storage.ts';
import { StorageError } from '../../storageError.ts';
import type { Dialect } from '../dialect.ts';
import {
  type Argument,
  CommitLost,
  NoServer,
  type Queries,
  type ServerDatabase,
  type Transaction,
  type Unfit,
} from './serverDatabase.ts';
import { isReadOnly, remedyFor, shortReason } from './serverError.ts';
import { hostText } from './serverHosts.ts';
import type { ServerUrl } from './serverUrl.ts';

/** What a database is opened for: a writer needs a server that takes writes, a reader takes the first one that answers. */
export type Purpose = 'reading' | 'writing';

type Connect = (url: ServerUrl) => Promise<ServerDatabase>;

/** The server that is asked, and how many are at it. */
interface Held {
  readonly database: ServerDatabase;
  readonly place: string;
  users: number;
  isLeft: boolean;
  isEnded: boolean;
}

/**
 * A database on one of several servers, of which another one may take over: the first one of the URL that can be reached and
 * is what is wanted. Once it breaks, or takes no writes any more, the URL's servers are tried again, in their order. Behind the
 * name of a single server too another one may stand by then: connections to one that takes no writes any more are left.
 */
export class ServerGroup implements ServerDatabase {
  readonly url: ServerUrl;
  onGone: () => void = () => {};
  onMoved: (place: string) => void = () => {};
  readonly #servers: readonly ServerUrl[];
  readonly #purpose: Purpose;
  readonly #connectTo: Connect;
  #held: Held | undefined;
  #connecting: Promise<Held> | undefined;
  #last: Held | undefined;
  #timeline: ServerRole['timeline'];
  readonly #leaving = new Set<Promise<void>>();
  #isClosed = false;

  private constructor(url: ServerUrl, purpose: Purpose, connectTo: Connect) {
    this.url = url;
    this.#servers = url.servers();
    this.#purpose = purpose;
    this.#connectTo = connectTo;
  }

  /** `connectTo` opens a single server. Throws what it throws, and where there are several NoServer. */
  static async connect(url: ServerUrl, purpose: Purpose, connectTo: Connect): Promise<ServerGroup> {
    const group = new ServerGroup(url, purpose, connectTo);
    await group.#hold();
    return group;
  }

  get dialect(): Dialect {
    // There is one from `connect` on.
    return (this.#last as Held).database.dialect;
  }

  /** Where the server is that is asked, such as `db2:5432`. */
  get place(): string {
    return this.#last?.place ?? '';
  }

  rows(sql: string, args?: readonly Argument[]) {
    return this.#with((database) => database.rows(sql, args));
  }

  run(sql: string, args?: readonly Argument[]) {
    return this.#with((database) => database.run(sql, args));
  }

  transaction<T>(work: (queries: Transaction) => Promise<T>): Promise<T> {
    return this.#with((database) => database.transaction(work));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#connecting?.catch(() => {});
    if (this.#held) this.#leave(this.#held);
    await Promise.all(this.#leaving);
  }

  async #with<T>(work: (database: ServerDatabase) => Promise<T>): Promise<T> {
    const held = this.#held ?? (await this.#hold());
    held.users++;
    try {
      return await work(held.database);
    } catch (error) {
      const cause = error instanceof CommitLost ? error.cause : error;
      const isOver = isReadOnly(cause) || (this.#servers.length > 1 && remedyFor(error) === 'reconnect');
      if (isOver) this.#leave(held);
      throw error;
    } finally {
      held.users--;
      this.#endIfUnused(held);
    }
  }

  #hold(): Promise<Held> {
    this.#connecting ??= this.#choose().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #choose(): Promise<Held> {
    if (this.#isClosed) throw new StorageError('closed', storageMessage('closed', { url: String(this.url) }));
    const { database, url } = await this.#find();
    const held = { database, place: placeOf(url), users: 0, isLeft: false, isEnded: false };
    database.onGone = () => this.onGone();
    const before = this.#last;
    this.#last = held;
    this.#held = held;
    if (before && before.place !== held.place) this.onMoved(held.place);
    return held;
  }

  async #find(): Promise<{ database: ServerDatabase; url: ServerUrl }> {
    const [single, ...others] = this.#servers;
    if (single && others.length === 0) return { database: await this.#connectTo(single), url: single };
    const unfit: Unfit[] = [];
    let cause: unknown;
    for (const url of this.#servers) {
      try {
        const found = await this.#look(url);
        if (typeof found !== 'string') return { database: found, url };
        unfit.push({ place: placeOf(url), reason: found });
      } catch (error) {
        // A refused login is refused by all servers: libpq tries no other one either.
        if (remedyFor(error) !== 'reconnect') throw error;
        unfit.push({ place: placeOf(url), reason: shortReason(error, url) });
        cause = error;
      }
    }
    throw new NoServer(unfit, this.#purpose === 'writing', cause);
  }

  /** Connects; or why the server will not do. */
  async #look(url: ServerUrl): Promise<ServerDatabase | string> {
    const database = await this.#connectTo(url);
    let reason: string | undefined;
    try {
      const role = await roleOf(database);
      const asStandby = role.isStandby ? 'a standby' : 'read-only';
      reason = this.#purpose === 'writing' && !role.takesWrites ? asStandby : this.#overtaken(role);
      if (reason === undefined) this.#timeline = role.timeline ?? this.#timeline;
    } catch (error) {
      await database.close();
      throw error;
    }
    if (reason === undefined) return database;
    await database.close();
    return reason;
  }

  /** A former primary that came back has none of what was written since: nobody may write to it. */
  #overtaken({ timeline }: ServerRole): string | undefined {
    const known = this.#timeline;
    const isOld = known && timeline?.cluster === known.cluster && timeline.number < known.number;
    return isOld ? 'another one has taken over from it' : undefined;
  }

  #leave(held: Held): void {
    held.isLeft = true;
    if (this.#held === held) this.#held = undefined;
    this.#endIfUnused(held);
  }

  /** A connection in use is closed after its transaction. */
  #endIfUnused(held: Held): void {
    if (!held.isLeft || held.isEnded || held.users > 0) return;
    held.isEnded = true;
    const ended = held.database.close().catch(() => {});
    this.#leaving.add(ended);
    ended.finally(() => this.#leaving.delete(ended));
  }
}

/** What one of several servers is to the others. */
interface ServerRole {
  readonly takesWrites: boolean;
  /** Follows another server, and may take over. */
  readonly isStandby: boolean;
  /** PostgreSQL: its cluster, and how often a standby of it has taken over. Undefined where it does not tell. */
  readonly timeline: { readonly cluster: string; readonly number: number } | undefined;
}

/** A server that takes over begins a new timeline, whose number the names of its files begin with, in hexadecimal digits. */
const TIMELINE = `SELECT system_identifier::text, left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system()`;

/** Asks a server what it is. Throws what the driver throws. */
export async function roleOf(database: ServerDatabase): Promise<ServerRole> {
  if (database.url.kind === 'mysql') {
    // Replicas of MySQL and MariaDB are set read-only; on Amazon's Aurora InnoDB is.
    const [row] = await database.rows('SELECT @@global.read_only + @@global.innodb_read_only');
    const isReadOnly = Number(row?.[0]) > 0;
    return { isStandby: isReadOnly, takesWrites: !isReadOnly, timeline: undefined };
  }
  const [row] = await database.rows("SELECT pg_is_in_recovery()::text, current_setting('transaction_read_only')");
  const [isStandby, takesWrites] = [row?.[0] === 'true', row?.[1] === 'off'];
  return { isStandby, takesWrites, timeline: isStandby ? undefined : await timelineOf(database) };
}

async function timelineOf(queries: Queries): Promise<ServerRole['timeline']> {
  try {
    const [row] = await queries.rows(TIMELINE);
    return { cluster: String(row?.[0]), number: Number.parseInt(String(row?.[1]), 16) };
  } catch {
    // Not every user may ask.
    return undefined;
  }
}

/** As messages name it. */
export function placeOf(url: ServerUrl): string {
  const [host] = url.hosts;
  const place = host ? decodeURIComponent(hostText(host)) : '';
  return place === '' ? 'this machine' : place;
}
