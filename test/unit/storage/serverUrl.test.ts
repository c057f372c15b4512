import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { NoServer } from '../../../src/storage/sql/connect/serverDatabase.ts';
import { fromServerError, remedyFor, shortReason } from '../../../src/storage/sql/connect/serverError.ts';
import { hostsOf, hostText } from '../../../src/storage/sql/connect/serverHosts.ts';
import {
  expandEnvironment,
  isServerUrl,
  ServerUrl,
  withoutPassword,
} from '../../../src/storage/sql/connect/serverUrl.ts';
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
    assert.deepEqual(url.encryption({}), { rejectUnauthorized: false });
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
    assert.equal(ServerUrl.parse('mysql://h/d?Password=x').location, 'mysql://h/d');
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

  it('tells what a server was told to cancel or to end, and that this is tried again', () => {
    const url = ServerUrl.parse('postgresql://me@h/d');
    const error = { code: '25P03', message: 'terminating connection due to idle-in-transaction timeout' };
    assert.equal(remedyFor(error), 'reconnect');
    assert.equal(
      fromServerError(error, url).message,
      'postgresql://me@h/d ends transactions that take long: have idle_in_transaction_session_timeout and transaction_timeout raised for the user "me".',
    );
    const mariadb = { errno: 1969, message: 'Query execution was interrupted (max_statement_time exceeded)' };
    assert.equal(remedyFor(mariadb), 'reconnect');
    assert.match(
      fromServerError(mariadb, ServerUrl.parse('mysql://me@h/d')).message,
      / cancels what it was asked: have max_execution_time \(MariaDB: max_statement_time\) raised for the user "me"\.$/,
    );
  });

  it('says of each of several servers why it is not asked', () => {
    const url = ServerUrl.parse('postgresql://me@h1,h2/d');
    const [first] = url.servers({}) as [ServerUrl];
    assert.equal(shortReason({ code: 'ENOTFOUND' }, first), 'there is no host h1');
    assert.equal(shortReason({ code: '3D000' }, first), 'cannot be opened: the server has no database "d"');
    const unfit = [
      { place: 'h1', reason: 'no server listens there' },
      { place: 'h2', reason: 'a standby' },
    ];
    const none = new NoServer(unfit, true, undefined);
    assert.equal(remedyFor(none), 'reconnect');
    assert.equal(
      fromServerError(none, url).message,
      'postgresql://me@h1,h2/d has no server that takes writes now: h1 (no server listens there), h2 (a standby).',
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

  it('says how a connection is encrypted, as libpq and the drivers of MySQL are told', (t) => {
    const ca = join(temporaryFolder(t), 'ca.pem');
    writeFileSync(ca, '-----BEGIN CERTIFICATE-----');
    const file = encodeURIComponent(ca);
    const read = (url: string, env = {}) => {
      const found = ServerUrl.parse(url).encryption(env);
      if (typeof found === 'string') return found;
      const { rejectUnauthorized, checksName = false, ca: authority } = found;
      return [rejectUnauthorized, checksName, authority !== undefined];
    };
    const of = (query: string, host = 'h', env = {}) => read(`postgresql://${host}/d${query}`, env);
    const mysql = (query: string) => read(`mysql+pymysql://h/d${query}`);
    assert.equal(of(''), 'prefer');
    assert.equal(of('', 'localhost'), 'allow');
    assert.equal(of('?host=/tmp&sslmode=require', ''), 'off');
    for (const off of ['sslmode=disable', 'ssl=false']) assert.equal(of(`?${off}`), 'off');
    for (const [mode, as] of [
      ['allow', 'allow'],
      ['prefer', 'prefer'],
    ])
      assert.equal(of(`?sslmode=${mode}`, 'localhost'), as);
    for (const on of ['sslmode=require', 'ssl=true', 'ssl=require']) {
      assert.deepEqual(of(`?${on}`), [false, false, false]);
    }
    assert.deepEqual(of(`?sslmode=verify-full&sslrootcert=${file}`), [true, true, true]);
    assert.deepEqual(of(`?sslmode=verify-ca&sslrootcert=${file}`), [true, false, true]);
    assert.deepEqual(of(`?sslmode=require&sslrootcert=${file}`), [true, false, true]);
    assert.deepEqual(of('?sslrootcert=system&sslmode=require'), [true, true, false]);
    assert.deepEqual(of('', 'h', { PGSSLMODE: 'verify-full', PGSSLROOTCERT: ca }), [true, true, true]);
    assert.equal(of('?sslmode=disable', 'h', { PGSSLMODE: 'require' }), 'off');
    assert.equal(mysql('?ssl_disabled=true'), 'off');
    assert.equal(mysql('?ssl-mode=PREFERRED'), 'prefer');
    assert.deepEqual(mysql('?ssl_mode=REQUIRED'), [false, false, false]);
    assert.deepEqual(mysql(`?ssl_ca=${file}`), [true, false, true]);
    assert.deepEqual(mysql(`?ssl_ca=${file}&ssl_verify_identity=true`), [true, true, true]);
    assert.deepEqual(mysql(`?ssl-mode=VERIFY_IDENTITY&ssl-ca=${file}`), [true, true, true]);
    assert.equal(read('mysql://h/d', { PGSSLMODE: 'disable' }), 'prefer');
    assert.throws(() => of('?sslrootcert=/none.pem'), { code: 'not-found', message: /Cannot read \/none\.pem/ });
    assert.throws(() => of('?sslmode=verfiy-full'), {
      code: 'unsupported-url',
      message: /asks for the encryption "verfiy-full", which is not known: write sslmode=disable, prefer/,
    });
    // What never ends, blocks or is huge is not read.
    for (const path of ['/dev/zero', tmpdir()]) {
      assert.throws(() => of(`?sslrootcert=${path}`), { code: 'not-found', message: /which the storage's URL names/ });
      assert.throws(() => of(`?sslmode=require&sslcert=${path}`), { code: 'not-found' });
      assert.throws(() => of(`?sslmode=require&sslkey=${path}`), { code: 'not-found' });
    }
    writeFileSync(ca, 'a'.repeat(2 << 20));
    assert.throws(() => of(`?sslrootcert=${file}`), { code: 'not-found', message: /is larger than 1 MiB/ });
    writeFileSync(ca, 'no certificate');
    assert.throws(() => of(`?sslrootcert=${file}`), { code: 'unsupported-url', message: /in PEM form/ });
  });

  it('names several servers as libpq and SQLAlchemy do, the same for every way to write it', () => {
    const places = (text: string, env = {}) =>
      ServerUrl.parse(text)
        .servers(env)
        .map(({ host, port }) => `${host} ${port}`);
    for (const text of [
      'postgresql://me:geheim@h1:5432,h2:5433/d?target_session_attrs=read-write',
      'postgresql+psycopg2://me:geheim@/d?host=h1:5432&host=h2:5433&target_session_attrs=read-write',
      'postgresql://me:geheim@/d?host=h1,h2&port=5432,5433&target_session_attrs=read-write',
      'postgresql+psycopg://me:geheim@/d?host=h1&host=h2&port=5432&port=5433&target_session_attrs=read-write',
    ]) {
      const url = ServerUrl.parse(text);
      assert.equal(url.location, 'postgresql://me@h1:5432,h2:5433/d?target_session_attrs=read-write', text);
      assert.deepEqual([...url.servers({})].map(String), [
        'postgresql://me@h1:5432/d?target_session_attrs=read-write',
        'postgresql://me@h2:5433/d?target_session_attrs=read-write',
      ]);
      assert.deepEqual(
        [...url.servers({})].map((server) => server.password({})),
        ['geheim', 'geheim'],
      );
    }
    assert.deepEqual(places('mysql://h1,h2:3307/d'), ['h1 undefined', 'h2 3307']);
    assert.deepEqual(places('postgresql://[::1]:5,[::2],h/d'), ['::1 5', '::2 undefined', 'h undefined']);
    assert.deepEqual(places('postgresql:///d?host=/tmp,/var/run&port=5'), ['/tmp 5', '/var/run 5']);
    assert.deepEqual(places('postgresql:///d?hostaddr=10.0.0.1,10.0.0.2'), [
      '10.0.0.1 undefined',
      '10.0.0.2 undefined',
    ]);
    const env = { PGHOST: 'a,b', PGPORT: '1,2' };
    assert.deepEqual(places('postgresql:///d', env), ['a 1', 'b 2']);
    assert.deepEqual(places('mysql:///d', env), ['undefined undefined']);
    const waits = (query: string) => ServerUrl.parse(`postgresql://h1,h2/d${query}`).servers({})[1]?.connectMs;
    assert.deepEqual([waits('?connect_timeout=2'), waits(''), waits('?connect_timeout=0')], [2000, 10_000, 10_000]);
    const { host, port } = ServerUrl.parse('postgresql+psycopg2://me@/d?host=h1:5433');
    assert.deepEqual([host, port], ['h1', 5433]);
  });

  it('opens each server and the whole again by what is shown of them, whatever they are called', () => {
    const name = fc.oneof(
      fc.stringMatching(/^[a-z][a-z0-9.-]{0,9}$/),
      fc.constantFrom('::1', 'fe80::2%eth0', '/tmp/a b', '/run/ä,b/x', '10.0.0.1'),
    );
    const port = fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined });
    const host = fc.record({ host: name, port }, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(host, { minLength: 1, maxLength: 4 }), (hosts) => {
        const url = ServerUrl.parse(`postgresql://me@${hosts.map(hostText).join(',')}/d?sslmode=require`);
        assert.deepEqual(url.hosts, hosts);
        assert.deepEqual(ServerUrl.parse(url.location).hosts, hosts);
        assert.deepEqual(
          url.servers({}).flatMap((server) => ServerUrl.parse(server.location).hosts),
          hosts,
        );
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), (authority, query) => {
        const found = hostsOf(authority, new URLSearchParams(query));
        for (const { port } of found) assert.ok(port === undefined || (port >= 0 && port <= 65_535));
      }),
    );
  });

  it('refuses ports that are none and a file that says whose database is meant', () => {
    const refused = (text: string, message: RegExp) =>
      assert.throws(
        () => ServerUrl.parse(text),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'unsupported-url');
          assert.match(error.message, message);
          return !error.message.includes('geheim');
        },
      );
    for (const text of [
      'postgresql://me:geheim@h1:5432,h2:99999/d',
      'postgresql://me:geheim@/d?host=h1,h2,h3&port=1,2',
      'postgresql://me:geheim@/d?host=h1&port=x',
    ])
      refused(text, /is no URL of a database/);
    refused(
      'postgresql://me:geheim@h1,h2/d?connect_timeout=3s',
      /waits for servers with connect_timeout=3s, which is no number: write seconds\.$/,
    );
    refused('postgresql://me:geheim@h/d?service=team', /names a file with "service"/);
    refused('mysql+mysqldb://h/d?read_default_file=~/.my.cnf', /names a file with "read_default_file"/);
  });

  it('logs in as who is at work here where it names nobody', () => {
    assert.equal(ServerUrl.parse('postgresql://ann@h/d').login({ PGUSER: 'bo' }), 'ann');
    assert.equal(ServerUrl.parse('postgresql://h/d').login({ PGUSER: 'bo' }), 'bo');
    for (const kind of ['postgresql', 'mysql'])
      assert.equal(ServerUrl.parse(`${kind}://h/d`).login({}), userInfo().username);
  });

  it('names a place to write to', () => {
    const place = storagePlace('postgresql+psycopg://me:secret@host/db', '/anywhere');
    assert.deepEqual([place.kind, place.path], ['postgresql', 'postgresql://me@host/db']);
    assert.doesNotMatch(JSON.stringify(place), /secret/);
  });
});
