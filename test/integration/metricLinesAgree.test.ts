import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMetricLine } from '../../src/storage/log/metricLines.ts';
import { pythonFolder } from '../../src/tuner/pythonFolder.ts';
import { needPython } from '../support/python.ts';

const DUMP = `
import json, sys
from _tuneboard_metrics import parse_metrics
print(json.dumps([parse_metrics(line) for line in json.load(sys.stdin)]))
`;

const LINES = [
  "{'eval_loss': '0.6532', 'eval_f1': '0.781', 'epoch': '1'}",
  "{'eval_loss': 0.31, 'eval_f1': 0.91, 'epoch': 2.0}",
  '{"loss": 1e-05, "acc": 1, "name": "x", "flag": true, "none": null, "list": [1]}',
  "{'loss': nan, 'best': inf, 'worst': -inf}",
  '{"loss": NaN, "best": Infinity}',
  'epoch=3 loss=0.25 acc=.5 lr=1e-3',
  'eval_f1 = 0.91, epoch = 2',
  'INFO:root:step=10 loss=2.5e+3',
  '\u001b[32mloss=0.5\u001b[0m',
  'acc="0.5"',
  'x=1.2.3 y=4abc',
  'a=nan b=-inf',
  'no metrics here',
  '{not a dict}',
  '{}',
  '{1: 2}',
  "{'a': {'b': 1}, 'c': -0.5}",
  '   {"padded": 1}   ',
  'path=/tmp/1 k=v',
  'https://example.com/?a=1',
  '--lr=0.1',
  'Namespace(lr=0.1, n=2) loss=0.3',
  'n=1_000',
  'a=1,b=2:c=3 step=3/10',
  'loss=0,31 eval_runtime = 0:01:12.34 sizes=10,20,30 day=2026-01-02',
];

test('the launcher and the log reader take the same metrics from a line', (t) => {
  const python = needPython(t, 'python');
  if (!python) return;
  const name = fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/);
  const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
  const dict = fc.dictionary(name, number, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
  const generated = fc.sample(dict, { numRuns: 200, seed: 7 }).flatMap((metrics) => {
    const entries = Object.entries(metrics);
    return [
      JSON.stringify(metrics),
      entries.map(([key, value]) => `${key}=${value}`).join(' '),
      `{${entries.map(([key, value]) => `'${key}': '${value}'`).join(', ')}}`,
    ];
  });
  const lines = [...LINES, ...generated];
  const printed = execFileSync(python, ['-c', DUMP], {
    input: JSON.stringify(lines),
    env: { ...process.env, PYTHONPATH: pythonFolder, PYTHONIOENCODING: 'utf-8' },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const theirs = JSON.parse(printed.replace(/\bNaN\b/g, '"nan"').replace(/-?\bInfinity\b/g, (text) => `"${text}"`));
  for (const [index, line] of lines.entries()) {
    const ours = parseMetricLine(line);
    const plain = ours && Object.fromEntries(Object.entries(ours).map(([key, value]) => [key, spelled(value)]));
    assert.deepEqual(theirs[index], plain ?? null, line);
  }
});

/** As Python's json module writes a number that JSON does not have. */
function spelled(value: number): number | string {
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? value : String(value);
}
