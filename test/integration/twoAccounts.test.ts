/** Two accounts of one machine run studies in one folder. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { cli, type Ended, TunerFolder, until } from './tunerHarness.ts';

const TRAIN = `
import { existsSync } from 'node:fs';
while (existsSync('wait-' + process.getuid())) await new Promise((resolve) => setTimeout(resolve, 20));
console.log('score=' + process.argv[3]);
`;
const [FIRST, SECOND, GROUP] = [61_001, 61_002, 61_000];
const needsRoot = { skip: process.platform !== 'linux' || process.getuid?.() !== 0 ? 'needs root on Linux' : false };

let folder: TunerFolder;
let source: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = new TunerFolder();
  source = folder.study(TRAIN);
  for (const name of ['home-61001', 'home-61002']) mkdirSync(join(folder.path, name), { mode: 0o777 });
  for (const name of ['home-61001', 'home-61002']) chmodSync(join(folder.path, name), 0o777);
  if (!needsRoot.skip) chownSync(folder.path, 0, GROUP);
  chmodSync(folder.path, 0o2775);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  folder.remove();
});

/** Runs `tuneboard` as an account of the group. */
function runAs(uid: number, ...args: string[]): Promise<Ended> {
  const home = join(folder.path, `home-${uid}`);
  const program =
    'process.umask(0o022); process.setgroups([61000]); process.setgid(61000); process.setuid(Number(process.argv[1])); process.argv.splice(1, 1); await import(process.argv[1]);';
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program, String(uid), cli, ...args], {
    cwd: folder.path,
    env: { ...process.env, HOME: home, XDG_STATE_HOME: home, XDG_RUNTIME_DIR: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

test('each account runs the study, sees whose run it is and cannot steer the other', needsRoot, async () => {
  folder.write(`wait-${FIRST}`, '');
  const first = runAs(FIRST, 'run', source);
  await until(() => folder.recordIfAny()?.state === 'running');

  const second = await runAs(SECOND, 'run', source);
  assert.equal(second.code, 0, second.stderr);
  assert.equal((await folder.load(`demo@${SECOND}`, 'demo')).history.length, 4);

  const status = await runAs(SECOND, 'status', '--json');
  const rows = JSON.parse(status.stdout) as { study: string; state: string; user?: string; trials: string }[];
  assert.deepEqual(rows.map(({ study, state, user }) => [study, state, user]).sort(), [
    ['demo', 'finished', undefined],
    ['demo', 'running', String(FIRST)],
  ]);
  assert.equal(statSync(join(folder.path, '.tuneboard')).mode & 0o7777, 0o3775);
  const stop = await runAs(SECOND, 'stop', '--now');
  assert.match(stop.stderr, /61001 runs "demo" on this machine: only that account can steer or stop it/);
  assert.equal(folder.record().state, 'running');

  const own = await runAs(FIRST, 'stop', '--now');
  assert.equal(own.code, 0, own.stderr);
  await first;
  assert.equal(folder.record().state, 'stopped');
});

test('in a folder that only its owner may write, nobody else reads a run', needsRoot, async () => {
  chownSync(folder.path, FIRST, GROUP);
  chmodSync(folder.path, 0o755);
  const run = await runAs(FIRST, 'run', source);
  assert.equal(run.code, 0, run.stderr);
  assert.ok(existsSync(folder.journal()));
  assert.equal(statSync(join(folder.path, '.tuneboard')).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder.path, '.tuneboard', 'demo', 'run.json')).mode & 0o777, 0o600);
});
