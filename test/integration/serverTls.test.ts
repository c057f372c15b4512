/** Servers that insist on encryption, or have none; what a person is told where it fails. */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fromServerError } from '../../src/storage/sql/connect/serverError.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { MysqlDatabase } from '../../src/storage/sql/mysql/mysqlDatabase.ts';
import { PostgresDatabase } from '../../src/storage/sql/postgres/postgresDatabase.ts';
import { Authority, type Certificate } from '../support/certificates.ts';
import { needs } from '../support/parts.ts';
import { programsOf } from '../support/serverReleases.ts';
import { ownerOf, SECRET_PASSWORD, SECRET_USER, startServer, type TestServer } from '../support/servers.ts';

const file = encodeURIComponent;

/** Whether a connection by this URL is encrypted. */
async function isEncrypted(text: string): Promise<boolean> {
  const url = ServerUrl.parse(text);
  const kind = url.kind === 'mysql' ? MysqlDatabase : PostgresDatabase;
  const database = await kind.connect(url).catch((error: unknown) => {
    throw fromServerError(error, url);
  });
  try {
    if (url.kind === 'mysql') return (await database.rows("SHOW STATUS LIKE 'Ssl_cipher'"))[0]?.[1] !== '';
    const [row] = await database.rows('SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
    return row?.[0] === 'true';
  } finally {
    await database.close();
  }
}

async function told(text: string, code: string, message: RegExp): Promise<void> {
  await assert.rejects(isEncrypted(text), (error: Error & { code?: string }) => {
    assert.match(error.message, message);
    assert.equal(error.code, code, error.message);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

const asUser = (url: string, user: string) => url.replace(/:\/\/[^@]*@/, `://${user}@`);
const asSecret = (url: string) => asUser(url, `${SECRET_USER}:${file(SECRET_PASSWORD)}`);
const byName = (url: string) => url.replace('127.0.0.1', 'localhost');

describe('postgres', needs('postgres'), () => {
  let authority: Authority;
  let server: TestServer;
  let url: string;
  const named = (name: string) => authority.issue(name, { names: 'DNS:localhost' });
  const set = async (...settings: readonly string[]) => {
    for (const setting of settings) await server.admin(`ALTER SYSTEM SET ${setting}`);
    await server.admin('SELECT pg_reload_conf()');
  };
  before(async () => {
    authority = new Authority(ownerOf('postgres'));
    const { cert, key } = named('server');
    server = await startServer('postgres', {
      settings: [`ssl_ca_file=${authority.ca}`],
      rules: [
        'hostssl all certified all cert',
        'hostssl all plain all reject',
        'hostnossl all plain all trust',
        'hostnossl all all all reject',
      ],
    });
    await server.admin('CREATE ROLE certified LOGIN SUPERUSER');
    await server.admin('CREATE ROLE plain LOGIN SUPERUSER');
    await set('ssl = on', `ssl_cert_file = '${cert}'`, `ssl_key_file = '${key}'`);
    url = await server.newDatabase();
    while (!(await isEncrypted(`${url}?sslmode=require`).catch(() => false)));
  });
  after(async () => {
    await server?.dispose();
    authority?.remove();
  });

  it('encrypts where the server wants it, even on this machine', async () => {
    assert.equal(await isEncrypted(url), true);
    assert.equal(await isEncrypted(`${url}?sslmode=prefer`), true);
    assert.equal(await isEncrypted(asUser(url, 'plain')), false);
    assert.equal(await isEncrypted(`${asUser(url, 'plain')}?sslmode=prefer`), false);
    await told(
      `${url}?sslmode=disable`,
      'access-denied',
      /lets nobody in who does not encrypt, or not from here: write sslmode=require/,
    );
  });

  it('asks who the server is as libpq does', async () => {
    const ca = `sslrootcert=${file(authority.ca)}`;
    assert.equal(await isEncrypted(`${byName(url)}?sslmode=verify-full&${ca}`), true);
    assert.equal(await isEncrypted(`${url}?sslmode=verify-ca&${ca}`), true);
    await told(`${url}?sslmode=verify-full&${ca}`, 'unreachable', /a certificate for another name \(DNS:localhost\)/);
    const unknown = /a certificate of an authority that is not known here: name the authority's file with sslrootcert=/;
    await told(`${byName(url)}?sslmode=verify-full`, 'unreachable', unknown);
    await told(`${byName(url)}?sslmode=require&sslrootcert=system`, 'unreachable', unknown);
  });

  it('shows a certificate of its own', async () => {
    const certified = asUser(url, 'certified');
    const own = authority.issue('certified', { password: 'geheim' });
    const words = `sslmode=require&sslcert=${file(own.cert)}&sslkey=${file(own.key)}`;
    assert.equal(await isEncrypted(`${certified}?${words}&sslpassword=geheim`), true);
    await told(`${certified}?sslmode=require`, 'unreachable', /the encryption fails: .*certificate/);
    await told(`${certified}?${words}&sslpassword=falsch`, 'unreachable', /the encryption fails: /);
  });

  it('takes an address for what it is, and a certificate only while it is valid', async () => {
    const ca = `sslmode=verify-full&sslrootcert=${file(authority.ca)}`;
    const byAddress = authority.issue('address', { names: 'IP:127.0.0.1' });
    await set(`ssl_cert_file = '${byAddress.cert}'`, `ssl_key_file = '${byAddress.key}'`);
    while (!(await isEncrypted(`${url}?${ca}`).catch(() => false)));
    await told(`${byName(url)}?${ca}`, 'unreachable', /a certificate for another name \(IP Address:127\.0\.0\.1\)/);
    const old = authority.issue('old', { names: 'DNS:localhost', days: -1 });
    await set(`ssl_cert_file = '${old.cert}'`, `ssl_key_file = '${old.key}'`);
    while (await isEncrypted(`${url}?${ca}`).catch(() => false));
    await told(`${byName(url)}?${ca}`, 'unreachable', /the encryption fails: certificate has expired/);
  });

  it('says so where a server has no encryption', async () => {
    const plain = asUser(url, 'plain');
    await set('ssl = off');
    while (await isEncrypted(url).catch(() => false));
    await told(`${plain}?sslmode=require`, 'unreachable', /has no encryption, which its URL asks for/);
    assert.equal(await isEncrypted(`${plain}?sslmode=prefer`), false);
    assert.equal(await isEncrypted(plain), false);
  });
});

for (const [label, part, programs] of [
  ['MariaDB', 'mysql', undefined],
  ['MySQL 8.0', 'otherMysql', programsOf('mysql-8.0')],
] as const) {
  describe(label, needs('mysql', part), () => {
    let authority: Authority;
    let server: TestServer;
    let url: string;
    let own: Certificate;
    before(async () => {
      authority = new Authority(programs === undefined ? ownerOf('mysql') : undefined);
      own = authority.issue('server', { names: 'DNS:localhost' });
      const settings = [
        '--require-secure-transport=ON',
        `--ssl-ca=${authority.ca}`,
        `--ssl-cert=${own.cert}`,
        `--ssl-key=${own.key}`,
      ];
      server = await startServer('mysql', { settings, ...(programs === undefined ? {} : { programs }) });
      url = await server.newDatabase();
    });
    after(async () => {
      await server?.dispose();
      authority?.remove();
    });

    it('encrypts where the server wants it, even on this machine', async () => {
      assert.equal(await isEncrypted(url), true);
      assert.equal(await isEncrypted(`${url}?ssl-mode=PREFERRED`), true);
      assert.equal(await isEncrypted(asSecret(url)), true);
      const [code, message] =
        programs === undefined
          ? (['missing-password', /wants a password/] as const)
          : (['access-denied', /lets nobody in who does not encrypt.* write sslmode=require/] as const);
      await told(`${url}?ssl-mode=DISABLED`, code, message);
    });

    it('asks who the server is', async () => {
      const ca = `ssl_ca=${file(authority.ca)}`;
      assert.equal(await isEncrypted(`${url}?${ca}`), true);
      assert.equal(await isEncrypted(`${byName(url)}?${ca}&ssl-mode=VERIFY_IDENTITY`), true);
      await told(
        `${byName(url)}?ssl-mode=VERIFY_CA`,
        'unreachable',
        /an authority that is not known here: name the authority's file with ssl_ca=/,
      );
      await told(
        `${url}?${ca}&ssl_verify_identity=true`,
        'unsupported-url',
        /names its host by an address, which cannot be checked/,
      );
    });

    it('says so where a certificate is for another name', async () => {
      const other = authority.issue('other', { names: 'DNS:db.example' });
      await server.stop();
      copyFileSync(other.cert, own.cert);
      copyFileSync(other.key, own.key);
      await server.start();
      await told(
        `${byName(url)}?ssl_ca=${file(authority.ca)}&ssl-mode=VERIFY_IDENTITY`,
        'unreachable',
        /a certificate for another name \(DNS:db\.example\)/,
      );
      assert.equal(await isEncrypted(`${byName(url)}?ssl_ca=${file(authority.ca)}`), true);
    });

    it('keeps a password secret without encryption too', async () => {
      // MySQL sends it under the server's own key.
      await server.admin('SET GLOBAL require_secure_transport = OFF');
      assert.equal(await isEncrypted(`${asSecret(url)}?ssl-mode=DISABLED`), false);
    });
  });
}
