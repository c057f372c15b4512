/** Data sets from files, as Hugging Face's `datasets` reads them; fixtures by fixtures/trainer/datasets/record.py. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { Cell } from '../../../../src/trainer/datasets/columns.ts';
import { formatOf, loadDataset } from '../../../../src/trainer/datasets/loadDataset.ts';

const fixtures = fileURLToPath(new URL('../../../fixtures/trainer/datasets/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'datasets-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function file(content: string | Uint8Array): string {
  const path = join(folder, `${made++}.data`);
  writeFileSync(path, content);
  return path;
}

function read(text: string, options: { keepDefaultNa?: boolean; delimiter?: string; columnNames?: string[] } = {}) {
  return loadDataset('csv', { dataFiles: file(text), ...options });
}

describe('a CSV file', () => {
  interface Case {
    readonly text: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly (Cell | { readonly infinite: number })[])[];
  }
  for (const { text, columns, rows } of JSON.parse(readFileSync(join(fixtures, 'csv.json'), 'utf8')) as Case[]) {
    test(`is read as pandas reads it: ${JSON.stringify(text)}`, async () => {
      const dataset = await read(text);
      assert.deepEqual(dataset.columnNames, columns);
      const expected = rows.map((row) =>
        row.map((cell) => {
          const infinite = (cell as { infinite?: number } | null)?.infinite;
          return infinite === undefined ? cell : infinite * Number.POSITIVE_INFINITY;
        }),
      );
      assert.deepEqual(
        dataset.rows.map((row) => columns.map((column) => row[column])),
        expected,
      );
    });
  }

  test('may keep words that pandas takes for nothing', async () => {
    const { rows } = await read('a,b\nNA,1\nNone,2\n,3\n', { keepDefaultNa: false });
    assert.deepEqual(
      rows.map(({ a }) => a),
      ['NA', 'None', null],
    );
  });

  test('keeps long whole numbers, which a float would change, as text', async () => {
    const { rows } = await read('id,n\n1234567890123456789,1\n5,2\n');
    assert.deepEqual(rows, [
      { id: '1234567890123456789', n: 1 },
      { id: '5', n: 2 },
    ]);
  });

  test('may have tabs, no line of names, or another encoding', async () => {
    assert.deepEqual((await read('a\tb\n1\tx, y\n', { delimiter: '\t' })).rows, [{ a: 1, b: 'x, y' }]);
    assert.deepEqual((await read('1,x\n', { columnNames: ['label', 'text'] })).rows, [{ label: 1, text: 'x' }]);
    const chinese = Buffer.concat([Buffer.from('label,text\n1,'), Buffer.from([0xba, 0xc3]), Buffer.from('\n')]);
    assert.deepEqual((await loadDataset('csv', { dataFiles: file(chinese), encoding: 'gb18030' })).rows, [
      { label: 1, text: '好' },
    ]);
    await assert.rejects(
      loadDataset('csv', { dataFiles: file(chinese) }),
      /is not written in utf-8: save it so, or give/,
    );
    await assert.rejects(loadDataset('csv', { dataFiles: file('a'), encoding: 'klingon' }), /klingon is not known/);
  });

  test('that is none is refused in a sentence', async () => {
    await assert.rejects(read('a,b\n1,2,3\n'), /line 2 has 3 fields for 2 columns: quote its text/);
    await assert.rejects(read('a,b\n1,"2\n'), /is no CSV/);
    await assert.rejects(read(''), /is empty: its first line names the columns/);
    await assert.rejects(read('1,2\n', { columnNames: ['a', 'a'] }), /columnNames has "a" twice/);
    await assert.rejects(loadDataset('csv', { dataFiles: join(folder, 'none.csv') }), /none\.csv cannot be read/);
    await assert.rejects(loadDataset('csv', { dataFiles: [] }), /No data file is named/);
    await assert.rejects(loadDataset('xml', { dataFiles: 'x' }), /give csv, json or parquet/);
  });

  test('with any fields is read as it was written', async () => {
    const field = fc.string({ unit: 'grapheme', maxLength: 6 }).map((text) => `x${text.replaceAll('\r', '')}`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(field, field), { minLength: 1, maxLength: 6 }), async (rows) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const text = ['a,b', ...rows.map((row) => row.map(quoted).join(','))].join('\n');
        const dataset = await read(`${text}\n`);
        assert.deepEqual(
          dataset.rows,
          rows.map(([a, b]) => ({ a, b })),
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe('several files', () => {
  test('follow each other, by the names of their columns and typed as one', async () => {
    const [one, two] = [file('a,b\n1,x\n'), file('b,a\ny,2.5\n')];
    assert.deepEqual((await loadDataset('csv', { dataFiles: [one, two] })).rows, [
      { a: 1, b: 'x' },
      { a: 2.5, b: 'y' },
    ]);
    await assert.rejects(
      loadDataset('csv', { dataFiles: [one, file('a,c\n1,2\n')] }),
      /other columns .* "c" is in one/,
    );
  });

  test('may be splits', async () => {
    const splits = await loadDataset('csv', {
      dataFiles: { train: file('a\n1\n'), test: [file('a\n2\n'), file('a\n3\n')] },
    });
    assert.deepEqual(splits.test.column('a'), [2, 3]);
    assert.deepEqual(splits.train.column('a'), [1]);
    assert.throws(() => splits.validation, /no split "validation": there are train, test/);
    assert.deepEqual(splits.map(({ a }) => ({ a: Number(a) * 2 })).test.column('a'), [4, 6]);
    assert.deepEqual(splits.filter(({ a }) => a !== 2).renameColumn('a', 'b').test.rows, [{ b: 3 }]);
  });
});

describe('JSON', () => {
  const json = (text: string, field?: string) =>
    loadDataset('json', { dataFiles: file(text), ...(field && { field }) });

  test('may be an object a line, a list, columns, or one of these at a key', async () => {
    const rows = [
      { label: 1, text: 'a' },
      { label: null, text: 'b' },
    ];
    const lines = '{"label": 1, "text": "a"}\n\n{"text": "b"}\n';
    assert.deepEqual((await json(lines)).rows, rows);
    assert.deepEqual((await json(JSON.stringify(rows))).rows, rows);
    assert.deepEqual((await json('{"label": [1, null], "text": ["a", "b"]}')).rows, rows);
    assert.deepEqual((await json(JSON.stringify({ version: 2, data: rows }), 'data')).rows, rows);
    assert.deepEqual((await json('{"label": 1}\n')).rows, [{ label: 1 }]);
    assert.deepEqual((await json('{"tags": {"a": [1, {"b": null}]}}')).rows, [{ tags: { a: [1, { b: null }] } }]);
  });

  test('that is none is refused with its line', async () => {
    await assert.rejects(json('{"a": 1}\n{"a": \n'), /line 2 is no JSON/);
    await assert.rejects(json('{"a": 1}\n7\n'), /line 2 is no object/);
    await assert.rejects(json('[{"a": 1}'), /is no JSON/);
    await assert.rejects(json('[1]'), /row 0 is no object/);
    await assert.rejects(json('5'), /holds no rows/);
    await assert.rejects(json('{"a": [1, 2], "b": [3]}'), /Column "b" has 1 values and "a" has 2/);
    await assert.rejects(json('{"rows": []}', 'data'), /has no "data"/);
  });
});

describe('Parquet', () => {
  for (const codec of ['snappy', 'gzip', 'zstd', 'brotli', 'none']) {
    test(`is read: ${codec}`, async () => {
      const dataset = await loadDataset('parquet', { dataFiles: join(fixtures, `rows.${codec}.parquet`) });
      assert.deepEqual(dataset.columnNames, ['label', 'review', 'score', 'flag', 'ids', 'long']);
      assert.deepEqual(dataset.rows, [
        { label: 1, review: '好', score: 0.5, flag: true, ids: [1, 2], long: '1152921504606846976' },
        { label: 0, review: 'a, b', score: null, flag: null, ids: [], long: 5 },
        { label: null, review: null, score: -1, flag: false, ids: null, long: null },
        { label: 1, review: '', score: 2, flag: true, ids: [3], long: -1 },
      ]);
    });
  }

  test('that is cut off or none is refused', async () => {
    const whole = readFileSync(join(fixtures, 'rows.snappy.parquet'));
    for (const bytes of [whole.subarray(0, 900), Buffer.from('label,review\n'), Buffer.alloc(0)]) {
      await assert.rejects(loadDataset('parquet', { dataFiles: file(bytes) }), /cannot be read as Parquet: /);
    }
    await assert.rejects(
      loadDataset('parquet', { dataFiles: join(folder, 'none.parquet') }),
      /none\.parquet cannot be read/,
    );
  });
});

test("a file's ending says its format", () => {
  assert.deepEqual(formatOf('a/b.CSV'), { format: 'csv' });
  assert.deepEqual(formatOf('b.tsv'), { format: 'csv', delimiter: '\t' });
  assert.deepEqual(
    ['x.jsonl', 'x.json', 'x.parquet'].map((name) => formatOf(name).format),
    ['json', 'json', 'parquet'],
  );
  assert.throws(() => formatOf('reviews.xlsx'), /reviews\.xlsx is no data set by its name/);
});
