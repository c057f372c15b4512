import { Dataset } from '../datasets/dataset.ts';
import { baselineSentence } from '../study/studyMetrics.ts';
import type { Trainer } from '../training/trainer.ts';

/** What a person should know before a search chooses among scores: one sentence each. */
export function notesBefore(trainer: Trainer): string[] {
  const notes: string[] = [];
  const { trainDataset, evalDataset } = trainer.options;
  if (trainDataset && evalDataset instanceof Dataset) {
    const [train, test] = [trainDataset, evalDataset].map(withClasses);
    if (train && test) notes.push(baselineSentence(train, test));
  }
  if (trainer.state.globalStep > 0) {
    notes.push(
      'Note: the training before has no part in the search, since every trial begins with a new model of modelInit: to go on from its weights, let modelInit load its checkpoint.',
    );
  }
  return notes;
}

/** The data set with its classes in a column `labels`; undefined where they are no classes. */
function withClasses(dataset: Dataset): Dataset | undefined {
  const name = ['labels', 'label'].find((one) => dataset.columnNames.includes(one));
  if (name === undefined || dataset.rows.length === 0) return undefined;
  if (!dataset.column(name).every((label) => Number.isInteger(label) || typeof label === 'boolean')) return undefined;
  return name === 'labels' ? dataset : dataset.renameColumn(name, 'labels');
}
