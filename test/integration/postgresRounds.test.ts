/** What goes to a PostgreSQL server in one packet, what comes back, and what the server has to read for it. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { PostgresDatabase } from '../../src/storage/sql/postgres/postgresDatabase.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { needs } from '../support/parts.ts';
import { databaseOf } from '../support/serverBehindProxy.ts';
import { startServer } from '../support/servers.ts';
import { whileTesting } from '../support/whileTesting.ts';

describe('rounds to a PostgreSQL server', needs('postgres'), () => {
  const server = whileTesting(needs('postgres'), async (keep) => keep(await startServer('postgres')));

  async function connect(t: TestContext): Promise<PostgresDatabase> {
    const database = await PostgresDatabase.connect(ServerUrl.parse(await server().newDatabase()));
    t.after(() => database.close());
    return database;
  }

  it('gives back lists as they were given, whatever is in them', async (t) => {
    const database = await connect(t);
    const cell = fc.option(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')));
    const list = fc.array(
      fc.oneof(cell, fc.constantFrom('NULL', '', '{}', ' ', '\\', '"', "'", ',', '\\"', '$1', '?')),
    );
    const echo = async (texts: readonly (string | null)[], numbers: readonly number[]) => {
      const sql =
        'SELECT text, number FROM unnest(?::text[], ?::float8[]) WITH ORDINALITY AS given(text, number, place) ORDER BY place';
      const rows = await database.rows(sql, [texts, numbers]);
      assert.deepEqual(
        rows,
        texts.map((text, index) => [text, numbers[index]]),
      );
    };
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0));
    await fc.assert(
      fc.asyncProperty(list, fc.infiniteStream(number), async (texts, numbers) => {
        await echo(texts, [...numbers.take(texts.length)]);
      }),
      { numRuns: 60 },
    );
  });

  it('does nothing behind a statement that fails, tells all why, and goes on with the next transaction', async (t) => {
    const database = await connect(t);
    await database.run('CREATE TABLE kept (number int)');
    const insert = 'INSERT INTO kept VALUES (?)';
    for (let turn = 0; turn < 3; turn++) {
      let answers: PromiseSettledResult<unknown>[] = [];
      const failed = database.transaction(async (queries) => {
        const asked = [queries.run(insert, [turn]), queries.rows('SELECT 1 / ?::int', [0]), queries.run(insert, [9])];
        answers = await Promise.allSettled(asked);
        await queries.rows('SELECT 1');
      });
      await assert.rejects(failed, /division by zero/);
      assert.deepEqual(answers[0], { status: 'fulfilled', value: { count: 1, firstId: 0 } });
      for (const answer of answers.slice(1)) assert.match(String((answer as PromiseRejectedResult).reason), /division/);
    }
    await assert.rejects(
      database.transaction(async (queries) => queries.tell('SELECT 1 / ?::int', [0])),
      /division by zero/,
    );
    await database.transaction(async (queries) => queries.tell(insert, [7]));
    assert.deepEqual(await database.rows('SELECT number FROM kept'), [[7]]);
  });

  it('takes a table whose columns became others under a statement that it knows', async (t) => {
    const database = await connect(t);
    await database.run('CREATE TABLE changing (number int)');
    const ask = () => database.rows('SELECT number FROM changing');
    await database.run('INSERT INTO changing VALUES (1)');
    for (let turn = 0; turn < 3; turn++) assert.deepEqual(await ask(), [[1]]);
    await database.run("ALTER TABLE changing ALTER number TYPE text USING 'one'");
    // The server refuses the plan that it has; whoever asks again gets what is there.
    await assert.rejects(ask(), /cached plan/);
    assert.deepEqual(await ask(), [['one']]);
  });

  it('never reads a table from end to end, however small it was when the statements were planned', async (t) => {
    const url = await server().newDatabase();
    const [own, other] = await Promise.all([1, 2].map(() => ServerStore.open(ServerUrl.parse(url), { create: true })));
    t.after(() => Promise.all([own?.close(), other?.close()]));
    if (!own || !other) return;
    const study = await own.createStudy({ name: 'growing', directions: [Direction.minimize] });
    await other.refresh();
    const seen = other.studies()[0] as typeof study;
    const trials = 150;
    for (let index = 0; index < trials; index++) {
      const log: ServerStore = index % 2 === 0 ? own : other;
      const record = log === own ? study : seen;
      const attrs = { userAttrs: { a: 1 }, systemAttrs: { b: 2 }, intermediate: [[1, 0.5]] as [number, number][] };
      const begun = await log.createTrial(record, { state: TrialState.running, ...attrs }, { beats: true });
      assert.equal(begun, index);
      await log.commit(record, [
        { type: 'intermediate', number: index, step: 2, value: 0.25 },
        { type: 'state', number: index, state: TrialState.complete, values: [index] },
      ]);
    }
    await Promise.all([own.close(), other.close()]);
    const read = await server().admin(
      `SELECT SUM(seq_tup_read) FROM pg_stat_user_tables WHERE relname LIKE 'trial%'`,
      databaseOf(url),
    );
    // When a connection opens, and what is read whole for the first time.
    assert.ok(Number(read) < trials, `${read} rows were read from end to end`);
  });
});
