/** A process that runs trials of a study in a storage with our own optimiser: `studyWorker.ts STORAGE STUDY TRIALS SEED`. */
import { createPruner } from '../../src/core/pruners/createPruner.ts';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';

const [path = '', name = '', trials = '0', seed = '0'] = process.argv.slice(2);
const log = await openWritableStorage(storagePlace(path, '.'));
const record = log.studies().find((study) => study.name === name);
if (!record) throw new Error(`no study ${name} in ${path}`);
const study = new Study(log, record, {
  sampler: createSampler({ type: 'tpe', seed: Number(seed), options: {} }),
  pruner: createPruner({ type: 'median', options: {} }),
});
for (let count = 0; count < Number(trials); count++) {
  await log.refresh();
  const trial = await study.ask();
  const x = trial.suggestFloat('x', -5, 5);
  const n = trial.suggestInt('n', 1, 64, { log: true });
  const kind = trial.suggestCategorical('kind', ['a', 'é"', null, true, 3, 2.5]);
  await trial.setUserAttr('writer', `node-${process.pid}`);
  let value = Number.NaN;
  for (let step = 0; step < 3; step++) {
    value = x * x + Math.abs(n - 8) + (kind === 'a' ? 0 : 1) + 1 / (step + 1);
    await trial.report(value, step);
  }
  if (trial.shouldPrune()) await study.tell(trial, { state: TrialState.pruned });
  else await study.tell(trial, { values: [value] });
  console.log(trial.number);
}
await log.close();
