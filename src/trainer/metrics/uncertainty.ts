import type { Confusion } from './confusion.ts';
import { confusionOf } from './confusion.ts';
import { accuracy, type ConfusionScore, f1 } from './scores.ts';

/**
 * The standard error of a score by the jackknife (Tukey 1958): how far it moves when one row is left out. Rows with the same
 * label and prediction move it alike, so it costs one score a cell of the confusion. NaN for fewer than two rows. Of an
 * accuracy it is √(a(1 − a)/(n − 1)).
 */
export function standardError(
  score: ConfusionScore,
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
): number {
  const confusion = confusionOf(labels, predictions);
  const { counts, total } = confusion;
  if (total < 2) return Number.NaN;
  const without: { readonly value: number; readonly count: number }[] = [];
  for (const [label, row] of counts.entries()) {
    for (const [prediction, count] of row.entries()) {
      if (count > 0) without.push({ value: score(leavingOut(confusion, label, prediction)), count });
    }
  }
  const mean = without.reduce((sum, { value, count }) => sum + value * count, 0) / total;
  const spread = without.reduce((sum, { value, count }) => sum + count * (value - mean) ** 2, 0);
  return Math.sqrt(((total - 1) / total) * spread);
}

function leavingOut(confusion: Confusion, label: number, prediction: number): Confusion {
  const counts = confusion.counts.map((row, place) =>
    place === label ? row.with(prediction, (row[prediction] as number) - 1) : row,
  );
  return { ...confusion, counts, total: confusion.total - 1 };
}

/** What always saying one class scores. */
export interface Baseline {
  /** The commonest class of the training rows; of two as common ones the smaller. */
  readonly label: number;
  readonly accuracy: number;
  /** Of class 1, or the macro mean where there are more than two classes. */
  readonly f1: number;
}

/** What a model that always says the commonest label of `labels` would score on `evaluated`. */
export function majorityBaseline(labels: readonly number[], evaluated: readonly number[]): Baseline {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [label] = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b)[0] as [number, number];
  const predictions = evaluated.map(() => label);
  const all = new Set([...labels, ...evaluated]);
  const average = [...all].every((one) => one === 0 || one === 1) ? 'binary' : 'macro';
  return { label, accuracy: accuracy(evaluated, predictions), f1: f1(evaluated, predictions, average) };
}
