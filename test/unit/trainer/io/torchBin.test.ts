/** Checkpoints of PyTorch, made by fixtures/trainer/torch/record.py; nothing in them is ever run. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { TuneboardError } from '../../../../src/core/errors.ts';
import { TorchFile } from '../../../../src/trainer/io/torchBin.ts';

const fixtures = fileURLToPath(new URL('../../../fixtures/trainer/torch/', import.meta.url));
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as Record<
  string,
  { readonly shape: readonly number[]; readonly values: readonly string[] }
>;

const folder = mkdtempSync(join(tmpdir(), 'torch-bin-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function written(bytes: Buffer | string): string {
  const path = join(folder, 'pytorch_model.bin');
  writeFileSync(path, bytes);
  return path;
}

/** Python's spelling of a float. */
function numberOf(text: string): number {
  return text.endsWith('inf') ? Number(text.replace('inf', 'Infinity')) : Number(text);
}

async function readAll(path: string): Promise<Map<string, Float32Array>> {
  const file = await TorchFile.open(path);
  const values = new Map<string, Float32Array>();
  try {
    for (const name of file.tensors.keys()) values.set(name, await file.readFloats(name));
  } finally {
    await file.close();
  }
  return values;
}

for (const form of ['zip', 'legacy']) {
  describe(`the ${form} form`, () => {
    const path = join(fixtures, `${form}.bin`);

    test('has every type of number, views and strides as torch has them', async () => {
      const file = await TorchFile.open(path);
      assert.deepEqual([...file.tensors.keys()], Object.keys(expected));
      // Backwards: a tensor is found wherever reading stands.
      for (const [name, { shape, values }] of Object.entries(expected).reverse()) {
        assert.deepEqual(file.tensors.get(name)?.shape, shape, name);
        assert.deepEqual([...(await file.readFloats(name))], values.map(numberOf).map(Math.fround), name);
      }
      await assert.rejects(file.readFloats('none'), /has no tensor "none"/);
      await file.close();
    });

    test('cut off anywhere is refused in a sentence', async () => {
      const whole = readFileSync(path);
      for (let length = 0; length < whole.length; length += 61) {
        await assert.rejects(TorchFile.open(written(whole.subarray(0, length))), (error) => {
          assert.ok(error instanceof TuneboardError, `${length}: ${error}`);
          return /^\S+ is no (whole )?checkpoint of PyTorch, [^\n]*\.$/.test(error.message);
        });
      }
    });

    test('with changed bytes gives numbers or a sentence, never another error', async () => {
      const whole = readFileSync(path);
      const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, byte] of changes) bytes[at] = byte;
          try {
            await readAll(written(bytes));
          } catch (error) {
            assert.ok(error instanceof TuneboardError, (error as Error).stack);
          }
        }),
        { numRuns: 400 },
      );
    });
  });
}

test('damaged numbers in a zip are noticed', async () => {
  const bytes = readFileSync(join(fixtures, 'zip.bin'));
  const at = bytes.indexOf(Buffer.from(Float32Array.of(numberOf(expected['float']?.values[0] as string)).buffer));
  assert.ok(at > 0);
  bytes[at] = (bytes[at] as number) ^ 1;
  await assert.rejects(readAll(written(bytes)), /data\/\d+ in it was changed or damaged: fetch it again\.$/);
});

test('a file without weights by name is refused', async () => {
  await assert.rejects(TorchFile.open(join(fixtures, 'nested.bin')), /holds no weights by name: give what torch\.save/);
  await assert.rejects(TorchFile.open(written('no pickle')), /neither a zip archive nor the older form/);
  await assert.rejects(TorchFile.open(join(folder, 'none.bin')), /cannot be read/);
});

