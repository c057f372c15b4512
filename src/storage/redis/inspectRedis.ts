import { fromServerError } from '../server/serverError.ts';
import type { ServerUrl } from '../server/serverUrl.ts';
import { StorageError } from '../storageError.ts';
import { RedisConnection } from './redisConnection.ts';
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
    const info = await infoOf(connection);
    if (info.get('role') === 'slave') {
      throw new StorageError('read-only', `${url} is a replica: name the server that takes writes.`);
    }
    return {
      server: serverName(info),
      lines: reader.count,
      studies: reader.state.replay.studies().length,
      risks: risksOf(info),
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
    // Who may not look for keys is told less.
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

/** What the server says of itself, by name; nothing where this user may not ask. */
async function infoOf(connection: RedisConnection): Promise<ReadonlyMap<string, string>> {
  const text = await connection.command('INFO').catch(() => '');
  const lines = String(text).split(/\r?\n/);
  return new Map(lines.filter((line) => line.includes(':')).map((line) => splitAt(line, line.indexOf(':'))));
}

function splitAt(line: string, at: number): [string, string] {
  return [line.slice(0, at), line.slice(at + 1)];
}

function serverName(info: ReadonlyMap<string, string>): string {
  const valkey = info.get('valkey_version');
  if (valkey !== undefined) return `Valkey ${valkey}`;
  const version = info.get('redis_version');
  return version === undefined ? 'Redis' : `Redis ${version}`;
}

function risksOf(info: ReadonlyMap<string, string>): string[] {
  const risks: string[] = [];
  if (info.get('aof_enabled') === '0') {
    risks.push(
      'It keeps no append-only file: what was written since its last snapshot is lost if it ends (appendonly yes).',
    );
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy.startsWith('allkeys') && info.get('maxmemory') !== '0') {
    risks.push(
      `It evicts keys when its memory is full, and trials with them (maxmemory-policy ${policy}): have noeviction set.`,
    );
  }
  return risks;
}
