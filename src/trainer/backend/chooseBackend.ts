import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import '@tensorflow/tfjs-backend-cpu';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { TuneboardError } from '../../core/errors.ts';
import type { Tf } from '../tf.ts';
import { smokeTest } from './smokeTest.ts';

export interface Backend {
  readonly tf: Tf;
  readonly name: 'wasm' | 'cpu';
  readonly version: string;
  /** Why it and no faster one: for people. */
  readonly why: string;
}

/** One thread: the threaded build needs workers that a bundle cannot load. Every Node that runs this has SIMD. */
const FILE = 'tfjs-backend-wasm-simd.wasm';

/** The first backend that passes the smoke test, WebAssembly before plain JavaScript. `only`: try no other. */
export async function chooseBackend(only?: 'wasm' | 'cpu'): Promise<Backend> {
  // Silences the advice to install tfjs-node.
  tf.enableProdMode();
  const failures: string[] = [];
  for (const name of ['wasm', 'cpu'] as const) {
    if (only !== undefined && only !== name) continue;
    const problem = await tryBackend(name);
    if (problem === undefined) {
      const why = ['the smoke test passed', ...failures].join('; ');
      return { tf, name, version: tf.version_core, why };
    }
    failures.push(`${name} failed: ${problem}`);
  }
  throw new TuneboardError('no-backend', `TensorFlow.js does not work here: ${failures.join('; ')}.`);
}

async function tryBackend(name: 'wasm' | 'cpu'): Promise<string | undefined> {
  try {
    if (name === 'wasm') prepareWasm();
    if (!(await tf.setBackend(name))) return 'it does not start';
    return smokeTest(tf);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
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
