/** Servers that administrators, or those who set up a database long ago, have given settings of their own. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Distribution } from '../../src/core/space/distributions.ts';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import type { RdbStudy } from '../../src/storage/sql/read/studyTracker.ts';
import { ServerStore } from '../../src/storage/sql/write/serverStore.ts';
import { needs } from '../support/parts.ts';
import { startServer } from '../support/servers.ts';
import { whileTesting } from '../support/whileTesting.ts';

const UNIT: Distribution = { type: 'float', low: 0, high: 1, log: false, step: null };
const PATIENCE_MS = 1500;
/** In a database that keeps all letters, and in one that has those of western Europe. */
const NAME = `é漢😀 'x" \\ ?`;
const WESTERN = `é 'x" \\ ?`;

async function open(t: TestContext, url: string): Promise<ServerStore> {
  const log = await ServerStore.open(ServerUrl.parse(url), { create: true, patienceMs: PATIENCE_MS });
  t.after(() => log.close());
  return log;
}

/** A study's life, with `pauseMs` between its parts; and that another one reads what was written. */
async function works(t: TestContext, url: string, { name = NAME, pauseMs = 0 } = {}): Promise<void> {
  const log = await open(t, url);
  const study = await log.createStudy({ name, directions: [Direction.minimize] });
  for (let wanted = 0; wanted < 2; wanted++) {
    const params = [{ name, internal: 0.1, distribution: UNIT }];
    const started = { state: TrialState.running, params, userAttrs: { [name]: name }, startedAt: 1_700_000_000_000 };
    assert.equal(await log.createTrial(study, started), wanted);
    await delay(pauseMs);
    const number = wanted;
    const reports = Array.from(
      { length: 30 },
      (_, step) => ({ type: 'intermediate', number, step, value: step / 3 }) as const,
    );
    await log.commit(study, [...reports, { type: 'state', number, state: TrialState.complete, values: [-0.1 / 3] }]);
    await delay(pauseMs);
  }
  await Promise.all(Array.from({ length: 20 }, () => log.createTrial(study, { state: TrialState.waiting })));
  assert.equal(await log.claimWaiting(study), 2);
  const view = await openTrialLog(url);
  await view.close();
  const [{ history, name: read }] = view.studies() as [StudyRecord];
  assert.deepEqual(
    [read, history.length, history.value(1), history.userAttrs(1)],
    [name, 22, -0.1 / 3, { [name]: name }],
  );
  assert.deepEqual([history.params(1), history.startedAt[1]], [{ [name]: 0.1 }, 1_700_000_000_000]);
  assert.equal(history.curve(1).values[29], 29 / 3);
  assert.deepEqual(view.warnings, []);
}

function told(action: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  return assert.rejects(action, (error: Error & { code?: string }) => {
    assert.match(error.message, message);
    assert.equal(error.code, code);
    return true;
  });
}

describe('postgres', needs('postgres'), () => {
  const server = whileTesting(needs('postgres'), async (keep) => keep(await startServer('postgres')));
  const withSettings = async (...settings: readonly string[]) => {
    const url = await server().newDatabase();
    const database = url.slice(url.lastIndexOf('/') + 1);
    for (const setting of settings) await server().admin(`ALTER DATABASE ${database} SET ${setting}`, database);
    return { url, database };
  };

  for (const settings of [
    ["statement_timeout = '2s'", "lock_timeout = '20ms'"],
    ["default_transaction_isolation = 'serializable'", 'default_transaction_deferrable = on'],
    [
      "datestyle = 'German'",
      "timezone = 'Asia/Kathmandu'",
      'standard_conforming_strings = off',
      "bytea_output = 'escape'",
    ],
    ["client_encoding = 'LATIN1'", 'extra_float_digits = -5', 'transform_null_equals = on', 'synchronous_commit = off'],
  ])
    it(`works with ${settings.join(', ')}`, async (t) => works(t, (await withSettings(...settings)).url));

  it('connects again after idle_session_timeout', async (t) =>
    works(t, (await withSettings("idle_session_timeout = '200ms'")).url, { pauseMs: 400 }));

  it('keeps its tables in the schema of search_path', async (t) => {
    const { url, database } = await withSettings('search_path = "My Team"');
    await server().admin('CREATE SCHEMA "My Team"', database);
    await works(t, url);
    assert.equal((await server().admin('SELECT COUNT(*) FROM "My Team".trials', database)).trim(), '22');
  });

  it('says what to change where it cannot work', async (t) => {
    const read = await withSettings('default_transaction_read_only = on');
    await told(works(t, read.url), 'read-only', /can only be read: it is a standby or was set read-only/);
    const slow = await withSettings();
    const log = await open(t, slow.url);
    const locked = server().admin('BEGIN; LOCK TABLE studies; SELECT pg_sleep(3)', slow.database);
    const isLocked = `SELECT COUNT(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'studies'::regclass`;
    while ((await server().admin(isLocked, slow.database)).trim() === '0') await delay(20);
    await server().admin(`ALTER DATABASE ${slow.database} SET statement_timeout = '50ms'`);
    const cancelled = /cancels what it was asked: have statement_timeout raised for the user "postgres"/;
    await told(openTrialLog(slow.url), 'unreachable', cancelled);
    await locked;
    await log.refresh();
  });

  it('keeps what the encoding of a database has, and says what it has not', async (t) => {
    for (const encoding of ['SQL_ASCII', 'LATIN1', 'EUC_JP']) {
      const database = encoding.toLowerCase();
      await server().admin(`CREATE DATABASE ${database} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`);
      const url = server().url(database);
      if (encoding === 'SQL_ASCII') {
        await works(t, url);
        continue;
      }
      await works(t, url, { name: encoding === 'LATIN1' ? WESTERN : '漢' });
      const log = await open(t, url);
      await told(
        log.createStudy({ name: '😀', directions: [Direction.minimize] }),
        'unstorable',
        /holds a character that the database cannot keep|cannot keep a character of a name, as its encoding is not UTF-8/,
      );
      await log.createStudy({ name: 'later', directions: [Direction.minimize] });
    }
  });
});

