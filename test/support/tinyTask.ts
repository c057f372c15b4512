/** The task of fixtures/trainer/tinytask.py, in which nothing is drawn: rows in their order, models/tiny without dropout. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Dataset } from '../../src/trainer/datasets/dataset.ts';
import { BertForSequenceClassification } from '../../src/trainer/models/bert.ts';
import type { PretrainedOptions } from '../../src/trainer/models/pretrained.ts';
import type { EvalPrediction } from '../../src/trainer/training/trainerOptions.ts';
import { tinyTf } from './tinyTrainer.ts';

export type Kind = 'classes' | 'numbers' | 'several';

const TINY = fileURLToPath(new URL('../fixtures/trainer/models/tiny', import.meta.url));
const MORE: Readonly<Record<Kind, PretrainedOptions>> = {
  classes: {},
  numbers: { num_labels: 1, problem_type: 'regression', ignoreMismatchedSizes: true, seed: 1 },
  several: { problem_type: 'multi_label_classification' },
};

/** Texts of 3 to 6 tokens: classes, or with `kind` numbers or several labels a text. */
export function taskRows(count: number, start = 0, kind: Kind = 'classes'): Dataset {
  const rows = Array.from({ length: count }, (_, at) => {
    const index = start + at;
    const middle = Array.from({ length: 1 + (index % 4) }, (_one, place) => 5 + ((index * (3 + place) + place) % 14));
    const label = (index * index + Math.floor(index / 3)) % 3;
    const labels = {
      classes: label,
      numbers: label + 0.25 * (index % 3),
      several: [Number(label > 0), Number(label > 1), index % 2],
    }[kind];
    const ids = [2, ...middle, 3];
    return { input_ids: ids, attention_mask: ids.map(() => 1), labels };
  });
  return new Dataset(['input_ids', 'attention_mask', 'labels'], rows);
}

export function taskMetrics({ predictions, labelIds }: EvalPrediction) {
  const best = predictions.map((row) => row.indexOf(Math.max(...row)));
  const share = (are: readonly boolean[]) => are.filter(Boolean).length / are.length;
  return {
    accuracy: share(best.map((one, row) => one === labelIds[row])),
    zeros: share(best.map((one) => one === 0)),
  };
}

export async function taskModel(kind: Kind = 'classes'): Promise<BertForSequenceClassification> {
  const tf = await tinyTf();
  const model = await BertForSequenceClassification.fromPretrained(TINY, {
    tf,
    warn: () => undefined,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    ...MORE[kind],
  });
  if (kind === 'numbers') {
    const weight = model.parameters.get('classifier.weight');
    weight?.assign(tf.reshape(tf.linspace(-0.4, 0.3, 8), weight.shape));
    const bias = model.parameters.get('classifier.bias');
    bias?.assign(tf.zerosLike(bias));
  }
  return model;
}

/** Without what depends on the time. */
export function timeless<T extends object>(log: T): Partial<T> {
  const isTimed = (key: string) => /_(runtime|per_second)$/.test(key);
  return Object.fromEntries(Object.entries(log).filter(([key]) => !isTimed(key))) as Partial<T>;
}

/** Asserts that all is equal, in order, and numbers to 1e-4: of themselves where they are above 1. */
export function assertClose(actual: unknown, wanted: unknown, where: string): void {
  if (typeof wanted === 'number' && typeof actual === 'number') {
    const isClose = Math.abs(actual - wanted) <= 1e-4 * Math.max(1, Math.abs(wanted));
    assert.ok(isClose || Object.is(actual, wanted), `${where} is ${actual} instead of ${wanted}`);
    return;
  }
  if (typeof wanted !== 'object' || wanted === null || typeof actual !== 'object' || actual === null) {
    assert.deepEqual(actual, wanted, where);
    return;
  }
  const [own, theirs] = [timeless(actual), timeless(wanted)] as Record<string, unknown>[];
  assert.deepEqual(Object.keys(own ?? {}), Object.keys(theirs ?? {}), where);
  for (const [key, value] of Object.entries(theirs ?? {})) assertClose(own?.[key], value, `${where}.${key}`);
}
