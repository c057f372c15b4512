/** The command line in a folder that a stranger has filled: real processes, and a server that must see no connection. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import type { RunRecord } from '../../src/protocol/runRecord.ts';
import { runFolderAt } from '../../src/runs/runFolder.ts';
import { createRunFolder, writeRunRecord } from '../../src/runs/runRecords.ts';
import { cli, type Ended, TunerFolder } from './tunerHarness.ts';

const skip = process.platform === 'win32';
/** Reports a score at once. */
const PROGRAM = `console.log('score=' + Math.random());`;

let server: Server;
let port: number;
let connections = 0;
let folder: TunerFolder;
let env: NodeJS.ProcessEnv;

before(async () => {
  server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
after(() => server.close());
beforeEach((context) => {
  folder = new TunerFolder();
  if ('after' in context) context.after(() => folder.remove());
  connections = 0;
  const home = join(folder.path, 'home');
  mkdirSync(home);
  writeFileSync(join(home, '.pgpass'), '*:*:*:*:from-pgpass\n', { mode: 0o600 });
  const state = join(home, 'state');
  env = { ...process.env, HOME: home, XDG_STATE_HOME: state, PGPASSWORD: 'secret', GITHUB_TOKEN: 'token' };
});

const recordOf = (studyName: string, more: object = {}): RunRecord => ({
  version: 1,
  pid: 4242,
  processStart: 'then',
  studyName,
  source: join(folder.path, 'demo.study.yaml'),
  storage: null,
  socket: '/nowhere',
  token: 'known',
  state: 'finished',
  startedAt: 1,
  budget: { trials: 3, timeoutMs: null },
  parallel: 1,
  ...more,
});

/** Puts a `run.json` into a run folder as a stranger may. Returns the run folder. */
function commit(studyName: string, content: unknown): string {
  const path = join(folder.path, '.tuneboard', studyName);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'run.json'), typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function run(...args: string[]): Promise<Ended> {
  return folder.start(args, env).ended;
}

const serverStorages = () => ({
  postgres: `postgresql://\${env:GITHUB_TOKEN}:\${env:GITHUB_TOKEN}@127.0.0.1:${port}/db?sslmode=disable`,
  plain: `postgresql://someone@127.0.0.1:${port}/db?sslmode=disable`,
  mysql: `mysql://someone@127.0.0.1:${port}/db`,
  redis: `redis://127.0.0.1:${port}/0`,
  proxy: `grpc://127.0.0.1:${port}`,
  certificate: `postgresql://127.0.0.1:${port}/db?sslmode=verify-ca&sslrootcert=/dev/zero`,
});

test('commands ask no server that a found record names, and status says what opens it', { skip }, async () => {
  for (const [name, storage] of Object.entries(serverStorages())) commit(name, recordOf(name, { storage }));
  const { code, stdout, stderr } = await run('status', '--json');
  assert.equal(code, 0, stderr);
  const rows = JSON.parse(stdout) as { study: string; message: string; trials: string }[];
  assert.deepEqual(rows.map(({ study }) => study).sort(), Object.keys(serverStorages()).sort());
  for (const { message, trials } of rows) {
    assert.match(message, /^on a server: --trust opens it/);
    assert.equal(trials, '?/3');
  }
  for (const command of ['studies', 'trials', 'best', 'importance', 'schedule']) {
    const refused = await run(command, 'plain');
    assert.equal(refused.code, 1, command);
    assert.match(refused.stderr, /^tuneboard: The record of study "plain" was not written by you here, .* add --trust/);
  }
  assert.equal((await run('copy', 'plain', 'copy.log')).code, 1);
  assert.equal(connections, 0, 'no connection without --trust');
  await run('best', 'redis', '--trust');
  assert.ok(connections > 0, 'the person has agreed');
});

test('the record that this user wrote is believed, as long as nobody has changed it', { skip }, async () => {
  const state = process.env['XDG_STATE_HOME'];
  process.env['XDG_STATE_HOME'] = env['XDG_STATE_HOME'];
  try {
    const own = runFolderAt(join(folder.path, '.tuneboard', 'own'));
    createRunFolder(own);
    writeRunRecord(own, recordOf('own', { storage: `redis://127.0.0.1:${port}/0` }));
    await run('status');
    assert.ok(connections > 0, 'its server is asked');
    connections = 0;
    const text = readFileSync(own.record, 'utf8');
    writeFileSync(own.record, text.replace('/0"', '/1"'));
    const { stdout } = await run('status');
    assert.match(stdout, /on a server: --trust opens it/);
    assert.equal(connections, 0);
  } finally {
    if (state === undefined) delete process.env['XDG_STATE_HOME'];
    else process.env['XDG_STATE_HOME'] = state;
  }
});

test('one bad record costs its own row', { skip }, async () => {
  commit('good', recordOf('good'));
  commit('bad steering', recordOf('bad steering', { steering: 5 }));
  commit('bad storage', recordOf('bad storage', { storage: 5 }));
  commit('no json', '{"version": 1');
  mkdirSync(join(folder.path, '.tuneboard', 'endless'));
  symlinkSync('/dev/zero', join(folder.path, '.tuneboard', 'endless', 'run.json'));
  mkdirSync(join(folder.path, '.tuneboard', 'pipe'));
  execFileSync('mkfifo', [join(folder.path, '.tuneboard', 'pipe', 'run.json')]);
  const { code, stdout, stderr } = await run('status', '--json');
  assert.equal(code, 0, stderr);
  const rows = JSON.parse(stdout) as { study: string; state: string; message?: string }[];
  const states = Object.fromEntries(rows.map(({ study, state }) => [study, state]));
  assert.deepEqual(states, {
    good: 'finished',
    'bad steering': 'unreadable',
    'bad storage': 'unreadable',
    'no json': 'unreadable',
    endless: 'unreadable',
    pipe: 'unreadable',
  });
  for (const row of rows.slice(1))
    assert.match(row.message ?? '', /is not a run record \(|leads out of .* by a link|is a (symbolic link|named pipe)/);
});

test('a storage that is a named pipe, or a file elsewhere, is not opened', { skip }, async () => {
  execFileSync('mkfifo', [join(folder.path, 'pipe')]);
  commit('piped', recordOf('piped', { storage: join(folder.path, 'pipe') }));
  commit('elsewhere', recordOf('elsewhere', { storage: '/etc/passwd' }));
  const { code, stdout } = await run('status');
  assert.equal(code, 0);
  assert.match(stdout, /elsewhere: --trust opens it/);
  const pipe = await run('trials', 'piped');
  assert.equal(
    pipe.stderr,
    `tuneboard: ${join(folder.path, 'pipe')} is a named pipe and is left alone: put a regular file there.\n`,
  );
});

test('going on with a record that a stranger wrote runs nothing before the person agrees', { skip }, async () => {
  const source = folder.write('evil.study.yaml', `name: evil\nobjective: { command: [touch, ran] }\n`);
  commit('evil', recordOf('evil', { source, state: 'stopped', python: '/bin/evil' }));
  const { code, stderr } = await run('resume', 'evil');
  assert.equal(code, 1);
  assert.match(stderr, /going on with it runs .*evil\.study\.yaml with \/bin\/evil: add --trust/);
  assert.ok(!existsSync(join(folder.path, 'ran')));
});

test('the file that a stale record names as its socket stays', { skip }, async () => {
  const source = folder.study(PROGRAM);
  const victim = folder.write('victim.sock', 'precious');
  const second = folder.write('victimc.sock', 'precious too');
  commit('demo', recordOf('demo', { source, socket: victim, state: 'running' }));
  const { code, stderr } = await run('run', source);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assert.equal(readFileSync(second, 'utf8'), 'precious too');
});

test('nothing is written through a link of a trial log, and the study runs', { skip }, async () => {
  const source = folder.study(PROGRAM);
  const victim = folder.write('victim', 'precious');
  const trials = join(folder.path, '.tuneboard', 'demo', 'trials');
  mkdirSync(trials, { recursive: true });
  symlinkSync(victim, join(trials, '0.log'));
  execFileSync('mkfifo', [join(trials, '1.log')]);
  execFileSync('ln', [victim, join(trials, '2.log')]);
  const { code, stderr } = await run('run', source);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assert.ok(lstatSync(join(trials, '0.log')).isSymbolicLink());
  assert.match(readFileSync(join(trials, '3.log'), 'utf8'), /score=/);
});

for (const name of ['journal.log', 'tuner.log', 'script.log', 'run.json', 'trials', 'checkpoints', 'workers']) {
  test(`a link in place of ${name} is refused in one sentence`, { skip }, async () => {
    const source = folder.study(PROGRAM);
    const victim = folder.write('victim', 'precious');
    const run_ = join(folder.path, '.tuneboard', 'demo');
    mkdirSync(run_, { recursive: true });
    symlinkSync(name.includes('.') ? victim : folder.path, join(run_, name));
    const { code, stderr } = await run('run', source);
    assert.equal(code, 1);
    const advice = 'which nothing is written to: delete it and start the study again.';
    assert.equal(stderr, `tuneboard: ${join(run_, name)} is a symbolic link, ${advice}\n`);
    assert.equal(readFileSync(victim, 'utf8'), 'precious');
    assert.ok(!existsSync(join(folder.path, '0.log')));
  });
}

for (const name of ['.tuneboard', '.tuneboard/demo']) {
  test(`a link in place of ${name} is refused in one sentence`, { skip }, async () => {
    const source = folder.study(PROGRAM);
    const elsewhere = join(folder.path, 'elsewhere');
    mkdirSync(elsewhere);
    if (name.includes('/')) mkdirSync(join(folder.path, '.tuneboard'));
    symlinkSync(elsewhere, join(folder.path, name));
    const { code, stderr } = await run('run', source);
    assert.equal(code, 1);
    assert.match(stderr, /is a symbolic link, which nothing is written to/);
    assert.deepEqual(execFileSync('ls', ['-A', elsewhere], { encoding: 'utf8' }), '');
  });
}

test('a lock of a number that cannot be is none, and the last one is told of', { skip }, async () => {
  const source = folder.study(PROGRAM);
  const path = join(folder.path, '.tuneboard', 'demo');
  mkdirSync(path, { recursive: true });
  for (const number of ['9007199254740992', '1e309', '-1', '0007', '999999999999999999999999']) {
    writeFileSync(join(path, `run.lock.${number}`), '{"pid":1,"processStart":"x"}');
  }
  mkdirSync(join(path, 'run.lock.3'));
  execFileSync('mkfifo', [join(path, 'run.lock.4')]);
  symlinkSync('/dev/zero', join(path, 'run.lock.5'));
  writeFileSync(join(path, 'run.lock.6'), '{"pid":"many","processStart":5}');
  const ended = await run('run', source);
  assert.equal(ended.code, 0, ended.stderr);
  writeFileSync(join(path, 'run.lock.999999999'), 'null');
  const refused = await run('run', source);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^tuneboard: The study cannot be locked: delete the files .*run\.lock\.\*/);
});

test('a folder of a lock that is there already ends in a sentence, not in a tuner that spins', { skip }, async () => {
  const source = folder.study(PROGRAM);
  mkdirSync(join(folder.path, '.tuneboard', 'demo', 'run.lock.1'), { recursive: true });
  const { code, stderr } = await run('run', source);
  assert.equal(code, 1);
  assert.match(stderr, /The study cannot be locked/);
});

test('--trust is in the help of the commands that need it', async () => {
  for (const command of ['status', 'resume', 'studies', 'trials', 'best', 'importance', 'schedule', 'copy']) {
    const help = execFileSync(process.execPath, [cli, command, '--help'], { encoding: 'utf8' });
    assert.match(help, /--trust/, command);
  }
});
