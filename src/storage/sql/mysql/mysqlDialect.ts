import type { Argument, Transaction } from '../connect/serverDatabase.ts';
import { isDuplicate } from '../connect/serverError.ts';
import type { Dialect, NewTrial, PartRow, Rows } from '../dialect.ts';
import type { Cell } from '../read/rowDecoder.ts';
import type { SchemaFacts, TextColumn } from '../schemaFacts.ts';
import { ALL_TABLES, CHILD_TABLES, type ChildTable } from '../tables.ts';
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
  // A UNION of columns with several collations needs one that is named.
  asText: (column) => `CONVERT(${column} USING utf8mb4) COLLATE utf8mb4_bin`,
  noText: 'NULL',
  noNumber: 'NULL',
  // Both in the session's time zone: only their difference has a meaning.
  seconds: (time) => `TIMESTAMPDIFF(MICROSECOND, '1970-01-01', ${time}) / 1e6`,

  reserveIds: undefined,

  async write(transaction, { created, changed, parts }) {
    const sql = `INSERT INTO trials (trial_id, study_id, number, state, datetime_start, datetime_complete) VALUES ?
      ON DUPLICATE KEY UPDATE state = VALUES(state), datetime_start = COALESCE(VALUES(datetime_start), datetime_start),
      datetime_complete = COALESCE(VALUES(datetime_complete), datetime_complete)`;
    tellAll(transaction, sql, changed);
    const isNew = ({ owner }: PartRow) => owner.id === -1;
    const later = new Map([...parts].map(([table, rows]) => [table, rows.filter(isNew)]));
    for (const [table, rows] of parts)
      upsert(
        transaction,
        table,
        rows.filter((row) => !isNew(row)),
      );
    if (created.length > 0) await insertTrials(transaction, created);
    for (const [table, rows] of later) upsert(transaction, table, rows);
  },

  heartbeat: `INSERT INTO trial_heartbeats (trial_id, heartbeat) SELECT trial_id, CURRENT_TIMESTAMP FROM trials
    WHERE trial_id IN (?) AND state = 'RUNNING' ON DUPLICATE KEY UPDATE heartbeat = VALUES(heartbeat)`,

  async insertStudy(queries, name) {
    try {
      return (await queries.run('INSERT INTO studies (study_name) VALUES (?)', [name])).firstId;
    } catch (error) {
      if (isDuplicate(error)) return undefined;
      throw error;
    }
  },

  async inspect(queries) {
    return factsOf(await queries.rows(COLUMNS, [[...ALL_TABLES]]));
  },

  createTables: createMysqlTables,
};

/** Their ids are known once they are there. */
async function insertTrials(queries: Transaction, created: Rows['created']): Promise<void> {
  const insert = 'INSERT INTO trials (number, study_id, state, datetime_start, datetime_complete) VALUES ?';
  const ids = new Map<string, number>();
  const place = ([number, study]: readonly Cell[] | NewTrial) => `${study} ${number}`;
  for (const part of packets(created.map(({ row }) => row)) as Generator<readonly NewTrial[]>) {
    const { firstId } = await queries.run(insert, [part as unknown as Argument]);
    const [first] = part;
    if (first && part.length === 1) ids.set(place(first), firstId);
    if (part.length === 1) continue;
    const studies = [...new Set(part.map((row) => row[1] as number))];
    const select = 'SELECT number, study_id, trial_id FROM trials WHERE trial_id >= ? AND study_id IN (?)';
    for (const row of await queries.rows(select, [firstId, studies])) ids.set(place(row), Number(row[2]));
  }
  for (const { ref, row } of created) ref.id = ids.get(place(row)) as number;
}

function upsert(transaction: Transaction, table: ChildTable, rows: readonly PartRow[]): void {
  const { columns, keys } = CHILD_TABLES[table];
  const names = columns.map(([name]) => `\`${name}\``).join(', ');
  const updates = columns
    .filter(([name]) => !(keys as readonly string[]).includes(name))
    .map(([name]) => `\`${name}\` = VALUES(\`${name}\`)`);
  const sql = `INSERT INTO ${table} (${names}) VALUES ? ON DUPLICATE KEY UPDATE ${updates.join(', ')}`;
  const cells = rows.map(({ owner, rest }) => [owner.id, ...rest]);
  tellAll(transaction, sql, cells);
}

function tellAll(transaction: Transaction, sql: string, rows: readonly (readonly Argument[])[]): void {
  for (const part of packets(rows)) transaction.tell(sql, [part as unknown as Argument]);
}

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
      largest: LARGEST[String(collation).split('_', 1)[0] as string],
    });
  }
  return {
    tables: new Set(columns.map(([table]) => String(table))),
    texts,
    secondDigits,
    hasDiscarded: columns.some(([table, column]) => table === 'trials' && column === 'discarded_at'),
  };
}

/** By the encodings that begin their names: what these keep. */
const LARGEST: Readonly<Record<string, number>> = {
  ascii: 0x7f,
  latin1: 0xff,
  utf8: 0xffff,
  utf8mb3: 0xffff,
  ucs2: 0xffff,
};

/** By how MySQL names collations; one that cannot be told ignores everything. */
function ignoredBy(collation: string): TextColumn['ignores'] {
  if (/_bin$|_cs$|^binary$/.test(collation)) return 'trailing blanks';
  return collation.includes('_as_') ? 'case' : 'accents';
}

function* packets(rows: readonly (readonly Argument[])[]): Generator<readonly (readonly Argument[])[]> {
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
