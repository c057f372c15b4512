/** Entry of the thread that measures importance, so that neither the window nor its panels wait for it. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ImportanceJob, measureImportance } from './measureImportance.ts';

/** A shorter measurement shows nothing but its answer. */
const SHORT_MS = 1000;
const BETWEEN_MS = 200;

const began = performance.now();
let shownAt = began + SHORT_MS - BETWEEN_MS;
const answer = measureImportance(workerData as ImportanceJob, (done) => {
  const now = performance.now();
  if (now - shownAt < BETWEEN_MS) return;
  shownAt = now;
  parentPort?.postMessage(done);
});
parentPort?.postMessage(answer);
