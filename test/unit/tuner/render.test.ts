import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { floatDistribution } from '../../../src/core/space/distributionRules.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import { Direction, TrialState } from '../../../src/core/study/states.ts';
import { bar, StudyRenderer, Terminal } from '../../../src/tuner/render/studyRenderer.ts';
import { durationText, fit, shortNumber, table, textWidth } from '../../../src/tuner/render/text.ts';

test('numbers and times read the same everywhere', () => {
  assert.equal(shortNumber(0.1 + 0.2), '0.3');
  assert.equal(shortNumber(1234567.5), '1234570');
  assert.equal(shortNumber(Number.NaN), 'nan');
  assert.equal(shortNumber(Number.NEGATIVE_INFINITY), '-inf');
  assert.deepEqual([0, 9_940, 9_960, 99_600, 3_600_000, 12_000_000].map(durationText), [
    '0.0 s',
    '9.9 s',
    '10 s',
    '2 min',
    '60 min',
    '3 h 20 min',
  ]);
});

test('a fitted text is never wider than asked, and untouched where it fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.integer({ min: 1, max: 60 }), (text, width) => {
      const fitted = fit(text, width);
      assert.ok(textWidth(fitted) <= width);
      if (textWidth(text) <= width) assert.equal(fitted, text);
    }),
  );
  assert.equal(textWidth('中文ab'), 6);
  assert.equal(fit('中文字', 5), '中文…');
});

test('a bar has its width at any part', () => {
  fc.assert(
    fc.property(fc.double({ min: -1, max: 2, noNaN: true }), fc.integer({ min: 1, max: 50 }), (part, width) => {
      assert.equal(Array.from(bar(part, width)).length, width);
    }),
  );
  assert.equal(bar(0.5, 4), '██░░');
});

test('a table aligns what is wide in a terminal', () => {
  assert.deepEqual(
    table([
      ['名', 'v'],
      ['long', '1'],
    ]),
    ['名    v', 'long  1'],
  );
});

async function show(stream: { isTTY?: boolean; columns?: number }, env: NodeJS.ProcessEnv): Promise<string> {
  const output = Object.assign(new PassThrough(), stream);
  let text = '';
  output.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const log = new MemoryLog();
  const { history } = await log.createStudy({ name: 's', directions: [Direction.maximize] });
  const renderer = new StudyRenderer(new Terminal(output, env));
  const running: number[] = [];
  renderer.opened({
    studyName: 's',
    knownTrials: 0,
    storage: '/x',
    history,
    metrics: ['f1'],
    state: () => 'running',
    budget: () => ({ trials: 2, timeoutMs: null }),
    finished: () => history.count(TrialState.complete),
    runningTrials: () => running,
  });
  const param = { name: 'lr', internal: 0.001, distribution: floatDistribution(0, 1) };
  history.add({ state: TrialState.running, params: [param] });
  running.push(0);
  renderer.trialStarted(0);
  renderer.trialReported(0, 0.5, 1);
  history.apply({ type: 'state', number: 0, state: TrialState.complete, values: [0.75] });
  renderer.trialEnded(0, TrialState.complete, [0.75], undefined);
  renderer.close();
  await new Promise((resolve) => setImmediate(resolve));
  return text;
}

test('one plain line a trial where it is no terminal', async () => {
  const text = await show({}, {});
  assert.match(text, /^trial 0 complete f1=0\.75 in 0\.0 s: lr=0\.001 · best so far 0\.75$/m);
  assert.ok(!text.includes('\x1b'));
});

test('a live table on a terminal; no colours with NO_COLOR', async () => {
  const text = await show({ isTTY: true, columns: 60 }, { TERM: 'xterm' });
  assert.ok(text.includes('\x1b[32m    0  complete        0.75'));
  assert.match(text, /█+░+ 1\/2 · best 0\.75 \(trial 0\)/);
  const plain = await show({ isTTY: true, columns: 60 }, { TERM: 'xterm', NO_COLOR: '1' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes are what is looked for
  assert.doesNotMatch(plain, /\x1b\[\d*m/);
});
