import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientBase, Connection } from 'pg';
import { serialize } from 'pg-protocol';
import { inOneRound, type Result } from '../../../src/storage/postgres/round.ts';
import { Statements } from '../../../src/storage/postgres/statements.ts';

/** What the driver tells of a round's answers. */
interface Round {
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

test('what reads says to a pooler that balances loads that it is for the primary, under the name of what it does', () => {
  const statements = new Statements(serialize);
  const packetOf = (sql: string) => {
    statements.statement(sql);
    const calls = [{ statement: statements.statement(sql), args: [] }];
    return statements.packet({} as Connection, calls).bytes.toString('latin1');
  };
  assert.match(packetOf('SELECT 1'), /tb_select_[0-9a-f]{32}\0\/\*NO LOAD BALANCE\*\/ SELECT 1\0/);
  assert.match(packetOf('COMMIT'), /tb_commit_[0-9a-f]{32}\0COMMIT\0/);
});
