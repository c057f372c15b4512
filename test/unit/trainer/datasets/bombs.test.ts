import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { loadDataset } from '../../../../src/trainer/datasets/loadDataset.ts';

const folder = mkdtempSync(join(tmpdir(), 'tuneboard-bombs-'));
after(() => rmSync(folder, { recursive: true }));

test('a gzip bomb is refused with the limit, the file and what to do', async () => {
  const name = join(folder, 'bomb.csv.gz');
  // Members follow one another in a gzip file: 16 of 64 MB each.
  const member = gzipSync(Buffer.alloc(2 ** 26, 'a,b\n'));
  writeFileSync(name, Buffer.concat(Array.from({ length: 16 }, () => member)));
  await assert.rejects(loadDataset('csv', { dataFiles: name }), {
    code: 'dataset',
    message: `The data set ${name} has more than 512 MB of data when it is unpacked: split it into several files, or take some of its rows.`,
  });
});

test('a file without an end is refused unread', { skip: process.platform === 'win32' }, async () => {
  for (const format of ['csv', 'json', 'parquet'])
    await assert.rejects(loadDataset(format, { dataFiles: '/dev/zero' }), {
      code: 'dataset',
      message: /no regular file/,
    });
});
