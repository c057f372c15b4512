/** What tests of storages on Redis do over and over. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { inspect } from 'node:util';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { openRedisStore } from '../../src/storage/journal/redis/openRedis.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { ServerUrl } from '../../src/storage/sql/connect/serverUrl.ts';
import { startRedis, type TestRedis } from './redisServer.ts';

export const start = { state: TrialState.running } as const;
/** Of a running trial. */
export const complete = (number: number) =>
  ({ type: 'state', number, state: TrialState.complete, values: [number] }) as const;
export const open = (url: string, patienceMs = 60_000) => openRedisStore(ServerUrl.parse(url), { patienceMs });

/** What another process reads: the states, by number. */
export async function states(url: string): Promise<number[]> {
  const log = await openTrialLog(url);
  await log.close();
  return [...(log.studies()[0]?.history.states ?? [])];
}

/** Opens a storage to write, with a new study in it. */
export async function newStudy(t: TestContext, url: string, patienceMs?: number) {
  const log = await open(url, patienceMs);
  t.after(() => log.close());
  return { log, study: await log.createStudy({ name: 's', directions: [Direction.minimize] }) };
}

/** A server with these settings, for one test. */
export async function ownServer(t: TestContext, settings: Readonly<Record<string, string>>): Promise<TestRedis> {
  const server = await startRedis(settings);
  t.after(() => server.dispose());
  return server;
}

/** Why something was refused: in one sentence that begins with the URL. Neither it nor what caused it tells a password of the tests. */
export async function refusal(attempt: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error = await attempt.then(
    () => assert.fail('was not refused'),
    (reason: Error & { code: string }) => reason,
  );
  assert.doesNotMatch(inspect(error, { depth: 10 }), /s3cret|wr0ng/);
  assert.match(error.message, /^rediss?:\/\/\S+ .*\.$/);
  return error;
}
