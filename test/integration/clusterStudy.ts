/** What the tests of all engines do with a study on a cluster. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { INTERRUPTED } from '../../src/core/study/attributes.ts';
import type { History } from '../../src/core/study/history.ts';
import { isFinished, TrialState } from '../../src/core/study/states.ts';
import { ownerOf } from '../../src/runs/trialOwner.ts';
import { openTrialLog } from '../../src/storage/openTrialLog.ts';
import { repository } from '../support/cache.ts';
import { SECRET_PASSWORD, SECRET_USER, type TestServer } from '../support/servers.ts';
import { TunerFolder, until } from './tunerHarness.ts';

/** Reports three steps, whose last one depends on the parameters alone. One trial waits until a worker was killed. */
export const clusterProgram = `
import { existsSync } from 'node:fs';
console.log(existsSync('.env') ? 'a secret was sent' : 'no secret here');
while (process.env.TUNEBOARD_TRIAL_NUMBER === '3' && !existsSync(process.env.KILLED)) {
  await new Promise((resolve) => setTimeout(resolve, 50));
}
for (let step = 0; step < 3; step++) {
  console.log('score=' + Number(process.argv[3]) * (step + 1) + ' step=' + step);
  await new Promise((resolve) => setTimeout(resolve, 200));
}`;

/** The command line as it is installed: a cluster is given the bundle. `detached`: with its children in a group of their own. */
export function bundle(
  folder: TunerFolder,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  options: { readonly detached?: boolean } = {},
) {
  const path = join(repository, 'dist', 'tuneboard.mjs');
  if (!existsSync(path)) throw new Error(`There is no ${path}: npm run build`);
  return folder.start(args, env, path, options);
}

async function load(storage: string): Promise<History | undefined> {
  const log = await openTrialLog(storage).catch(() => undefined);
  const history = log?.studies()[0]?.history;
  await log?.close();
  return history;
}

/** Whether the engine has said of one of a run's workers that it runs. */
export function hasWorkers(folder: TunerFolder): boolean {
  return (folder.recordIfAny()?.workers ?? []).some(({ state }) => state === 'running');
}

const flag = (folder: TunerFolder) => join(folder.path, 'killed');

/** The settings that a study has here too, whose parameters depend on the seed and the trial's number alone. */
export function clusterHead(trials: number, parallel = 2): string {
  return `budget: { trials: ${trials} }\nparallel: ${parallel}\npruner: none\nsampler: { type: random, seed: 5 }`;
}

/** Under `objective:` of a study whose program is `clusterProgram`. */
export function clusterObjective(folder: TunerFolder): string {
  return `  env: { KILLED: ${JSON.stringify(flag(folder))} }`;
}

/** Kills the worker of the trial that waits for it. A cluster of this machine runs its workers as processes here. */
export async function killAWorker(folder: TunerFolder, storage: string): Promise<void> {
  let pid: number | undefined;
  await until(async () => {
    const history = await load(storage);
    if (history?.running.has(3)) pid = ownerOf(history.systemAttrs(3))?.pid;
    return pid !== undefined;
  });
  process.kill(pid as number, 'SIGKILL');
  writeFileSync(flag(folder), '');
}

/** What the workers left: each trial once; no number is missing. `trials`: how many count, exactly. */
export async function loadWhole(storage: string, trials: number | null): Promise<History> {
  const history = await load(storage);
  assert.ok(history, 'there is a study');
  let counted = 0;
  for (let number = 0; number < history.length; number++) {
    const attrs = history.systemAttrs(number);
    if (attrs[INTERRUPTED] !== undefined || !isFinished(history.state(number))) continue;
    counted++;
    assert.equal(history.state(number), TrialState.complete, `trial ${number}`);
    assert.equal(history.value(number), (history.params(number)['lr'] as number) * 3);
    assert.deepEqual([...history.curve(number).steps].sort(), [0, 1, 2]);
  }
  if (trials !== null) assert.equal(counted, trials, 'the budget is met exactly');
  return history;
}

/** Runs the same study on this machine: each trial has its parameters and values, also where it was cut off and run again. */
export async function compareWithLocal(history: History): Promise<void> {
  const folder = new TunerFolder();
  try {
    writeFileSync(flag(folder), '');
    const head = clusterHead(history.length, 4);
    const source = folder.study(clusterProgram, { objective: clusterObjective(folder), head });
    const { code, stderr } = await bundle(folder, ['run', source], process.env).ended;
    assert.equal(code, 0, stderr);
    const local = (await folder.load()).history;
    for (let number = 0; number < history.length; number++) {
      assert.deepEqual(history.params(number), local.params(number), `trial ${number}`);
      if (history.state(number) !== TrialState.complete) continue;
      assert.equal(history.value(number), local.value(number), `trial ${number}`);
    }
  } finally {
    folder.remove();
  }
}

/** A database on PostgreSQL whose user has a password, which a study file takes from the environment. */
export async function secretDatabase(
  server: TestServer,
): Promise<{ storage: string; url: string; env: NodeJS.ProcessEnv }> {
  const url = new URL(await server.newDatabase());
  const place = `@${url.host}${url.pathname}`;
  return {
    storage: `"postgresql://${SECRET_USER}:\${env:STUDY_PASSWORD}${place}"`,
    url: `postgresql://${SECRET_USER}:${encodeURIComponent(SECRET_PASSWORD)}${place}`,
    env: { STUDY_PASSWORD: SECRET_PASSWORD },
  };
}

/** What a run left in its folder says no password, in no spelling. */
export function requireNoSecret(folder: TunerFolder, ...more: readonly string[]): void {
  const path = join(folder.path, '.tuneboard');
  const texts = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
  for (const text of [...texts, ...more]) {
    for (const secret of [SECRET_PASSWORD, encodeURIComponent(SECRET_PASSWORD)])
      assert.ok(!text.includes(secret), text.slice(0, 300));
  }
}
