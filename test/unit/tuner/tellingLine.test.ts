/** Which line of a program that failed is told. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { tellingLine } from '../../../src/tuner/objective/metrics/lineReport.ts';

/** The last lines that a program of Node leaves, as a trial's process keeps them. */
function linesOf(program: string, ...options: string[]): string[] {
  const { stderr } = spawnSync(process.execPath, [...options, '-e', program], { encoding: 'utf8' });
  return stderr
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-20);
}

test('reports the last line where it says something', () => {
  assert.equal(
    tellingLine(['Traceback (most recent call last):', '  File "a.py"', 'ValueError: no']),
    'ValueError: no',
  );
  assert.equal(tellingLine(['TypeError: before', 'the disk is full']), 'the disk is full');
  assert.equal(
    tellingLine(['no such key', 'Set the environment variable HYDRA_FULL_ERROR=1 for more.']),
    'no such key',
  );
  assert.equal(tellingLine([]), undefined);
  assert.equal(tellingLine(['}']), '}');
});

test('reports the error of a stack trace of Node', () => {
  assert.equal(tellingLine(linesOf('null.f()')), "TypeError: Cannot read properties of null (reading 'f')");
  const withFields = linesOf('throw Object.assign(new RangeError("too far"), { code: "FAR", list: [{}] })');
  assert.equal(tellingLine(withFields), 'RangeError: too far');
  assert.match(tellingLine(linesOf('require("none-such")')) ?? '', /^Error: Cannot find module 'none-such'/);
});

test('reports that the memory ran out', () => {
  const lines = linesOf('const a = []; for (;;) a.push(new Array(1000).fill({}));', '--max-old-space-size=20');
  assert.match(tellingLine(lines) ?? '', /^FATAL ERROR: .*JavaScript heap out of memory$/);
});