describe('a malicious pickle is refused by the name of what it asks for:', () => {
  /** The legacy form's magic number, version and system, then this pickle. */
  const legacy = readFileSync(join(fixtures, 'legacy.bin'));
  const start = legacy.subarray(0, legacy.indexOf('collections') - 3);
  const text = (value: string) => Buffer.concat([Buffer.from([0x8c, value.length]), Buffer.from(value)]);
  const stop = Buffer.from('.');
  const attacks: readonly (readonly [string, readonly Buffer[], RegExp])[] = [
    [
      'os.system',
      [Buffer.from('cos\nsystem\n'), text('touch /tmp/x'), Buffer.from([0x85, 0x52])],
      /asks for os\.system, .*might run code/,
    ],
    [
      'eval',
      [text('builtins'), text('eval'), Buffer.from([0x93]), text('1'), Buffer.from([0x85, 0x52])],
      /asks for builtins\.eval/,
    ],
    ['an instance', [Buffer.from('(icodecs\nopen\n')], /asks for codecs\.open/],
    ['an attribute of torch', [Buffer.from('ctorch.hub\nload\n')], /asks for torch\.hub\.load/],
    [
      'a class that is listed, called as none is',
      [Buffer.from('(icollections\nOrderedDict\n')],
      /makes objects of classes/,
    ],
    ['an extension', [Buffer.from([0x82, 1])], /the instruction 0x82/],
    [
      'a dict of a number',
      [Buffer.from('ccollections\nOrderedDict\nK\x01\x85R', 'latin1')],
      /makes a dict of something else/,
    ],
    [
      'the same list copied again and again',
      // 2,001 pairs, and a thousand dicts of them: in all 12 KB that would become gigabytes.
      [
        Buffer.from('ccollections\nOrderedDict\nq\x01]q\x02(K\x01K\x02\x86q\x03', 'latin1'),
        Buffer.from('h\x03'.repeat(2000), 'latin1'),
        Buffer.from('e', 'latin1'),
        Buffer.from('h\x01h\x02\x85R'.repeat(1000), 'latin1'),
      ],
      /its pickle is far too large/,
    ],
    ['a call of a text', [text('a'), Buffer.from([0x29, 0x52])], /calls a value/],
    ['the state of a text', [text('a'), Buffer.from([0x7d, 0x62])], /sets the state of a value/],
    ['an empty stack', [Buffer.from([0x85])], /an empty stack/],
    ['a memory of nothing', [Buffer.from([0x68, 77])], /recalls what it never kept/],
  ];
  for (const [name, body, sentence] of attacks) {
    test(name, async () => {
      const pickle = Buffer.concat([Buffer.from([0x80, 2]), ...body, stop]);
      await assert.rejects(TorchFile.open(written(Buffer.concat([start, pickle]))), (error) => {
        assert.ok(error instanceof TuneboardError, String(error));
        assert.match(error.message, sentence);
        return !error.message.includes('\n');
      });
    });
  }

  test('within what a state dict may hold', async () => {
    // A tensor whose elements would lie outside its storage.
    const huge = Buffer.from(legacy);
    const at = huge.indexOf(Buffer.from('K\x02K\x03\x86', 'latin1'));
    assert.ok(at > 0);
    huge[at + 3] = 0xf0;
    await assert.rejects(TorchFile.open(written(huge)), /a tensor leaves its storage/);
  });

  test('within what a zip archive may hold', async () => {
    const zip = readFileSync(join(fixtures, 'zip.bin'));
    // In the list of contents at the end: the file that names the order of bytes would unpack to four gigabytes. It is
    // refused by that, before anything is unpacked, which would fail.
    const name = zip.lastIndexOf('zip/byteorder');
    const size = name - 46 + 24;
    assert.equal(zip.readUInt32LE(size), 'little'.length);
    zip.writeUInt32LE(0xfffffff0, size);
    zip.writeUInt16LE(8, name - 46 + 10);
    await assert.rejects(TorchFile.open(written(zip)), /its numbers are big-endian/);
  });

  test('within a length', async () => {
    // A text of 4 GB announced in a file of 65 MB, which is not all read for it.
    const text = Buffer.concat([
      start,
      Buffer.from([0x80, 2, 0x58, 0xff, 0xff, 0xff, 0xff]),
      Buffer.alloc(65 * 2 ** 20),
    ]);
    await assert.rejects(TorchFile.open(written(text)), /its pickle is far too large/);
  });
});
