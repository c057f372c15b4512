/**
 * What the `tensorflow` backend of the trainer needs beyond the trainer's bundle, made from the npm package
 * @tensorflow/tfjs-node without installing it: its install script downloads a TensorFlow, and `npm ci` would run it. So it
 * is an optional peer dependency, and here only its files are fetched (`npm pack`), checked and built:
 *   dist/tfjsNode.cjs                      its kernels, which get their TensorFlow.js handed in
 *   dist/native/tfjs-<system>-<cpu>.node   its addon, compiled against tensorflow.h; finds libtensorflow beside itself
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import * as esbuild from 'esbuild';
import nodeApiHeaders from 'node-api-headers';

const VERSION = '4.22.0';
const INTEGRITY = 'uHrXeUlfgkMxTZqHkESSV7zSdKdV0LlsBeblqkuKU9nnfxB1pC6DtoyYVaLxznzZy7WQSegjcohxxCjAf6Dc7w==';
const ADDON = `tfjs-${process.platform}-${process.arch}.node`;
const COMPILER = process.env['CXX'] ?? 'g++';
/** What is compiled into the addon beside tfjs-node's sources. */
const OWN = ['signals.cc', 'threads.cc', 'operations.cc', 'kernels/levels.cc'];
/**
 * The newest version of each library that the addon may ask for: what Node and VS Code themselves need (README.md says it), so
 * that libtensorflow, which asks for less, runs wherever they do. oldLibraries.h keeps below it.
 */
const NEWEST = { GLIBC: '2.28', GLIBCXX: '3.4.25', CXXABI: '1.3.11' };
const AVX2 = ['-mavx2', '-mfma'];
const AVX512 = ['-mavx512f', '-mavx512bw', '-mavx512dq', '-mavx512vl'];
/**
 * kernels.cc is compiled once for each of these, and the best that the processor has is taken at run time. Only what levels.cc
 * asks the processor for: virtual machines may hide single features.
 */
const LEVELS =
  process.arch === 'x64'
    ? [
        {
          table: 'TUNEBOARD_AVX512',
          flags: ['-DLANES=16', ...AVX2, ...AVX512, '-mprefer-vector-width=512'],
        },
        { table: 'TUNEBOARD_AVX2', flags: ['-DLANES=8', ...AVX2] },
        { table: 'TUNEBOARD_BASE', flags: ['-DLANES=4'] },
      ]
    : [{ table: 'TUNEBOARD_BASE', flags: ['-DLANES=4'] }];
/** What the addon includes of TensorFlow. */
const INCLUDES = [
  'tensorflow/c/c_api.h',
  'tensorflow/c/eager/c_api.h',
  'tensorflow/c/tf_datatype.h',
  'tensorflow/c/tf_status.h',
  'tensorflow/c/tf_tensor.h',
  'tensorflow/core/platform/ctstring_internal.h',
];

/**
 * The folder with the package's files, fetched when it is not there yet.
 * @param {string} root the repository
 */
