/** Data sets as pandas and Hugging Face's `datasets` read and part them; the tokenizer, the collator, the scores. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { DataCollatorWithPadding } from '../../../src/trainer/datasets/collator.ts';
import { loadDataset } from '../../../src/trainer/datasets/csv.ts';
import { Dataset } from '../../../src/trainer/datasets/dataset.ts';
import { accuracy, f1, majorityBaseline } from '../../../src/trainer/metrics/classification.ts';

const folder = mkdtempSync(join(tmpdir(), 'datasets-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function read(text: string, options: { keepDefaultNa?: boolean } = {}) {
  const dataFiles = join(folder, 'data.csv');
  writeFileSync(dataFiles, text);
  return loadDataset('csv', { dataFiles, ...options });
}

describe('a CSV file', () => {
  test('is read as pandas reads it', async () => {
    const dataset = await read(
      '\ufefflabel,review,score,flag\n1,"a, ""b""",1.5,True\n\n0,NA,,False\n1,"",2,TRUE\n0,null\n1,"line\nbreak",nan,true\n',
    );
    assert.deepEqual(dataset.columnNames, ['label', 'review', 'score', 'flag']);
    // pandas 3: to_dict('records') of the same text, nan as null.
    assert.deepEqual(dataset.rows, [
      { label: 1, review: 'a, "b"', score: 1.5, flag: true },
      { label: 0, review: null, score: null, flag: false },
      { label: 1, review: null, score: 2, flag: true },
      { label: 0, review: null, score: null, flag: null },
      { label: 1, review: 'line\nbreak', score: null, flag: true },
    ]);
  });

  test('may keep words that pandas takes for nothing', async () => {
    const { rows } = await read('a,b\nNA,1\nNone,2\n,3\n', { keepDefaultNa: false });
    assert.deepEqual(
      rows.map(({ a }) => a),
      ['NA', 'None', null],
    );
  });

  test('that is none is refused in a sentence', async () => {
    await assert.rejects(read('a,b\n1,2,3\n'), /is no CSV: .*2/);
    await assert.rejects(read('a,b\n1,"2\n'), /is no CSV/);
    await assert.rejects(read(''), /is empty/);
    await assert.rejects(read('a,a\n1,2\n'), /two columns "a"/);
    await assert.rejects(loadDataset('csv', { dataFiles: join(folder, 'none.csv') }), /cannot be read/);
    await assert.rejects(loadDataset('parquet', { dataFiles: 'x' }), /give a csv file/);
  });
});

describe('a data set', () => {
  const dataset = new Dataset(
    ['label', 'text'],
    Array.from({ length: 101 }, (_, index) => ({ label: index < 70 ? 1 : 0, text: `t${index}` })),
  );

  test('is filtered and mapped', () => {
    const mapped = dataset
      .filter(({ label }) => label === 0)
      .map(({ text }) => ({ size: String(text).length }), { removeColumns: ['text'] });
    assert.deepEqual(mapped.columnNames, ['label', 'size']);
    assert.equal(mapped.rows.length, 31);
    assert.deepEqual(mapped.rows.at(-1), { label: 0, size: 4 });
    assert.throws(() => mapped.column('text'), /no column "text": it has "label", "size"/);
  });

  test('is parted without loss, the test part rounded up, the same for the same seed', () => {
    const { train, test: held } = dataset.trainTestSplit({ testSize: 0.1, seed: 7 });
    assert.deepEqual([train.rows.length, held.rows.length], [90, 11]);
    assert.equal(new Set([...train.rows, ...held.rows]).size, 101);
    assert.deepEqual(dataset.trainTestSplit({ testSize: 0.1, seed: 7 }).test.rows, held.rows);
    assert.notDeepEqual(dataset.trainTestSplit({ testSize: 0.1, seed: 8 }).test.rows, held.rows);
    assert.ok(new Set(train.rows.map(({ label }) => label)).size === 2, 'a sorted file is shuffled');
    assert.throws(() => dataset.trainTestSplit({ testSize: 101 }), /leaves nothing/);
  });

  test('keeps the shares of a column when stratified', () => {
    const { train, test: held } = dataset.trainTestSplit({ testSize: 0.25, seed: 3, stratifyByColumn: 'label' });
    assert.equal(held.rows.length, 26);
    assert.equal(held.rows.filter(({ label }) => label === 1).length, 18);
    assert.equal(new Set([...train.rows, ...held.rows]).size, 101);
  });
});

test('the collator pads to the longest row', () => {
  const collator = new DataCollatorWithPadding({ tokenizer: { padTokenId: 9 } });
  const row = (ids: number[], labels: number | null) => ({ input_ids: ids, attention_mask: ids.map(() => 1), labels });
  const batch = collator.collate([row([2, 3], 1), row([2, 5, 6, 3], 0)]);
  assert.deepEqual([...batch.inputIds], [2, 3, 9, 9, 2, 5, 6, 3]);
  assert.deepEqual([...batch.attentionMask], [1, 1, 0, 0, 1, 1, 1, 1]);
  assert.deepEqual([batch.size, batch.length, ...batch.labels], [2, 4, 1, 0]);
  assert.throws(() => collator.collate([row([2, 3], 0.5)]), /The label 0.5 is no class/);
  assert.throws(() => collator.collate([row([2, 3], null)]), /The label null is no class/);
});

test('accuracy and F1 are those of scikit-learn', () => {
  const [labels, guesses] = [
    [0, 1, 2, 2, 1, 0, 1, 2, 0, 3],
    [0, 2, 2, 2, 1, 1, 1, 0, 0, 2],
  ];
  assert.equal(accuracy(labels, guesses), 0.6);
  assert.equal(f1(labels, guesses, 'macro').toFixed(12), '0.476190476190');
  assert.equal(f1(labels, guesses, 'weighted').toFixed(12), '0.571428571429');
  const [two, said] = [
    [0, 1, 1, 1, 0, 0, 1, 0],
    [0, 1, 0, 1, 1, 0, 1, 1],
  ];
  assert.equal(accuracy(two, said), 0.625);
  assert.equal(f1(two, said).toFixed(12), '0.666666666667');
  assert.equal(f1(two, said, 'macro').toFixed(12), '0.619047619048');
  assert.equal(f1([0, 0], [0, 0]), 0);
  assert.equal(f1([1, 0], [0, 0]), 0);
  assert.deepEqual(majorityBaseline([1, 1, 0], [1, 0, 1, 1]), { label: 1, accuracy: 0.75, f1: 6 / 7 });
});
