import type { ServerUrl } from '../../sql/connect/serverUrl.ts';
import type { RedisConnection } from './redisConnection.ts';

/** What a server says of itself, by name. */
type Info = ReadonlyMap<string, string>;

/** Asks for it; nothing where this user may not. */
export async function askInfo(connection: RedisConnection): Promise<Info> {
  const text = await connection.command('INFO').catch(() => '');
  const lines = String(text).split(/\r?\n/);
  return new Map(lines.filter((line) => line.includes(':')).map((line) => splitAt(line, line.indexOf(':'))));
}

/** Such as `Redis 7.0.15`. */
export function serverName(info: Info): string {
  const valkey = info.get('valkey_version');
  if (valkey !== undefined) return `Valkey ${valkey}`;
  const version = info.get('redis_version');
  return version === undefined ? 'Redis' : `Redis ${version}`;
}

/** What of a server's settings may cost studies their trials, one sentence each. */
export function risksOf(info: Info, url: ServerUrl): string[] {
  const risks: string[] = [];
  if (info.get('aof_enabled') === '0') {
    risks.push(
      `${url} keeps no append-only file: what was written since its last snapshot is lost when it ends. Have appendonly yes set.`,
    );
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy.startsWith('allkeys') && info.get('maxmemory') !== '0') {
    risks.push(
      `${url} evicts keys when its memory is full, and trials with them (maxmemory-policy ${policy}). Have noeviction set.`,
    );
  }
  return risks;
}

function splitAt(line: string, at: number): [string, string] {
  return [line.slice(0, at), line.slice(at + 1)];
}
