/** One of several processes that write trials: `compareStorageWorker.ts STORAGE TRIALS`. Begins when it is told to. */
import { once } from 'node:events';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { runTrials } from './compareStorage.ts';

const [storage = '', trials = '0'] = process.argv.slice(2);
const log = await openWritableStorage(storagePlace(storage, '.'));
const record = log.studies().find(({ name }) => name === 'bench');
if (!record) throw new Error('no study');
// As in a session that has run for a while: what compiles itself has done so.
const warm = await log.createStudy({ name: `warm ${process.pid}`, directions: record.directions });
await runTrials(log, warm, 10, 1);
console.log('ready');
await once(process.stdin, 'data');
console.log(JSON.stringify(await runTrials(log, record, Number(trials), 1)));
await log.close();
process.stdin.destroy();
