/** What becomes of trials when a server, the way to it, or another client misbehaves. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import type { RdbStudy } from '../../src/storage/sql/read/studyTracker.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { needs } from '../support/parts.ts';
import { databaseOf, openPatiently, serverBehindProxy } from '../support/serverBehindProxy.ts';
import { SECRET_PASSWORD, SECRET_USER, type ServerName } from '../support/servers.ts';

const start = { state: TrialState.running } as const;
const complete = (number: number) => ({ type: 'state', number, state: TrialState.complete, values: [number] }) as const;

for (const name of ['postgres', 'mysql'] as const satisfies readonly ServerName[]) {
  describe(name, needs(name), () => {
    /** What only one of the servers can do. */
    const on = (only: ServerName) => (name === only ? it : () => undefined);
    const way = serverBehindProxy(name);

    /** A study over the proxy, and its database's own URL. */
    const newStudy = async (t: TestContext, patienceMs?: number) => {
      const url = await way.server.newDatabase();
      const log = await openPatiently(way.throughProxy(url), patienceMs);
      t.after(() => log.close());
      const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
      return { url, database: databaseOf(url), log, study };
    };
    /** What another process reads: the states, by number. */
    const states = async (url: string): Promise<number[]> => {
      const log = await openTrialLog(url);
      await log.close();
      return [...(log.studies()[0]?.history.states ?? [])];
    };

    it('goes on after connections were cut', async (t) => {
      const { url, log, study } = await newStudy(t);
      for (let number = 0; number < 6; number++) {
        way.proxy.cutAll();
        assert.equal(await log.createTrial(study, start, { ifNumber: number }), number);
        way.proxy.cutAll();
        await log.commit(study, [complete(number)]);
      }
      way.proxy.cutAll();
      await log.refresh();
      assert.deepEqual(await states(url), Array(6).fill(TrialState.complete));
      assert.deepEqual([...study.history.values], [0, 1, 2, 3, 4, 5]);
    });

    it('writes once what was committed while the answer was lost', async (t) => {
      const { url, log, study } = await newStudy(t);
      const before = way.proxy.cuts;
      way.proxy.cutAtCommit();
      assert.equal(await log.createTrial(study, start, { ifNumber: 0 }), 0);
      way.proxy.cutAtCommit();
      await log.commit(study, [complete(0)]);
      way.proxy.cutAtCommit();
      assert.equal(await log.createTrial(study, { state: TrialState.waiting }), 1);
      way.proxy.cutAtCommit();
      assert.equal(await log.claimWaiting(study, { systemAttrs: { owner: 'me' } }), 1);
      let next: Promise<number | undefined> | undefined;
      way.proxy.cutAtCommit();
      const onApplied = () => {
        next = log.createTrial(study, start);
      };
      await log.commit(study, [complete(1)], { onApplied });
      assert.equal(await next, 2);
      way.proxy.cutAtCommit();
      await log.createStudy({ name: 'second', directions: [Direction.minimize] });
      assert.equal(way.proxy.cuts - before, 6);
      assert.deepEqual(await states(url), [TrialState.complete, TrialState.complete, TrialState.running]);
      assert.deepEqual([...study.history.states], await states(url));
      assert.deepEqual(study.history.systemAttrs(1), { owner: 'me' });
    });

    on('postgres')('commits as usual where what makes it durable is not there any more', async (t) => {
      const { url, database, log, study } = await newStudy(t);
      assert.equal(await log.createTrial(study, start), 0);
      await way.server.admin(
        `DO $$ DECLARE f text; BEGIN
           FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE proname = 'pg_logical_emit_message' LOOP
             EXECUTE 'ALTER FUNCTION ' || f || ' RENAME TO gone';
           END LOOP;
         END $$`,
        database,
      );
      for (let number = 1; number < 4; number++) assert.equal(await log.createTrial(study, start), number);
      await log.commit(study, [complete(1)]);
      const { running, complete: ended } = TrialState;
      assert.deepEqual(await states(url), [running, ended, running, running]);
      assert.deepEqual([...study.history.states], await states(url));
    });

    it('waits for a server that is restarted, and loses nothing', async (t) => {
      const { url, log, study } = await newStudy(t);
      for (let number = 0; number < 3; number++) await log.createTrial(study, start);
      await way.server.stop('hard');
      const ends = [0, 1, 2].map((number) => log.commit(study, [complete(number)]));
      const created = log.createTrial(study, start);
      await way.server.start();
      await Promise.all(ends);
      assert.equal(await created, 3);
      assert.deepEqual((await states(url)).slice(0, 3), Array(3).fill(TrialState.complete));
    });

    it('says in one sentence when it waited long enough, and goes on later', async (t) => {
      const { url, log, study } = await newStudy(t, 300);
      await log.createTrial(study, start);
      await way.server.stop();
      try {
        await assert.rejects(log.commit(study, [complete(0)]), { code: 'unreachable', message: /cannot be reached/ });
        await assert.rejects(log.refresh(), { code: 'unreachable' });
      } finally {
        await way.server.start();
      }
      await log.commit(study, [complete(0)]);
      assert.deepEqual(await states(url), [TrialState.complete]);
    });

    it('reads everything anew when nobody can tell whether it was written', async (t) => {
      const { url, log, study } = await newStudy(t, 0);
      await log.createTrial(study, start);
      way.proxy.cutAtCommit();
      await assert.rejects(log.commit(study, [complete(0)]), { code: 'unreachable' });
      await log.refresh();
      const [again] = log.studies();
      assert.ok(again && again !== study);
      assert.deepEqual([...again.history.states], await states(url));
      await assert.rejects(log.commit(study, [complete(0)]), { code: 'study-replaced' });
    });

    it('makes durable what was applied, however much follows it on a long way', async (t) => {
      const { log, study } = await newStudy(t);
      await Promise.all(Array.from({ length: 40 }, () => log.createTrial(study, start)));
      let applied = 0;
      /** How many were applied when each became durable. */
      const before: number[] = [];
      const reports: Promise<unknown>[] = [];
      // Each of a trial of its own, which has to be locked.
      const report = (number: number) => {
        const onApplied = () => {
          applied++;
          if (number < 39) report(number + 1);
        };
        const change = { type: 'intermediate', number, step: 1, value: number } as const;
        reports.push(log.commit(study, [change], { onApplied }).then(() => before.push(applied)));
      };
      way.proxy.slowDown(40);
      t.after(() => way.proxy.slowDown(0));
      report(0);
      for (let index = 0; index < reports.length; index++) await reports[index];
      assert.equal(applied, 40);
      const [first = 40] = before;
      assert.ok(first < 16, `${first} reports were applied before one was durable`);
    });

    it('tells once that it waits, and once that it is over', async (t) => {
      const url = await way.server.newDatabase();
      const told: (readonly [string, boolean])[] = [];
      let away: () => void = () => {};
      const isAway = new Promise<void>((resolve) => (away = resolve));
      const log = await ServerStore.open(ServerUrl.parse(url), {
        create: true,
        patienceMs: 60_000,
        onWaiting: (sentence, isOver) => {
          told.push([sentence.text, isOver]);
          away();
        },
      });
      t.after(() => log.close());
      const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
      await way.server.stop('hard');
      const created = [log.createTrial(study, start), log.createTrial(study, start), log.refresh()];
      try {
        await isAway;
      } finally {
        await way.server.start();
      }
      await Promise.all(created);
      assert.deepEqual(
        told.map(([sentence, isOver]) => [sentence.startsWith(`${url} `), isOver]),
        [
          [true, false],
          [true, true],
        ],
      );
      assert.match(told[0]?.[0] ?? '', /(cannot be reached|is there no more).* It is waited for, 60 s at most\.$/);
      assert.match(told[1]?.[0] ?? '', / is there again: the study goes on\.$/);
    });

    /** Resolves when so many connections wait for locks of others. */
    const waiting = async (count: number, database: string) => {
      const sql =
        name === 'postgres'
          ? `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = '${database}' AND wait_event_type = 'Lock'`
          : "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
      // InnoDB shows the same list again to whoever asks within a tenth of a second.
      while (Number(await way.server.admin(sql)) !== count) await delay(name === 'postgres' ? 20 : 150);
    };
    const deadlocks = async (database: string) => {
      const sql =
        name === 'postgres'
          ? `SELECT deadlocks FROM pg_stat_database WHERE datname = '${database}'`
          : "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'innodb_deadlocks'";
      return Number(await way.server.admin(sql));
    };
    /** Somebody else's transaction: runs what it is told until it is told to end. */
    const stranger = async (t: TestContext, url: string, ...sqls: string[]) => {
      const { MysqlDatabase } = await import('../../src/storage/sql/mysql/mysqlDatabase.ts');
      const { PostgresDatabase } = await import('../../src/storage/sql/postgres/postgresDatabase.ts');
      const database = await (name === 'postgres' ? PostgresDatabase : MysqlDatabase).connect(ServerUrl.parse(url));
      t.after(() => database.close());
      const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
      const { promise: hasBegun, resolve: begun } = Promise.withResolvers<(sql: string) => Promise<unknown>>();
      const ended = database.transaction(async (queries) => {
        for (const sql of sqls) await queries.run(sql);
        begun((sql) => queries.run(sql));
        await isOver;
      });
      const run = await Promise.race([hasBegun, ended.then(() => assert.fail('it has ended'))]);
      const commit = () => {
        end();
        return ended;
      };
      return { run, commit };
    };

    // PostgreSQL takes nothing more in a transaction that has failed.
    on('mysql')('writes nothing behind a deadlock', async (t) => {
      const { url, database, log, study } = await newStudy(t);
      for (let number = 0; number < 2; number++) await log.createTrial(study, start);
      const [first, second] = (study as RdbStudy).trialIds as [number, number];
      const lock = (id: number) => `SELECT state FROM trials WHERE trial_id = ${id} FOR UPDATE`;
      const insert = (trial: number, key: string) => `(${trial}, '${key}', '1')`;
      const into = 'INSERT INTO trial_user_attributes (trial_id, `key`, value_json) VALUES';
      // Whoever has written most is not the one who is sent back.
      const rows = Array.from({ length: 200 }, (_, index) => insert(second, `k${index}`)).join();
      const [ours, theirs] = [
        await stranger(t, url, lock(first)),
        await stranger(t, url, lock(second), `${into} ${rows}`),
      ];
      const asked = Promise.allSettled([ours.run(lock(second)), ours.run(`${into} ${insert(first, 'late')}`)]);
      await waiting(1, database);
      await theirs.run(lock(first));
      for (const one of await asked) assert.match(String((one as { reason?: unknown }).reason), /Deadlock found/);
      await assert.rejects(ours.commit(), /Deadlock found/);
      await theirs.commit();
      const count = await way.server.admin("SELECT COUNT(*) FROM trial_user_attributes WHERE `key` = 'late'", database);
      assert.equal(count.trim(), '0');
    });

    it('does again what met a deadlock', async (t) => {
      const { url, database, log, study } = await newStudy(t);
      for (let number = 0; number < 3; number++) await log.createTrial(study, start);
      const [first, second] = (study as RdbStudy).trialIds as [number, number];
      const before = await deadlocks(database);
      const lock = (id: number) => `SELECT state FROM trials WHERE trial_id = ${id} FOR UPDATE`;
      const gate = await stranger(t, url, lock(second));
      // Whoever has written most, or looks for deadlocks last, is not the one who is sent back.
      const rows = Array.from({ length: 200 }, (_, index) => `(${study.id}, 'k${index}', '1')`).join();
      const insert = `INSERT INTO study_user_attributes (study_id, ${name === 'postgres' ? 'key' : '`key`'}, value_json) VALUES ${rows}`;
      const other = await stranger(
        t,
        url,
        ...(name === 'postgres' ? ["SET LOCAL deadlock_timeout = '1h'"] : []),
        `SELECT study_id FROM studies WHERE study_id = ${study.id} FOR UPDATE`,
        insert,
      );
      // We have the first trial, and then want the second and the study, which the other one has who wants the first.
      const steps = [0, 1].map((number) => ({ type: 'intermediate', number, step: 1, value: number }) as const);
      const ours = [log.commit(study, [...steps, complete(0)]), log.createTrial(study, start)];
      await waiting(1, database);
      const theirs = other.run(lock(first));
      await waiting(2, database);
      await gate.commit();
      await theirs;
      await other.commit();
      assert.equal((await Promise.all(ours))[1], 3);
      while ((await deadlocks(database)) === before) await delay(20);
      assert.deepEqual(await states(url), [TrialState.complete, ...Array(3).fill(TrialState.running)]);
      assert.deepEqual([...study.history.states], await states(url));
      const count = await way.server.admin('SELECT COUNT(*) FROM trial_intermediate_values', database);
      assert.equal(count.trim(), '2');
    });

    it('writes nothing into a server that only takes readers, and says so', async (t) => {
      const { url, log, study } = await newStudy(t, 300);
      await log.createTrial(study, start);
      const [on, off] =
        name === 'postgres'
          ? ['ALTER SYSTEM SET default_transaction_read_only = on', 'ALTER SYSTEM RESET default_transaction_read_only']
          : ['SET GLOBAL read_only = 1', 'SET GLOBAL read_only = 0'];
      // MariaDB's administrator may write all the same.
      const limited =
        name === 'postgres'
          ? url
          : url.replace(/:\/\/\w+@/, `://${SECRET_USER}:${encodeURIComponent(SECRET_PASSWORD)}@`);
      const store = await openPatiently(limited, 300);
      t.after(() => store.close());
      const [theirs] = store.studies();
      assert.ok(theirs);
      const apply = async (sql: string) => {
        await way.server.admin(sql);
        if (name !== 'postgres') return;
        await way.server.admin('SELECT pg_reload_conf()');
        // The server takes it in when it gets to it.
        const wanted = sql === on ? 'on' : 'off';
        while ((await way.server.admin('SHOW default_transaction_read_only')).trim() !== wanted) await delay(20);
      };
      await apply(on);
      try {
        await assert.rejects(store.commit(theirs, [complete(0)]), { code: 'read-only', message: /can only be read/ });
      } finally {
        await apply(off);
      }
      assert.deepEqual(await states(url), [TrialState.running]);
    });
  });
}
