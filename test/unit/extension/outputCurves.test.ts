/** The curves of an output file that grows, is cut, replaced or written anew while it is looked at. */
import assert from 'node:assert/strict';
import { appendFileSync, closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { MetricCurves, OutputCurves } from '../../../src/extension/panel/outputCurves.ts';
import type { MetricCurve } from '../../../src/protocol/panel.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

function outputIn(context: TestContext, text = ''): string {
  const path = join(temporaryFolder(context), 'output.log');
  writeFileSync(path, text);
  return path;
}

function wholly(text: string): readonly MetricCurve[] {
  const curves = new MetricCurves();
  for (const line of text.split('\n')) curves.add(line);
  return curves.curves;
}

const lossAt = (curves: readonly MetricCurve[]) => curves.find(({ name }) => name === 'loss')?.points;

test('a file read as it grows, cut anywhere, has the curves of the whole file', async (context) => {
  const line = fc.oneof(
    fc
      .tuple(fc.nat(9), fc.integer(), fc.constantFrom('损失', 'f1', 'é', '𝑥'))
      .map(([step, value, name]) => `step=${step} ${name === 'f1' ? name : 'loss'}=${value} ${name}`),
    fc.constantFrom('', '{"损失": 0.5, "step": 1}', '{"损失": 0.25, "step": 2}', '\r10%\r20% loss=3', 'words 中文'),
  );
  const folder = temporaryFolder(context);
  let files = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(400), { maxLength: 6 }), async (lines, cuts) => {
      const path = join(folder, `${files++}.log`);
      writeFileSync(path, '');
      const bytes = Buffer.from(lines.join('\n'));
      const curves = new OutputCurves(path);
      let at = 0;
      for (const cut of [...cuts.filter((one) => one < bytes.length).sort((a, b) => a - b), bytes.length]) {
        appendFileSync(path, bytes.subarray(at, cut));
        at = cut;
        await curves.read(false);
      }
      assert.deepEqual(await curves.read(true), wholly(bytes.toString()));
    }),
    { numRuns: 60 },
  );
});

test('what has been read is not read again', async (context) => {
  const filler = `${'nothing to see here '.repeat(20)}\n`;
  const path = outputIn(context, `loss=1 step=1\nloss=2 step=2\n${filler}`);
  const curves = new OutputCurves(path);
  await curves.read(false);
  // Nobody rewrites the beginning of an output: who read it again would see this.
  const file = openSync(path, 'r+');
  writeSync(file, 'loss=7', 0);
  closeSync(file);
  appendFileSync(path, 'loss=3 step=3\n');
  assert.deepEqual(lossAt(await curves.read(false)), [
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});

test('half a line counts when the trial is over, not before', async (context) => {
  const path = outputIn(context, 'loss=1 step=1\nloss=2 step=2\nloss=0.1');
  const curves = new OutputCurves(path);
  assert.equal(lossAt(await curves.read(false))?.length, 2);
  appendFileSync(path, '25 step=3');
  assert.equal(lossAt(await curves.read(false))?.length, 2);
  assert.deepEqual(lossAt(await curves.read(true))?.at(-1), [3, 0.125]);
  assert.equal(lossAt(await curves.read(true))?.length, 3);
});

test('an output that is cut, replaced or written anew begins again', async (context) => {
  const path = outputIn(context, 'loss=1 step=1\nloss=2 step=2\nloss=3 step=3\n');
  const curves = new OutputCurves(path);
  assert.equal(lossAt(await curves.read(false))?.length, 3);
  const again = 'loss=9 step=1\nloss=8 step=2\n';
  const expected = [
    [1, 9],
    [2, 8],
  ];
  writeFileSync(path, again);
  assert.deepEqual(lossAt(await curves.read(false)), expected, 'cut');
  writeFileSync(path, `warming up, which takes long\n${again}`);
  assert.deepEqual(lossAt(await curves.read(false)), expected, 'written anew, longer than before');
  writeFileSync(`${path}.new`, `${'loss=5 step=1\n'.repeat(9)}loss=4 step=2\n`);
  renameSync(`${path}.new`, path);
  assert.deepEqual(lossAt(await curves.read(false))?.at(-1), [2, 4], 'replaced');
});

test('of a long output, or much that is new, the end is read, from the first whole line', async (context) => {
  const lines = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => `step=${from + at} loss=${from + at} and some words\n`).join('');
  const path = outputIn(context, `first=1 step=0\nfirst=2 step=1\n${lines(0, 60_000)}`);
  const curves = new OutputCurves(path);
  const seen = await curves.read(false);
  assert.deepEqual(
    seen.map(({ name }) => name),
    ['loss'],
  );
  assert.deepEqual(lossAt(seen)?.at(-1), [59_999, 59_999]);
  for (const [step, value] of lossAt(seen) ?? []) assert.equal(value, step, 'no line was cut');
  appendFileSync(path, lines(60_000, 60_000));
  assert.deepEqual(lossAt(await curves.read(false))?.at(-1), [119_999, 119_999]);
});

test('an output hardly longer than what is read of one is read, too', async (context) => {
  const lines = 'loss=1 step=1\nloss=2 step=2\n';
  for (const longer of [1, 2, 63, 64, 65]) {
    const path = outputIn(context, `${' '.repeat(1024 * 1024 + longer - lines.length - 1)}\n${lines}`);
    assert.equal(lossAt(await new OutputCurves(path).read(false))?.length, 2, String(longer));
  }
});

test('looks that are asked for at once take turns', async (context) => {
  const lines = (count: number) => Array.from({ length: count }, (_, at) => `loss=${at}\n`).join('');
  const path = outputIn(context);
  const curves = new OutputCurves(path);
  for (const count of [500, 900]) {
    writeFileSync(path, lines(count));
    const looks = await Promise.all([1, 2, 3].map(() => curves.read(false)));
    assert.deepEqual(new Set(looks.map((seen) => String(lossAt(seen)?.at(-1)))), new Set([`${count},${count - 1}`]));
  }
});

test('a progress bar that overwrites its line for hours, and a line without end, hide nothing after them', async (context) => {
  const path = outputIn(context, 'loss=1 step=1\n');
  const curves = new OutputCurves(path);
  for (let at = 0; at < 30; at++) {
    appendFileSync(path, `\r${at}% ${'█'.repeat(3000)}`);
    await curves.read(false);
  }
  appendFileSync(path, `\rloss=2 step=2\n${'x'.repeat(200_000)}`);
  await curves.read(false);
  appendFileSync(path, ' loss=0 step=9\nloss=3 step=3\n');
  assert.deepEqual(lossAt(await curves.read(false)), [
    [1, 1],
    [2, 2],
    [3, 3],
  ]);
});

test('an output that is not there has no curves, and has them when it comes', async (context) => {
  const path = join(temporaryFolder(context), 'later.log');
  const curves = new OutputCurves(path);
  assert.deepEqual(await curves.read(false), []);
  writeFileSync(path, 'loss=1 step=1\nloss=2 step=2\n');
  assert.equal(lossAt(await curves.read(false))?.length, 2);
});
