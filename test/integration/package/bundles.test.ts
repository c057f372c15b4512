/** What esbuild put into each bundle (its metafile) and what the package would carry. `npm test` builds it before. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openPromise } from 'yauzl';
import { repository } from '../../support/cache.ts';

interface Metafile {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<
    Record<string, { readonly imports: readonly { readonly path: string; readonly external?: boolean }[] }>
  >;
}

const metafilePath = join(repository, '.cache', 'metafile.json');
assert.ok(existsSync(metafilePath), 'There is no build to look at: run `npm run package`.');
const built = JSON.parse(readFileSync(metafilePath, 'utf8')) as {
  readonly production: boolean;
  readonly bundles: Readonly<Record<string, Metafile>>;
};

/** Largest size of a minified bundle in kB. Raise one on purpose only: it is what every window pays for. */
const BUDGETS_KB: Readonly<Record<string, number>> = {
  // With what writes files of the kinds that it reads, the tree's orders, notes, and the steering of the board.
  'extension.cjs': 336,
  'languageClient.cjs': 550,
  // With the messages of the core, and the forest that expects the objective, in a space with conditions.
  'importance.cjs': 92,
  // Only where a large file is read.
  'logThread.cjs': 140,
  // With the language of `where`, and the proof that its lines contradict each other.
  'studyFile.cjs': 400,
  // Only where a study is steered.
  'controlClient.cjs': 75,
  // Only where a command runs.
  'commands.cjs': 116,
  // Only in a window that speaks Chinese.
  'chinese.cjs': 128,
  // Only where a database on a server is opened.
  // With mysql2's tables of East Asian encodings: nothing within a dependency is left out.
  'databases.cjs': 830,
  // Only where a storage on Redis is opened.
  'redis.cjs': 330,
  // With all of grpc-js and protobufjs.
  'grpc.cjs': 495,
  // With the readers of TOML and of all that has sites, the ways to insert values, the recipes of drafts, rename, and the
  // checks of `where`.
  'server.cjs': 1150,
  // With the drafts of terminal commands, and the trial that a debugger runs.
  'tuneboard.mjs': 1385,
  // Only where a study varies values in the code, or a draft is made.
  'codeReaders.mjs': 650,
  'trainer.mjs': 930,
  'trainerLibrary.mjs': 3000,
  // With the filter's language, brushes, what the table exports, tabs, tiles, views, notes, the form of new values, and studies side by side.
  'panel.js': 355,
  'panel.css': 27,
  // Not minified, as the other libraries: a program that bundles them does that.
  'library.mjs': 1190,
  'tfjs.mjs': 27,
  // One process a trial each.
  'moduleTrial.mjs': 10,
  'siteHooks.mjs': 5,
  'library.browser.mjs': 745,
};

/** What a window never loads: the libraries of the npm package. */
const NOT_IN_EXTENSION = ['tfjs.mjs', 'library.mjs', 'library.browser.mjs', 'trainerLibrary.mjs'];

/** Bundles that another one loads when it first needs them. */
const LAZY: Readonly<Record<string, readonly string[]>> = {
  'extension.cjs': [
    './chinese.cjs',
    './commands.cjs',
    './databases.cjs',
    './grpc.cjs',
    './languageClient.cjs',
    './redis.cjs',
    './studyFile.cjs',
  ],
  'commands.cjs': ['./controlClient.cjs', './extension.cjs', './studyFile.cjs'],
  'logThread.cjs': ['./databases.cjs', './grpc.cjs', './redis.cjs'],
  'tuneboard.mjs': ['./codeReaders.mjs', './databases.cjs', './grpc.cjs', './redis.cjs'],
  'library.mjs': ['./databases.cjs', './grpc.cjs', './redis.cjs'],
  'trainerLibrary.mjs': ['./databases.cjs', './grpc.cjs', './redis.cjs'],
};

function inputsOf(bundle: string): string[] {
  return Object.keys(built.bundles[bundle]?.inputs ?? {});
}

function externalsOf(bundle: string): string[] {
  const outputs = Object.values(built.bundles[bundle]?.outputs ?? {});
  const imports = outputs.flatMap((output) => output.imports.filter(({ external }) => external));
  return imports.map(({ path }) => path);
}

function isNodeModule(path: string): boolean {
  return path.startsWith('node:') || builtinModules.includes(path.split('/')[0] ?? path);
}

