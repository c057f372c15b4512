import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MarkSplitter } from '../../../../src/tuner/objective/optuna/scriptOutput.ts';

function split(nonce: string, chunks: readonly Buffer[]): [tag: string, text: string][] {
  const pieces: [string, string][] = [];
  const splitter = new MarkSplitter(nonce, (tag, bytes) => {
    const name = tag ? `${tag.study}.${tag.number}` : '-';
    const last = pieces.at(-1);
    if (last?.[0] === name) last[1] += bytes.toString('latin1');
    else pieces.push([name, bytes.toString('latin1')]);
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return pieces;
}

const mark = (tag: string) => `\u001etuneboard:n0nce:${tag}\u001f`;

test('bytes go to the trial that the last mark named', () => {
  const text = `before ${mark('0.3')}three${mark('-')}none${mark('1.0')}one`;
  assert.deepEqual(split('n0nce', [Buffer.from(text)]), [
    ['-', 'before '],
    ['0.3', 'three'],
    ['-', 'none'],
    ['1.0', 'one'],
  ]);
});

test('another nonce, a broken tag and a mark without end are ordinary output', () => {
  for (const text of [
    '\u001etuneboard:other:0.1\u001fx',
    mark('0.x'),
    mark(''),
    '\u001etuneboard:n0nce:0.1',
    '\u001e\u001e',
  ]) {
    assert.deepEqual(split('n0nce', [Buffer.from(text)]), [['-', text]], JSON.stringify(text));
  }
});

test('any cutting into chunks gives the same pieces and loses nothing', () => {
  const part = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom(
      '\u001e',
      '\u001f',
      '\u001etuneboard:',
      '\u001etuneboard:n0nce:',
      mark('-'),
      mark('0.7'),
      mark('12.345'),
    ),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.array(fc.nat(40), { maxLength: 20 }), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''), 'latin1');
      const chunks: Buffer[] = [];
      let at = 0;
      for (const length of cuts) {
        chunks.push(bytes.subarray(at, at + length));
        at += length;
      }
      chunks.push(bytes.subarray(at));
      assert.deepEqual(split('n0nce', chunks), split('n0nce', [bytes]));
      const marks = new RegExp(mark('(?:-|\\d+\\.\\d+)'), 'g');
      const kept = split('n0nce', chunks)
        .map(([, text]) => text)
        .join('');
      assert.equal(kept, bytes.toString('latin1').replace(marks, ''));
    }),
    { numRuns: 500 },
  );
});
