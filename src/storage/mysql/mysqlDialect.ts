import type { Cell } from '../rdb/rowDecoder.ts';
import type { Dialect } from '../server/dialect.ts';
import type { SchemaFacts, TextColumn } from '../server/schemaFacts.ts';
import type { Argument } from '../server/serverDatabase.ts';
import { isDuplicate } from '../server/serverError.ts';
import { ALL_TABLES, CHILD_TABLES } from '../server/tables.ts';
import { createMysqlTables } from './mysqlSchema.ts';

/** A statement has to fit into a packet, of 16 MB in MariaDB and more in MySQL; administrators make it smaller. */
const ROWS_A_STATEMENT = 500;
const BYTES_A_STATEMENT = 400_000;

const COLUMNS = `SELECT table_name, column_name, character_maximum_length, character_octet_length, collation_name,
  datetime_precision, data_type FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN (?)`;

export const mysqlDialect: Dialect = {
  name: 'MySQL',
  quote: (name) => `\`${name}\``,
  isIn: (column) => `${column} IN (?)`,
  // Columns of several collations make no UNION unless they are told one.
  asText: (column) => `CONVERT(${column} USING utf8mb4) COLLATE utf8mb4_bin`,
  noText: 'NULL',
  noNumber: 'NULL',
  // Both in the session's time zone: only their difference has a meaning.
  seconds: (time) => `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ${time}) / 1e6`,
  forUpdate: 'FOR UPDATE',

  async upsert(queries, table, rows) {
    const { columns, keys } = CHILD_TABLES[table];
    const names = columns.map(([name]) => `\`${name}\``).join(', ');
    const updates = columns
      .filter(([name]) => !(keys as readonly string[]).includes(name))
      .map(([name]) => `\`${name}\` = VALUES(\`${name}\`)`);
    const sql = `INSERT INTO ${table} (${names}) VALUES ? ON DUPLICATE KEY UPDATE ${updates.join(', ')}`;
    for (const part of parts(rows)) await queries.run(sql, [part as unknown as Argument]);
  },

  async insertTrials(queries, trials) {
    const ids = new Map<string, number>();
    for (const part of parts(trials)) {
      const insert = 'INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete) VALUES ?';
      const { firstId } = await queries.run(insert, [part as unknown as Argument]);
      const studies = [...new Set(part.map((row) => row[1] as number))];
      const select = 'SELECT study_id, number, trial_id FROM trials WHERE trial_id >= ? AND study_id IN (?)';
      for (const [study, number, id] of await queries.rows(select, [firstId, studies])) {
        ids.set(`${study} ${number}`, Number(id));
      }
    }
    return trials.map(([number, study]) => ids.get(`${study} ${number}`) as number);
  },

  async updateTrials(queries, trials) {
    const sql = `INSERT INTO trials (trial_id, study_id, number, state, datetime_start, datetime_complete) VALUES ?
      ON DUPLICATE KEY UPDATE state = VALUES(state), datetime_start = COALESCE(VALUES(datetime_start), datetime_start),
      datetime_complete = COALESCE(VALUES(datetime_complete), datetime_complete)`;
    for (const part of parts(trials)) await queries.run(sql, [part as unknown as Argument]);
  },

  async insertStudy(queries, name) {
    try {
      return (await queries.run('INSERT INTO studies (study_name) VALUES (?)', [name])).firstId;
    } catch (error) {
      if (isDuplicate(error)) return undefined;
      throw error;
    }
  },

  async heartbeat(queries, trialIds) {
    await queries.run(
      `INSERT INTO trial_heartbeats (trial_id, heartbeat) SELECT trial_id, CURRENT_TIMESTAMP FROM trials
       WHERE trial_id IN (?) AND state = 'RUNNING' ON DUPLICATE KEY UPDATE heartbeat = VALUES(heartbeat)`,
      [trialIds],
    );
  },

  async inspect(queries) {
    return factsOf(await queries.rows(COLUMNS, [[...ALL_TABLES]]));
  },

  createTables: createMysqlTables,
};

function factsOf(columns: readonly Cell[][]): SchemaFacts {
  const texts = new Map<string, TextColumn>();
  let secondDigits = 6;
  for (const [table, column, characters, bytes, collation, digits, type] of columns) {
    if (table === 'trials' && digits !== null) secondDigits = Math.min(secondDigits, Number(digits));
    if (characters === null || String(type).toLowerCase() === 'enum') continue;
    const isText = /text$/i.test(String(type));
    texts.set(`${table}.${column}`, {
      ...(isText ? { bytes: Number(bytes) } : { characters: Number(characters) }),
      ignores: ignoredBy(String(collation)),
    });
  }
  return {
    tables: new Set(columns.map(([table]) => String(table))),
    texts,
    secondDigits,
    hasDiscarded: columns.some(([table, column]) => table === 'trials' && column === 'discarded_at'),
  };
}

/** By how MySQL names collations; one that cannot be told ignores everything. */
function ignoredBy(collation: string): TextColumn['ignores'] {
  if (/_bin$|_cs$|^binary$/.test(collation)) return 'trailing blanks';
  return collation.includes('_as_') ? 'case' : 'accents';
}

function* parts(rows: readonly (readonly Argument[])[]): Generator<readonly (readonly Argument[])[]> {
  let start = 0;
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    const size = row.reduce<number>((sum, cell) => sum + (typeof cell === 'string' ? cell.length : 8), 0);
    if (index > start && (index - start >= ROWS_A_STATEMENT || bytes + size > BYTES_A_STATEMENT)) {
      yield rows.slice(start, index);
      start = index;
      bytes = 0;
    }
    bytes += size;
  }
  if (start < rows.length) yield rows.slice(start);
}
