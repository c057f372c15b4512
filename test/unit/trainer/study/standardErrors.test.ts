import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import { runTrialOf } from '../../../../src/trainer/study/studyObjective.ts';
import { reviewsStudy } from '../../../support/reviewsStudy.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const ROWS = 12;

test('the standard error that is told is that of the evaluation whose value counts', async (t) => {
  const folder = temporaryFolder(t);
  const settings = reviewsStudy(folder, {
    objective_from: 'best',
    args: { num_train_epochs: 10, learning_rate: 0.02, seed: 1, per_device_train_batch_size: 4 },
    // Less is better here, so that the best evaluation is one before the model has learnt.
    objectives: [{ metric: 'eval_accuracy', isMinimised: true }],
    test_size: ROWS,
  });
  const lines: string[] = [];
  await runTrialOf(await chooseBackend('cpu'), settings, { number: 0, params: {} }, (line) => lines.push(line));
  const seen = lines.flatMap((line) => /'eval_accuracy': ([\d.]+)/.exec(line)?.[1] ?? []).map(Number);
  const best = Math.min(...seen);
  // Evaluations, and the best once more where it was not the last.
  assert.equal(seen.length, 11, lines.join('\n'));
  assert.notEqual(seen[9], best, 'the last evaluation is the best: the test says nothing');
  const error = Math.sqrt((best * (1 - best)) / (ROWS - 1));
  assert.ok(
    lines.includes(`eval_accuracy is ${best.toFixed(4)} with a standard error of ${error.toFixed(4)}.`),
    lines.slice(-3).join('\n'),
  );
});
