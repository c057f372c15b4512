import { fanova } from '../../core/importance/fanova.ts';
import { finiteTrials } from '../../core/importance/importance.ts';
import { pedAnova } from '../../core/importance/pedAnova.ts';
import type { ImportanceQuestion, PanelImportance } from '../../protocol/panel.ts';
import { historyOf, type ImportanceColumns } from './importanceColumns.ts';

export interface ImportanceJob {
  readonly question: ImportanceQuestion;
  readonly columns: ImportanceColumns;
}

/** Fewer trials tell nothing: every parameter would explain the same. */
const FEWEST_TRIALS = 3;

/** Runs in a thread of its own. */
export function measureImportance({ question, columns }: ImportanceJob): PanelImportance {
  const { evaluator, objective } = question;
  const history = historyOf(columns);
  const trials = finiteTrials(history, objective).length;
  const answer = { ...question, trials, problem: null };
  if (trials < FEWEST_TRIALS || history.parameters.size === 0) return { ...answer, parameters: [] };
  const measure = evaluator === 'fanova' ? fanova : pedAnova;
  try {
    return { ...answer, parameters: measure(history, { objective }) };
  } catch (error) {
    return { ...answer, parameters: [], problem: error instanceof Error ? error.message : String(error) };
  }
}
