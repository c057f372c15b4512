/** A second server that follows a first one, and takes over from it. */
import { setTimeout as delay } from 'node:timers/promises';
import { type ServerName, startServer, type TestServer } from './servers.ts';

const PATIENCE_MS = 30_000;

export interface ServerPair {
  readonly primary: TestServer;
  readonly standby: TestServer;
  /** A database that both have, by the servers' ports in this order. */
  newDatabase(): Promise<{ readonly url: string; readonly name: string }>;
  /** Waits until the standby has all that was committed. */
  caughtUp(): Promise<void>;
  /** From now on the standby gets nothing more: what is committed then is lost with the primary. */
  cutOff(): Promise<void>;
  /** The standby takes writes from now on. */
  promote(): Promise<void>;
  dispose(): Promise<void>;
}

export async function startPair(name: ServerName): Promise<ServerPair> {
  const log = (id: number) => ({ settings: ['--log-bin=bin', `--server-id=${id}`, '--gtid-domain-id=1'] });
  const primary = await startServer(name, name === 'mysql' ? log(1) : {});
  let standby: TestServer | undefined;
  try {
    standby = await startServer(name, name === 'mysql' ? log(2) : { standbyOf: primary });
    if (name === 'mysql') await follow(primary, standby);
    return pairOf(primary, standby);
  } catch (error) {
    await standby?.dispose();
    await primary.dispose();
    throw error;
  }
}

async function follow(primary: TestServer, standby: TestServer): Promise<void> {
  const position = (await primary.admin('SELECT @@gtid_current_pos')).trim();
  await standby.admin('RESET MASTER');
  await standby.admin(`SET GLOBAL gtid_slave_pos = '${position}'`);
  await standby.admin(
    `CHANGE MASTER TO master_host='127.0.0.1', master_port=${primary.port}, master_user='root', master_use_gtid=slave_pos`,
  );
  await standby.admin('START SLAVE');
  await standby.admin('SET GLOBAL read_only = 1');
}

function pairOf(primary: TestServer, standby: TestServer): ServerPair {
  const { name } = primary;
  const ask = async (server: TestServer, sql: string) => (await server.admin(sql)).trim();
  return {
    primary,
    standby,
    newDatabase: async () => {
      const url = await primary.newDatabase();
      const { port } = primary;
      return {
        url: url.replace(`:${port}/`, `:${port},127.0.0.1:${standby.port}/`),
        name: url.slice(url.lastIndexOf('/') + 1),
      };
    },
    caughtUp: async () => {
      const [there, here] =
        name === 'mysql'
          ? ['SELECT @@gtid_binlog_pos', 'SELECT @@gtid_slave_pos']
          : ['SELECT pg_current_wal_lsn()', 'SELECT pg_last_wal_replay_lsn()'];
      const wanted = await ask(primary, there);
      const isThere = async () => {
        if (name === 'mysql') return (await ask(standby, here)) === wanted;
        return (await ask(standby, `SELECT pg_last_wal_replay_lsn() >= '${wanted}'`)) === 't';
      };
      for (const until = Date.now() + PATIENCE_MS; !(await isThere()); await delay(20))
        if (Date.now() > until) throw new Error('The standby does not catch up.');
    },
    cutOff: async () => {
      if (name === 'mysql') return void (await standby.admin('STOP SLAVE'));
      await standby.admin("ALTER SYSTEM SET primary_conninfo = ''");
      await standby.admin('SELECT pg_reload_conf()');
      while ((await ask(standby, 'SELECT COUNT(*) FROM pg_stat_wal_receiver')) !== '0') await delay(20);
    },
    promote: async () => {
      if (name === 'postgres') return void (await standby.admin('SELECT pg_promote()'));
      await standby.admin('STOP SLAVE');
      await standby.admin('RESET SLAVE ALL');
      await standby.admin('SET GLOBAL read_only = 0');
    },
    dispose: async () => {
      await standby.dispose();
      await primary.dispose();
    },
  };
}