describe('mysql', needs('mysql'), () => {
  const server = whileTesting(needs('mysql'), async (keep) =>
    keep(await startServer('mysql', { settings: ['--lower-case-table-names=1'] })),
  );
  /** Sets these for all connections to come, until the test is over. */
  const withSettings = async (t: TestContext, settings: Readonly<Record<string, string>>) => {
    const url = await server().newDatabase();
    for (const [name, value] of Object.entries(settings)) {
      const before = (await server().admin(`SELECT @@global.${name}`)).trim();
      await server().admin(`SET GLOBAL ${name} = ${value}`);
      t.after(() => server().admin(`SET GLOBAL ${name} = ${/^\d+(\.\d+)?$/.test(before) ? before : `'${before}'`}`));
    }
    return url;
  };

  for (const settings of [
    { sql_mode: "''" },
    { sql_mode: "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,IGNORE_SPACE,NO_AUTO_VALUE_ON_ZERO'" },
    { autocommit: '0', tx_isolation: "'SERIALIZABLE'", innodb_lock_wait_timeout: '1' },
    { time_zone: "'+12:45'", max_statement_time: '2', idle_transaction_timeout: '1' },
    { sql_select_limit: '3', max_join_size: '10', sql_big_selects: '0', sql_safe_updates: '1' },
    { auto_increment_increment: '3', auto_increment_offset: '2', default_storage_engine: "'MyISAM'" },
    { max_allowed_packet: '1048576', group_concat_max_len: '4', foreign_key_checks: '0', unique_checks: '0' },
  ])
    it(`works with ${JSON.stringify(settings)}`, async (t) => works(t, await withSettings(t, settings)));

  it('connects again after wait_timeout', async (t) =>
    works(t, await withSettings(t, { wait_timeout: '1' }), { pauseMs: 1500 }));

  it('keeps attributes and reports of any size in small packets, and says where these are too small', async (t) => {
    const log = await open(t, await withSettings(t, { max_allowed_packet: '1048576' }));
    const study = await log.createStudy({ name: 's', directions: [Direction.minimize] });
    const long = '"'.repeat(30_000);
    const many = { state: TrialState.waiting, userAttrs: { long } } as const;
    await Promise.all(Array.from({ length: 40 }, () => log.createTrial(study, many)));
    const changes = Array.from(
      { length: 9000 },
      (_, step) => ({ type: 'intermediate', number: 0, step, value: step }) as const,
    );
    await log.claimWaiting(study);
    await log.commit(study, changes);
    const view = await openTrialLog(log.location);
    await view.close();
    const [{ history }] = view.studies() as [StudyRecord];
    assert.deepEqual([history.length, history.curve(0).steps.length, history.userAttrs(39)], [40, 9000, { long }]);
    await told(
      open(t, await withSettings(t, { max_allowed_packet: '16384' })),
      'unsupported-url',
      /takes no more than 16384 bytes at a time: set its max_allowed_packet to 1 MB or more/,
    );
  });

  it('leaves no transaction open where nothing is committed by itself, and no sign of life unwritten', async (t) => {
    const log = await open(t, await withSettings(t, { autocommit: '0' }));
    const study = (await log.createStudy({ name: 's', directions: [Direction.minimize] })) as RdbStudy;
    await log.createTrial(study, { state: TrialState.running });
    await log.heartbeats.heartbeat(study, [0]);
    await log.refresh();
    const database = log.location.slice(log.location.lastIndexOf('/') + 1);
    assert.equal((await server().admin('SELECT COUNT(*) FROM trial_heartbeats', database)).trim(), '1');
    assert.equal((await server().admin('SELECT COUNT(*) FROM information_schema.innodb_trx')).trim(), '0');
  });

  it('keeps what the encoding of its tables has, and says what it has not', async (t) => {
    for (const [encoding, name] of [
      ['latin1', WESTERN],
      ['utf8mb3', `漢 ${WESTERN}`],
      ['gbk', '漢'],
      ['ascii', 'x'],
    ] as const) {
      const url = await server().newDatabase();
      await server().admin(`ALTER DATABASE ${url.slice(url.lastIndexOf('/') + 1)} CHARACTER SET ${encoding}`);
      await works(t, url, { name });
      const log = await open(t, url);
      await told(
        log.createStudy({ name: '😀', directions: [Direction.minimize] }),
        'unstorable',
        encoding === 'gbk'
          ? /cannot keep a character of a name, as its encoding is not UTF-8: use another name/
          : /the study name "😀" holds a character that the database cannot keep\. Use another name/,
      );
    }
  });

  it('says what to change where it cannot work', async (t) => {
    await told(
      works(t, await withSettings(t, { max_statement_time: '0.00001' })),
      'unreachable',
      /cancels what it was asked: have max_execution_time \(MariaDB: max_statement_time\) raised/,
    );
  });
});
