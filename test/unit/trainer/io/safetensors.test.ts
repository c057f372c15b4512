/** Weights in the safetensors form: what is written is read again, and what is broken is refused in a sentence. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { TuneboardError } from '../../../../src/core/errors.ts';
import { type NamedTensor, SafetensorsFile, writeSafetensors } from '../../../../src/trainer/io/safetensors.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

let folder: string;
let path: string;
beforeEach((t) => {
  folder = temporaryFolder(t as TestContext);
  path = join(folder, 'model.safetensors');
});

/** A file of this header, and so many bytes of data. */
function write(header: unknown, bytes: number, length?: number): void {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(length ?? json.length));
  writeFileSync(path, Buffer.concat([size, json, Buffer.alloc(bytes, 1)]));
}

async function readAll(file: SafetensorsFile): Promise<Map<string, number[]>> {
  const values = new Map<string, number[]>();
  for (const name of file.tensors.keys()) values.set(name, [...(await file.readFloats(name))]);
  await file.close();
  return values;
}

test('what was written is read again', async () => {
  const names = fc.uniqueArray(
    fc.string({ minLength: 1 }).filter((name) => name !== '__metadata__'),
    { maxLength: 5 },
  );
  const float = fc.float({ noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.array(fc.array(float, { maxLength: 9 }), { minLength: 5, maxLength: 5 }),
      async (all, rows) => {
        const tensors: NamedTensor[] = all.map((name, index) => {
          const values = Float32Array.from(rows[index] as number[]);
          return { name, shape: [1, values.length], values: index % 2 === 0 ? values : () => values };
        });
        await writeSafetensors(path, tensors, { format: 'pt', ключ: '值' });
        const file = await SafetensorsFile.open(path);
        assert.deepEqual({ ...file.metadata }, { format: 'pt', ключ: '值' });
        assert.deepEqual([...file.tensors.keys()].sort(), [...all].sort());
        const read = await readAll(file);
        for (const [index, name] of all.entries()) assert.deepEqual(read.get(name), rows[index]);
      },
    ),
    { numRuns: 60 },
  );
  assert.deepEqual(readdirSync(folder), ['model.safetensors'], 'nothing is left aside');
});

test('every number format becomes float32', async () => {
  const halves = new Uint8Array(new Uint16Array([0x3e00, 0xc080, 0x0001, 0x7bff, 0x7c00, 0x8000]).buffer);
  const brain = new Uint8Array(new Uint16Array([0x3f80, 0xc049]).buffer);
  await writeSafetensors(path, [
    { name: 'half', shape: [6], dtype: 'F16', values: halves },
    { name: 'brain', shape: [2], dtype: 'BF16', values: brain },
    { name: 'double', shape: [2], values: Float64Array.of(0.1, -3) },
    { name: 'long', shape: [2], values: BigInt64Array.of(-5n, 2n ** 40n) },
    { name: 'int', shape: [], values: Int32Array.of(-7) },
    { name: 'unsigned', shape: [1], values: Uint32Array.of(4e9) },
    { name: 'bool', shape: [2], dtype: 'BOOL', values: Uint8Array.of(1, 0) },
  ]);
  const file = await SafetensorsFile.open(path);
  assert.deepEqual(file.tensors.get('int')?.shape, []);
  assert.deepEqual(
    [...(await readAll(file))],
    [
      ['half', [1.5, -2.25, 2 ** -24, 65504, Number.POSITIVE_INFINITY, -0]],
      ['brain', [1, -3.140625]],
      ['double', [Math.fround(0.1), -3]],
      ['long', [-5, 2 ** 40]],
      ['int', [-7]],
      ['unsigned', [4e9]],
      ['bool', [1, 0]],
    ],
  );
});

