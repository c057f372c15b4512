import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import util from 'node:util';
import { TuneboardError } from '../../core/errors.ts';
import { runProgram } from '../install/runProgram.ts';
import { registerTensorflowKernels } from '../kernels/registerTensorflowKernels.ts';
import type { Tf } from '../tf.ts';
import { nativeFiles, noAddon, processor, type TensorflowFolder, writeRecord } from './tensorflowFolder.ts';

const INSTEAD = 'without TensorFlow the trainer runs on WebAssembly';

interface Kernels {
  register(tf: Tf, binding: { readonly TF_Version: string }): void;
}

/** What `trainer --check-tensorflow FOLDER` prints, on one line. */
export type TensorflowCheck =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly why: string };

/**
 * Loads libtensorflow and registers the backend `tensorflow` with its kernels. Returns libtensorflow's version. On a
 * processor that it is not for it ends the process: `checkTensorflow` tries that in another one.
 */
export function registerTensorflow(tf: Tf, { addon }: TensorflowFolder): string {
  const native = nativeFiles();
  if (!native) throw new TuneboardError('tensorflow', noAddon());
  // Gone from Node 23; tfjs-node 4.22 calls them.
  Object.assign(util, { isNullOrUndefined: (value: unknown) => value == null, isArray: Array.isArray });
  // Errors and warnings only: it greets with its processor features otherwise.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  const require = createRequire(import.meta.url);
  const binding = loaded(() => require(addon)) as { readonly TF_Version: string };
  (require(native.kernels) as Kernels).register(tf, binding);
  registerTensorflowKernels(tf);
  return binding.TF_Version;
}

function loaded<T>(load: () => T): T {
  try {
    return load();
  } catch (error) {
    const problem = error instanceof Error ? loadProblem(error.message) : undefined;
    throw problem === undefined ? error : new TuneboardError('tensorflow', problem, { cause: error });
  }
}

/**
 * Loads it in a process of its own and runs the smoke test there. Returns what is wrong in half a sentence, undefined
 * when nothing is; then the folder's record says that it works on this processor.
 */
export async function checkTensorflow(tensorflow: TensorflowFolder, signal?: AbortSignal): Promise<string | undefined> {
  const {
    code,
    signal: ending,
    stdout,
    stderr,
  } = await runProgram(process.execPath, [trainerProgram(), '--check-tensorflow', tensorflow.folder], {
    env: nodeEnvironment(),
    ...(signal && { signal }),
  });
  if (ending) {
    return `it ends the process (${ending})${ending === 'SIGILL' ? ': it is built for another processor' : ''}`;
  }
  const answer = readAnswer(stdout);
  if (!answer) return `it ends the process (exit code ${code}): ${lastLine(stderr)}`;
  if (!answer.ok) return answer.why;
  writeRecord(tensorflow.folder, { ...tensorflow.record, version: answer.version, checkedOn: processor() });
  return undefined;
}

/** This process's environment for a Node: the editor's own executable is one when it is told so. */
export function nodeEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, ...(process.versions['electron'] ? { ELECTRON_RUN_AS_NODE: '1' } : {}) };
}

function readAnswer(output: string): TensorflowCheck | undefined {
  try {
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as TensorflowCheck;
  } catch {
    return undefined;
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() || 'it printed nothing';
}

/** The trainer's program: beside the bundle, or its source. */
export function trainerProgram(): string {
  const paths = ['./trainer.mjs', '../main.ts'].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return paths.find((path) => existsSync(path)) ?? (paths[1] as string);
}

/**
 * What the system's loader says of a library that this machine cannot give what it asks for, as a sentence for people: what
 * the machine has, what is needed, and what computes instead. Knows the words of glibc and of musl.
 * @param message of the error that loading the addon threw
 * @returns undefined when it says something else
 */
export function loadProblem(message: string): string | undefined {
  const [, library, version, by] =
    message.match(/(?<!\S)(\S{1,500}): version [`'"](\w+_[\d.]+)['"] not found \(required by ([^)\n]{1,500})\)/) ?? [];
  if (library && version && by) {
    const needed = version.replace(/^GLIBC_/, 'glibc ');
    return `this machine has ${newest(library, version)}, and ${basename(by)} needs ${needed}: ${INSTEAD}`;
  }
  const missing =
    message.match(
      /^(?:Error loading shared library )?((?:ld-linux|lib(?:c|m|dl|rt|pthread|stdc\+\+|gcc_s)\.so)[^\s/]*): .*No such file/,
    ) ?? message.match(/^Error relocating .+?: (\S+): symbol not found/);
  // As buildNative.mjs has it, where the addon is held to it.
  const needed = 'glibc 2.28 and libstdc++ of GCC 8, or newer';
  return missing ? `this machine has no ${missing[1]}, and TensorFlow needs ${needed}: ${INSTEAD}` : undefined;
}

/** The newest version in the library of what is asked for. A library names in itself every version that it has. */
function newest(library: string, version: string): string {
  const name = version.slice(0, version.lastIndexOf('_'));
  if (name === 'GLIBC') {
    const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
    if (header?.glibcVersionRuntime) return `glibc ${header.glibcVersionRuntime}`;
  }
  try {
    const has = readFileSync(library, 'latin1').match(new RegExp(`\\b${name}_\\d[\\d.]*`, 'g')) ?? [];
    const last = has.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
    return `${basename(library)} with ${last ?? `no ${name}`}`;
  } catch {
    return `another ${basename(library)}`;
  }
}
