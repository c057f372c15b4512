/** Journals, databases and logs that a stranger made: each is read or refused with a sentence, in bounded time and memory. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { suite, test } from 'node:test';
import { Random } from '../../../src/core/random.ts';
import { writeCases } from '../../security/corpus/corpus.ts';
import { mutatedText } from '../../security/corpus/mutations.ts';
import { storageCases } from '../../security/corpus/storages.ts';
import { repository } from '../../support/cache.ts';
import type { Opened } from '../../support/openHostile.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const SEED = 20_261_202;
const MUTATIONS = 200;
/** MiB, those of Node itself included. */
const MOST_MEMORY = 300;
/** Heap in MB. Without it V8 takes as much as it likes before it looks for garbage, most of all on a busy machine. */
const HEAP = ['--max-old-space-size=200', '--max-semi-space-size=8'];
/** CPU seconds for one storage. What is not linear in the size takes minutes here. */
const MOST_SECONDS = 10;
/** Files below this many bytes are opened by one process: what they could do to its memory is still seen. */
const SMALL = 1 << 18;

const reader = join(repository, 'test', 'support', 'openHostile.ts');

function openAll(paths: readonly string[]): Opened[] {
  const args = [...HEAP, reader, ...paths];
  // The time is for a process that would never end; the bar is its CPU time.
  const child = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 240_000, maxBuffer: 1 << 28 });
  const opened = child.stdout.split('\n').filter(Boolean);
  const where = paths[opened.length] ?? paths.at(-1);
  assert.equal(child.status, 0, `${where} ended the process (${child.signal}): ${child.stderr.slice(0, 1000)}`);
  return opened.map((line) => JSON.parse(line) as Opened);
}

function requireHarmless({ path, code, message, cpu, memory }: Opened): void {
  assert.ok(cpu < MOST_SECONDS, `${path} took ${cpu} s of CPU time`);
  assert.ok(memory < MOST_MEMORY, `${path} took ${memory} MiB`);
  if (code === null) return;
  assert.ok(message.includes(basename(path)), `The sentence names the file: ${message}`);
  assert.doesNotMatch(message, /\n|RangeError|TypeError|call stack| at .*\.ts:/);
}

function storageIn(folder: string): string {
  const run = join(folder, '.tuneboard', 'study');
  const name = readdirSync(run).find((entry) => entry !== 'run.json' && entry !== 'trials');
  return join(run, name as string);
}

suite('storages with hostile content', () => {
  test('all of the corpus', (context) => {
    const cases = storageCases({ port: 9 }, new Random(SEED, 0, 'storages'));
    const paths = writeCases(temporaryFolder(context), cases).map(storageIn);
    const small = paths.filter((path) => statSync(path).size < SMALL);
    const large = paths.filter((path) => statSync(path).size >= SMALL);
    const opened = [...openAll(small), ...large.flatMap((path) => openAll([path]))];
    assert.equal(opened.length, cases.length);
    for (const one of opened) requireHarmless(one);
    const journals = opened.filter(({ path }) => path.endsWith('.log'));
    const read = journals.filter(({ code }) => code === null);
    assert.ok(read.length > journals.length * 0.9, 'Hostile journals are journals, or nothing is tested.');
  });

  test(`${MUTATIONS} damaged copies of real journals and databases`, (context) => {
    const folder = temporaryFolder(context);
    const random = new Random(SEED, 0, 'mutations');
    const optuna = join(repository, 'test', 'fixtures', 'optuna');
    const fixtures = ['v41', 'v5', 'rustuna'].flatMap((version) =>
      readdirSync(join(optuna, version))
        .filter((name) => /\.(journal|sqlite)$/.test(name))
        .map((name) => join(optuna, version, name)),
    );
    const paths = Array.from({ length: MUTATIONS }, (_, index) => {
      const fixture = fixtures[index % fixtures.length] as string;
      const path = join(folder, String(index), basename(fixture));
      mkdirSync(dirname(path));
      if (fixture.endsWith('.journal')) writeFileSync(path, mutatedText(random, readFileSync(fixture, 'utf8')));
      else writeFileSync(path, damaged(random, readFileSync(fixture)));
      if (basename(fixture) === 'wal.sqlite') cpSync(`${fixture}-wal`, `${path}-wal`);
      return path;
    });
    const opened = openAll(paths);
    assert.equal(opened.length, MUTATIONS);
    for (const one of opened) requireHarmless(one);
    const read = opened.filter(({ code }) => code === null);
    assert.ok(read.length > MUTATIONS / 4, `Only ${read.length} were read at all.`);
  });
});

/** A database with up to eight other bytes behind its first page, which holds the schema. */
function damaged(random: Random, bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const pageSize = copy.readUInt16BE(16) || 4096;
  for (let count = 1 + random.integer(8); count > 0; count--) {
    const at = pageSize + random.integer(Math.max(1, copy.length - pageSize));
    if (at < copy.length) copy[at] = random.integer(256);
  }
  return copy;
}
