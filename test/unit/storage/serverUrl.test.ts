import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { fromServerError } from '../../../src/storage/server/serverError.ts';
import { expandEnvironment, isServerUrl, ServerUrl, withoutPassword } from '../../../src/storage/server/serverUrl.ts';
import { storagePlace } from '../../../src/storage/writableStorage.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

describe('the URL of a database server', () => {
  it('is taken apart as SQLAlchemy does', () => {
    const url = ServerUrl.parse('postgresql+psycopg2://ann:p%40ss%2Fw:rd@db.example:5433/team%20a?sslmode=require');
    assert.deepEqual(
      [url.kind, url.host, url.port, url.user, url.database, url.password({})],
      ['postgresql', 'db.example', 5433, 'ann', 'team a', 'p@ss/w:rd'],
    );
    assert.equal(url.location, 'postgresql://ann@db.example:5433/team%20a?sslmode=require');
    assert.deepEqual(url.encryption, { rejectUnauthorized: false });
    const six = ServerUrl.parse('mariadb+pymysql://[::1]:3307/db');
    assert.deepEqual(
      [six.kind, six.host, six.port, six.user, six.location],
      ['mysql', '::1', 3307, undefined, 'mysql://[::1]:3307/db'],
    );
    const socket = ServerUrl.parse('postgres:///db?host=/var/run/postgresql&user=bo&password=x');
    assert.deepEqual(
      [socket.host, socket.user, socket.database, socket.password({})],
      ['/var/run/postgresql', 'bo', 'db', 'x'],
    );
    assert.doesNotMatch(socket.location, /password|x$/);
  });

  it('opens again by the location that is shown', () => {
    for (const text of ['mysql://a b@h/db', 'postgresql://me@h:1/d?host=%2Ftmp&sslmode=verify-full', 'postgres:///d']) {
      const { location } = ServerUrl.parse(text);
      assert.equal(ServerUrl.parse(location).location, location);
    }
  });

  it('takes its password from where it is, and from the environment else', () => {
    const env = { TUNEBOARD_STORAGE_PASSWORD: 't', PGPASSWORD: 'p', MYSQL_PWD: 'm' };
    const bare = 'postgresql://me@h/d';
    assert.equal(ServerUrl.parse('postgresql://me:own@h/d', 'given').password(env), 'given');
    assert.equal(ServerUrl.parse('postgresql://me:own@h/d').password(env), 'own');
    assert.equal(ServerUrl.parse(bare).password(env), 't');
    assert.equal(ServerUrl.parse(bare).password({ PGPASSWORD: 'p', MYSQL_PWD: 'm' }), 'p');
    assert.equal(ServerUrl.parse('mysql://me@h/d').password({ PGPASSWORD: 'p', MYSQL_PWD: 'm' }), 'm');
    assert.equal(ServerUrl.parse(bare).password({}), undefined);
  });

  it('shows no password, whichever it is and however it is printed', () => {
    const text = fc.string({ minLength: 3 }).map((raw) => `pw${raw}`);
    fc.assert(
      fc.property(text, (password) => {
        const url = ServerUrl.parse(
          `postgresql://ann:${encodeURIComponent(password)}@host/db?password=${encodeURIComponent(password)}`,
        );
        assert.equal(url.password({}), password);
        for (const shown of [url.location, `${url}`, inspect(url, { depth: 9 }), JSON.stringify(url)]) {
          assert.ok(!shown.includes(encodeURIComponent(password)) && !shown.includes(password), shown);
        }
      }),
    );
    for (const raw of [
      'postgresql://ann:se@cr#et@host/db',
      'postgresql://ann:secret@host',
      'mysql://ann:secret@host:port/db',
    ]) {
      assert.throws(
        () => ServerUrl.parse(raw),
        (error: Error) => !/se@?cr#?et/.test(error.message),
      );
      assert.doesNotMatch(withoutPassword(raw), /se@?cr#?et/);
    }
  });

  it('says what to do about an @ in a password, and shows nothing behind it', () => {
    for (const text of [
      'postgresql://ann:se@cr/et@host/db',
      'mysql://ann:se@cr#et@host/db',
      'mysql://a@b:se@cret@h/d',
    ]) {
      assert.throws(
        () => ServerUrl.parse(text),
        (error: Error) => {
          assert.match(error.message, /has more than one @: write those of the user and the password as %40/);
          return !/cr[/#]?et/.test(error.message);
        },
      );
    }
    assert.equal(ServerUrl.parse('postgresql://h/d?user=ann@corp').user, 'ann@corp');
  });

  it('hands on what the server is to be told', () => {
    const url = ServerUrl.parse('postgresql://me@h/d?options=-csearch_path%3Dteam');
    assert.equal(url.sessionOptions, '-csearch_path=team');
    assert.equal(ServerUrl.parse(url.location).sessionOptions, '-csearch_path=team');
  });

  it('tells a port of another server from one where nobody listens', () => {
    const said = (text: string, error: object) => fromServerError(error, ServerUrl.parse(text)).message;
    assert.equal(
      said('postgresql://h:3306/d', new Error('Received unexpected copyData message from backend.')),
      'postgresql://h:3306/d cannot be read: no PostgreSQL server listens there. Check the port, and what the URL begins with.',
    );
    assert.equal(
      said('mysql://h:5432/d', Object.assign(new Error('connect ETIMEDOUT'), { code: 'ETIMEDOUT' })),
      'mysql://h:5432/d cannot be reached: no MySQL server answers there. Check host, port and firewall.',
    );
  });

  it('takes words of the environment, and says which one is missing', () => {
    const env = { URL: 'mysql://a:b@h/d', PW: 'p@s' };
    assert.equal(expandEnvironment('\u0024{env:URL}', env), 'mysql://a:b@h/d');
    assert.equal(expandEnvironment('postgresql://me:\u0024{env:PW}@h/d', env), 'postgresql://me:p%40s@h/d');
    assert.throws(() => expandEnvironment('\u0024{env:NONE}', env), {
      code: 'missing-variable',
      message: /no environment variable NONE: set it/,
    });
    assert.equal(isServerUrl('study.db'), false);
  });

  it('says how a connection is encrypted', (t) => {
    const ca = join(temporaryFolder(t), 'ca.pem');
    writeFileSync(ca, 'CA');
    const of = (query: string, host = 'h') => ServerUrl.parse(`postgresql://${host}/d${query}`).encryption;
    assert.equal(of(''), 'prefer');
    assert.equal(of('', 'localhost'), 'off');
    assert.equal(of('?sslmode=disable'), 'off');
    assert.deepEqual(of(`?sslmode=verify-full&sslrootcert=${encodeURIComponent(ca)}`), {
      rejectUnauthorized: true,
      ca: 'CA',
    });
    const checked = of(`?ssl_ca=${encodeURIComponent(ca)}`);
    assert.ok(typeof checked === 'object' && checked.rejectUnauthorized && checked.ca === 'CA');
    assert.throws(() => of('?sslrootcert=/none.pem'), { code: 'not-found', message: /Cannot read \/none\.pem/ });
  });

  it('names a place to write to', () => {
    const place = storagePlace('postgresql+psycopg://me:secret@host/db', '/anywhere');
    assert.deepEqual([place.kind, place.path], ['postgresql', 'postgresql://me@host/db']);
    assert.doesNotMatch(JSON.stringify(place), /secret/);
  });
});
