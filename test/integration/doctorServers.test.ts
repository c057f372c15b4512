/** `tuneboard doctor` of databases on servers: what it says of each trouble, without the password; it changes nothing. */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Direction } from '../../src/core/study/states.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { studyFindings } from '../../src/tuner/cli/doctor/doctorStudies.ts';
import { needs } from '../support/parts.ts';
import { asUser, READER, SECRET_PASSWORD, SECRET_USER, type ServerName, startServer } from '../support/servers.ts';
import { whileTesting } from '../support/whileTesting.ts';
import { TunerFolder } from './tunerHarness.ts';

for (const name of ['postgres', 'mysql'] as const satisfies readonly ServerName[]) {
  describe(name, needs(name), () => {
    const started = whileTesting(needs(name), async (keep) => {
      const server = keep(await startServer(name));
      return { server, folder: keep(new TunerFolder()) };
    });
    const doctor = async (...targets: string[]) => {
      const found = await studyFindings(targets);
      assert.doesNotMatch(JSON.stringify(found), /p@ss|p%40ss|wrong-secret/);
      return found;
    };
    const one = async (target: string) => {
      const [finding, ...others] = await doctor(target);
      assert.ok(finding && others.length === 0);
      return finding;
    };

    it('says what the server is, whose tables it has, and that they can be written, or made', async () => {
      const { server } = started();
      const url = asUser(await server.newDatabase(), SECRET_USER, SECRET_PASSWORD);
      const empty = await one(url);
      assert.equal(empty.missing, undefined);
      assert.match(empty.found, /\((PostgreSQL|MariaDB) \d+\.\d[\d.]*\): no tables yet, Optuna's can be made$/);
      const log = await openWritableStorage(storagePlace(url, '.'));
      await log.createStudy({ name: 's', directions: [Direction.minimize] });
      const made = await one(url);
      assert.equal(made.missing, undefined);
      assert.match(made.found, /: tables of Optuna 5\.0\.0 with 1 study, can be written$/);
      await log.refresh();
      const [study, ...others] = log.studies();
      assert.deepEqual([study?.name, study?.history.length, others], ['s', 0, []], 'nothing was left there');
      await log.close();
    });

    it('says what is wrong, each once however many study files name it', async () => {
      const { server, folder } = started();
      const url = await server.newDatabase();
      folder.study('', { head: `storage: "${asUser(url, SECRET_USER, 'wrong-secret')}"` });
      copyFileSync(join(folder.path, 'demo.study.yaml'), join(folder.path, 'other.study.yaml'));
      const wrong = await doctor(folder.path);
      assert.deepEqual(
        wrong.map(({ what }) => what),
        ['demo.study.yaml', 'storage', 'other.study.yaml'],
      );
      assert.match(wrong[1]?.missing ?? '', /refused the user "secret": check the user and the password/);
      const reader = asUser(url, READER);
      assert.match((await one(reader)).missing ?? '', /user "reader" may not make any: ask for the right to create/);
      await (await openWritableStorage(storagePlace(url, '.'))).close();
      const database = url.slice(url.lastIndexOf('/') + 1);
      for (const grant of name === 'postgres'
        ? ['GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader']
        : [`GRANT SELECT ON ${database}.* TO reader@'%'`])
        await server.admin(grant, database);
      assert.match((await one(reader)).missing ?? '', /does not let the user "reader" do that: ask for the rights/);
      await server.admin("UPDATE alembic_version SET version_num = 'v9.0.0.a'", database);
      assert.match((await one(url)).missing ?? '', /schema v9\.0\.0\.a\)\. Update Tuneboard/);
      assert.match((await one(url.replace(/:\d+\//, ':1/'))).missing ?? '', /no server listens there/);
    });
  });
}
