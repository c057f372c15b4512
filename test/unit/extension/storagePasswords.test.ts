import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoragePasswords } from '../../../src/extension/window/storagePasswords.ts';

type Secrets = ConstructorParameters<typeof StoragePasswords>[0];

function secrets(): { storage: Secrets; kept: Map<string, string> } {
  const kept = new Map<string, string>();
  const storage = {
    get: async (key: string) => kept.get(key),
    store: async (key: string, value: string) => void kept.set(key, value),
    delete: async (key: string) => void kept.delete(key),
  };
  return { storage: storage as unknown as Secrets, kept };
}

test('the password of a typed URL goes to the secret storage, and is found again by what is shown', async () => {
  const { storage, kept } = secrets();
  const passwords = new StoragePasswords(storage);
  const given = passwords.split('postgresql+psycopg2://ann:p%40ss@db:5433/team');
  assert.deepEqual(given, { location: 'postgresql://ann@db:5433/team', password: 'p@ss' });
  await passwords.keep(given.location, 'p@ss');
  assert.equal(await passwords.of('postgresql://ann@db:5433/team'), 'p@ss');
  assert.equal(await passwords.of('postgresql://bob@db:5433/team'), undefined);
  assert.ok([...kept.keys()].every((key) => !key.includes('p@ss')));
  await passwords.forget(given.location);
  assert.equal(kept.size, 0);
});

test('a file has no password, and what is no URL of a database is refused', async () => {
  const passwords = new StoragePasswords(secrets().storage);
  assert.deepEqual(passwords.split('/data/study.db'), { location: '/data/study.db', password: undefined });
  assert.equal(await passwords.of('/data/study.db'), undefined);
  assert.throws(() => passwords.split('mysql://ann:secret@host'), {
    code: 'unsupported-url',
    message: /names no database/,
  });
});
