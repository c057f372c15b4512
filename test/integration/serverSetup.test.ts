/** What a person is told who errs in a URL or meets a database that is not as it should be; and what is made of such a one. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { needs } from '../support/parts.ts';
import { asUser, READER, SECRET_PASSWORD, SECRET_USER, type ServerName, startServer } from '../support/servers.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { whileTesting } from '../support/whileTesting.ts';

for (const name of ['postgres', 'mysql'] as const satisfies readonly ServerName[]) {
  describe(name, needs(name), () => {
    const server = whileTesting(needs(name), async (keep) => keep(await startServer(name)));

    const open = (url: string) => openWritableStorage(storagePlace(url, '.'));
    const opened = async (url: string) => (await open(url)).close();
    const told = async (action: Promise<unknown>, code: string, message: RegExp) =>
      assert.rejects(action, (error: Error & { code?: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n|p@ss|p%40ss|wrong-secret/);
        return true;
      });

    it('tells a person what is wrong with a URL, in one sentence without the password', async () => {
      const url = await server().newDatabase();
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

    it('opens by each form of URL that people have from Optuna', async (t) => {
      const url = await server().newDatabase();
      const database = url.slice(url.lastIndexOf('/') + 1);
      const { port, folder } = server();
      const me = `${SECRET_USER}:${encodeURIComponent(SECRET_PASSWORD)}`;
      const drivers =
        name === 'postgres'
          ? ['postgresql', 'postgres', 'postgresql+psycopg2', 'postgresql+psycopg', 'postgresql+asyncpg']
          : ['mysql', 'mysql+pymysql', 'mysql+mysqldb', 'mariadb', 'mariadb+mariadbconnector'];
      for (const driver of drivers) await opened(`${driver}://${me}@127.0.0.1:${port}/${database}`);
      if (name === 'mysql') {
        await opened(`mysql+pymysql://root@/${database}?unix_socket=${folder}/socket&charset=utf8mb4`);
        await opened(`mysql+mysqldb://${me}@localhost:${port}/${database}`);
        return;
      }
      await opened(`postgresql+psycopg2://postgres@/${database}?host=${folder}&port=${port}`);
      await opened(`postgresql://postgres@${encodeURIComponent(folder)}:${port}/${database}`);
      const [passwords, bare] = [join(temporaryFolder(t), 'pgpass'), asUser(url, SECRET_USER)];
      writeFileSync(passwords, `127.0.0.1:${port}:*:${SECRET_USER}:${SECRET_PASSWORD.replace(':', '\\:')}\n`, {
        mode: 0o600,
      });
      const environment = async (variables: NodeJS.ProcessEnv, action: () => Promise<void>) => {
        Object.assign(process.env, variables);
        await action().finally(() => {
          for (const variable of Object.keys(variables)) delete process.env[variable];
        });
      };
      await environment({ PGPASSFILE: passwords }, () => opened(bare));
      await environment({ PGPASSWORD: SECRET_PASSWORD }, () => opened(bare));
      await environment({ PGPORT: String(port), PGUSER: 'postgres' }, () =>
        opened(`postgresql://127.0.0.1/${database}`),
      );
    });

    it('tells a person what is wrong with a database', async () => {
      const url = await server().newDatabase();
      const database = url.slice(url.lastIndexOf('/') + 1);
      await told(openTrialLog(url), 'not-a-storage', /has no studies: Optuna's tables/);
      await told(
        opened(asUser(url, READER)),
        'access-denied',
        /user "reader" may not make any: ask for the right to create tables/,
      );
      await opened(url);
      await server().admin("UPDATE alembic_version SET version_num = 'v9.0.0.a'", database);
      await told(openTrialLog(url), 'newer-version', /schema v9\.0\.0\.a\)\. Update Tuneboard/);
      await told(opened(url), 'newer-version', /Update Tuneboard/);
      await server().admin("UPDATE alembic_version SET version_num = 'v2.6.0.a'", database);
      await told(openTrialLog(url), 'older-version', /optuna storage upgrade --storage (postgresql|mysql):\/\//);
    });

    if (name === 'postgres') {
      it('keeps its tables in the schema that the URL names', async (t) => {
        const url = await server().newDatabase();
        const database = url.slice(url.lastIndexOf('/') + 1);
        const inTeam = `${url}?options=-csearch_path%3Dteam`;
        await told(
          opened(inTeam),
          'no-database',
          /has no schema to make tables in: create the one that its search_path/,
        );
        await server().admin('CREATE SCHEMA team', database);
        const log = await open(inTeam);
        t.after(() => log.close());
        await log.createStudy({ name: 's', directions: [Direction.minimize] });
        assert.equal((await server().admin('SELECT study_name FROM team.studies', database)).trim(), 's');
        await told(openTrialLog(url), 'not-a-storage', /has no studies/);
        const read = await openTrialLog(log.location);
        await read.close();
        assert.equal(read.studies()[0]?.name, 's');
      });
    }

    it('completes a schema that was made half, and reads none', async () => {
      const url = await server().newDatabase();
      const database = url.slice(url.lastIndexOf('/') + 1);
      await opened(url);
      for (const table of ['trial_heartbeats', 'trial_params', 'trial_values'])
        await server().admin(`DROP TABLE ${table}`, database);
      await server().admin('DELETE FROM alembic_version', database);
      await told(openTrialLog(url), 'not-a-storage', /has no table trial_params: it is not all of an Optuna database/);
      const log = await open(url);
      const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
      await log.createTrial(study, { state: TrialState.running });
      await log.heartbeats?.heartbeat(study, [0]);
      await log.commit(study, [{ type: 'state', number: 0, state: TrialState.complete, values: [0] }]);
      await log.close();
      const read = await openTrialLog(url);
      await read.close();
      assert.deepEqual([...(read.studies()[0]?.history.states ?? [])], [TrialState.complete]);
      assert.equal((await server().admin('SELECT version_num FROM alembic_version', database)).trim(), 'v3.2.0.a');
    });

    it('lets four processes make the tables at once', async () => {
      const url = await server().newDatabase();
      await Promise.all([opened(url), opened(url), opened(url), opened(url)]);
      const read = await openTrialLog(url);
      await read.close();
      assert.deepEqual(read.studies(), []);
    });
  });
}
