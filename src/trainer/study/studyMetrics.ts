import { TuneboardError } from '../../core/errors.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { confusionOf } from '../metrics/confusion.ts';
import { accuracyOf, type ConfusionScore, f1Of, matthewsOf, precisionOf, recallOf } from '../metrics/scores.ts';
import { majorityBaseline, standardError } from '../metrics/uncertainty.ts';
import type { EvalPrediction, Metrics } from '../trainerOptions.ts';

/** Scores of a study's evaluations. */
export interface StudyMetrics {
  /** `computeMetrics`. */
  readonly compute: (prediction: EvalPrediction) => Metrics;
  /** The standard error of a metric, with or without `eval_`, of the evaluation before; undefined for a loss. */
  readonly errorOf: (metric: string) => number | undefined;
}

/** Of class 1 where there are two classes, the mean over classes where there are more. */
export function studyMetrics(classes: number): StudyMetrics {
  const average = classes > 2 ? 'macro' : 'binary';
  const scores: Readonly<Record<string, ConfusionScore>> = {
    accuracy: accuracyOf,
    f1: f1Of(average),
    precision: precisionOf(average),
    recall: recallOf(average),
    matthews_correlation: matthewsOf,
  };
  let last: { readonly labels: ArrayLike<number>; readonly chosen: readonly number[] } | undefined;
  return {
    compute: ({ predictions, labelIds }) => {
      const chosen = predictions.map((logits) => logits.indexOf(Math.max(...logits)));
      if (chosen.includes(-1)) {
        throw new TuneboardError(
          'diverged',
          'The model gives no numbers any more (NaN): take a smaller learning_rate, or a longer warm-up.',
        );
      }
      last = { labels: labelIds, chosen };
      const confusion = confusionOf(labelIds, chosen);
      return Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, score(confusion)]));
    },
    errorOf: (metric) => {
      const score = scores[metric.replace(/^eval_/, '')];
      return score && last ? standardError(score, last.labels, last.chosen) : undefined;
    },
  };
}

/** Nobody should choose by noise: what always saying one label scores, and how far chance moves an accuracy. */
export function baselineSentence(train: Dataset, test: Dataset): string {
  const evaluated = test.column('labels').map(Number);
  const baseline = majorityBaseline(train.column('labels').map(Number), evaluated);
  const error = Math.sqrt((baseline.accuracy * (1 - baseline.accuracy)) / evaluated.length);
  const [score, f1Score, spread] = [baseline.accuracy, baseline.f1, error].map((value) => value.toFixed(3));
  return (
    `${train.rows.length} rows to train, ${evaluated.length} to evaluate. Always saying ${baseline.label} gives accuracy ` +
    `${score} and F1 ${f1Score}; the standard error of an accuracy on so few rows is about ${spread}.`
  );
}
