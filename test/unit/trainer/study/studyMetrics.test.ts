/** What a study says of the scores that need no model. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Dataset } from '../../../../src/trainer/datasets/dataset.ts';
import { baselineSentence } from '../../../../src/trainer/study/studyMetrics.ts';

function sentence(train: readonly number[], test: readonly number[]): string {
  const [one, other] = [train, test].map((labels) => Dataset.fromRows(labels.map((value) => ({ labels: value }))));
  return baselineSentence(one as Dataset, other as Dataset);
}

test('the commonest class is the baseline', () => {
  assert.match(
    sentence([1, 1, 0], [1, 0, 1, 1]),
    /^3 rows to train, 4 to evaluate\. Always saying 1 gives accuracy 0\.750 and F1 0\.857; .* about 0\.217\.$/,
  );
});

test('where class 0 is the commonest of two, the F1 to beat is that of always saying 1', () => {
  assert.match(sentence([0, 0, 1], [0, 0, 1, 0]), /Always saying 0 gives accuracy 0\.750, always saying 1 F1 0\.400;/);
});

test('of more classes the F1 is a mean', () => {
  assert.match(sentence([0, 0, 1, 2], [0, 1, 2, 0]), /Always saying 0 gives accuracy 0\.500 and F1 0\.222;/);
});
