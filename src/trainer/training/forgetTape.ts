import type { Tf } from '../tf.ts';

/**
 * Frees what a gradient that was broken off by an error had kept for its way back: TensorFlow.js does it at the end of that
 * way alone, so that after each attempt for which memory did not suffice still less would be left.
 */
export function forgetTape(tf: Tf): void {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) return;
  for (const { saved } of state.activeTape ?? []) {
    for (const tensor of saved ?? []) if (!tensor.isDisposed) tensor.dispose();
  }
  state.activeTape = [];
}
