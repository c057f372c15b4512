import { TuneboardError } from '../../core/errors.ts';
import type { Dataset } from '../datasets/dataset.ts';
import { confusionOf } from '../metrics/confusion.ts';
import { accuracyOf, type ConfusionScore, f1Of, matthewsOf, precisionOf, recallOf } from '../metrics/scores.ts';
import { majorityBaseline, standardError } from '../metrics/uncertainty.ts';
import type { EvalPrediction, Metrics } from '../training/trainerOptions.ts';

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
      return score !== undefined && last ? standardError(score, last.labels, last.chosen) : undefined;
    },
  };
}

/**
 * Nobody should choose by noise: what always saying one label scores, and how far chance moves an accuracy. Where class 0 is
 * the commonest of two, saying it has an F1 of 0, and always saying 1 is what an F1 has to beat.
 */
export function baselineSentence(train: Dataset, test: Dataset): string {
  const learnt = train.column('labels').map(Number);
  const evaluated = test.column('labels').map(Number);
  const baseline = majorityBaseline(learnt, evaluated);
  const error = Math.sqrt((baseline.accuracy * (1 - baseline.accuracy)) / evaluated.length);
  const isByOnes = [...learnt, ...evaluated].every((label) => label <= 1) && baseline.label === 0;
  const f1Score = (isByOnes ? majorityBaseline([1], evaluated) : baseline).f1;
  const [score, f1Shown, spread] = [baseline.accuracy, f1Score, error].map((value) => value.toFixed(3));
  return (
    `${train.rows.length} ${train.rows.length === 1 ? 'row' : 'rows'} to train, ${evaluated.length} to evaluate. Always saying ${baseline.label} gives accuracy ` +
    `${score}${isByOnes ? ', always saying 1' : ' and'} F1 ${f1Shown}; the standard error of an accuracy on so few rows is ` +
    `about ${spread}.`
  );
}
