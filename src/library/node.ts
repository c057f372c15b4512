/** The library in Node: `import { createStudy } from 'tuneboard'`. */
import type { SpaceDeclaration } from '../core/space/declaredSpace.ts';
import { MemoryLog } from '../core/study/memoryLog.ts';
import type { WritableTrialLog } from '../core/study/studyStore.ts';
import { openWritableStorage, storagePlace } from '../storage/writableStorage.ts';
import type { ParamsOf } from './declare.ts';
import { LibraryStudy } from './libraryStudy.ts';
import type { CreateStudyOptions } from './studyOptions.ts';

export { TuneboardError } from '../core/errors.ts';
export { MemoryLog } from '../core/study/memoryLog.ts';
export type { Trial } from '../core/study/trial.ts';
export type { AddedTrial } from './addedTrial.ts';
export { categorical, float, int, ordinal, type ParamsOf, space } from './declare.ts';
export type { ExpectedBest, FrozenTrial } from './frozenTrial.ts';
export type { ImportanceOptions, LibraryStudy as Study } from './libraryStudy.ts';
export type { MethodSetting, PrunerSetting, SamplerSetting, SchedulerSetting } from './methodSettings.ts';
export { type Objective, type OptimizeOptions, TrialPruned } from './optimize.ts';
export type { ProcessTrial } from './processTrial.ts';
export type { CreateStudyOptions } from './studyOptions.ts';

/**
 * A study in memory, in a journal or SQLite file, or in a PostgreSQL or MySQL database, all of which Optuna reads and
 * writes too. Throws what is wrong with the options. A server that is away is waited for, and a warning of the process,
 * named `TuneboardWarning`, says so.
 */
export function createStudy<const S extends SpaceDeclaration>(
  options: CreateStudyOptions<S> = {},
): LibraryStudy<ParamsOf<S>> {
  return new LibraryStudy(options, openStorage);
}

async function openStorage(storage: string): Promise<WritableTrialLog> {
  if (storage === 'memory') return new MemoryLog();
  return openWritableStorage(storagePlace(storage, process.cwd()), {
    signs: true,
    onWaiting: (sentence) => process.emitWarning(sentence.text, 'TuneboardWarning'),
  });
}
