import type { Distribution } from '../../src/core/space/distributions.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';

/**
 * A process that writes trials to a journal or database: `node trialWriter.ts PATH TRIALS NAME`. Claims waiting trials first. Prints
 * the number of each trial once the storage has acknowledged its end.
 */
const [path = '', trials = '0', name = ''] = process.argv.slice(2);
const distribution: Distribution = { type: 'float', low: 0, high: 1, log: false, step: null };
const log = await openWritableStorage(storagePlace(path, '.'));
const study = log.studies()[0];
if (!study) throw new Error('no study');
for (let left = Number(trials); left > 0; left--) {
  let number = await log.claimWaiting(study);
  while (number === undefined) {
    const params = [{ name: 'x', internal: Math.random(), distribution }];
    number = await log.createTrial(study, { state: TrialState.running, params }, { ifNumber: study.history.length });
  }
  await Promise.all([
    log.commit(study, [{ type: 'userAttr', number, key: 'writer', value: name }]),
    log.commit(study, [{ type: 'intermediate', number, step: 0, value: left }]),
  ]);
  await log.commit(study, [{ type: 'state', number, state: TrialState.complete, values: [number] }]);
  process.stdout.write(`${number}\n`);
}
await log.close();
