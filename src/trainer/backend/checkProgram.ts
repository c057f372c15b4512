import * as tf from '@tensorflow/tfjs-core';
import { operationTest } from './operationTest.ts';
import { smokeTest } from './smokeTest.ts';
import { registerTensorflow, type TensorflowCheck } from './tensorflow.ts';
import { readFolder } from './tensorflowFolder.ts';

/** `trainer --check-tensorflow FOLDER`: loads libtensorflow from it and tries it out. */
export async function checkFolder(folder: string): Promise<TensorflowCheck> {
  try {
    const found = readFolder(folder);
    if (!found) return { ok: false, why: `${folder} is not whole` };
    tf.enableProdMode();
    const version = registerTensorflow(tf, found);
    if (!(await tf.setBackend('tensorflow'))) return { ok: false, why: 'it does not start' };
    const why = operationTest(tf) ?? smokeTest(tf);
    return why === undefined ? { ok: true, version } : { ok: false, why };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}
