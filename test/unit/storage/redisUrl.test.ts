import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fromServerError, isReadOnly, remedyFor } from '../../../src/storage/sql/connect/serverError.ts';
import { isServerUrl, ServerUrl, withoutPassword } from '../../../src/storage/sql/connect/serverUrl.ts';
import { storagePlace } from '../../../src/storage/writableStorage.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

describe('the URL of a storage on Redis', () => {
  it("is taken apart as Redis's clients do, with a prefix besides", () => {
    const url = ServerUrl.parse('redis://ann:p%40ss%2Fw:rd@cache.example:6380/2?prefix=team%20a');
    assert.deepEqual(
      [url.kind, url.host, url.port, url.user, url.database, url.keyPrefix, url.password({})],
      ['redis', 'cache.example', 6380, 'ann', '2', 'team a', 'p@ss/w:rd'],
    );
    assert.equal(url.location, 'redis://ann@cache.example:6380/2?prefix=team+a');
    const bare = ServerUrl.parse('rediss://:secret@[::1]');
    assert.deepEqual(
      [
        bare.host,
        bare.port,
        bare.user,
        bare.login({}),
        bare.database,
        bare.keyPrefix,
        bare.password({}),
        bare.location,
      ],
      ['::1', undefined, undefined, undefined, '0', '', 'secret', 'rediss://[::1]/0'],
    );
    assert.equal(ServerUrl.parse('redis://h?db=3&password=secret').location, 'redis://h/3');
  });

  it('means the same by the location that is shown, whatever the prefix, and shows no password', () => {
    const word = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(word, word, fc.nat(15), (prefix, raw, database) => {
        const password = `pw${raw}`;
        const url = ServerUrl.parse(
          `redis://me:${encodeURIComponent(password)}@h/${database}?prefix=${encodeURIComponent(prefix)}&password=${encodeURIComponent(password)}`,
        );
        const again = ServerUrl.parse(url.location);
        assert.deepEqual(
          [url.keyPrefix, url.database, url.password({}), again.keyPrefix, again.database, again.location],
          [prefix, `${database}`, password, prefix, `${database}`, url.location],
        );
        assert.equal(again.password({}), undefined);
      }),
    );
    for (const text of [
      'redis://:secret@h/0',
      'rediss://ann:sec/ret@h',
      'redis://h?password=secret&ssl_password=secret',
    ])
      assert.doesNotMatch(withoutPassword(text), /sec\/?ret/);
  });

  it('takes its password from the environment else', () => {
    const url = ServerUrl.parse('redis://h');
    assert.equal(url.password({ REDISCLI_AUTH: 'r', TUNEBOARD_STORAGE_PASSWORD: 't' }), 't');
    assert.equal(url.password({ REDISCLI_AUTH: 'r', PGPASSWORD: 'p' }), 'r');
    assert.equal(url.password({ PGPASSWORD: 'p' }), undefined);
  });

  it('names no database without a number, and one server', () => {
    for (const text of ['redis://h/name', 'redis://h/-1', 'redis://h/0?db=a', 'redis://a,b/0', 'redis://h:x/0']) {
      assert.ok(isServerUrl(text));
      assert.throws(() => ServerUrl.parse(text), { code: 'unsupported-url' }, text);
    }
    const place = storagePlace('redis://:secret@h/1?prefix=a', '.');
    assert.deepEqual([place.kind, place.path], ['redis', 'redis://h/1?prefix=a']);
  });

  it('says how it is encrypted, as redis-py is told', (t) => {
    const ca = join(temporaryFolder(t), 'ca.pem');
    writeFileSync(ca, '-----BEGIN CERTIFICATE-----\n');
    const encryption = (text: string) => {
      const found = ServerUrl.parse(text).encryption({ PGSSLMODE: 'require' });
      return typeof found === 'string' ? found : [found.rejectUnauthorized, found.checksName, found.ca !== undefined];
    };
    assert.equal(encryption('redis://h'), 'off');
    assert.deepEqual(encryption('rediss://h'), [true, true, false]);
    assert.deepEqual(encryption(`rediss://h?ssl_ca_certs=${ca}`), [true, true, true]);
    assert.deepEqual(encryption(`rediss://h?ssl_ca_certs=${ca}&ssl_check_hostname=False`), [true, false, true]);
    assert.deepEqual(encryption('rediss://h?ssl_cert_reqs=none'), [false, undefined, false]);
  });

  it('says what Redis means, and what is tried again', () => {
    const url = ServerUrl.parse('redis://ann@h/7?prefix=a');
    const said = (message: string) => {
      const error = Object.assign(new Error(message), { code: message.slice(0, message.indexOf(' ')) });
      const { code, message: sentence } = fromServerError(error, url);
      assert.ok(sentence.startsWith('redis://ann@h/7?prefix=a '), sentence);
      return { code, sentence, remedy: remedyFor(error), isReadOnly: isReadOnly(error) };
    };
    const known: readonly [message: string, code: string, remedy: string][] = [
      ['NOAUTH Authentication required.', 'missing-password', 'none'],
      ['WRONGPASS invalid username-password pair or user is disabled.', 'wrong-password', 'none'],
      ["NOPERM this user has no permissions to run the 'eval' command", 'access-denied', 'none'],
      ["READONLY You can't write against a read only replica.", 'read-only', 'reconnect'],
      ["OOM command not allowed when used memory > 'maxmemory'.", 'disk-full', 'none'],
      ['MISCONF Redis is configured to save RDB snapshots, but it is unable to persist to disk.', 'disk-full', 'none'],
      ['ERR DB index is out of range', 'no-database', 'none'],
      ['WRONGTYPE Operation against a key holding the wrong kind of value', 'not-a-storage', 'none'],
      ['MOVED 3999 10.0.0.1:6381', 'unsupported-url', 'none'],
      ['LOADING Redis is loading the dataset in memory', 'unreachable', 'reconnect'],
      ['ERR unknown command', 'io', 'none'],
    ];
    for (const [message, code, remedy] of known) {
      const what = said(message);
      assert.deepEqual([what.code, what.remedy], [code, remedy], message);
    }
    assert.match(said('MOVED 3999 10.0.0.1:6381').sentence, /its node 10\.0\.0\.1:6381: .*\?prefix=%7Ba%7D,/);
    assert.ok(said("READONLY You can't write against a read only replica.").isReadOnly);
  });
});
