import { storageMessage } from '../../../words/en/storage.ts';
import { fromServerError } from '../../sql/connect/serverError.ts';
import type { ServerUrl } from '../../sql/connect/serverUrl.ts';
import { StorageError } from '../../storageError.ts';
import { RedisConnection } from './redisConnection.ts';
import { askInfo, risksOf, serverName } from './redisInfo.ts';
import { RedisReader } from './redisReader.ts';

/** How many times a server is asked for more of its keys at most, and for about how many at a time. */
const SCANS = 20;
const KEYS_A_SCAN = 5000;
const NAMED = 8;
const COUNT_KEY = /^(.*):log_number$/s;

/** What a Redis server is like that studies are to be kept on. */
export interface RedisState {
  /** Such as `Redis 7.0.15`. */
  readonly server: string;
  readonly lines: number;
  readonly studies: number;
  /** What may cost studies their trials there, one sentence each. */
  readonly risks: readonly string[];
}

/** Looks whether studies can be kept there. Nothing is written. Throws one sentence about what is wrong. */
export async function inspectRedis(url: ServerUrl): Promise<RedisState> {
  return asking(url, async (connection) => {
    const reader = new RedisReader(connection);
    await reader.sync();
    const info = await askInfo(connection);
    if (info.get('role') === 'slave') {
      throw new StorageError('read-only', storageMessage('replicaNameServerTakesWrites', { url: String(url) }));
    }
    return {
      server: serverName(info),
      lines: reader.count,
      studies: reader.state.replay.studies().length,
      risks: risksOf(info, url),
    };
  });
}

/** Prefixes of Optuna's storages in the same database, ascending, some of them where they are many. */
export async function prefixesOf(url: ServerUrl): Promise<string[]> {
  const found = new Set<string>();
  await asking(url, async (connection) => {
    let cursor = '0';
    for (let scan = 0; scan < SCANS && found.size < NAMED; scan++) {
      const args = [cursor, 'MATCH', '*:log_number', 'COUNT', KEYS_A_SCAN];
      const [next, keys] = (await connection.command('SCAN', ...args)) as [string, string[]];
      for (const key of keys) found.add(COUNT_KEY.exec(key)?.[1] ?? '');
      cursor = next;
      if (cursor === '0') return;
    }
  }).catch(() => {
    // Without permission to list keys the message says less.
  });
  return [...found].sort().slice(0, NAMED);
}

async function asking<T>(url: ServerUrl, ask: (connection: RedisConnection) => Promise<T>): Promise<T> {
  let connection: RedisConnection | undefined;
  try {
    connection = new RedisConnection(url);
    return await ask(connection);
  } catch (error) {
    throw fromServerError(error, url);
  } finally {
    await connection?.close();
  }
}
