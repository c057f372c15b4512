import type * as tfjs from '@tensorflow/tfjs-core';

/** TensorFlow.js as it is handed in: two copies in one process do not know each other's tensors. */
export type Tf = typeof tfjs;
