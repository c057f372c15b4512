/** Sockets of tuners and workers that were killed go when the next one starts; those of living ones stay. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { connectControl } from '../../src/runs/controlClient.ts';
import { TunerFolder, until } from './tunerHarness.ts';

const options = { skip: process.platform === 'win32' && 'a named pipe goes with its process', timeout: 120_000 };
const ENDLESS = `console.log('score=1 step=0'); setInterval(() => undefined, 1000);`;
const SHORT = `console.log('score=1');`;

let runtime: string;
let sockets: string;
let folders: TunerFolder[];
let env: NodeJS.ProcessEnv;
beforeEach(() => {
  // Short: a socket's path has 103 bytes at most.
  runtime = mkdtempSync(join(tmpdir(), 'tb-'));
  sockets = join(runtime, `tuneboard-${process.getuid?.()}`);
  env = { ...process.env, XDG_RUNTIME_DIR: runtime };
  folders = [];
});
afterEach(() => {
  for (const folder of folders) folder.remove();
  rmSync(runtime, { recursive: true });
});

function newFolder(): TunerFolder {
  const folder = new TunerFolder();
  folders.push(folder);
  return folder;
}

const here = () => (existsSync(sockets) ? readdirSync(sockets).sort() : []);

/** Starts a program that takes its time, waits for its sockets and kills it: what stays of them. */
async function killed(args: (source: string) => readonly string[], count: number): Promise<string[]> {
  const folder = newFolder();
  const { child, ended } = folder.start(args(folder.study(ENDLESS, { head: 'storage: study.db' })), env);
  await until(() => here().length === count || child.exitCode !== null);
  child.kill('SIGKILL');
  assert.equal((await ended).signal, 'SIGKILL');
  assert.equal(here().length, count, 'a process that is killed removes nothing');
  return here();
}

const run = (source: string) => ['run', source];
const worker = (source: string) => ['worker', '--study-file', source];

for (const [name, victim, count] of [
  ['tuner', run, 2],
  ['worker', worker, 1],
] as const) {
  for (const [next, start] of [
    ['tuner', run],
    ['worker', worker],
  ] as const) {
    test(`a ${next} of another study removes the sockets of a ${name} that was killed`, options, async () => {
      const left = await killed(victim, count);
      const folder = newFolder();
      const head = 'budget: { trials: 1 }\nstorage: study.db';
      const { code, stderr } = await folder.start(start(folder.study(SHORT, { head })), env).ended;
      assert.equal(code, 0, stderr);
      assert.deepEqual(here(), [], `${left} are gone, and the ${next}'s own`);
    });
  }
}

test('sockets of living tuners and of other machines, files and links stay', options, async () => {
  const living = newFolder();
  const tuner = living.start(run(living.study(ENDLESS)), env);
  await until(() => living.recordIfAny()?.state === 'running' && here().length === 2);
  const [own] = here() as [string];
  const machine = own.slice(0, 6);
  const foreign = `${machine === '000000' ? '111111' : '000000'}0123456789.sock`;
  await abandon(join(sockets, foreign));
  await abandon(join(sockets, `${machine}-mine.sock`));
  writeFileSync(join(sockets, `${machine}0000000001.sock`), 'a file');
  await abandon(join(runtime, 'elsewhere.sock'));
  symlinkSync(join(runtime, 'elsewhere.sock'), join(sockets, `${machine}0000000002.sock`));
  await abandon(join(sockets, `${machine}0000000003.sock`));
  const before = here();

  const folder = newFolder();
  const { code, stderr } = await folder.start(run(folder.study(SHORT, { head: 'budget: { trials: 1 }' })), env).ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(
    here(),
    before.filter((name) => name !== `${machine}0000000003.sock`),
  );
  assert.ok(existsSync(join(runtime, 'elsewhere.sock')));
  const client = await connectControl(living.record());
  assert.equal((await client.request('status', {})).record.state, 'running');
  await client.request('stop', { mode: 'now' });
  client.close();
  await tuner.ended;
});

/** A socket whose process is gone: Node removes the path of a server that closes, so the socket is renamed before. */
async function abandon(path: string): Promise<void> {
  const server = createServer();
  const bound = `${path}.b`;
  await new Promise<void>((resolve) => server.listen(bound, resolve));
  renameSync(bound, path);
  await new Promise((resolve) => server.close(resolve));
}
