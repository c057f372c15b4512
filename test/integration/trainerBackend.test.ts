/** `tuneboard backend`: the trainer's TensorFlow is installed whole or not at all, and every failure is one sentence. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheFolder, repository } from '../support/cache.ts';
import { needs } from '../support/parts.ts';
import { runToEnd } from '../support/processes.ts';
import { type Ended, TunerFolder } from './tunerHarness.ts';

const installed = join(cacheFolder, 'backends', 'tensorflow');

let folder: TunerFolder;
beforeEach(() => {
  folder = new TunerFolder();
});
afterEach(() => folder.remove());

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const own = { TUNEBOARD_BACKENDS: join(folder.path, 'home'), XDG_DATA_HOME: folder.path };
  return folder.start(['backend', ...args], { ...process.env, ...own, ...env });
}

function run(...args: string[]): Promise<Ended> {
  return start(args).ended;
}

/** What is in the folder of backends. */
function home(): string[] {
  const path = join(folder.path, 'home');
  return existsSync(path) ? readdirSync(path) : [];
}

/** An interpreter that answers this when it is asked what it has; its `pip download` does what the script says. */
function pythonThat(answer: object, script = 'exit 1'): string {
  folder.write('answer.json', JSON.stringify({ folder: null, version: null, pip: true, ...answer }));
  const path = folder.write(
    'python',
    [
      '#!/bin/sh',
      'here=$(dirname "$0")',
      '[ "$1" = -c ] && exec cat "$here/answer.json"',
      'while [ $# -gt 0 ]; do [ "$1" = --dest ] && to=$2; shift; done',
      script,
      '',
    ].join('\n'),
  );
  chmodSync(path, 0o755);
  return path;
}

function pythonWithPip(script: string): string {
  return pythonThat({ executable: join(folder.path, 'python') }, script);
}

async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (holds()) return;
    await delay(50);
  }
  assert.fail(what);
}

