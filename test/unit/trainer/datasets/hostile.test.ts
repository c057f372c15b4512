/** Awkward files as Hugging Face's load_dataset reads them: see fixtures/trainer/datasets/hostile.py. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Cell } from '../../../../src/trainer/datasets/columns.ts';
import { Dataset } from '../../../../src/trainer/datasets/dataset.ts';
import { formatOf, loadDataset } from '../../../../src/trainer/datasets/loadDataset.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

interface Case {
  readonly name: string;
  readonly content: string;
  readonly format: string;
  readonly options: Readonly<Record<string, string>>;
  /** Null where Python refuses it. */
  readonly columns: readonly string[] | null;
  readonly rows: readonly (readonly Cell[])[] | null;
}

const cases = JSON.parse(
  readFileSync(new URL('../../../fixtures/trainer/datasets/hostile.json', import.meta.url), 'utf8'),
) as readonly Case[];

describe('awkward files are read as in Python', () => {
  for (const { name, content, format, options, columns, rows } of cases) {
    test(name, async (t) => {
      const path = join(temporaryFolder(t), name);
      writeFileSync(path, Buffer.from(content, 'base64'));
      const load = loadDataset(format, { dataFiles: path, ...options });
      if (columns === null) return assert.rejects(load, { code: 'dataset', message: /^[^\n]+\.$/ });
      const dataset = await load;
      assert.deepEqual(dataset.columnNames, columns);
      assert.deepEqual(
        dataset.rows.map((row) => columns.map((column) => row[column])),
        rows,
      );
    });
  }
});

test('a packed file keeps the format of its name, and a damaged one is refused', async (t) => {
  assert.deepEqual(formatOf('a.csv.gz'), { format: 'csv' });
  assert.deepEqual(formatOf('a.tsv.GZ'), { format: 'csv', delimiter: '\t' });
  assert.throws(() => formatOf('a.zip'), /a\.zip is no data set by its name/);
  const path = join(temporaryFolder(t), 'half.csv.gz');
  writeFileSync(path, gzipSync('label,text\n1,a\n').subarray(0, 20));
  await assert.rejects(loadDataset('csv', { dataFiles: path }), {
    code: 'dataset',
    message: /half\.csv\.gz cannot be unpacked: .*Fetch it again\.$/,
  });
});

test('a row with too many fields is named by its line', async (t) => {
  const path = join(temporaryFolder(t), 'long.csv');
  writeFileSync(path, 'label,text\n1,"a\nb"\n0,good, but far\n');
  await assert.rejects(loadDataset('csv', { dataFiles: path }), {
    code: 'dataset',
    message: `${path}, line 4 has 3 fields for 2 columns: quote its text, or name another delimiter.`,
  });
});

test('a split is chosen by its name', async (t) => {
  const folder = temporaryFolder(t);
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const dataFiles = { train: file('train.csv', 'a\n1\n'), test: file('test.csv', 'a\n2\n') };
  const chosen = await loadDataset('csv', { dataFiles, split: 'test' });
  assert.ok(chosen instanceof Dataset);
  assert.deepEqual(chosen.column('a'), [2]);
  assert.equal((await loadDataset('csv', { dataFiles: dataFiles.train, split: 'train' })).numRows, 1);
  for (const [files, split] of [
    [dataFiles.train, 'test'],
    [dataFiles, 'train[:10%]'],
    [dataFiles, 'toString'],
  ] as const) {
    const load = loadDataset('csv', { dataFiles: files as string, split });
    await assert.rejects(load, { code: 'dataset', message: /^There is no split ".*": there is train/ });
  }
});
