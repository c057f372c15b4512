/** Settings of a study of the trainer over 24 reviews of two kinds, with a model of a few hundred weights. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StudySettings } from '../../src/trainer/study/studySettings.ts';

export const REVIEW_SIZES = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16 };

/** Writes reviews.csv into the folder, whose labels are texts; one of its rows has none. */
export function reviewsStudy(folder: string, more: Partial<StudySettings> = {}): StudySettings {
  const rows = Array.from({ length: 24 }, (_, index) => (index % 2 === 0 ? 'positive,so good' : 'negative,too bad'));
  writeFileSync(join(folder, 'reviews.csv'), ['label,text', ...rows, 'NA,lost'].join('\n'));
  return {
    model: REVIEW_SIZES,
    dataset: join(folder, 'reviews.csv'),
    text: 'text',
    text_pair: null,
    label: 'label',
    test_size: 0.25,
    split_seed: 1,
    max_length: 12,
    objective_from: 'last',
    checkpoints: 'all',
    backend: 'cpu',
    args: { num_train_epochs: 1 },
    objectives: [{ metric: 'eval_f1', isMinimised: false }],
    output: join(folder, 'models'),
    ...more,
  };
}
