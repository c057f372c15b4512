import { fanova } from '../../core/importance/fanova.ts';
import { pedAnova } from '../../core/importance/pedAnova.ts';
import { print, printJson } from '../render/print.ts';
import { table } from '../render/text.ts';
import { type ExitCode, UsageError } from './exitCodes.ts';
import { chooseStudy, withLog } from './storages.ts';
import type { StudyPlace } from './studyPlace.ts';

export interface ImportanceCommandOptions {
  readonly evaluator: 'ped-anova' | 'fanova';
  /** From 0. */
  readonly objective?: number;
  readonly json?: boolean;
}

/** `tuneboard importance STORAGE`. */
export async function importanceCommand(place: StudyPlace, options: ImportanceCommandOptions): Promise<ExitCode> {
  const { evaluator, objective, json = false } = options;
  return withLog(place, (log) => {
    const study = chooseStudy(log, place.study);
    const count = study.directions.length;
    if (objective !== undefined && objective >= count) {
      throw new UsageError(`Study "${study.name}" has no objective ${objective}: they count from 0 to ${count - 1}.`);
    }
    if (evaluator === 'fanova' && count > 1 && objective === undefined) {
      throw new UsageError(`Study "${study.name}" has ${count} objectives: choose one with --objective.`);
    }
    const query = objective === undefined ? {} : { objective };
    const importances = evaluator === 'fanova' ? fanova(study.history, query) : pedAnova(study.history, query);
    if (json) {
      printJson(
        JSON.stringify(Object.fromEntries(importances.map(({ name, importance }) => [name, importance])), null, 2),
      );
      return;
    }
    const rows = importances.map(({ name, importance }) => [
      name,
      importance.toFixed(3),
      '█'.repeat(Math.round(40 * importance)),
    ]);
    print(table([['parameter', 'importance', ''], ...rows], [1]));
  });
}
