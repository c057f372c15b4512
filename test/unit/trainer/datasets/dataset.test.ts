/** Data sets, changed and parted as Hugging Face's `datasets` does it: fixtures/trainer/datasets/record.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { concatenateDatasets, Dataset } from '../../../../src/trainer/datasets/dataset.ts';
import type { SplitOptions } from '../../../../src/trainer/datasets/splitIndices.ts';

const dataset = new Dataset(
  ['label', 'text'],
  Array.from({ length: 101 }, (_, index) => ({ label: index < 70 ? 1 : 0, text: `t${index}` })),
);

interface Split {
  readonly count?: number;
  readonly labels?: readonly number[];
  readonly seed: number;
  readonly options: { readonly test_size?: number; readonly train_size?: number; readonly shuffle?: boolean };
  readonly rows?: readonly [readonly number[], readonly number[]] | null;
  readonly shuffled?: readonly number[];
}
const splits = JSON.parse(
  readFileSync(new URL('../../../fixtures/trainer/datasets/splits.json', import.meta.url), 'utf8'),
) as Split[];

test('has the rows of Python for a seed, in every kind of split and in a shuffle', () => {
  for (const { count, labels, seed, options, rows, shuffled } of splits) {
    const cells = labels?.flatMap((share, label) => new Array<number>(share).fill(label));
    const all = Dataset.fromRows(
      Array.from({ length: cells?.length ?? (count as number) }, (_, row) => ({ row, label: cells?.[row] ?? null })),
    );
    if (shuffled) {
      assert.deepEqual(all.shuffle({ seed }).column('row'), shuffled);
      continue;
    }
    const { test_size: testSize, train_size: trainSize, shuffle } = options;
    const given: SplitOptions = {
      seed,
      ...(testSize !== undefined && { testSize }),
      ...(trainSize !== undefined && { trainSize }),
      ...(shuffle !== undefined && { shuffle }),
      ...(labels && { stratifyByColumn: 'label' }),
    };
    const where = JSON.stringify({ count, labels, seed, options });
    if (!rows) assert.throws(() => all.trainTestSplit(given), /leaves nothing|cannot have all|one row only/, where);
    else {
      const { train, test: held } = all.trainTestSplit(given);
      assert.deepEqual([train.column('row'), held.column('row')], rows, where);
    }
  }
});

describe('a data set', () => {
  test('is filtered and mapped', () => {
    const mapped = dataset
      .filter(({ label }) => label === 0)
      .map(({ text }, index) => ({ size: String(text).length + index }), { removeColumns: ['text'] });
    assert.deepEqual(mapped.columnNames, ['label', 'size']);
    assert.equal(mapped.numRows, 31);
    assert.deepEqual([...mapped].at(-1), { label: 0, size: 34 });
    assert.throws(() => mapped.column('text'), /no column "text": it has "label", "size"/);
    assert.throws(() => dataset.map(() => ({}), { removeColumns: ['size'] }), /no column "size"/);
    assert.deepEqual(dataset.filter(() => false).map(() => ({ a: 1 })).columnNames, ['label', 'text']);
  });

  test('is mapped in batches, which may become more or fewer rows', () => {
    const seen: number[] = [];
    const mapped = dataset.map(
      ({ text }, indices) => {
        seen.push(indices.length);
        return { text: (text ?? []).map((one) => `${one}!`), place: indices };
      },
      { batched: true, batchSize: 40 },
    );
    assert.deepEqual(seen, [40, 40, 21]);
    assert.deepEqual(mapped.rows[100], { label: 0, text: 't100!', place: 100 });
    const twice = dataset.map(({ text = [] }) => ({ text: [...text, ...text] }), {
      batched: true,
      removeColumns: ['label'],
    });
    assert.equal(twice.numRows, 202);
    assert.throws(
      () => dataset.map(({ text = [] }) => ({ text: text.slice(1) }), { batched: true }),
      /Column "text" has 100 values and "label" has 101/,
    );
  });

  test('is split without loss, the test part rounded up', () => {
    const { train, test: held } = dataset.trainTestSplit({ testSize: 0.1, seed: 7 });
    assert.deepEqual([train.numRows, held.numRows], [90, 11]);
    assert.equal(new Set([...train.rows, ...held.rows]).size, 101);
    assert.deepEqual(dataset.trainTestSplit({ testSize: 0.1, seed: 7 }).test.rows, held.rows);
    assert.notDeepEqual(dataset.trainTestSplit({ testSize: 0.1, seed: 8 }).test.rows, held.rows);
    assert.equal(train.unique('label').length, 2, 'a sorted file is shuffled');
    for (const testSize of [101, 0, -1, 1.5, Number.NaN]) {
      assert.throws(() => dataset.trainTestSplit({ testSize }), /leaves nothing to train or to test/, String(testSize));
    }
    assert.throws(() => dataset.trainTestSplit({ seed: -1 }), /seed -1 is no whole number/);
    assert.throws(() => dataset.trainTestSplit({ stratifyByColumn: 'text' }), /has one row only/);
  });

  test('is selected from, sorted, and its columns renamed and removed', () => {
    assert.deepEqual(dataset.select([2, 0]).column('text'), ['t2', 't0']);
    assert.throws(() => dataset.select([101]), /no row 101: the data set has 101, from 0 on/);
    const odd = Dataset.fromRows([{ n: 10 }, { n: null }, { n: 9 }, { n: 10, m: 'b' }]);
    assert.deepEqual(odd.sort('n').column('n'), [9, 10, 10, null]);
    assert.deepEqual(odd.sort('n', { reverse: true }).column('m'), [null, 'b', null, null]);
    assert.deepEqual(dataset.renameColumn('label', 'labels').columnNames, ['labels', 'text']);
    assert.throws(() => dataset.renameColumn('label', 'text'), /a column "text" already/);
    assert.deepEqual(dataset.removeColumns(['text']).rows[0], { label: 1 });
    assert.deepEqual(dataset.selectColumns(['text']).rows[0], { text: 't0' });
    assert.equal(concatenateDatasets([dataset, dataset]).numRows, 202);
    assert.throws(() => concatenateDatasets([dataset, odd]), /no column "label"/);
    assert.deepEqual(Dataset.fromColumns({ a: [1, 2], b: ['x', 'y'] }).rows[1], { a: 2, b: 'y' });
  });

  test('numbers the classes of a column', () => {
    const named = Dataset.fromRows([{ label: 'pos' }, { label: null }, { label: 'neg' }, { label: 'pos' }]);
    const encoded = named.classEncodeColumn('label');
    assert.deepEqual(encoded.column('label'), [1, null, 0, 1]);
    assert.deepEqual(encoded.classNames.get('label'), ['neg', 'pos']);
    const split = encoded.filter(({ label }) => label !== null).renameColumn('label', 'labels');
    assert.deepEqual(split.classNames.get('labels'), ['neg', 'pos']);
    assert.equal(split.removeColumns(['labels']).classNames.size, 0);
  });
});
