import type { Cell } from '../read/rowDecoder.ts';
import type { Queries, ServerDatabase } from './serverDatabase.ts';
import type { SessionAttrs } from './serverHosts.ts';

/** What one of several servers is to the others. */
export interface ServerRole {
  readonly takesWrites: boolean;
  /** Follows another server, and takes over when it is told to. */
  readonly isStandby: boolean;
  /** Galera: it does not see most of the others, and answers nobody. */
  readonly isCutOff: boolean;
  /** PostgreSQL: which cluster it belongs to, and how often one of that has taken over. Undefined where it does not tell. */
  readonly timeline: { readonly cluster: string; readonly number: number } | undefined;
}

/** A server that takes over begins a new timeline, whose number the names of its files begin with, in hexadecimal digits. */
const TIMELINE = `SELECT system_identifier::text, left(pg_walfile_name(pg_current_wal_lsn()), 8) FROM pg_control_system()`;

/** Asks a server what it is. Throws what the driver throws. */
export async function roleOf(database: ServerDatabase): Promise<ServerRole> {
  if (database.url.kind === 'mysql') return mysqlRole(database);
  const [row] = await database.rows("SELECT pg_is_in_recovery()::text, current_setting('transaction_read_only')");
  const isStandby = isOn(row?.[0]);
  const takesWrites = !isOn(row?.[1]);
  return { isStandby, takesWrites, isCutOff: false, timeline: isStandby ? undefined : await timelineOf(database) };
}

/** Replicas of MySQL and MariaDB are set read-only; on Amazon's Aurora InnoDB is. */
async function mysqlRole(queries: Queries): Promise<ServerRole> {
  const [row] = await queries.rows('SELECT @@global.read_only, @@global.innodb_read_only');
  const isReadOnly = row?.some(isOn) === true;
  const [ready] = await queries.rows("SHOW STATUS LIKE 'wsrep_ready'");
  const [cluster] = await queries.rows("SHOW VARIABLES LIKE 'wsrep_on'");
  const isCutOff = cluster !== undefined && isOn(cluster[1]) && !isOn(ready?.[1]);
  return { isStandby: isReadOnly, takesWrites: !isReadOnly, isCutOff, timeline: undefined };
}

async function timelineOf(queries: Queries): Promise<ServerRole['timeline']> {
  try {
    const [row] = await queries.rows(TIMELINE);
    return { cluster: String(row?.[0]), number: Number.parseInt(String(row?.[1]), 16) };
  } catch {
    // Not everybody may ask, and not everything that speaks its language has one.
    return undefined;
  }
}

export const CUT_OFF = 'cut off from its cluster';

/** Why a server is not what is wanted; undefined: it is. */
export function unfitFor(wanted: SessionAttrs, { takesWrites, isStandby, isCutOff }: ServerRole): string | undefined {
  if (isCutOff) return CUT_OFF;
  const asStandby = isStandby ? 'a standby' : 'read-only';
  switch (wanted) {
    case 'any':
      return undefined;
    case 'read-write':
      return takesWrites ? undefined : asStandby;
    case 'primary':
      return isStandby ? 'a standby' : undefined;
    case 'read-only':
      return takesWrites ? 'takes writes' : undefined;
    case 'standby':
    case 'prefer-standby':
      return isStandby ? undefined : 'no standby';
    default:
      return wanted satisfies never;
  }
}

function isOn(cell: Cell | undefined): boolean {
  return !['0', 'off', 'false', 'f'].includes(String(cell).toLowerCase());
}
