/** Scores of predictions, equal to scikit-learn's. */

export type F1Average = 'binary' | 'macro' | 'weighted';

export function accuracy(labels: ArrayLike<number>, predictions: ArrayLike<number>): number {
  let hits = 0;
  for (let index = 0; index < labels.length; index++) if (labels[index] === predictions[index]) hits++;
  return hits / labels.length;
}

/**
 * F1, 2·tp / (2·tp + fp + fn): of class 1 (`binary`), or the mean over every class that is labelled or predicted, plain
 * or by its number of labels. A class without labels and predictions scores 0.
 */
export function f1(labels: ArrayLike<number>, predictions: ArrayLike<number>, average: F1Average = 'binary'): number {
  if (average === 'binary') return f1Of(1, labels, predictions).score;
  const classes = [...new Set([...Array.from(labels), ...Array.from(predictions)])];
  let sum = 0;
  let total = 0;
  for (const one of classes) {
    const { score, support } = f1Of(one, labels, predictions);
    const weight = average === 'macro' ? 1 : support;
    sum += weight * score;
    total += weight;
  }
  return total === 0 ? 0 : sum / total;
}

function f1Of(one: number, labels: ArrayLike<number>, predictions: ArrayLike<number>) {
  let [hits, predicted, support] = [0, 0, 0];
  for (let index = 0; index < labels.length; index++) {
    if (predictions[index] === one) predicted++;
    if (labels[index] !== one) continue;
    support++;
    if (predictions[index] === one) hits++;
  }
  return { score: predicted + support === 0 ? 0 : (2 * hits) / (predicted + support), support };
}

/** What a model that always says the commonest label would score, and the standard error of an accuracy on so many rows. */
export function majorityBaseline(
  labels: readonly number[],
  evaluated: readonly number[],
): { label: number; accuracy: number; f1: number } {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [label] = [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b)[0] as [number, number];
  const predictions = evaluated.map(() => label);
  const average = new Set([...labels, ...evaluated]).size > 2 ? 'macro' : 'binary';
  return { label, accuracy: accuracy(evaluated, predictions), f1: f1(evaluated, predictions, average) };
}
