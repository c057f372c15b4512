/** Small text files, packed or not, that become much more in memory: refused in a sentence by a process of little memory. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const at = (path: string) => JSON.stringify(new URL(`../../../../src/trainer/${path}`, import.meta.url).href);
const PROGRAM = `
import { loadDataset } from ${at('datasets/loadDataset.ts')};
import { SafetensorsFile } from ${at('io/safetensors.ts')};
import { TorchFile } from ${at('io/torchBin.ts')};
import { AutoTokenizer } from ${at('tokenization/autoTokenizer.ts')};
import { AutoConfig } from ${at('models/configFile.ts')};
const readers = {
  csv: (dataFiles) => loadDataset('csv', { dataFiles }),
  json: (dataFiles) => loadDataset('json', { dataFiles }),
  safetensors: (path) => SafetensorsFile.open(path),
  torch: (path) => TorchFile.open(path),
  tokenizer: (path) => AutoTokenizer.fromPretrained(path),
  config: (path) => AutoConfig.fromPretrained(path),
};
const [kind, path] = process.argv.slice(1);
const sentence = await readers[kind](path).then(() => 'it was read', (error) => error.code + ' ' + error.message);
console.log(JSON.stringify({ sentence, megabytes: process.resourceUsage().maxRSS / 1024 }));
`;

interface Bomb {
  readonly kind: 'csv' | 'json' | 'safetensors' | 'torch' | 'tokenizer' | 'config';
  /** The file's name; of a folder with the file in it, the path within. */
  readonly name: string;
  readonly bytes: () => Uint8Array | string;
  readonly sentence: RegExp;
  readonly megabytes: number;
}

const MANY = 2 ** 26;
const nested = (open: string, count = MANY) => Buffer.alloc(count, open);
function safetensors(header: string | Uint8Array, length = BigInt(header.length)): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(length);
  return Buffer.concat([size, Buffer.from(header as string)]);
}
const tensors = (count: number, entry: (index: number) => string) =>
  `{${Array.from({ length: count }, (_, index) => `"t${index}":${entry(index)}`).join()}}`;

