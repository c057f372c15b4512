/** One of several processes that write trials: `compareStorageWorker.ts STORAGE TRIALS`. Begins when it is told to. */
import { once } from 'node:events';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { runTrials } from './compareStorage.ts';

const [storage = '', trials = '0'] = process.argv.slice(2);
const log = await openWritableStorage(storagePlace(storage, '.'));
const [record] = log.studies();
if (!record) throw new Error('no study');
console.log('ready');
await once(process.stdin, 'data');
console.log(JSON.stringify(await runTrials(log, record, Number(trials), 1)));
await log.close();
process.stdin.destroy();
