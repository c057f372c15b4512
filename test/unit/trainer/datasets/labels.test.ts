/** Labels that are texts: the names of classes, numbered as Hugging Face's class_encode_column does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Cell } from '../../../../src/trainer/datasets/columns.ts';
import { Dataset } from '../../../../src/trainer/datasets/dataset.ts';
import { labelNames } from '../../../../src/trainer/datasets/labels.ts';

const many = (...cells: Cell[]) => [...cells, ...cells, ...cells];

describe('labels that are texts', () => {
  test('are numbered in sorted order, which is said', () => {
    const { names, sentence } = labelNames(many('positive', 'negative'), 'label', null) ?? assert.fail();
    assert.deepEqual(names, ['negative', 'positive']);
    assert.equal(
      sentence,
      'Labels: 0 = negative, 1 = positive, in sorted order. F1, precision and recall are of positive.',
    );
    assert.match(
      labelNames(many('c', 'b', 'a'), 'label', null)?.sentence ?? '',
      /^Labels: 0 = a, 1 = b, 2 = c, in sorted order\.$/,
    );
  });

  test("are in the model's order where it has the same names", () => {
    const labels = many('negative', 'positive');
    const named = labelNames(labels, 'label', ['POSITIVE', 'NEGATIVE']);
    assert.deepEqual(named?.names, ['positive', 'negative']);
    assert.match(named?.sentence ?? '', /in the model's order\. F1, precision and recall are of negative\.$/);
    for (const other of [
      ['positive', 'neutral'],
      ['positive'],
      ['positive', 'positive'],
      ['positive', 'negative', 'x'],
    ]) {
      assert.deepEqual(labelNames(labels, 'label', other)?.names, ['negative', 'positive']);
    }
  });

  test('are sorted by code point, as in Python', () => {
    const data = Dataset.fromRows(['Ａ', '😀', 'é', 'Z', 'a', ''].map((label) => ({ label })));
    assert.deepEqual(data.classEncodeColumn('label').classNames.get('label'), ['', 'Z', 'a', 'é', 'Ａ', '😀']);
    const flags = Dataset.fromRows([true, false].map((label) => ({ label }))).classEncodeColumn('label');
    assert.deepEqual(flags.classNames.get('label'), ['False', 'True']);
    assert.deepEqual(flags.column('label'), [1, 0]);
  });

  test('that are numbers stay what they are', () => {
    assert.equal(labelNames([0, 1, 1], 'label', null), null);
    assert.equal(labelNames([true, false], 'label', null), null);
  });

  test('are refused where some are numbers', () => {
    for (const labels of [many('positive', '1'), many('0.5', 'negative'), many('-1', 'positive', 'negative')]) {
      assert.throws(() => labelNames(labels, 'label', null), {
        code: 'dataset',
        message:
          /^The label "\w+" of column label is no number and "[-\d.]+" is one: use whole numbers from 0 on, or names, for all rows\.$/,
      });
    }
  });

  test('are refused where nearly every row has another one', () => {
    assert.throws(() => labelNames(['good hotel', 'bad hotel', 'so so'], 'review', null), {
      code: 'dataset',
      message:
        'Column review is no column of labels: 3 rows have 3 different texts. Name the column that has a class for each text.',
    });
  });

  test('are doubted, and taken, where there are many of few rows', () => {
    const rows = Array.from({ length: 20 }, (_, index) => `place ${index % 12}`);
    const { names, sentence } = labelNames(rows, 'label', null) ?? assert.fail();
    assert.equal(names.length, 12);
    assert.match(sentence, / That are 12 classes of 20 rows: is label the column of the labels\?$/);
    assert.doesNotMatch(labelNames([...rows, ...rows], 'label', null)?.sentence ?? '', /classes of/);
  });

  test('that differ in case or blanks alone are doubted', () => {
    const { sentence, names } = labelNames(many('bad', 'Bad ', 'good'), 'label', null) ?? assert.fail();
    assert.equal(names.length, 3);
    assert.match(sentence, /"bad" differs from another one in case or blanks alone\.$/);
  });

  test('are refused where the names lack one', () => {
    const data = Dataset.fromRows(many('a', 'b').map((label) => ({ label })));
    assert.deepEqual(data.encodeClasses('label', ['b', 'a']).column('label').slice(0, 2), [1, 0]);
    assert.throws(() => data.encodeClasses('label', ['a']), /Column label has "b", which is none of a: name it too/);
  });
});
