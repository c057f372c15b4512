import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import util from 'node:util';
import { TuneboardError } from '../../core/errors.ts';
import { runProgram } from '../install/runProgram.ts';
import { registerTensorflowKernels } from '../kernels/registerTensorflowKernels.ts';
import type { Tf } from '../tf.ts';
import { loadProblem } from './loadProblem.ts';
import { nativeFiles, noAddon, processor, type TensorflowFolder, writeRecord } from './tensorflowFolder.ts';

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
