import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readTable } from '../../../../src/trainer/study/studyData.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const COLUMNS = ['text', 'label'];

test('a .csv with semicolons, tabs or bars between its fields is read by the columns that are asked for', async (t) => {
  const folder = temporaryFolder(t);
  const name = join(folder, 'reviews.csv');
  for (const delimiter of [',', ';', '\t', '|']) {
    const lines = ['label{}text', '1{}"good, very; good"', '0{}bad'];
    writeFileSync(name, lines.join('\r\n').replaceAll('{}', delimiter));
    const { rows } = await readTable(name, COLUMNS);
    assert.deepEqual(rows, [
      { label: 1, text: 'good, very; good' },
      { label: 0, text: 'bad' },
    ]);
  }
  // Commas that are no delimiters are more in some rows than in the line of names.
  writeFileSync(name, 'label;text\n1;good, cheap, near\n0;bad\n');
  assert.deepEqual((await readTable(name, COLUMNS)).column('text'), ['good, cheap, near', 'bad']);
});

test('a column that there is not is one sentence about the file as it is written', async (t) => {
  const folder = temporaryFolder(t);
  const name = join(folder, 'reviews.csv');
  writeFileSync(name, 'label,review\n1,good;fine\n');
  await assert.rejects(readTable(name, COLUMNS), {
    code: 'dataset',
    message: 'The data set has no column "text": it has "label", "review".',
  });
  writeFileSync(name, 'label,review\n1,good,fine,near\n');
  await assert.rejects(readTable(name, COLUMNS), { code: 'dataset', message: /line 2 has 4 fields for 2 columns/ });
});
