/** Values that would end their quotes, on a server that reads backslashes and letters in ways of its own. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { needs } from '../support/parts.ts';
import { startServer, type TestServer } from '../support/servers.ts';

const REST = '; DROP TABLE trial_heartbeats; -- ';
/** The last byte of such a letter in UTF-8 and a backslash are one letter in GBK. */
const NAMES = [`'${REST}`, `\\'${REST}`, `\\\\'${REST}`, `你'${REST}`, `a你\\'${REST}`, `"?${REST}`, `\x1a\n?'`];

describe('a MySQL server with its own quotes and letters', needs('mysql'), () => {
  let server: TestServer;
  before(async () => {
    server = await startServer('mysql', {
      settings: [
        '--sql-mode=NO_BACKSLASH_ESCAPES,ANSI_QUOTES',
        '--skip-character-set-client-handshake',
        '--character-set-server=gbk',
        '--collation-server=gbk_bin',
      ],
    });
  });
  after(() => server?.dispose());

  it('takes every name as a name', async (t) => {
    const url = await server.newDatabase();
    const open = () => ServerStore.open(ServerUrl.parse(url), { create: true });
    const log = await open();
    t.after(() => log.close());
    for (const name of NAMES) {
      const study = await log.createStudy({ name, directions: [Direction.minimize] });
      const attrs = Object.fromEntries(NAMES.map((key) => [key, key]));
      const number = await log.createTrial(study, { state: TrialState.running, userAttrs: attrs, systemAttrs: attrs });
      assert.equal(number, 0);
      await log.setStudyAttr(study, 'user', name, name);
    }
    const again = await open();
    await again.close();
    assert.deepEqual(new Set(again.studies().map(({ name }) => name)), new Set(NAMES));
    for (const { name, history, userAttrs } of again.studies()) {
      assert.deepEqual(userAttrs, { [name]: name });
      assert.deepEqual(new Set(Object.keys(history.userAttrs(0))), new Set(NAMES));
    }
    const database = url.slice(url.lastIndexOf('/') + 1);
    assert.match(await server.admin("SHOW TABLES LIKE 'trial_heartbeats'", database), /trial_heartbeats/);
  });
});
