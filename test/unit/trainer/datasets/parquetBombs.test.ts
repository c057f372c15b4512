/** Small Parquet files that say they hold much: refused in a sentence, by a process that may not use much memory. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { loadDataset } from '../../../../src/trainer/datasets/loadDataset.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

/** A field of Thrift's compact protocol: a number, a text, a struct or a list of one of these. */
type Value = number | string | Fields | readonly Value[];
interface Fields {
  readonly [id: number]: Value | undefined;
}

function varint(value: number): number[] {
  const bytes = [];
  let rest = BigInt(value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}
const zigzag = (value: number) => varint(value < 0 ? -2 * value - 1 : 2 * value);
const kindOf = (value: Value) =>
  typeof value === 'number'
    ? Math.abs(value) < 2 ** 31
      ? 5
      : 6
    : typeof value === 'string'
      ? 8
      : Array.isArray(value)
        ? 9
        : 12;

function encoded(value: Value): number[] {
  if (typeof value === 'number') return zigzag(value);
  if (typeof value === 'string') return [...varint(value.length), ...Buffer.from(value)];
  if (Array.isArray(value)) {
    const list = value as readonly Value[];
    return [(list.length << 4) | kindOf(list[0] as Value), ...list.flatMap(encoded)];
  }
  return struct(value as Fields);
}

function struct(fields: Fields): number[] {
  const bytes = [];
  for (const [id, value] of Object.entries(fields)) {
    if (value !== undefined) bytes.push(kindOf(value), ...zigzag(Number(id)), ...encoded(value));
  }
  return [...bytes, 0];
}

const INT32 = 1;
const BYTE_ARRAY = 6;
const PLAIN = 0;
const DELTA_BYTE_ARRAY = 7;
const RLE_DICTIONARY = 8;
const UNCOMPRESSED = 0;
const GZIP = 2;

interface Page {
  /** 0: data, 2: dictionary, 3: data of version 2. */
  readonly kind?: number;
  readonly values: number;
  readonly encoding?: number;
  readonly bytes: Uint8Array;
  readonly unpacked?: number;
  readonly size?: number;
  readonly more?: Fields;
}

interface Shape {
  readonly rows?: number;
  readonly type?: number;
  readonly codec?: number;
  readonly values?: number;
}

/** A file of one column that is there in every row. */
function parquet(pages: readonly Page[], { rows = 4, type = INT32, codec = UNCOMPRESSED, values }: Shape = {}): Buffer {
  const parts = pages.flatMap(({ kind = 0, values: count, encoding = PLAIN, bytes, unpacked, size, more }) => {
    const own = kind === 2 ? { 1: count, 2: encoding } : { 1: count, 2: encoding, 3: 3, 4: 3 };
    const second = { 1: count, 2: 0, 3: count, 4: encoding, 5: 0, 6: 0, ...more };
    const header = struct({
      1: kind,
      2: unpacked ?? bytes.length,
      3: size ?? bytes.length,
      [kind === 0 ? 5 : kind === 2 ? 7 : 8]: kind === 3 ? second : own,
    });
    return [Buffer.from(header), Buffer.from(bytes)];
  });
  const body = Buffer.concat([Buffer.from('PAR1'), ...parts]);
  const column = {
    2: 4,
    3: { 1: type, 2: [PLAIN], 3: ['a'], 4: codec, 5: values ?? rows, 6: body.length, 7: body.length - 4, 9: 4 },
  };
  const footer = Buffer.from(
    struct({
      1: 1,
      2: [
        { 4: 'root', 5: 1 },
        { 1: type, 3: 0, 4: 'a' },
      ],
      3: rows,
      4: [{ 1: [column], 2: body.length, 3: rows }],
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([body, footer, length, Buffer.from('PAR1')]);
}

const four = new Uint8Array(Int32Array.of(1, 2, 3, 4).buffer);
const dictionary: Page = { kind: 2, values: 4, bytes: four };
/** So many times the first of the dictionary, its index two bits wide. */
const run = (count: number) => Uint8Array.from([2, ...varint(count * 2), 0]);
const packed = gzipSync(Buffer.alloc(2 ** 26));
/** Texts of which each is the one before it and a letter more. */
function growing(count: number): Uint8Array {
  // Blocks of 128 deltas in 4 groups: all of width 0, the smallest delta being the delta.
  const deltas = (first: number, delta: number) => {
    const block = [...zigzag(delta), 0, 0, 0, 0];
    const blocks = Array.from({ length: Math.ceil((count - 1) / 128) }, () => block).flat();
    return [...varint(128), 4, ...varint(count), ...zigzag(first), ...blocks];
  };
  return Buffer.concat([Uint8Array.from([...deltas(0, 1), ...deltas(1, 0)]), Buffer.alloc(count, 'a')]);
}

test('the files of these tests are Parquet', async (t) => {
  const name = join(temporaryFolder(t), 'data.parquet');
  const read = async (bytes: Buffer) => {
    writeFileSync(name, bytes);
    return (await loadDataset('parquet', { dataFiles: name })).rows.map(({ a }) => a);
  };
  assert.deepEqual(await read(parquet([{ values: 4, bytes: four }])), [1, 2, 3, 4]);
  assert.deepEqual(
    await read(parquet([{ values: 4, bytes: gzipSync(four), unpacked: 16 }], { codec: GZIP })),
    [1, 2, 3, 4],
  );
  assert.deepEqual(await read(parquet([{ kind: 3, values: 4, bytes: four }])), [1, 2, 3, 4]);
  const runs = { values: 4, encoding: RLE_DICTIONARY, bytes: run(4) };
  assert.deepEqual(await read(parquet([dictionary, runs])), [1, 1, 1, 1]);
  const texts = { values: 200, encoding: DELTA_BYTE_ARRAY, bytes: growing(200) };
  const grown = Array.from({ length: 200 }, (_, index) => 'a'.repeat(index + 1));
  assert.deepEqual(await read(parquet([texts], { rows: 200, type: BYTE_ARRAY })), grown);
  assert.deepEqual(await read(parquet([{ ...texts, kind: 3 }], { rows: 200, type: BYTE_ARRAY })), grown);
});

const index = { encoding: RLE_DICTIONARY, values: 4 };
const BOMBS: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
  'a page that claims more values than its column': [
    parquet([{ values: 2 ** 31 - 1, encoding: RLE_DICTIONARY, bytes: Uint8Array.of(0) }]),
    /cannot be read as Parquet: a page has more values than its column/,
  ],
  'the same in the second form': [
    parquet([{ kind: 3, values: 2 ** 31 - 1, encoding: RLE_DICTIONARY, bytes: Uint8Array.of(0) }]),
    /a page has more values than its column/,
  ],
  'a negative number of nulls': [
    parquet([{ kind: 3, ...index, bytes: Uint8Array.of(0), more: { 2: -(2 ** 31) + 8 } }]),
    /impossible size/,
  ],
  'a dictionary that claims more values than its column': [
    parquet([
      { ...dictionary, values: 2 ** 31 - 1 },
      { ...index, bytes: run(4) },
    ]),
    /a page has more values than its column/,
  ],
  'pages that together have more values than their column': [
    parquet([
      { values: 3, bytes: four },
      { values: 3, bytes: four },
    ]),
    /the pages of a column have more values than it/,
  ],
  'a run that is longer than its page': [
    parquet([dictionary, { ...index, bytes: run(2 ** 30) }]),
    /a run is longer than its page/,
  ],
  'a page that unpacks to more than it says': [
    parquet([{ values: 4, bytes: packed, unpacked: 16 }], { codec: GZIP }),
    /cannot be read as Parquet: .*16 bytes/,
  ],
  'a page that says it unpacks to two gigabytes': [
    parquet([{ values: 4, bytes: packed, unpacked: 2 ** 31 - 1 }], { codec: GZIP }),
    /has more than 512 MB of data when it is unpacked/,
  ],
  'a page of a negative size': [parquet([{ values: 4, bytes: four, size: -40 }]), /a page has an impossible size/],
  'pages that together unpack to more than the limit': [
    parquet(
      Array.from({ length: 12 }, () => ({ values: 0, bytes: packed, unpacked: 2 ** 26 })),
      { codec: GZIP },
    ),
    /has more than 512 MB of data when it is unpacked/,
  ],
  'texts that grow by the one before': [
    parquet([{ values: 200_000, encoding: DELTA_BYTE_ARRAY, bytes: growing(200_000) }], {
      rows: 200_000,
      type: BYTE_ARRAY,
    }),
    /has more than 512 MB of data when it is unpacked/,
  ],
  'more rows than the limit': [
    parquet([dictionary, { ...index, bytes: run(4) }], { rows: 2 ** 40 }),
    /has more than 10 million rows/,
  ],
  'more cells than the limit': [
    parquet([dictionary, { ...index, bytes: run(4) }], { values: 2 ** 40 }),
    /has more than 50 million cells/,
  ],
};

const LOADER = new URL('../../../../src/trainer/datasets/loadDataset.ts', import.meta.url).href;
/** Prints the sentence of the error, and the most memory that it took in megabytes. */
const PROGRAM = `
import { loadDataset } from ${JSON.stringify(LOADER)};
const [format, dataFiles] = process.argv.slice(1);
const sentence = await loadDataset(format, { dataFiles }).then(() => 'it was read', (error) => error.code + ' ' + error.message);
console.log(JSON.stringify({ sentence, megabytes: process.resourceUsage().maxRSS / 1024 }));
`;

/** In a process whose heap is 256 MB at most. */
function load(format: string, name: string): { sentence: string; megabytes: number } {
  const options = ['--max-old-space-size=256', '--input-type=module', '-e', PROGRAM, format, name];
  const { stdout, stderr, status } = spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 120_000 });
  assert.equal(status, 0, stderr.slice(-2000));
  return JSON.parse(stdout);
}

for (const [what, [bytes, sentence]] of Object.entries(BOMBS)) {
  test(`refuses ${what}`, (t) => {
    const name = join(temporaryFolder(t), 'bomb.parquet');
    writeFileSync(name, bytes);
    assert.ok(statSync(name).size < 2 ** 20, `${statSync(name).size} bytes`);
    const result = load('parquet', name);
    assert.match(result.sentence, /^dataset The data set [^\n]*\.$/);
    assert.match(result.sentence, sentence);
    // Up to 64 MB of it were unpacked, besides what Node takes itself.
    assert.ok(result.megabytes < 700, `${result.megabytes} MB`);
  });
}

test('refuses a gzip bomb of a megabyte', (t) => {
  const name = join(temporaryFolder(t), 'bomb.jsonl.gz');
  // Members follow one another in a gzip file: 16 of 64 MB each.
  writeFileSync(name, Buffer.concat(Array.from({ length: 16 }, () => packed)));
  const { sentence, megabytes } = load('json', name);
  assert.match(sentence, /has more than 512 MB of data when it is unpacked: split it into several files/);
  assert.ok(megabytes < 1500, `${megabytes} MB`);
});