describe('bundles', () => {
  test('every bundle was built', () => {
    assert.deepEqual(Object.keys(built.bundles).sort(), Object.keys(BUDGETS_KB).sort());
  });

  test('only what runs in the extension host asks for vscode', () => {
    const asking = Object.keys(built.bundles).filter((bundle) => externalsOf(bundle).includes('vscode'));
    assert.deepEqual(asking.sort(), ['commands.cjs', 'extension.cjs', 'languageClient.cjs']);
  });

  test('a bundle asks for nothing else from outside but Node', () => {
    for (const bundle of Object.keys(built.bundles)) {
      const others = externalsOf(bundle).filter((path) => path !== 'vscode' && !isNodeModule(path));
      assert.deepEqual([...new Set(others)].sort(), LAZY[bundle] ?? [], bundle);
    }
  });

  test('the panel and the library in a browser need no Node', () => {
    assert.deepEqual(externalsOf('panel.js').filter(isNodeModule), []);
    assert.deepEqual(externalsOf('library.browser.mjs'), []);
    assert.ok(inputsOf('panel.js').some((path) => path.includes('node_modules/chart.js')));
  });

  test('TensorFlow.js stays out of the window', () => {
    for (const bundle of [
      'extension.cjs',
      'languageClient.cjs',
      'importance.cjs',
      'logThread.cjs',
      'studyFile.cjs',
      'server.cjs',
      'panel.js',
    ]) {
      assert.deepEqual(
        inputsOf(bundle).filter((path) => path.includes('@tensorflow')),
        [],
        bundle,
      );
    }
  });

  test('the extension carries no part of the tuner or the language service', () => {
    const foreign = inputsOf('extension.cjs').filter((path) => /^src\/(tuner|language|server|trainer)\//.test(path));
    assert.deepEqual(foreign, []);
  });

  test('each minified bundle is within its budget', { skip: !built.production && 'not a production build' }, () => {
    for (const [bundle, budget] of Object.entries(BUDGETS_KB)) {
      const size = statSync(join(repository, 'dist', bundle)).size / 1024;
      assert.ok(size < budget, `${bundle} has ${size.toFixed(0)} kB, its budget is ${budget} kB`);
    }
  });
});

describe('package', () => {
  test('holds what the extension needs and nothing else', async () => {
    const files = [];
    const zip = await openPromise(join(repository, 'dist', 'tuneboard.vsix'));
    for await (const { fileName } of zip.eachEntry()) {
      if (fileName.startsWith('extension/')) files.push(fileName.slice('extension/'.length));
    }
    for (const bundle of Object.keys(BUDGETS_KB)) {
      assert.equal(files.includes(`dist/${bundle}`), !NOT_IN_EXTENSION.includes(bundle), bundle);
    }
    for (const name of ['package.json', 'package.nls.json', 'package.nls.zh-cn.json', 'readme.md', 'LICENSE.txt']) {
      assert.ok(files.includes(name), `${name} is missing`);
    }
    for (const readme of ['README.md', 'README.zh-CN.md']) {
      for (const [, image = ''] of readFileSync(join(repository, readme), 'utf8').matchAll(/!\[[^\]]*\]\(([^)]+)\)/g))
        assert.ok(files.includes(image), `${image} of ${readme} is missing`);
    }
    for (const name of ['tfjs-backend-wasm-simd', 'kernels.simd', 'kernels.relaxed'])
      assert.ok(files.includes(`dist/${name}.wasm`), `${name} of the trainer is missing`);
    const python = readdirSync(join(repository, 'src/tuner/python'), { recursive: true, encoding: 'utf8' });
    for (const name of python.filter((file) => file.endsWith('.py')))
      assert.ok(files.includes(`dist/python/${name}`), `${name} is missing`);
    const expected =
      /^(package(\.nls(\.[a-z-]+)?)?\.json|(readme|README\.zh-CN|changelog|SECURITY)\.md|LICENSE\.txt|dist\/|media\/|examples\/digits\/)/;
    assert.deepEqual(
      files.filter((file) => !expected.test(file) || /\.(map|ts|log|vsix)$/.test(file)),
      [],
    );
  });

  // No file within a dependency is left out any more: drivers and gRPC come whole.
  test('is smaller than 3.3 MB, 0.3 of which is the moving picture of the README', () => {
    const vsix = join(repository, 'dist', 'tuneboard.vsix');
    const size = statSync(vsix).size / 1024 / 1024;
    // With what reads TOML, what a trial's own code loads, and the recipes of drafts in the tuner's and the server's bundles.
    assert.ok(size < 3.3, `${size.toFixed(2)} MB`);
  });
});