const BOMBS: Readonly<Record<string, Bomb>> = {
  'a packed CSV of nothing but commas': {
    kind: 'csv',
    name: 'a.csv.gz',
    bytes: () => gzipSync(nested(',')),
    sentence: /has more than 50 million cells: split it/,
    megabytes: 700,
  },
  'a packed CSV of nothing but lines': {
    kind: 'csv',
    name: 'a.csv.gz',
    bytes: () => gzipSync(nested('\n')),
    sentence: /has more than 50 million cells: split it/,
    megabytes: 700,
  },
  'a CSV of many columns and short rows': {
    kind: 'csv',
    name: 'a.csv',
    bytes: () => `${Array.from({ length: 16_000 }, (_, index) => `c${index}`).join()}\n${'1\n'.repeat(100_000)}`,
    sentence: /has more than 50 million cells: split it/,
    megabytes: 700,
  },
  'a CSV of a million columns of one name': {
    kind: 'csv',
    name: 'a.csv',
    bytes: () => `${'a,'.repeat(1_000_000)}a\n`,
    sentence: /has 1000001 columns, and 16384 at most are read/,
    megabytes: 700,
  },
  'a packed JSON of nothing but lists in lists': {
    kind: 'json',
    name: 'a.json.gz',
    bytes: () => gzipSync(nested('[', 40_000_000)),
    sentence: /is no JSON: it is nested more than 500 levels deep/,
    megabytes: 700,
  },
  'a packed JSON of empty lists': {
    kind: 'json',
    name: 'a.json.gz',
    bytes: () => gzipSync(Buffer.concat([Buffer.from('['), Buffer.alloc(3 * MANY, '[],'), Buffer.from('[]]')])),
    sentence: /has more than 50 million cells/,
    megabytes: 1200,
  },
  'JSON rows that each have a column of their own': {
    kind: 'json',
    name: 'a.jsonl',
    bytes: () => Array.from({ length: 100_000 }, (_, index) => `{"c${index}":1}`).join('\n'),
    sentence: /has 100000 columns, and 16384 at most are read/,
    megabytes: 700,
  },
  'a header of safetensors of 2^60 bytes': {
    kind: 'safetensors',
    name: 'a.safetensors',
    bytes: () => safetensors('{}', 2n ** 60n),
    sentence: /its header would have 1152921504606846976 bytes/,
    megabytes: 700,
  },
  'a header of safetensors that is nested deep': {
    kind: 'safetensors',
    name: 'a.safetensors',
    bytes: () => safetensors(`{"a":${nested('[', 50_000_000)}`),
    sentence: /its header is no JSON, or one that is nested too deep/,
    megabytes: 700,
  },
  'a shape that is nested deep': {
    kind: 'safetensors',
    name: 'a.safetensors',
    bytes: () =>
      safetensors(`{"a":{"dtype":"F32","shape":[${'['.repeat(9000)}${']'.repeat(9000)}],"data_offsets":[0,0]}}`),
    sentence: /its header is no JSON, or one that is nested too deep/,
    megabytes: 700,
  },
  'a tensor of 2^53 elements in no bytes': {
    kind: 'safetensors',
    name: 'a.safetensors',
    bytes: () => safetensors('{"a":{"dtype":"F32","shape":[9007199254740991],"data_offsets":[0,0]}}'),
    sentence: /"a" has an impossible shape or place/,
    megabytes: 700,
  },
  'offsets outside of the file': {
    kind: 'safetensors',
    name: 'a.safetensors',
    bytes: () => safetensors('{"a":{"dtype":"U8","shape":[1000000000000],"data_offsets":[0,1000000000000]}}'),
    sentence: /it should have 1\d+ bytes and has \d+/,
    megabytes: 700,
  },
  'a million tensors at the same place': {
    kind: 'safetensors',
    name: 'a.safetensors',
    bytes: () => safetensors(tensors(300_000, () => '{"dtype":"U8","shape":[1],"data_offsets":[0,1]}')),
    sentence: /overlaps another/,
    megabytes: 700,
  },
  'a header that says it has 10^9 tensors and ends': {
    kind: 'safetensors',
    name: 'a.safetensors',
    bytes: () =>
      safetensors(
        tensors(1000, () => '{}'),
        99_999_999n,
      ),
    sentence: /it ends within its header/,
    megabytes: 700,
  },
  'a tokenizer that is nested deep': {
    kind: 'tokenizer',
    name: 'model/tokenizer.json',
    bytes: () => `{"model":${nested('[', 50_000_000)}`,
    sentence: /tokenizer\.json is no JSON: it is nested more than 500 levels deep/,
    megabytes: 700,
  },
  'a config that is nested deep': {
    kind: 'config',
    name: 'model/config.json',
    bytes: () => `{"a":${'{"a":'.repeat(5_000_000)}`,
    sentence: /config\.json is no JSON: it is nested more than 500 levels deep/,
    megabytes: 700,
  },
  'a pickle of the older form that makes a dict a byte': {
    kind: 'torch',
    name: 'a.bin',
    bytes: () => legacy(Buffer.alloc(30_000_000, '}')),
    sentence: /its pickle is far too large/,
    megabytes: 1200,
  },
  'a storage of the older form of 2^62 elements': {
    kind: 'torch',
    name: 'a.bin',
    bytes: () => legacy(Buffer.from('\x8a\x08\0\0\0\0\0\0\0\x40.\x5d.', 'latin1')),
    sentence: /holds no weights by name/,
    megabytes: 700,
  },
};

/** The magic number, the version and the system of the form before PyTorch 1.6, then a pickle. */
function legacy(pickle: Uint8Array): Buffer {
  const number = Buffer.from(
    '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.',
    'latin1',
  );
  return Buffer.concat([number, Buffer.from([0x80, 2]), pickle]);
}

for (const [what, { kind, name, bytes, sentence, megabytes }] of Object.entries(BOMBS)) {
  test(`refuses ${what}`, (t) => {
    const path = join(temporaryFolder(t), name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes());
    assert.ok(statSync(path).size <= 2 ** 26);
    const given = name.includes('/') ? dirname(path) : path;
    const options = ['--max-old-space-size=256', '--input-type=module', '-e', PROGRAM, kind, given];
    const { stdout, stderr, status } = spawnSync(process.execPath, options, { encoding: 'utf8', timeout: 120_000 });
    assert.equal(status, 0, stderr.slice(-2000));
    const result = JSON.parse(stdout) as { sentence: string; megabytes: number };
    assert.match(result.sentence, /^(dataset|checkpoint|tokenizer|model) [^\n]{1,600}\.$/);
    assert.match(result.sentence, sentence);
    assert.ok(result.megabytes < megabytes, `${result.megabytes} MB`);
  });
}
