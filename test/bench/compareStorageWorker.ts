/** One of several processes that write trials: `compareStorageWorker.ts STORAGE TRIALS MILLISECONDS`. Begins when it is told to. */
import { once } from 'node:events';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { runTrials, WARM_TRIALS } from './compareStorage.ts';

const [storage = '', trials = '0', trialMs = '0'] = process.argv.slice(2);
const log = await openWritableStorage(storagePlace(storage, '.'));
const named = (wanted: string) => log.studies().find(({ name }) => name === wanted) as StudyRecord;
// Beside the other processes, so that what reads theirs has compiled itself, too.
await runTrials(log, named('warm'), WARM_TRIALS, 1, 0);
console.log('ready');
await once(process.stdin, 'data');
console.log(JSON.stringify(await runTrials(log, named('bench'), Number(trials), 1, Number(trialMs))));
await log.close();
process.stdin.destroy();
