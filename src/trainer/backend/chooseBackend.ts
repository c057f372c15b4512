import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { TuneboardError } from '../../core/errors.ts';
import { forgetNativeOperations, useNativeOperations } from '../kernels/nativeOperations.ts';
import { forgetWasmKernels, registerWasmKernels } from '../kernels/registerWasmKernels.ts';
import type { Tf } from '../tf.ts';
import { smokeTest } from './smokeTest.ts';
import { checkTensorflow, registerTensorflow } from './tensorflow.ts';
import { findTensorflow, nativeFiles, noAddon, processor } from './tensorflowFolder.ts';

/** Fastest first. */
export const BACKENDS = ['tensorflow', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKENDS)[number];

export interface Backend {
  readonly tf: Tf;
  readonly name: BackendName;
  /** Of TensorFlow.js. */
  readonly version: string;
  /** Why it and no faster one: for people. */
  readonly why: string;
}

/** One thread: the threaded build needs workers that a bundle cannot load. Every Node that runs this has SIMD. */
const FILE = 'tfjs-backend-wasm-simd.wasm';

/**
 * The first backend that passes the smoke test. `only`: try no other; TUNEBOARD_BACKEND by default.
 * Throws `no-backend` when none works, and when the only one does not.
 */
export async function chooseBackend(only: string | null = process.env['TUNEBOARD_BACKEND'] ?? null): Promise<Backend> {
  const wanted = BACKENDS.filter((name) => !only || name === only);
  if (wanted.length === 0) {
    throw new TuneboardError('no-backend', `There is no backend ${only}: use ${BACKENDS.join(', ')}, or leave it out.`);
  }
  // Silences the advice to install tfjs-node.
  tf.enableProdMode();
  const failures: string[] = [];
  for (const name of wanted) {
    try {
      const notes = await start(name);
      const problem = smokeTest(tf);
      if (problem !== undefined) throw new Error(problem);
      const why = ['the smoke test passed', ...notes, ...failures].join('; ');
      return { tf, name, version: tf.version_core, why };
    } catch (error) {
      failures.push(`no ${name}: ${sentencePart(error)}`);
    }
  }
  throw new TuneboardError('no-backend', `TensorFlow.js does not run here, ${failures.join('; ')}.`);
}

/** What is worth saying beside the smoke test. Throws why it cannot be used. */
async function start(name: BackendName): Promise<string[]> {
  if (name === 'tensorflow') return startTensorflow();
  if (name === 'wasm') prepareWasm();
  if (!(await tf.setBackend(name))) throw new Error('it does not start');
  return name === 'wasm' ? [startKernels()] : [];
}

/** Our kernels where they are whole and right, else TensorFlow.js's own. Returns which, and why. */
function startKernels(): string {
  try {
    const file = registerWasmKernels(tf);
    if (!file) return "with TensorFlow.js's own kernels, since this build has none of ours";
    const problem = smokeTest(tf);
    if (problem === undefined) return `with our kernels (${file})`;
    throw new Error(problem);
  } catch (error) {
    forgetWasmKernels(tf);
    return `with TensorFlow.js's own kernels, since ours do not work: ${sentencePart(error)}`;
  }
}

async function startTensorflow(): Promise<string[]> {
  if (!nativeFiles()) throw new Error(noAddon());
  const found = findTensorflow();
  if (!found) throw new Error('it is not installed ("tuneboard backend install" brings it)');
  // In a process of its own first: on a wrong processor it would end this one, and no other backend could be tried.
  const problem = found.record.checkedOn === processor() ? undefined : await checkTensorflow(found);
  if (problem !== undefined) throw new Error(problem);
  const version = registerTensorflow(tf, found);
  if (!(await tf.setBackend('tensorflow'))) throw new Error('it does not start');
  return [`libtensorflow ${version} from ${found.record.from}`, startOperations()];
}

/** Our operations where they are whole and right, else TensorFlow's own. Returns which, and why. */
function startOperations(): string {
  try {
    useNativeOperations(tf);
    const problem = smokeTest(tf);
    if (problem === undefined) return 'with our operations';
    throw new Error(problem);
  } catch (error) {
    forgetNativeOperations(tf);
    return `with TensorFlow's own operations, since ours do not work: ${sentencePart(error)}`;
  }
}

function sentencePart(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}

function prepareWasm(): void {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const path = wasmPath();
  setWasmPaths({
    'tfjs-backend-wasm.wasm': path,
    'tfjs-backend-wasm-simd.wasm': path,
    'tfjs-backend-wasm-threaded-simd.wasm': path,
  });
}

/** Beside the bundle, or in the npm package when run from source. */
function wasmPath(): string {
  const beside = fileURLToPath(new URL(`./${FILE}`, import.meta.url));
  if (existsSync(beside)) return beside;
  return fileURLToPath(new URL(`./${FILE}`, import.meta.resolve('@tensorflow/tfjs-backend-wasm/dist/index.js')));
}