describe('tuneboard backend', needs('tensorflow'), () => {
  test('says what is missing, and uses WebAssembly meanwhile', async () => {
    const { code, stdout } = await run('list');
    assert.equal(code, 0);
    assert.match(stdout, /^✗ +tensorflow +it is not installed \("tuneboard backend install" brings it\)$/m);
    assert.match(stdout, /^✓ +wasm +is used: the smoke test passed/m);
    assert.match(stdout, /^✓ +cpu +the smoke test passed/m);
  });

  test('links a libtensorflow that is there, and uses it', async () => {
    const { code, stdout, stderr } = await run('install', '--from', installed);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Trying it out$/m);
    assert.match(stdout, /^TensorFlow \d+\.\d+\.\d+ from .* is ready/m);
    assert.deepEqual(home(), ['tensorflow']);
    const listed = await run('list');
    assert.match(listed.stdout, /^✓ +tensorflow +is used: the smoke test passed; libtensorflow \d/m);
  });

  test('runs from the bundle as from source', async () => {
    const env = { ...process.env, TUNEBOARD_BACKENDS: join(cacheFolder, 'backends') };
    const bundle = join(repository, 'dist', 'tuneboard.mjs');
    const stdout = await runToEnd(process.execPath, [bundle, 'backend', 'list'], { env });
    assert.match(stdout, /^✓ +tensorflow +is used: the smoke test passed; libtensorflow \d/m);
    assert.match(stdout, /^✓ +wasm +the smoke test passed; with our kernels/m);
  });

  test('takes a folder that the environment names, without an installation', async () => {
    const { stdout } = await start(['list'], { TUNEBOARD_TENSORFLOW: installed }).ended;
    assert.match(stdout, /^✓ +tensorflow +is used/m);
    const { stdout: wrong } = await start(['list'], { TUNEBOARD_TENSORFLOW: folder.path }).ended;
    assert.match(wrong, /^✗ +tensorflow +.* has no libtensorflow_cc\.so\.2/m);
    assert.match(wrong, /^✓ +wasm +is used/m);
  });

  test('an installed Python TensorFlow is taken before anything is downloaded', async () => {
    const python = pythonThat({ executable: 'python', folder: installed, version: '2.99', pip: false });
    const { code, stdout, stderr } = await run('install', '--python', python);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Looking for an installed TensorFlow\nLinking libtensorflow\nTrying it out\n/);
  });

  for (const [what, script, sentence] of [
    [
      'another file than the published one',
      'echo no wheel > "$to/a.whl"',
      /is not the published tensorflow-cpu .* \(its SHA-256 is another\): nothing was installed/,
    ],
    [
      'a hash that pip refuses',
      'echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE." >&2; exit 1',
      /its SHA-256 is another/,
    ],
    [
      'no network',
      'echo "WARNING: Retrying after connection broken by NewConnectionError: Name or service not known" >&2; echo "ERROR: Could not find a version that satisfies the requirement" >&2; exit 1',
      /The package index cannot be reached/,
    ],
    [
      'an index without the package',
      'echo "ERROR: No matching distribution found for tensorflow-cpu" >&2; exit 1',
      /index has no tensorflow-cpu .* for Linux x86-64/,
    ],
    [
      'a full disk',
      'echo "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device" >&2; exit 1',
      /The disk is full: free about 1 GB/,
    ],
    [
      'any other failure of pip',
      'echo "ERROR: pip is tired" >&2; exit 1',
      /pip could not download tensorflow-cpu .*: pip is tired/,
    ],
  ] as const) {
    test(`${what} is one sentence, and leaves nothing behind`, async () => {
      const { code, stderr } = await run('install', '--python', pythonWithPip(script));
      assert.equal(code, 1);
      assert.match(stderr, sentence);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
      assert.deepEqual(home(), []);
    });
  }

  test('a folder without libtensorflow, and no Python at all, are one sentence', async () => {
    const from = await run('install', '--from', folder.path);
    assert.match(from.stderr, /^tuneboard: .* has no libtensorflow_cc\.so\.2: name a folder that has it/);
    const python = await run('install', '--python', join(folder.path, 'none'));
    assert.match(python.stderr, /^tuneboard: No Python with pip was found/);
    assert.deepEqual([from.code, python.code, home()], [1, 1, []]);
  });

  test('a library for another processor is refused, and what was installed before stays', async () => {
    assert.equal((await run('install', '--from', installed)).code, 0);
    const broken = join(folder.path, 'broken');
    mkdirSync(broken);
    const code = '__attribute__((constructor)) static void stop(void) { __builtin_trap(); }\n';
    const source = folder.write('stop.cc', code);
    const library = join(broken, 'libtensorflow_cc.so.2');
    await runToEnd('g++', ['-shared', '-fPIC', source, '-o', library], {});
    await runToEnd('cp', [library, join(broken, 'libtensorflow_framework.so.2')], {});
    const { stderr } = await run('install', '--from', broken);
    assert.match(
      stderr,
      /does not work here: it ends the process \(SIG(ILL\): it is built for another processor|TRAP\))/,
    );
    const listed = await run('list');
    assert.match(listed.stdout, /^✓ +tensorflow +is used/m);
    // Named for this run alone, it does not take the trainer down either.
    const { stdout } = await start(['list'], { TUNEBOARD_TENSORFLOW: broken }).ended;
    assert.match(stdout, /^✗ +tensorflow +it ends the process/m);
    assert.match(stdout, /^✓ +wasm +is used/m);
  });

  test('where the C library is too old, one sentence says what it has and what computes instead', async () => {
    const old = join(folder.path, 'old');
    mkdirSync(old);
    // Compiled against a libm that has a version which no machine has, and which is gone when the library is loaded.
    const newer = join(old, 'libm.so.6');
    const versions = folder.write('versions.map', 'GLIBC_2.99 { global: fromTheFuture; };\n');
    const future = folder.write('future.c', 'void fromTheFuture(void) {}\n');
    await runToEnd(
      'gcc',
      ['-shared', '-fPIC', future, `-Wl,--version-script=${versions},-soname,libm.so.6`, '-o', newer],
      {},
    );
    const needy = folder.write('needy.c', 'void fromTheFuture(void);\nvoid needy(void) { fromTheFuture(); }\n');
    const library = join(old, 'libtensorflow_cc.so.2');
    await runToEnd('gcc', ['-shared', '-fPIC', '-nostdlib', needy, newer, '-o', library], {});
    rmSync(newer);
    await runToEnd('cp', [library, join(old, 'libtensorflow_framework.so.2')], {});
    const sentence =
      /this machine has glibc 2\.\d+, and libtensorflow_\w+\.so\.2 needs glibc 2\.99: without TensorFlow the trainer runs on WebAssembly/;
    const { code, stderr } = await run('install', '--from', old);
    assert.equal(code, 1);
    assert.match(stderr, sentence);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
    const { stdout } = await start(['list'], { TUNEBOARD_TENSORFLOW: old }).ended;
    assert.match(stdout, /^✗ +tensorflow +this machine has/m);
    assert.match(stdout, sentence);
    assert.match(stdout, /^✓ +wasm +is used/m);
  });

  test('killed at any moment it leaves no half, and the next one clears up', async () => {
    const python = pythonWithPip('echo > "$here/started"; exec sleep 20');
    const { child, ended } = start(['install', '--python', python]);
    await eventually(() => existsSync(join(folder.path, 'started')), 'pip was never called');
    child.kill('SIGKILL');
    await ended;
    assert.ok(!home().includes('tensorflow'));
    assert.equal(home().length, 1);
    assert.match((await run('list')).stdout, /^✗ +tensorflow +it is not installed/m);
    assert.equal((await run('install', '--from', installed)).code, 0);
    assert.deepEqual(home(), ['tensorflow']);
  });

  test('stopped by hand it says so, and changes nothing', async () => {
    const python = pythonWithPip('echo > "$here/started"; exec sleep 20');
    const { child, ended } = start(['install', '--python', python]);
    await eventually(() => existsSync(join(folder.path, 'started')), 'pip was never called');
    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    assert.equal(code, 130, stderr);
    assert.match(stderr, /The installation was stopped; nothing was changed/);
    assert.deepEqual(home(), []);
  });
});
