/** What of a storage depends on this machine is written out for workers on others, and what cannot be handed on is said. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { isOfThisMachine, storageForWorkers } from '../../../../src/storage/kinds.ts';
import { storagePlace } from '../../../../src/storage/writableStorage.ts';
import { Authority } from '../../../support/certificates.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const placeOf = (storage: string) => storagePlace(storage, '/study');
const forWorkers = (storage: string, env: NodeJS.ProcessEnv = {}) => storageForWorkers(placeOf(storage), env);

/** Sets variables of this process while a test runs. */
function setting(t: TestContext, env: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(env)) {
    const before = process.env[name];
    process.env[name] = value;
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

test('a file, and a storage proxy, are the same everywhere', async () => {
  const none = { password: undefined, env: {}, files: [] };
  assert.deepEqual(await forWorkers('sqlite:///s.db'), { storage: resolve('/study/s.db'), ...none });
  assert.deepEqual(await forWorkers('grpc://host:13000'), { storage: 'grpc://host:13000', ...none });
});

test('writes the user into the URL and makes relative paths absolute', async (t) => {
  const authority = new Authority();
  t.after(() => authority.remove());
  const folder = temporaryFolder(t);
  const before = process.cwd();
  process.chdir(folder);
  t.after(() => process.chdir(before));
  writeFileSync(join(folder, 'ca.crt'), readFileSync(authority.ca));
  const { storage, files, password } = await forWorkers(
    'postgresql://db/studies?sslmode=verify-full&sslrootcert=ca.crt',
  );
  const path = resolve('ca.crt');
  assert.equal(
    storage,
    `postgresql://${userInfo().username}@db/studies?sslmode=verify-full&sslrootcert=${encodeURIComponent(path)}`,
  );
  assert.deepEqual([files, password], [[path], undefined]);
  assert.equal((await forWorkers('mysql://me:geheim@db/studies')).storage, 'mysql://me@db/studies');
  assert.equal((await forWorkers('mysql://me:geheim@db/studies')).password, 'geheim');
  assert.equal((await forWorkers('mysql://db/studies')).storage, `mysql://${userInfo().username}@db/studies`);
});

test("hands on the password of ~/.pgpass and libpq's variables, and no other password", async (t) => {
  const path = join(temporaryFolder(t), 'pgpass');
  writeFileSync(path, '*:*:*:other:falsch\ndb:5433:studies:me:ge\\:heim\n', { mode: 0o600 });
  setting(t, { PGPASSFILE: path });
  const env = {
    PGSSLMODE: 'require',
    PGSSLROOTCERT: 'ca.crt',
    PGUSER: 'me',
    PGPASSWORD: 'x',
    PATH: '/bin',
    PGHOST: '',
  };
  const { password, env: handed, files } = await forWorkers('postgresql://me@db:5433/studies', env);
  assert.equal(password, 'ge:heim');
  assert.deepEqual(handed, { PGUSER: 'me', PGSSLMODE: 'require', PGSSLROOTCERT: resolve('ca.crt') });
  assert.deepEqual(files, [resolve('ca.crt')]);
  const elsewhere = await forWorkers('postgresql://me@/studies', { PGHOST: 'db', PGPORT: '5433' });
  assert.equal(elsewhere.password, 'ge:heim');
  assert.deepEqual((await forWorkers('mysql://me@db/studies', env)).env, {});
});

test('refuses a key with a passphrase before anything is submitted', async (t) => {
  const authority = new Authority();
  t.after(() => authority.remove());
  const { cert, key } = authority.issue('me', { password: 'geheim' });
  const url = `postgresql://me@db/studies?sslmode=require&sslcert=${cert}&sslkey=${key}&sslpassword=geheim`;
  await assert.rejects(forWorkers(url), (error: Error & { code: string }) => {
    assert.equal(error.code, 'usage');
    assert.match(
      error.message,
      /^The key that postgresql:\/\/me@db\S+ names has a passphrase, which is not handed on to workers: /,
    );
    assert.doesNotMatch(error.message, /geheim/);
    return true;
  });
});

test('a server that is on this machine by its name is known', () => {
  const here = (storage: string, env: NodeJS.ProcessEnv = {}) => isOfThisMachine(placeOf(storage), env);
  for (const storage of [
    'postgresql://localhost/s',
    'mysql://me@127.0.0.1/s',
    'postgresql:///s',
    'redis://[::1]/0',
    'grpc://localhost',
  ])
    assert.ok(here(storage), storage);
  assert.ok(here('postgresql:///s?host=/var/run/postgresql'));
  for (const storage of ['postgresql://db/s', 'redis://10.0.0.1', 'postgresql://localhost,db/s', 's.db'])
    assert.ok(!here(storage), storage);
  assert.ok(!here('postgresql:///s', { PGHOST: 'db' }));
});

test('whatever a password is, it is in no URL, file or variable for workers', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 6 }),
      fc.constantFrom('postgresql', 'mysql', 'redis'),
      async (secret, kind) => {
        const given = `geheim${secret}`;
        const url = `${kind}://me:${encodeURIComponent(given)}@db/0?x=1`;
        const { password, ...rest } = await forWorkers(url);
        assert.equal(password, given);
        assert.ok(!JSON.stringify(rest).includes('geheim'));
      },
    ),
  );
});
