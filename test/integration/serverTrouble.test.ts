/** What becomes of trials when a server, the way to it, or another client misbehaves; and what a person is told who errs. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerStore } from '../../src/storage/server/serverStore.ts';
import { ServerUrl } from '../../src/storage/server/serverUrl.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { type CuttingProxy, startProxy } from '../support/cuttingProxy.ts';
import { needs } from '../support/parts.ts';
import {
  READER,
  SECRET_PASSWORD,
  SECRET_USER,
  type ServerName,
  startServer,
  type TestServer,
} from '../support/servers.ts';

const start = { state: TrialState.running } as const;
const complete = (number: number) => ({ type: 'state', number, state: TrialState.complete, values: [number] }) as const;

for (const name of ['postgres', 'mysql'] as const satisfies readonly ServerName[]) {
  describe(name, needs(name), () => {
    let server: TestServer;
    let proxy: CuttingProxy;
    before(async () => {
      server = await startServer(name);
      proxy = await startProxy(server.port);
    });
    after(async () => {
      await proxy?.close();
      await server?.dispose();
    });

    const open = (url: string, patienceMs = 60_000) =>
      ServerStore.open(ServerUrl.parse(url), { create: true, patienceMs });
    /** A study over the proxy, and its database's own URL. */
    const newStudy = async (t: TestContext, patienceMs?: number) => {
      const url = await server.newDatabase();
      const log = await open(url.replace(`:${server.port}/`, `:${proxy.port}/`), patienceMs);
      t.after(() => log.close());
      const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
      return { url, database: url.slice(url.lastIndexOf('/') + 1), log, study };
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
        proxy.cutAll();
        assert.equal(await log.createTrial(study, start, { ifNumber: number }), number);
        proxy.cutAll();
        await log.commit(study, [complete(number)]);
      }
      proxy.cutAll();
      await log.refresh();
      assert.deepEqual(await states(url), Array(6).fill(TrialState.complete));
      assert.deepEqual([...study.history.values], [0, 1, 2, 3, 4, 5]);
    });

    it('writes once what was committed while the answer was lost', async (t) => {
      const { url, log, study } = await newStudy(t);
      const before = proxy.cuts;
      proxy.cutAtCommit();
      assert.equal(await log.createTrial(study, start, { ifNumber: 0 }), 0);
      proxy.cutAtCommit();
      await log.commit(study, [complete(0)]);
      proxy.cutAtCommit();
      assert.equal(await log.createTrial(study, { state: TrialState.waiting }), 1);
      proxy.cutAtCommit();
      assert.equal(await log.claimWaiting(study, { systemAttrs: { owner: 'me' } }), 1);
      let next: Promise<number | undefined> | undefined;
      proxy.cutAtCommit();
      const onApplied = () => {
        next = log.createTrial(study, start);
      };
      await log.commit(study, [complete(1)], { onApplied });
      assert.equal(await next, 2);
      proxy.cutAtCommit();
      await log.createStudy({ name: 'second', directions: [Direction.minimize] });
      assert.equal(proxy.cuts - before, 6);
      assert.deepEqual(await states(url), [TrialState.complete, TrialState.complete, TrialState.running]);
      assert.deepEqual([...study.history.states], await states(url));
      assert.deepEqual(study.history.systemAttrs(1), { owner: 'me' });
    });

    it('waits for a server that is restarted, and loses nothing', async (t) => {
      const { url, log, study } = await newStudy(t);
      for (let number = 0; number < 3; number++) await log.createTrial(study, start);
      await server.stop('hard');
      const ends = [0, 1, 2].map((number) => log.commit(study, [complete(number)]));
      const created = log.createTrial(study, start);
      await server.start();
      await Promise.all(ends);
      assert.equal(await created, 3);
      assert.deepEqual((await states(url)).slice(0, 3), Array(3).fill(TrialState.complete));
    });

    it('says in one sentence when it waited long enough, and goes on later', async (t) => {
      const { url, log, study } = await newStudy(t, 300);
      await log.createTrial(study, start);
      await server.stop();
      try {
        await assert.rejects(log.commit(study, [complete(0)]), { code: 'unreachable', message: /cannot be reached/ });
        await assert.rejects(log.refresh(), { code: 'unreachable' });
      } finally {
        await server.start();
      }
      await log.commit(study, [complete(0)]);
      assert.deepEqual(await states(url), [TrialState.complete]);
    });

    it('reads everything anew when nobody can tell whether it was written', async (t) => {
      const { url, log, study } = await newStudy(t, 0);
      await log.createTrial(study, start);
      proxy.cutAtCommit();
      await assert.rejects(log.commit(study, [complete(0)]), { code: 'unreachable' });
      await log.refresh();
      const [again] = log.studies();
      assert.ok(again && again !== study);
      assert.deepEqual([...again.history.states], await states(url));
      await assert.rejects(log.commit(study, [complete(0)]), { code: 'study-replaced' });
    });

    it('does again what met a deadlock', async (t) => {
      const { url, database, log, study } = await newStudy(t);
      await log.createTrial(study, start);
      await log.createTrial(study, start);
      // A stranger takes a trial, then the study; we take the trials in our order meanwhile.
      const other = await open(url);
      t.after(() => other.close());
      const theirs = other.studies()[0];
      assert.ok(theirs);
      const writers = Array.from({ length: 20 }, async (_, index) => {
        const [store, record] = index % 2 === 0 ? ([log, study] as const) : ([other, theirs] as const);
        const steps = [0, 1].map((number) => ({ type: 'intermediate', number, step: index, value: index }) as const);
        await store.commit(record, index % 4 < 2 ? steps : steps.reverse());
        await store.createTrial(record, start);
      });
      await Promise.all(writers);
      assert.equal((await states(url)).length, 22);
      const count = await server.admin('SELECT COUNT(*) FROM trial_intermediate_values', database);
      assert.equal(count.trim(), '40');
    });

    const opened = async (url: string) => (await openWritableStorage(storagePlace(url, '.'))).close();
    const asUser = (url: string, user: string, password = '') =>
      url.replace(/:\/\/\w+@/, `://${user}${password === '' ? '' : `:${encodeURIComponent(password)}`}@`);
    const told = async (action: Promise<unknown>, code: string, message: RegExp) =>
      assert.rejects(action, (error: Error & { code?: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n|p@ss|p%40ss|wrong-secret/);
        return true;
      });

    it('tells a person what is wrong with a URL, in one sentence without the password', async () => {
      const url = await server.newDatabase();
      await opened(asUser(url, SECRET_USER, SECRET_PASSWORD));
      await told(
        opened(asUser(url, SECRET_USER, 'wrong-secret')),
        'wrong-password',
        /refused the user "secret": check the user and the password/,
      );
      await told(
        opened(asUser(url, SECRET_USER)),
        'missing-password',
        /wants a password: set TUNEBOARD_STORAGE_PASSWORD/,
      );
      await told(
        opened(url.replace('127.0.0.1', 'no-such-host.invalid')),
        'unreachable',
        /there is no host no-such-host\.invalid/,
      );
      await told(opened(url.replace(/:\d+\//, ':1/')), 'unreachable', /no server listens there/);
      await told(opened(url.replace(/study\d+$/, 'nothing')), 'no-database', /has no database "nothing"/);
      await told(opened(url.replace(/study\d+$/, '')), 'unsupported-url', /names no database/);
    });

    it('tells a person what is wrong with a database', async () => {
      const url = await server.newDatabase();
      const database = url.slice(url.lastIndexOf('/') + 1);
      await told(openTrialLog(url), 'not-a-storage', /has no studies: Optuna's tables/);
      await told(
        opened(asUser(url, READER)),
        'access-denied',
        /user "reader" may not make any: ask for the right to create tables/,
      );
      await opened(url);
      await server.admin("UPDATE alembic_version SET version_num = 'v9.0.0.a'", database);
      await told(openTrialLog(url), 'newer-version', /schema v9\.0\.0\.a\)\. Update Tuneboard/);
      await told(opened(url), 'newer-version', /Update Tuneboard/);
      await server.admin("UPDATE alembic_version SET version_num = 'v2.6.0.a'", database);
      await told(openTrialLog(url), 'older-version', /optuna storage upgrade --storage (postgresql|mysql):\/\//);
    });

    it('completes a schema that was made half, and reads none', async () => {
      const url = await server.newDatabase();
      const database = url.slice(url.lastIndexOf('/') + 1);
      await opened(url);
      for (const table of ['trial_heartbeats', 'trial_params', 'trial_values'])
        await server.admin(`DROP TABLE ${table}`, database);
      await server.admin('DELETE FROM alembic_version', database);
      await told(openTrialLog(url), 'not-a-storage', /has no table trial_params: it is not all of an Optuna database/);
      const log = await open(url);
      const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
      await log.createTrial(study, start);
      await log.heartbeats.heartbeat(study, [0]);
      await log.commit(study, [complete(0)]);
      await log.close();
      assert.deepEqual(await states(url), [TrialState.complete]);
      assert.equal((await server.admin('SELECT version_num FROM alembic_version', database)).trim(), 'v3.2.0.a');
    });

    it('lets four processes make the tables at once', async () => {
      const url = await server.newDatabase();
      await Promise.all([opened(url), opened(url), opened(url), opened(url)]);
      assert.deepEqual(await states(url), []);
    });

    it('writes nothing into a server that only takes readers, and says so', async (t) => {
      const { url, log, study } = await newStudy(t, 300);
      await log.createTrial(study, start);
      const [on, off] =
        name === 'postgres'
          ? ['ALTER SYSTEM SET default_transaction_read_only = on', 'ALTER SYSTEM RESET default_transaction_read_only']
          : ['SET GLOBAL read_only = 1', 'SET GLOBAL read_only = 0'];
      // MariaDB's administrator may write all the same.
      const limited = name === 'postgres' ? url : asUser(url, SECRET_USER, SECRET_PASSWORD);
      const store = await open(limited, 300);
      t.after(() => store.close());
      const [theirs] = store.studies();
      assert.ok(theirs);
      const apply = async (sql: string) => {
        await server.admin(sql);
        if (name !== 'postgres') return;
        await server.admin('SELECT pg_reload_conf()');
        // The server takes it in when it gets to it.
        const wanted = sql === on ? 'on' : 'off';
        while ((await server.admin('SHOW default_transaction_read_only')).trim() !== wanted) await delay(20);
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
