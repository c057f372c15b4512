/** Entry of the thread that measures importance, so that neither the window nor its panels wait for it. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ImportanceJob, measureImportance } from './model/measureImportance.ts';

parentPort?.postMessage(measureImportance(workerData as ImportanceJob));
