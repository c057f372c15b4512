import type { Argument } from '../connect/serverDatabase.ts';
import type { Dialect } from '../dialect.ts';
import type { Cell } from '../read/rowDecoder.ts';
import type { SchemaFacts, TextColumn } from '../schemaFacts.ts';
import { ALL_TABLES, CHILD_TABLES, type ChildTable, type ChildTableShape } from '../tables.ts';
import { createPostgresTables } from './postgresSchema.ts';

const COLUMNS = `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
  current_setting('server_encoding')
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
  WHERE pg_catalog.pg_table_is_visible(c.oid) AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relname = ANY(?::text[])`;

/** What databases keep that are not in UTF-8; SQL_ASCII takes everything as it comes. */
const LARGEST: Readonly<Record<string, number>> = { LATIN1: 0xff };

/** The sequence is the column's own, or, where a database was moved about, the one that its default names. */
const RESERVE_AND_FIND = `SELECT nextval(place), place::text FROM (SELECT COALESCE(
    pg_get_serial_sequence('trials', 'trial_id'), (
      SELECT substring(pg_get_expr(d.adbin, d.adrelid) FROM '''(.*)''::regclass')
      FROM pg_catalog.pg_attrdef d JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
      WHERE d.adrelid = 'trials'::regclass AND a.attname = 'trial_id'
    ))::regclass AS place OFFSET 0) AS sequence, generate_series(1, ?)`;
/** By name: a database that was restored has other oids. */
const RESERVE = 'SELECT nextval(?::regclass) FROM generate_series(1, ?)';

const UPDATE_TRIALS = `UPDATE trials SET state = new.state, datetime_start = COALESCE(new.started, trials.datetime_start),
  datetime_complete = COALESCE(new.completed, trials.datetime_complete)
  FROM unnest(?::int[], ?::trialstate[], ?::timestamp[], ?::timestamp[]) AS new(id, state, started, completed)
  WHERE trials.trial_id = new.id`;

const UPSERTS = Object.fromEntries(
  Object.entries(CHILD_TABLES).map(([table, shape]) => [table, upsert(table, shape)]),
) as Record<ChildTable, string>;

/** Gives ids. The sequence is looked for once: the server takes longer to find it than to count on. */
function reserver(): NonNullable<Dialect['reserveIds']> {
  let sequence: string | undefined;
  return async (queries, count) => {
    try {
      const rows =
        sequence === undefined
          ? await queries.rows(RESERVE_AND_FIND, [count])
          : await queries.rows(RESERVE, [sequence, count]);
      sequence ??= rows[0]?.[1] as string | undefined;
      return rows.map(([id]) => Number(id)).sort((a, b) => a - b);
    } catch (error) {
      // The table may be another one by now.
      sequence = undefined;
      throw error;
    }
  };
}

/** What PostgreSQL says, for one database. */
export function createPostgresDialect(): Dialect {
  return { ...dialect, reserveIds: reserver() };
}

/** Many rows go in one statement as one array a column: the server knows the statement, however many rows there are. */
const dialect: Omit<Dialect, 'reserveIds'> = {
  name: 'PostgreSQL',
  quote: (name) => `"${name}"`,
  isIn: (column) => `${column} = ANY(?::int[])`,
  asText: (column) => `${column}::text`,
  noText: 'NULL::text',
  noNumber: 'NULL::float8',
  seconds: (time) => `EXTRACT(EPOCH FROM ${time}::timestamp)::float8`,

  /** One statement: foreign keys are looked at when all of it is done. */
  async write(transaction, { created, changed, parts }) {
    const clauses: string[] = [];
    const args: Argument[] = [];
    if (created.length > 0) {
      clauses.push(`INSERT INTO trials (trial_id, number, study_id, state, datetime_start, datetime_complete)
        SELECT * FROM unnest(?::int[], ?::int[], ?::int[], ?::trialstate[], ?::timestamp[], ?::timestamp[])`);
      const rows = created.map(({ ref, row }) => [ref.id, ...row]);
      args.push(...byColumn(rows, 6));
    }
    if (changed.length > 0) {
      clauses.push(UPDATE_TRIALS);
      const rows = changed.map(([id, , , state, start, complete]) => [id, state, start, complete]);
      args.push(...byColumn(rows, 4));
    }
    for (const [table, rows] of parts) {
      clauses.push(UPSERTS[table]);
      const cells = rows.map(({ owner, rest }) => [owner.id, ...rest]);
      args.push(...byColumn(cells, CHILD_TABLES[table].columns.length));
    }
    if (clauses.length === 0) return;
    const written = clauses.map((clause, index) => `w${index} AS (${clause})`);
    transaction.tell(`WITH ${written.join(', ')} SELECT 1`, args);
  },

  heartbeat: `INSERT INTO trial_heartbeats (trial_id, heartbeat) SELECT trial_id, CURRENT_TIMESTAMP FROM trials
    WHERE trial_id = ANY(?::int[]) AND state = 'RUNNING'
    ON CONFLICT (trial_id) DO UPDATE SET heartbeat = EXCLUDED.heartbeat`,

  async insertStudy(queries, name) {
    const insert = 'INSERT INTO studies (study_name) VALUES (?) ON CONFLICT (study_name) DO NOTHING RETURNING study_id';
    const id = (await queries.rows(insert, [name]))[0]?.[0];
    return id === undefined ? undefined : Number(id);
  },

  async inspect(queries) {
    return factsOf(await queries.rows(COLUMNS, [[...ALL_TABLES]]));
  },

  createTables: createPostgresTables,
};

function factsOf(columns: readonly Cell[][]): SchemaFacts {
  const texts = new Map<string, TextColumn>();
  for (const [table, column, type, encoding] of columns) {
    const length = /^character varying\((\d+)\)$/.exec(String(type))?.[1];
    if (length !== undefined)
      texts.set(`${table}.${column}`, { characters: Number(length), largest: LARGEST[String(encoding)] });
  }
  return {
    tables: new Set(columns.map(([table]) => String(table))),
    texts,
    secondDigits: 6,
    hasDiscarded: columns.some(([table, column]) => table === 'trials' && column === 'discarded_at'),
  };
}

/** Rows get their ids in the order in which they are given. */
function upsert(table: string, { columns, keys }: ChildTableShape): string {
  const names = columns.map(([name]) => `"${name}"`).join(', ');
  const arrays = columns.map(([, type]) => `?::${type}[]`).join(', ');
  const updates = columns.filter(([name]) => !keys.includes(name)).map(([name]) => `"${name}" = EXCLUDED."${name}"`);
  const unique = keys.map((name) => `"${name}"`).join(', ');
  return `INSERT INTO ${table} (${names}) SELECT ${names} FROM unnest(${arrays}) WITH ORDINALITY AS new(${names}, place)
    ORDER BY place ON CONFLICT (${unique}) DO UPDATE SET ${updates.join(', ')}`;
}

/** One array a column. Minus zero would lose its sign on the way. */
function byColumn(rows: readonly (readonly Argument[])[], width: number): Argument[] {
  return Array.from({ length: width }, (_, column) =>
    rows.map((row) => {
      const cell = row[column] as string | number | null;
      return Object.is(cell, -0) ? '-0' : cell;
    }),
  );
}
