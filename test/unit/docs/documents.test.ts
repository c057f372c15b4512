/** The documents: READMEs that are short, links and names that exist, and generated pages that are fresh. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { ENVIRONMENT, INTERNAL_VARIABLES } from '../../../docs/environment.ts';
import { generatedPages } from '../../../docs/generate.ts';
import { FILE_LIMITS } from '../../../src/storage/regularFile.ts';
import { createProgram } from '../../../src/tuner/cli/program/program.ts';
import { repository } from '../../support/cache.ts';

const read = (path: string) => readFileSync(join(repository, path), 'utf8');

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => pattern.test(path) && !/node_modules|\.vitepress|api.(library|trainer)/.test(path));
}

/** Everything that people read, but for the pages of the API, which are made when the site is built. */
const DOCUMENTS = [
  ...readdirSync(repository).filter((name) => name.endsWith('.md')),
  ...['docs', 'src', 'webview', 'test', 'examples'].flatMap((folder) => filesBelow(folder, /\.md$/)),
].filter((path) => !path.startsWith(join('test', 'fixtures')));

const manifest = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly contributes: { readonly configuration: { readonly properties: object } };
};

/** Where a document says what is not so, with the place. */
function wrong(pattern: RegExp, isWrong: (match: RegExpMatchArray, path: string) => boolean): string[] {
  return DOCUMENTS.flatMap((path) =>
    [...read(path).matchAll(pattern)].filter((match) => isWrong(match, path)).map(([text]) => `${path}: ${text}`),
  );
}

for (const name of ['README.md', 'README.zh-CN.md']) {
  test(`${name} has at most 150 lines, and none that is long`, () => {
    const lines = read(name).trimEnd().split('\n');
    assert.ok(lines.length <= 150, `${lines.length} lines`);
    assert.deepEqual(
      lines.filter((line) => line.length > 160 && !line.startsWith('|') && !line.includes('](')),
      [],
    );
  });
}

test('the moving picture of the README is whole, moves, and is small', () => {
  const file = readFileSync(join(repository, 'media', 'demo.webp'));
  assert.equal(file.readUInt32LE(4) + 8, file.length);
  let frames = 0;
  for (let at = 12; at < file.length; at += 8 + 2 * Math.ceil(file.readUInt32LE(at + 4) / 2)) {
    if (file.toString('latin1', at, at + 4) === 'ANMF') frames++;
  }
  assert.ok(frames >= 10, `${frames} frames`);
  assert.ok(file.length < 1.5 * 2 ** 20, `${file.length} bytes`);
});

test('every link of every document leads to a file', () => {
  const links = /\]\((?!\w+:|#|\/)([^)#\s]+)[^)]*\)/g;
  const isGenerated = (link: string) => /^\.\/(library|trainer)\/index\.md$/.test(link);
  assert.deepEqual(
    wrong(links, ([, link = ''], path) => !isGenerated(link) && !existsSync(join(repository, dirname(path), link))),
    [],
  );
});

test('every path of the repository that a document names is there', () => {
  const paths = /`((?:src|webview|test|docs|examples)\/[\w./-]*[\w/])`/g;
  assert.deepEqual(
    wrong(paths, ([, named = '']) => !/^dist\b|NAME/.test(named) && !existsSync(join(repository, named))),
    [],
  );
});

test('every npm script that a document names exists', () => {
  const scripts = /\bnpm (?:run (?:-s )?([\w:]+)|(start|test)\b)/g;
  assert.deepEqual(
    wrong(scripts, ([, run, own]) => !Object.hasOwn(manifest.scripts, run ?? own ?? '')),
    [],
  );
});

test('every command and setting that a document names exists', () => {
  const names = new Set(createProgram('').commands.map((command: Command) => command.name()));
  const commands = /(?:`|^)tuneboard ([a-z]+)/gm;
  assert.deepEqual(
    wrong(commands, ([, name = '']) => !names.has(name)),
    [],
  );
  const settings = /`"?(tuneboard\.(?:python|optuna|notifications|lens|trainer|inlineSuggestions)\.\w+)/g;
  assert.deepEqual(
    wrong(settings, ([, name = '']) => !Object.hasOwn(manifest.contributes.configuration.properties, name)),
    [],
  );
});

test('the committed reference pages are what the generator gives', () => {
  for (const [path, text] of generatedPages())
    assert.equal(read(join('docs', path)), text, `${path} is stale: run \`npm run docs\`.`);
});

test('every environment variable of the code is documented or internal, and no other is', () => {
  const sources = filesBelow('src', /\.(ts|mjs|py|cc)$/)
    .map(read)
    .join('\n');
  const documented = new Set(ENVIRONMENT.flatMap(({ variables }) => variables.flatMap(({ names }) => names)));
  const known = new Set([...documented, ...INTERNAL_VARIABLES]);
  // Macros of the C++ compiler have the prefix too.
  const used = new Set(sources.match(/\bTUNEBOARD_(?!AVX|BASE\b)[A-Z_]*[A-Z]\b/g));
  assert.deepEqual([...used].filter((name) => !known.has(name)).sort(), []);
  assert.deepEqual(
    [...known].filter((name) => name.startsWith('TUNEBOARD_') && !used.has(name)),
    [],
  );
});

test('docs/limits.md has the limits of the code', () => {
  const text = read('docs/limits.md');
  const { runRecord, note, certificate, recordedStorage, journalLine } = FILE_LIMITS;
  for (const bytes of [runRecord, certificate, recordedStorage, journalLine])
    assert.ok(text.includes(` ${bytes / 2 ** 20} MiB`), `${bytes}`);
  assert.ok(text.includes(` ${note / 1024} KiB`));
});
