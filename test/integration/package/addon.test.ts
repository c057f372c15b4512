/** The compiled parts: the same from every checkout, without a path of it, and for machines as old as the documents say. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { repository } from '../../support/cache.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { hasCompiler } from '../../support/tensorflow.ts';

/** What Node 20 and VS Code ask for themselves; docs/guide/trainer.md names it. */
const NEWEST: Readonly<Record<string, string>> = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11', GCC: '7.0.0' };

const NAME = `tfjs-${process.platform}-${process.arch}.node`;
const SOURCES = '.cache/tfjs-node-4.22.0';
const BUILD = `
import { buildNative } from './src/trainer/backend/native/buildNative.mjs';
import { buildKernels } from './src/trainer/kernels/build.mjs';
await buildNative(process.cwd(), {});
await buildKernels('dist');
`;

function build(folder: string): void {
  execFileSync(process.execPath, ['--input-type=module', '--eval', BUILD], { cwd: folder, stdio: 'pipe' });
}

/** What a build needs, at another place; packages that are only run are links. */
function checkout(folder: string): string {
  for (const path of ['src/trainer/backend/native', 'src/trainer/kernels', SOURCES, 'node_modules/node-api-headers'])
    cpSync(join(repository, path), join(folder, path), { recursive: true });
  for (const name of ['esbuild', '@esbuild', 'assemblyscript', 'binaryen', 'long'])
    symlinkSync(join(repository, 'node_modules', name), join(folder, 'node_modules', name));
  return folder;
}

/** SHA-256 of every file that a build has made, by its path. */
function made(folder: string): Record<string, string> {
  const dist = join(folder, 'dist');
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(dist, name)).isFile(),
  );
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(dist, name)))
      .digest('hex');
  return Object.fromEntries(files.sort().map((name) => [name, hash(name)]));
}

describe('the addon', { skip: !hasCompiler() && 'there is no C++ compiler' }, () => {
  const addon = join(repository, 'dist', 'native', NAME);

  test('asks for no newer library than the documents say', () => {
    const told = execFileSync('readelf', ['--version-info', '--wide', addon], { encoding: 'utf8' });
    const needs = [...told.matchAll(/Name: (\S+) /g)].map(([, name = '']) => name);
    for (const library of ['GLIBC_', 'GLIBCXX_'])
      assert.ok(
        needs.some((name) => name.startsWith(library)),
        told,
      );
    const isOld = (need: string) => {
      const [, library = '', version = ''] = /^(\w+)_([\d.]+)$/.exec(need) ?? [];
      const bar = NEWEST[library];
      return bar !== undefined && version.localeCompare(bar, 'en', { numeric: true }) <= 0;
    };
    assert.deepEqual(
      needs.filter((need) => !isOld(need)),
      [],
    );
    for (const page of ['docs/guide/trainer.md', 'docs/zh/guide/trainer.md'])
      assert.ok(/glibc 2\.28.*GCC 8/.test(readFileSync(join(repository, page), 'utf8')), page);
  });

  test('is the same from two checkouts and here, like all that is compiled beside it', (t) => {
    const folder = temporaryFolder(t);
    const [a, b] = [join(folder, 'a'), join(folder, 'another place', 'deeper')].map((place) => {
      mkdirSync(join(place, 'node_modules'), { recursive: true });
      const copy = checkout(place);
      build(copy);
      return made(copy);
    });
    assert.deepEqual(a, b);
    const compiled = ['kernels.relaxed.wasm', 'kernels.simd.wasm', `native/${NAME}`];
    assert.deepEqual(Object.keys(a ?? {}), [...compiled, 'tfjsNode.cjs']);
    const here = made(repository);
    for (const name of compiled) assert.equal(here[name], a?.[name], name);
  });

  test('names no file of the machine that compiled it', () => {
    const text = readFileSync(addon, 'latin1');
    assert.ok(text.includes('tfjs-node/tfjs_backend.cc'), 'the names of its sources have moved: look for paths anew');
    assert.deepEqual(text.match(/[\w.-]*\/(?:home|root|tmp|work|usr|build|workspace)\/[\w./-]*/g), null);
    assert.ok(!text.includes(repository));
    const notes = execFileSync('readelf', ['--notes', '--wide', addon], { encoding: 'utf8' });
    assert.doesNotMatch(notes, /Build ID/);
  });
});
