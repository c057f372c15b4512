import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { OutputFile } from '../../../src/tuner/objective/metrics/outputFile.ts';
import { LineSplitter } from '../../../src/tuner/objective/metrics/printedLines.ts';

function linesOf(chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
}

test('lines do not depend on how the bytes arrive', () => {
  const part = fc.constantFrom('\n', '\r\n', '\r', 'a', '精度', '😀', 'é', 'score=1', ' ');
  fc.assert(
    fc.property(fc.array(part), fc.array(fc.nat()), (parts, places) => {
      const text = parts.join('');
      const whole = text.split(/\r\n|\n|\r/);
      if (whole.at(-1) === '') whole.pop();
      assert.deepEqual(linesOf(cut(Buffer.from(text), places)), whole);
    }),
  );
});

test('bytes that are no UTF-8 never throw and lose no line', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const newlines = bytes.filter((byte) => byte === 10).length;
      const lines = linesOf([bytes]);
      assert.ok(lines.length >= newlines);
    }),
  );
});

test('a line without end is cut instead of kept in memory', () => {
  const chunk = Buffer.alloc(1 << 20, 'x');
  const lines = linesOf([chunk, chunk, Buffer.from('\nnext\n')]);
  assert.equal(lines.length, 2);
  assert.equal(lines[0]?.length, 64 * 1024);
  assert.equal(lines[1], 'next');
});

test('the output file keeps the newest part, within its bounds, and leaves no other file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tuneboard-output-'));
  try {
    const path = join(folder, '1.log');
    const file = new OutputFile(path, 100_000);
    let last = '';
    for (let line = 0; line < 20_000; line++) {
      last = `line ${line} ${'x'.repeat(40)}\n`;
      file.write(Buffer.from(last));
    }
    file.close();
    const text = readFileSync(path, 'utf8');
    assert.ok(text.length > 100_000 && text.length < 350_000, String(text.length));
    assert.ok(text.startsWith('[tuneboard: earlier output was left out]\nline '));
    assert.ok(text.endsWith(last));
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('1.')),
      ['1.log'],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('output that fits is kept whole, and a new run of the trial replaces it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tuneboard-output-'));
  try {
    const path = join(folder, '0.log');
    for (const text of ['first\n', 'second: half a character \u4e2d\n']) {
      const file = new OutputFile(path);
      for (const byte of Buffer.from(text)) file.write(Buffer.from([byte]));
      file.close();
      assert.equal(readFileSync(path, 'utf8'), text);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a folder that is gone ends the recording with a reason, not the trial', () => {
  const file = new OutputFile(join(tmpdir(), 'tuneboard-no-such-folder', '0.log'));
  file.write(Buffer.from('text'));
  file.close();
  assert.match(file.failure ?? '', /could not be recorded \(ENOENT\)/);
});
