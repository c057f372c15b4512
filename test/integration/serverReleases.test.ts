/** The storage contract, and Optuna beside us, on other releases of the servers than Debian's. */
import { after, before, describe } from 'node:test';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { storageContract } from '../support/contracts/storageContract.ts';
import { needs } from '../support/parts.ts';
import { interopTests } from '../support/serverInterop.ts';
import { labelOf, MYSQL_RELEASES, POSTGRES_RELEASES, programsOf } from '../support/serverReleases.ts';
import { type ServerName, startServer, type TestServer } from '../support/servers.ts';

process.env['TZ'] = 'UTC';

function releaseTests(name: ServerName, label: string, needed: 'otherPostgres' | 'otherMysql', programs: string): void {
  describe(label, needs(name, needed), () => {
    let server: TestServer;
    before(async () => {
      server = await startServer(name, { programs });
    });
    after(() => server?.dispose());
    const open = (url: string) => ServerStore.open(ServerUrl.parse(url), { create: true });

    storageContract({
      name: label,
      keepsSeconds: name === 'mysql' ? 'whole' : 'fractions',
      create: async () => open(await server.newDatabase()),
      reopen: (log) => open(log.location),
    });
  });
}

function optunaTests(name: ServerName, label: string, needed: 'otherPostgres' | 'otherMysql', programs: string): void {
  interopTests(name, { label, needed, programs, lacksChecks: needed === 'otherMysql' });
}

for (const release of POSTGRES_RELEASES)
  releaseTests('postgres', labelOf(release), 'otherPostgres', programsOf(release));
for (const release of MYSQL_RELEASES) releaseTests('mysql', labelOf(release), 'otherMysql', programsOf(release));
// The newest PostgreSQL, and MySQL: that takes long.
const newest = POSTGRES_RELEASES[POSTGRES_RELEASES.length - 1] as (typeof POSTGRES_RELEASES)[number];
optunaTests('postgres', labelOf(newest), 'otherPostgres', programsOf(newest));
for (const release of MYSQL_RELEASES) optunaTests('mysql', labelOf(release), 'otherMysql', programsOf(release));
// One of your own.
const mysqld = process.env['TUNEBOARD_MYSQLD'];
if (mysqld) {
  releaseTests('mysql', mysqld, 'otherMysql', mysqld);
  optunaTests('mysql', mysqld, 'otherMysql', mysqld);
}