describe('a broken file is refused in a sentence:', () => {
  const f32 = (shape: number[], ...data_offsets: number[]) => ({ dtype: 'F32', shape, data_offsets });
  const cases: readonly (readonly [string, () => void, RegExp])[] = [
    ['too short', () => writeFileSync(path, 'abc'), /has 3 bytes only/],
    ['a header of no end', () => write({}, 0, 2 ** 50), /its header would have 1125899906842624 bytes/],
    ['cut within the header', () => write({}, 0, 500), /ends within its header/],
    ['no JSON', () => write('{"a": ', 0), /its header is no JSON/],
    ['no text', () => write('"\xff', 0), /its header is no JSON/],
    ['another kind of JSON', () => write('[1]', 0), /no list of tensors/],
    ['metadata of numbers', () => write({ __metadata__: { a: 1 } }, 0), /its metadata are no texts/],
    ['no shape', () => write({ a: { dtype: 'F32' } }, 0), /tensor "a" has no type, shape or place/],
    ['a negative size', () => write({ a: f32([-1], 0, 4) }, 4), /"a" has an impossible shape/],
    ['an overflow', () => write({ a: f32([2 ** 40, 2 ** 40], 0, 4) }, 4), /"a" has an impossible shape/],
    ['an end before the begin', () => write({ a: f32([1], 8, 4) }, 8), /"a" has an impossible shape or place/],
    ['a shape of another size', () => write({ a: f32([3], 0, 8) }, 8), /of shape \[3\] has 8 bytes/],
    ['an overlap', () => write({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), /"b" overlaps another/],
    ['a hole', () => write({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /a hole before tensor "b"/],
    ['cut off', () => write({ a: f32([9], 0, 36) }, 20), /should have \d+ bytes and has \d+/],
    ['more than it says', () => write({ a: f32([1], 0, 4) }, 9), /has 5 bytes after its last tensor/],
    [
      'a format of the future',
      () => write({ a: { ...f32([1], 0, 1), dtype: 'F8_E4M3' } }, 1),
      /as F8_E4M3.*store it as F32/,
    ],
    ['none at all', () => undefined, /cannot be read/],
    ['a folder', () => mkdirSync(path), /it is no file/],
  ];
  for (const [name, make, sentence] of cases) {
    test(name, async () => {
      make();
      await assert.rejects(SafetensorsFile.open(path), (error) => {
        assert.ok(error instanceof TuneboardError, String(error));
        assert.match(error.message, sentence);
        assert.ok(error.message.startsWith(path) && error.message.endsWith('.') && !error.message.includes('\n'));
        return true;
      });
    });
  }
});

test('any changed byte gives other numbers or a sentence, never another error', async () => {
  await writeSafetensors(path, [
    { name: 'a', shape: [2, 3], values: Float32Array.from({ length: 6 }, (_, index) => index) },
    { name: 'b', shape: [1], values: Int32Array.of(3) },
  ]);
  const whole = readFileSync(path);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), async (at, byte, length) => {
      const bytes = Buffer.from(whole);
      bytes[at] = byte;
      writeFileSync(path, length % 3 === 0 ? bytes.subarray(0, length) : bytes);
      try {
        await readAll(await SafetensorsFile.open(path));
      } catch (error) {
        assert.ok(error instanceof TuneboardError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test('a failure leaves the old file and nothing aside', async () => {
  await writeSafetensors(path, [{ name: 'a', shape: [1], values: Float32Array.of(1) }]);
  const wrong: NamedTensor = { name: 'a', shape: [2], values: () => Float32Array.of(1) };
  await assert.rejects(writeSafetensors(path, [wrong]), /has 1 elements, not those of \[2\]/);
  assert.deepEqual(await readAll(await SafetensorsFile.open(path)), new Map([['a', [1]]]));
  assert.deepEqual(readdirSync(folder), ['model.safetensors']);
  mkdirSync(join(folder, 'taken', 'inside'), { recursive: true });
  await assert.rejects(
    writeSafetensors(join(folder, 'taken'), [{ name: 'a', shape: [1], values: Float32Array.of(1) }]),
    (error) => error instanceof TuneboardError && /taken cannot be written: .*\.$/.test(error.message),
  );
  assert.ok(existsSync(join(folder, 'taken', 'inside')));
});
