/** The library without Node: `import { createStudy } from 'tuneboard'` in a bundle for the browser. */
import { TuneboardError } from '../core/errors.ts';
import type { SpaceDeclaration } from '../core/space/declaredSpace.ts';
import { MemoryLog } from '../core/study/memoryLog.ts';
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
export type { CreateStudyOptions } from './studyOptions.ts';

/** A study in memory, or in a trial log of your own. Throws what is wrong with the options. */
export function createStudy<const S extends SpaceDeclaration>(
  options: CreateStudyOptions<S> = {},
): LibraryStudy<ParamsOf<S>> {
  return new LibraryStudy(options, async (storage) => {
    if (storage === 'memory') return new MemoryLog();
    throw new TuneboardError(
      'unsupported-storage',
      'A browser has no files: leave out storage, or give it a trial log.',
    );
  });
}
