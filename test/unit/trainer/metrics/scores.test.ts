/** Scores against scikit-learn's: fixtures/trainer/metrics/record.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Random } from '../../../../src/core/random.ts';
import { argmax } from '../../../../src/trainer/metrics/argmax.ts';
import {
  type Average,
  accuracy,
  accuracyOf,
  f1,
  f1Of,
  matthews,
  matthewsOf,
  meanSquaredError,
  precision,
  recall,
} from '../../../../src/trainer/metrics/scores.ts';
import { majorityBaseline, standardError } from '../../../../src/trainer/metrics/uncertainty.ts';

interface Scores {
  readonly accuracy: number;
  readonly matthews: number;
  readonly precision: Partial<Record<Average, number>>;
  readonly recall: Partial<Record<Average, number>>;
  readonly f1: Partial<Record<Average, number>>;
}
type Case =
  | { readonly labels: number[]; readonly guesses: number[]; readonly scores: Scores }
  | { readonly truth: number[]; readonly said: number[]; readonly mse: number };
const cases = JSON.parse(
  readFileSync(new URL('../../../fixtures/trainer/metrics/scores.json', import.meta.url), 'utf8'),
) as Case[];

function close(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${what}: ${actual} instead of ${expected}`);
}

test('scores are those of scikit-learn', () => {
  for (const one of cases) {
    if ('mse' in one) {
      close(meanSquaredError(one.truth, one.said), one.mse, 'mse');
      continue;
    }
    const { labels, guesses, scores } = one;
    const where = JSON.stringify({ labels, guesses });
    close(accuracy(labels, guesses), scores.accuracy, `accuracy ${where}`);
    close(matthews(labels, guesses), scores.matthews, `matthews ${where}`);
    for (const average of ['binary', 'micro', 'macro', 'weighted'] as const) {
      for (const [name, score] of Object.entries({ precision, recall, f1 })) {
        const expected = scores[name as 'f1'][average];
        if (expected === undefined)
          assert.throws(() => score(labels, guesses, average), /use macro, micro or weighted/);
        else close(score(labels, guesses, average), expected, `${name} ${average} ${where}`);
      }
    }
  }
});

test('as many predictions as labels are wanted', () => {
  for (const score of [accuracy, f1, matthews, meanSquaredError]) {
    assert.throws(() => score([], []), /There are 0 labels and 0 predictions/);
    assert.throws(() => score([1], [1, 0]), /There are 1 labels and 2 predictions/);
  }
});

test('the standard error is how far a score scatters from sample to sample', () => {
  const random = new Random(3, 0, 'samples');
  /** Rows of which 70 % are of class 1, and 80 % are predicted rightly. */
  const sample = (size: number) => {
    const labels = Array.from({ length: size }, () => (random.uniform() < 0.7 ? 1 : 0));
    return { labels, guesses: labels.map((label) => (random.uniform() < 0.8 ? label : 1 - label)) };
  };
  const scores = {
    accuracy: [accuracyOf, accuracy],
    f1: [f1Of('binary'), f1],
    matthews: [matthewsOf, matthews],
  } as const;
  for (const [name, [ofConfusion, score]] of Object.entries(scores)) {
    const samples = Array.from({ length: 400 }, () => sample(150));
    const values = samples.map(({ labels, guesses }) => score(labels, guesses));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const scatter = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
    const errors = samples.map(({ labels, guesses }) => standardError(ofConfusion, labels, guesses));
    const error = errors.reduce((sum, value) => sum + value, 0) / errors.length;
    assert.ok(Math.abs(error / scatter - 1) < 0.15, `${name}: ${error} against ${scatter}`);
  }
  const { labels, guesses } = sample(50);
  const a = accuracy(labels, guesses);
  close(standardError(accuracyOf, labels, guesses), Math.sqrt((a * (1 - a)) / 49), 'accuracy');
  assert.ok(Number.isNaN(standardError(accuracyOf, [1], [1])));
});

test('the baseline always says the commonest class of the training part', () => {
  assert.deepEqual(majorityBaseline([1, 1, 0], [1, 0, 1, 1]), { label: 1, accuracy: 0.75, f1: 6 / 7 });
  assert.deepEqual(majorityBaseline([0, 1], [1, 0]), { label: 0, accuracy: 0.5, f1: 0 });
  assert.deepEqual(majorityBaseline([2, 2, 0, 1], [2, 1, 0, 2]), { label: 2, accuracy: 0.5, f1: 2 / 9 });
});

test('the predicted class is the one with the largest logit', () => {
  assert.deepEqual(argmax([Float32Array.of(0, 2, 1), [3, 3], Float32Array.of(-1, -0.5)]), Int32Array.of(1, 0, 1));
  assert.deepEqual(argmax([]), Int32Array.of());
});