function sources(root) {
  const folder = join(root, '.cache', `tfjs-node-${VERSION}`);
  if (existsSync(folder)) return folder;
  mkdirSync(join(root, '.cache'), { recursive: true });
  const scratch = mkdtempSync(resolve(root, '.cache', 'tfjs-node-'));
  try {
    run('npm', ['pack', '--silent', `@tensorflow/tfjs-node@${VERSION}`, '--pack-destination', scratch], root);
    const archive = join(scratch, `tensorflow-tfjs-node-${VERSION}.tgz`);
    const digest = createHash('sha512').update(readFileSync(archive)).digest('base64');
    if (digest !== INTEGRITY) throw new Error(`@tensorflow/tfjs-node ${VERSION} is not the one that is known here`);
    run('tar', ['-xzf', archive, '-C', scratch], root);
    renameSync(join(scratch, 'package'), folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return folder;
}

/** @param {string} program @param {readonly string[]} args @param {string} cwd */
function run(program, args, cwd) {
  const shell = process.platform === 'win32' && program === 'npm';
  const { status, error, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', shell });
  if (error) throw new Error(`${program} did not start: ${error.message}`);
  if (status !== 0) throw new Error(`${program} ${args[0]} failed: ${stderr.trim().split('\n').slice(-3).join(' ')}`);
}

/**
 * Builds both into dist/; returns the addon's path from there, the package it is made of, and what is in the bundle. Throws
 * where they cannot be made.
 * @param {string} root
 * @param {import('esbuild').BuildOptions} options
 */
export async function buildNative(root, options) {
  mkdirSync(join(root, 'dist'), { recursive: true });
  const common = { bundle: true, absWorkingDir: resolve(root), outfile: 'dist/tfjsNode.cjs', logLevel: 'warning' };
  const built = await esbuild.build({
    ...common,
    platform: 'node',
    metafile: true,
    ...options,
    ...kernelBundle(resolve(root)),
  });
  const madeOf = {
    folder: relative(resolve(root), realpathSync(sources(root))).replaceAll('\\', '/'),
    integrity: `sha512-${INTEGRITY}`,
  };
  return { metafile: built.metafile, addon: { path: buildAddon(resolve(root)), madeOf } };
}

/**
 * esbuild's options for dist/tfjsNode.cjs. `@tensorflow/tfjs` is what is handed in; summaries for TensorBoard, which alone
 * need protobuf, are left out.
 * @param {string} root
 * @returns {import('esbuild').BuildOptions}
 */
function kernelBundle(root) {
  const from = resolve(sources(root), 'dist').replaceAll('\\', '/');
  const key = "globalThis[Symbol.for('tuneboard.tensorflow')]";
  return {
    stdin: {
      contents: `exports.register = (tf, binding) => {
        // Its classes are functions of ES5, which cannot call the constructor of a class.
        function KernelBackend(...given) {
          return Reflect.construct(tf.KernelBackend, given, this.constructor);
        }
        KernelBackend.prototype = tf.KernelBackend.prototype;
        ${key} = { ...tf, KernelBackend };
        const { NodeJSKernelBackend } = require(${JSON.stringify(`${from}/nodejs_kernel_backend.js`)});
        require(${JSON.stringify(`${from}/register_all_kernels.js`)});
        tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, 'tuneboard'), 3);
      };`,
      resolveDir: resolve(root),
    },
    format: 'cjs',
    plugins: [
      {
        name: 'handed-in',
        setup(build) {
          build.onResolve({ filter: /^@tensorflow\/tfjs(-core)?$/ }, () => ({ path: 'tf', namespace: 'handed-in' }));
          build.onResolve({ filter: /\/proto\/api_pb$/ }, () => ({ path: 'proto', namespace: 'handed-in' }));
          build.onLoad({ filter: /^tf$/, namespace: 'handed-in' }, () => ({ contents: `module.exports = ${key};` }));
          build.onLoad({ filter: /^proto$/, namespace: 'handed-in' }, () => ({ contents: 'module.exports = {};' }));
        },
      },
    ],
  };
}

/**
 * Compiles the addon into dist/native, or takes the one that was compiled from the same sources before. Returns its path
 * from dist. Throws where there is no C++ compiler.
 * @param {string} root
 */
function buildAddon(root) {
  const state = createHash('sha256').update(VERSION).update(COMPILER);
  for (const path of ownSources()) state.update(readFileSync(path));
  const built = join(root, '.cache', `tfjs-addon-${state.digest('hex').slice(0, 16)}`, ADDON);
  if (!existsSync(built)) compileAddon(root, built);
  warnOfNewVersions(built);
  const target = join('native', ADDON);
  mkdirSync(join(root, 'dist', 'native'), { recursive: true });
  copyFileSync(built, join(root, 'dist', target));
  // A linker makes programs; this is loaded, not started.
  chmodSync(join(root, 'dist', target), 0o644);
  return target;
}

/**
 * Said and not refused: on the machine that compiled it the addon works, and the test of the package fails.
 * @param {string} addon
 */
function warnOfNewVersions(addon) {
  const isNewer = (/** @type {string} */ a, /** @type {string} */ b) => a.localeCompare(b, 'en', { numeric: true }) > 0;
  const asked = readFileSync(addon, 'latin1').matchAll(/\b(GLIBC|GLIBCXX|CXXABI)_([\d.]+)/g);
  const newer = [...asked].filter(([, name, version]) => isNewer(version, NEWEST[name])).map(([whole]) => whole);
  if (newer.length > 0) {
    console.warn(`the addon needs ${[...new Set(newer)].join(', ')}: compile it with GCC 12 or older to publish it`);
  }
}

/** All that the addon is made of beside tfjs-node's sources. */
function ownSources() {
  return readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(cc|h|mjs)$/.test(name))
    .sort()
    .map((name) => join(import.meta.dirname, name));
}

/** @param {string} root @param {string} target */
function compileAddon(root, target) {
  if (process.platform !== 'linux') throw new Error(`the addon is compiled on Linux only, this is ${process.platform}`);
  const from = join(sources(root), 'binding');
  const scratch = mkdtempSync(join(root, '.cache', 'tfjs-addon-'));
  try {
    const header = JSON.stringify(join(import.meta.dirname, 'tensorflow.h'));
    for (const path of INCLUDES) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      writeFileSync(join(scratch, path), `#include ${header}\n`);
    }
    const node = nodeApiHeaders.include_dir;
    // No file of this machine is named in what is compiled, so that two checkouts make the same addon.
    const places = {
      [root]: '.',
      [from]: 'tfjs-node',
      [import.meta.dirname]: 'native',
      [node]: 'node',
      [scratch]: 'made',
    };
    const everywhere = [
      ...['-std=c++17', '-fPIC', '-g0', '-include', join(import.meta.dirname, 'oldLibraries.h')],
      ...Object.entries(places).map(([place, name]) => `-ffile-prefix-map=${place}=${name}`),
    ];
    const flags = [...everywhere, '-O2', '-shared', '-s', '-Wl,--build-id=none'];
    // Stands in for TensorFlow while the addon is linked: what it lacks is found in the real one when that is loaded.
    const library = join(scratch, 'libtensorflow_cc.so.2');
    writeFileSync(join(scratch, 'empty.cc'), '');
    run(COMPILER, [...flags, '-Wl,-soname,libtensorflow_cc.so.2', join(scratch, 'empty.cc'), '-o', library], root);
    const addon = join(scratch, ADDON);
    const linking = ['-Wl,-rpath,$ORIGIN', '-Wl,--no-as-needed', library, '-o', addon];
    const kernels = LEVELS.map(({ table, flags: level }) => {
      const object = join(scratch, `${table}.o`);
      const source = join(import.meta.dirname, 'kernels', 'kernels.cc');
      const optimised = [...everywhere, '-O3', '-fno-math-errno', '-Wno-psabi', `-DTABLE=${table}`, ...level];
      run(COMPILER, [...optimised, '-c', source, '-o', object], root);
      return object;
    });
    const files = [
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(from, name)),
      ...OWN.map((name) => join(import.meta.dirname, name)),
      ...kernels,
    ];
    run(
      COMPILER,
      [...flags, '-DNAPI_VERSION=8', '-w', '-pthread', `-I${scratch}`, `-I${node}`, ...files, ...linking],
      root,
    );
    mkdirSync(dirname(target), { recursive: true });
    renameSync(addon, target);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
