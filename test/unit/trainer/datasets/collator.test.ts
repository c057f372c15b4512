/** Batches, and what labels of a data set are good for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataCollatorWithPadding } from '../../../../src/trainer/datasets/collator.ts';
import type { Cell, Row } from '../../../../src/trainer/datasets/columns.ts';
import { Dataset } from '../../../../src/trainer/datasets/dataset.ts';
import { classCount, labelWarnings, oneClassWarning } from '../../../../src/trainer/datasets/labels.ts';

const row = (ids: number[], labels: Cell, more: Row = {}): Row => ({
  input_ids: ids,
  attention_mask: ids.map(() => 1),
  labels,
  ...more,
});

test('pads to the longest row', () => {
  const collator = new DataCollatorWithPadding({ tokenizer: { padTokenId: 9 } });
  const batch = collator.collate([row([2, 3], 1), row([2, 5, 6, 3], 0)]);
  assert.deepEqual([...batch.inputIds], [2, 3, 9, 9, 2, 5, 6, 3]);
  assert.deepEqual([...batch.attentionMask], [1, 1, 0, 0, 1, 1, 1, 1]);
  assert.deepEqual([batch.size, batch.length, ...batch.labels], [2, 4, 1, 0]);
  assert.ok(batch.labels instanceof Int32Array);
  assert.equal(batch.tokenTypeIds, undefined);
});

test('pads token types, to multiples, and on the left', () => {
  const tokenizer = { padTokenId: 9, paddingSide: 'left' } as const;
  const collator = new DataCollatorWithPadding({ tokenizer, padToMultipleOf: 4 });
  const batch = collator.collate([
    row([2, 7, 3, 8, 3], 1, { token_type_ids: [0, 0, 0, 1, 1] }),
    row([2, 3], 0, { token_type_ids: [0, 0] }),
  ]);
  assert.equal(batch.length, 8);
  assert.deepEqual([...batch.inputIds], [9, 9, 9, 2, 7, 3, 8, 3, 9, 9, 9, 9, 9, 9, 2, 3]);
  assert.deepEqual([...(batch.tokenTypeIds ?? [])].slice(0, 8), [0, 0, 0, 0, 0, 0, 1, 1]);
  assert.deepEqual([...batch.attentionMask].slice(8), [0, 0, 0, 0, 0, 0, 1, 1]);
  assert.throws(() => new DataCollatorWithPadding({ tokenizer, padToMultipleOf: 0 }), /padToMultipleOf is 0/);
});

test('takes labels of classes, of a regression, and several a text', () => {
  const collator = new DataCollatorWithPadding({ tokenizer: { padTokenId: 0 } });
  const labels = (...cells: Cell[]) => collator.collate(cells.map((cell) => row([2, 3], cell))).labels;
  assert.deepEqual(labels(1, 0), Int32Array.of(1, 0));
  assert.deepEqual(labels(true, false), Int32Array.of(1, 0));
  assert.deepEqual(labels(1.5, -2), Float32Array.of(1.5, -2));
  assert.deepEqual(labels([1, 0, 1], [0, 0, 1]), Float32Array.of(1, 0, 1, 0, 0, 1));
  assert.throws(() => labels(1, null), /The label null is no number: .*classEncodeColumn/);
  assert.throws(() => labels('good'), /The label "good" is no number/);
  assert.throws(() => labels([1, 0], [1]), /more labels than others/);
  assert.throws(() => collator.collate([{ labels: 1 }]), /has no input_ids: tokenize the data set first/);
});

test('labels that are no classes are refused in a sentence each', () => {
  assert.equal(classCount([0, 1, 2, 1], 'label'), 3);
  assert.equal(classCount([true, false], 'label'), 2);
  assert.throws(() => classCount([0, 1.5], 'stars'), /The label 1.5 of column stars is no class: use whole numbers/);
  assert.throws(
    () => classCount(['a', 'b'], 'stars'),
    /The label "a" of column stars is no class: use whole numbers from 0 on, or names/,
  );
  assert.throws(() => classCount([-1, 1], 'stars'), /The label -1/);
  assert.throws(() => classCount([1, 1, 1], 'stars'), /Column stars has one class only, 1 in all 3 rows/);
  assert.throws(() => classCount([0, 9], 'stars'), /go up to 9 but only 2 are used/);
});

test('BigInts are refused in a sentence each, too', () => {
  const big = 1n as unknown as Cell;
  assert.throws(() => classCount([big, 0], 'stars'), /The label 1n of column stars is no class/);
  assert.match(oneClassWarning([big, big], 'stars') ?? '', /one class only, 1n in all 2 rows/);
  const collator = new DataCollatorWithPadding({ tokenizer: { padTokenId: 9 } });
  assert.throws(() => collator.collate([row([2, 3], big)]), /The label 1n is no number/);
  assert.throws(() => collator.collate([row([2, 3], [{ of: big }])]), /The label \{"of":"1n"\} is no number/);
});

test('the first rows of a sorted file are warned of', () => {
  assert.match(
    oneClassWarning([1, 1, 1], 'label') ?? '',
    /one class only, 1 in all 3 rows.*shuffle before taking a part of a sorted file/,
  );
  assert.equal(oneClassWarning([1, 0], 'label'), null);
  assert.equal(oneClassWarning([], 'label'), null);
  const labelled = (...labels: Cell[]) => Dataset.fromRows(labels.map((labels) => ({ text: 'a', labels })));
  assert.match(labelWarnings(labelled(0, 0)).join(), /Column labels has one class only, 0 in all 2 rows/);
  for (const dataset of [labelled(0, 1), labelled(0), labelled([1], [1]), Dataset.fromRows([{ a: 1 }]), undefined]) {
    assert.deepEqual(labelWarnings(dataset), []);
  }
});

test('ids that are none, and as many marks as ids', () => {
  const collator = new DataCollatorWithPadding({ tokenizer: { padTokenId: 0 } });
  const collate = (more: object) => collator.collate([{ input_ids: [2, 5, 3], labels: 1, ...more }]);
  // As Python's tokenizer.pad: every token counts where nothing else is said.
  assert.deepEqual(collate({}).attentionMask, Int32Array.of(1, 1, 1));
  assert.throws(
    () => collate({ input_ids: ['2', 5, 3] }),
    /^TuneboardError: A row's input_ids have "2": give whole numbers, as a tokenizer does\.$/,
  );
  assert.throws(() => collate({ input_ids: [2, null, 3] }), /input_ids have null/);
  assert.throws(
    () => collate({ attention_mask: [1, 1, 1, 1] }),
    /A row has 3 input_ids and 4 attention_mask: give as many of each/,
  );
  assert.throws(() => collate({ token_type_ids: [0] }), /A row has 3 input_ids and 1 token_type_ids/);
});
