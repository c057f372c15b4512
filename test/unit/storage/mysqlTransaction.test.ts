import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PoolConnection } from 'mysql2/promise';
import { MysqlTransaction } from '../../../src/storage/sql/mysql/mysqlTransaction.ts';

/** What goes to the server, packet by packet, for a transaction that locks a study and writes. */
async function packetsOf(): Promise<string[]> {
  const sent: string[] = [];
  const query = (text: string, answer: (error: unknown, answer: unknown) => void) => {
    sent.push(text);
    const answers = text.split(';\n').map(() => [[1]]);
    setImmediate(answer, null, answers.length === 1 ? answers[0] : answers);
  };
  const connection = { format: (sql: string) => sql, connection: { query } } as unknown as PoolConnection;
  const transaction = new MysqlTransaction(connection);
  assert.equal(await transaction.lockStudy(1), true);
  transaction.tell('UPDATE a');
  transaction.tell('UPDATE b');
  await transaction.commit();
  return sent;
}

test('statements of one turn of the event loop go to the server in one packet', async () => {
  assert.deepEqual(
    (await packetsOf()).map((text) => text.split(';\n').length),
    [2, 3],
  );
});
