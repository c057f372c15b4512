import { TuneboardError } from '../../core/errors.ts';
import { type Confusion, confusionOf, marginsOf } from './confusion.ts';

/** Scores of predictions, equal to scikit-learn's of the same names; what is 0/0 is 0, as there. */

/**
 * `binary`: of class 1. `micro`: over all rows, which is the accuracy. `macro` and `weighted`: the mean over every class that
 * is labelled or predicted, plain or by its number of labels.
 */
export type Average = 'binary' | 'micro' | 'macro' | 'weighted';

type Numbers = ArrayLike<number>;
/** A score as a function of how often what was taken for what. */
export type ConfusionScore = (confusion: Confusion) => number;

export function accuracy(labels: Numbers, predictions: Numbers): number {
  return accuracyOf(confusionOf(labels, predictions));
}

/** Share of those predicted as a class that are of it. Throws `metrics` for `binary` with other classes than 0 and 1. */
export function precision(labels: Numbers, predictions: Numbers, average: Average = 'binary'): number {
  return precisionOf(average)(confusionOf(labels, predictions));
}

/** Share of those of a class that are predicted as it. Throws as `precision`. */
export function recall(labels: Numbers, predictions: Numbers, average: Average = 'binary'): number {
  return recallOf(average)(confusionOf(labels, predictions));
}

/** Harmonic mean of precision and recall, 2·tp / (2·tp + fp + fn). Throws as `precision`. */
export function f1(labels: Numbers, predictions: Numbers, average: Average = 'binary'): number {
  return f1Of(average)(confusionOf(labels, predictions));
}

/** Matthews' correlation coefficient for any number of classes (Gorodkin 2004). */
export function matthews(labels: Numbers, predictions: Numbers): number {
  return matthewsOf(confusionOf(labels, predictions));
}

/** Mean of (label − prediction)². Throws `metrics` where there are not as many of each, or none. */
export function meanSquaredError(labels: Numbers, predictions: Numbers): number {
  if (labels.length === 0 || labels.length !== predictions.length) {
    throw new TuneboardError(
      'metrics',
      `There are ${labels.length} labels and ${predictions.length} predictions: give one of each for every row.`,
    );
  }
  let total = 0;
  for (let row = 0; row < labels.length; row++) total += ((labels[row] as number) - (predictions[row] as number)) ** 2;
  return total / labels.length;
}

export const accuracyOf: ConfusionScore = ({ counts, total }) => {
  let hits = 0;
  for (const [place, row] of counts.entries()) hits += row[place] as number;
  return hits / total;
};

export function precisionOf(average: Average): ConfusionScore {
  return averaged(average, ({ hits, predicted }) => ratio(hits, predicted));
}

export function recallOf(average: Average): ConfusionScore {
  return averaged(average, ({ hits, support }) => ratio(hits, support));
}

export function f1Of(average: Average): ConfusionScore {
  return averaged(average, ({ hits, predicted, support }) => ratio(2 * hits, predicted + support));
}

export const matthewsOf: ConfusionScore = (confusion) => {
  const { total } = confusion;
  let [both, predictedSquares, supportSquares] = [0, 0, 0];
  for (const { support, predicted } of marginsOf(confusion)) {
    both += support * predicted;
    predictedSquares += predicted ** 2;
    supportSquares += support ** 2;
  }
  const agreement = accuracyOf(confusion) * total * total - both;
  const spread = (total ** 2 - predictedSquares) * (total ** 2 - supportSquares);
  return spread === 0 ? 0 : agreement / Math.sqrt(spread);
};

type Margins = ReturnType<typeof marginsOf>[number];

function averaged(average: Average, score: (margins: Margins) => number): ConfusionScore {
  return (confusion) => {
    if (average === 'micro') return accuracyOf(confusion);
    const margins = marginsOf(confusion);
    if (average === 'binary') {
      const other = confusion.classes.find((one) => one !== 0 && one !== 1);
      if (other !== undefined) {
        throw new TuneboardError(
          'metrics',
          `There is a class ${other}, and average "binary" is for 0 and 1: use macro, micro or weighted.`,
        );
      }
      const one = margins[confusion.classes.indexOf(1)];
      return one ? score(one) : 0;
    }
    let [sum, weights] = [0, 0];
    for (const one of margins) {
      const weight = average === 'macro' ? 1 : one.support;
      sum += weight * score(one);
      weights += weight;
    }
    return ratio(sum, weights);
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
