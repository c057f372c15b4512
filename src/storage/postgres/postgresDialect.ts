import type { Cell } from '../rdb/rowDecoder.ts';
import type { Dialect } from '../server/dialect.ts';
import type { SchemaFacts, TextColumn } from '../server/schemaFacts.ts';
import type { Argument } from '../server/serverDatabase.ts';
import { ALL_TABLES, CHILD_TABLES } from '../server/tables.ts';
import { createPostgresTables } from './postgresSchema.ts';

const COLUMNS = `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
  WHERE pg_catalog.pg_table_is_visible(c.oid) AND c.relkind IN ('r', 'p', 'v') AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relname = ANY(?::text[])`;

/** Many rows go in one statement as one array a column: the server knows the statement, however many rows there are. */
export const postgresDialect: Dialect = {
  name: 'PostgreSQL',
  quote: (name) => `"${name}"`,
  isIn: (column) => `${column} = ANY(?::int[])`,
  asText: (column) => `${column}::text`,
  noText: 'NULL::text',
  noNumber: 'NULL::float8',
  seconds: (time) => `EXTRACT(EPOCH FROM ${time}::timestamp)::float8`,
  forUpdate: 'FOR UPDATE',

  async upsert(queries, table, rows) {
    const { columns, keys } = CHILD_TABLES[table];
    const names = columns.map(([name]) => `"${name}"`).join(', ');
    const arrays = columns.map(([, type]) => `?::${type}[]`).join(', ');
    const isKey = (name: string) => (keys as readonly string[]).includes(name);
    const updates = columns.filter(([name]) => !isKey(name)).map(([name]) => `"${name}" = EXCLUDED."${name}"`);
    const unique = keys.map((name) => `"${name}"`).join(', ');
    await queries.run(
      `INSERT INTO ${table} (${names}) SELECT ${names} FROM unnest(${arrays}) WITH ORDINALITY AS new(${names}, place)
       ORDER BY place ON CONFLICT (${unique}) DO UPDATE SET ${updates.join(', ')}`,
      byColumn(rows, columns.length),
    );
  },

  async insertTrials(queries, trials) {
    const found = await queries.rows(
      `INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete)
       SELECT number, study_id, state, datetime_start, datetime_complete
       FROM unnest(?::int[], ?::int[], ?::trialstate[], ?::timestamp[], ?::timestamp[])
       WITH ORDINALITY AS new(number, study_id, state, datetime_start, datetime_complete, place)
       ORDER BY place RETURNING study_id, number, trial_id`,
      byColumn(trials, 5),
    );
    const ids = new Map(found.map(([study, number, id]) => [`${study} ${number}`, Number(id)]));
    return trials.map(([number, study]) => ids.get(`${study} ${number}`) as number);
  },

  async updateTrials(queries, trials) {
    await queries.run(
      `UPDATE trials SET state = new.state, datetime_start = COALESCE(new.started, trials.datetime_start),
       datetime_complete = COALESCE(new.completed, trials.datetime_complete)
       FROM unnest(?::int[], ?::trialstate[], ?::timestamp[], ?::timestamp[]) AS new(id, state, started, completed)
       WHERE trials.trial_id = new.id`,
      byColumn(
        trials.map(([id, , , state, start, complete]) => [id, state, start, complete]),
        4,
      ),
    );
  },

  async insertStudy(queries, name) {
    const insert = 'INSERT INTO studies (study_name) VALUES (?) ON CONFLICT (study_name) DO NOTHING RETURNING study_id';
    const id = (await queries.rows(insert, [name]))[0]?.[0];
    return id === undefined ? undefined : Number(id);
  },

  async heartbeat(queries, trialIds) {
    await queries.run(
      `INSERT INTO trial_heartbeats (trial_id, heartbeat) SELECT trial_id, CURRENT_TIMESTAMP FROM trials
       WHERE trial_id = ANY(?::int[]) AND state = 'RUNNING'
       ON CONFLICT (trial_id) DO UPDATE SET heartbeat = EXCLUDED.heartbeat`,
      [trialIds],
    );
  },

  async inspect(queries) {
    return factsOf(await queries.rows(COLUMNS, [[...ALL_TABLES]]));
  },

  createTables: createPostgresTables,
};

function factsOf(columns: readonly Cell[][]): SchemaFacts {
  const texts = new Map<string, TextColumn>();
  for (const [table, column, type] of columns) {
    const length = /^character varying\((\d+)\)$/.exec(String(type))?.[1];
    if (length !== undefined) texts.set(`${table}.${column}`, { characters: Number(length) });
  }
  return {
    tables: new Set(columns.map(([table]) => String(table))),
    texts,
    secondDigits: 6,
    hasDiscarded: columns.some(([table, column]) => table === 'trials' && column === 'discarded_at'),
  };
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
