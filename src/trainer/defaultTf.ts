import { TuneboardError } from '../core/errors.ts';
import type { Tf } from './tf.ts';

let provider: (() => Promise<Tf>) | undefined;
let chosen: Promise<Tf> | undefined;

/** Says where TensorFlow.js comes from for what was handed none: asked at most once, when it is first needed. */
export function provideTf(next: () => Promise<Tf>): void {
  provider = next;
  chosen = undefined;
}

/** TensorFlow.js for a model or Trainer that was handed none: one for the whole process. Throws `no-backend`. */
export async function defaultTf(): Promise<Tf> {
  if (!provider) throw new TuneboardError('no-backend', 'No TensorFlow.js was handed in: give tf.');
  chosen ??= provider();
  return chosen;
}
