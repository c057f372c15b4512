import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientBase, Connection, PoolClient } from 'pg';
import { serialize } from 'pg-protocol';
import { CommitLost } from '../../../src/storage/sql/connect/serverDatabase.ts';
import { TurnQueue } from '../../../src/storage/sql/connect/turnQueue.ts';
import { PostgresTransaction } from '../../../src/storage/sql/postgres/postgresTransaction.ts';
import { inOneRound, type Result } from '../../../src/storage/sql/postgres/round.ts';
import { type Call, Statements } from '../../../src/storage/sql/postgres/statements.ts';

/** What the driver tells of a round's answers. */
interface Round {
  submit(connection: Connection): void;
  handleDataRow(message: { readonly fields: readonly string[] }): void;
  handleError(error: Error, connection: unknown): void;
  handleCommandComplete(message: { readonly text: string }): void;
  handleReadyForQuery(connection: unknown): void;
}

test('a server that is through without having answered everything has failed', async () => {
  const client = {
    query: (round: Round) => {
      round.handleCommandComplete({ text: 'SELECT 0' });
      round.handleReadyForQuery(undefined);
    },
  } as unknown as ClientBase;
  const statements = { notePrepared: () => {} } as unknown as Statements;
  const answers: (Result | unknown)[] = [];
  const asked = [1, 2].map(() => ({
    statement: { text: 'SELECT', count: 1 },
    args: [],
    resolve: (result: Result) => answers.push(result.command),
    reject: (error: unknown) => answers.push(String(error)),
  }));
  await assert.rejects(inOneRound(client, statements, asked), /a statement was left unanswered/);
  assert.deepEqual(answers, ['SELECT', 'Error: a statement was left unanswered']);
});

test('a server that answers others too has failed with all', async () => {
  const client = {
    query: (round: Round) => {
      for (let answer = 0; answer < 2; answer++) {
        round.handleDataRow({ fields: ['1'] });
        round.handleCommandComplete({ text: 'SELECT 1' });
      }
      round.handleReadyForQuery(undefined);
    },
  } as unknown as ClientBase;
  const statements = { notePrepared: () => {} } as unknown as Statements;
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const asked = [{ statement: { text: 'SELECT', count: 1 }, args: [], resolve, reject }];
  await assert.rejects(inOneRound(client, statements, asked), /more was answered than was asked/);
  await assert.rejects(promise, /more was answered/);
});

test('what was flushed counts as lost where the connection breaks behind the last answer', async () => {
  let isBreaking = false;
  let calls: readonly Call[] = [];
  const statements = {
    statement: (text: string) => ({ text, count: 1 }),
    packet: (_connection: Connection, asked: readonly Call[]) => {
      calls = asked;
      return { bytes: Buffer.alloc(0), names: [] };
    },
    notePrepared: () => {},
  } as unknown as Statements;
  const connection = { stream: { writable: false } } as unknown as Connection;
  const client = {
    query: (round: Round) => {
      round.submit(connection);
      for (const { statement } of calls) round.handleCommandComplete({ text: statement.text });
      if (isBreaking) round.handleError(new Error('Connection terminated unexpectedly'), connection);
      else round.handleReadyForQuery(connection);
    },
  } as unknown as PoolClient;
  const begun = async () => {
    isBreaking = false;
    const transaction = new PostgresTransaction(client, statements, true);
    await transaction.lockStudy(1);
    return transaction;
  };
  await (await begun()).commit();
  const transaction = await begun();
  isBreaking = true;
  await assert.rejects(transaction.commit(), CommitLost);
});

test('nothing is on its way once a queue has settled, also not what is due in this turn', async () => {
  const sent: string[] = [];
  const queue = new TurnQueue<string>(async (group) => {
    await Promise.resolve();
    sent.push(...group);
  });
  await Promise.resolve();
  queue.add('a');
  queue.send();
  await queue.settled();
  assert.deepEqual(sent, ['a']);
});

test('a prepared statement is named after its verb and its text', () => {
  const statements = new Statements(serialize);
  const packetOf = (sql: string) => {
    statements.statement(sql);
    const calls = [{ statement: statements.statement(sql), args: [] }];
    return statements.packet({} as Connection, calls).bytes.toString('latin1');
  };
  assert.match(packetOf('SELECT 1'), /tb_select_[0-9a-f]{32}\0SELECT 1\0/);
  assert.match(packetOf('COMMIT'), /tb_commit_[0-9a-f]{32}\0COMMIT\0/);
});
