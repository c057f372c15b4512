import { assessImportance } from '../../core/importance/assess.ts';
import { measureEffects } from '../../core/importance/effects.ts';
import type { History } from '../../core/study/history.ts';
import type { ImportanceQuestion, PanelImportance } from '../../protocol/panel.ts';
import { historyOf, type ImportanceColumns } from './importanceColumns.ts';

export interface ImportanceJob {
  readonly question: ImportanceQuestion;
  readonly columns: ImportanceColumns;
}

/** Fewer trials tell nothing: every parameter would explain the same. */
const FEWEST_TRIALS = 3;

/** Runs in a thread of its own. `onProgress` gets the share that is done. */
export function measureImportance(
  { question, columns }: ImportanceJob,
  onProgress?: (done: number) => void,
): PanelImportance {
  const history = historyOf(columns);
  const outside = [...columns.outside.keys()].filter((row) => columns.outside[row]);
  const nothing = { complete: 0, pruned: 0, sample: null, leftOut: { pruned: 0, failed: 0, notFinite: 0 } };
  try {
    const report = assessImportance(history, { ...question, outside, onProgress });
    const { pruned, failed } = columns.leftOut;
    const leftOut = { ...report.leftOut, pruned: report.leftOut.pruned + pruned, failed };
    const parameters = report.complete < FEWEST_TRIALS ? [] : report.parameters;
    const expected = expectedOf(history, question, outside, columns.hasFirst);
    return { ...question, ...report, leftOut, parameters, problem: null, expected };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    return { ...question, ...nothing, parameters: [], problem, expected: null };
  }
}

/** A model that can't be made leaves importance as it is. */
function expectedOf(history: History, { objective }: ImportanceQuestion, outside: number[], hasFirst: boolean) {
  try {
    return measureEffects(history, { objective, outside, first: hasFirst ? 0 : null });
  } catch {
    return null;
  }
}
