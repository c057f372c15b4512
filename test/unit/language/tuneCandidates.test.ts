import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listSites } from '../../../src/language/sites/listSites.ts';
import { importedFiles } from '../../../src/language/tuning/importedFiles.ts';
import { candidatesIn, shortNumber, tuneCandidates } from '../../../src/language/tuning/tuneCandidates.ts';
import { requireLinear } from '../../support/linearTime.ts';

const SCRIPT = `import model
SEED = 3
LEARNING_RATE = 0.003
OPTIMIZER = "adam"
DATA = "data.csv"
width = 7
net = model.Net(dropout=0.1)
`;

const script = { file: 'train.py', uri: 'file:///a/train.py', sites: listSites('python', SCRIPT) };

test('the best known names come first, with range and place; infrastructure is left out', () => {
  const found = tuneCandidates([script], new Map());
  assert.deepEqual(
    found.slice(0, 1).map(({ name, value, lineNumber }) => ({ name, value, lineNumber })),
    [{ name: 'learning_rate', value: '0.003', lineNumber: 3 }],
  );
  assert.match(found[0]?.line ?? '', /^\{ type: float, low: .*, log: true, at: "train\.py#LEARNING_RATE" \}$/);
  const names = found.map(({ name }) => name);
  assert.ok(names.includes('dropout'), names.join());
  assert.ok(!names.includes('seed') && !names.includes('data'), names.join());
});

test('what the study file has is marked with its parameter, also what the table would leave alone', () => {
  const found = tuneCandidates(
    [script],
    new Map([
      ['train.py#LEARNING_RATE', 'lr'],
      ['train.py#SEED', 'luck'],
    ]),
  );
  assert.deepEqual(
    found.filter(({ parameter }) => parameter !== null).map(({ parameter, lineNumber }) => [parameter, lineNumber]),
    [
      ['lr', 3],
      ['luck', 2],
    ],
  );
});

test('a cursor means the value that it touches, a selection all numbers in it', () => {
  const at = SCRIPT.indexOf('0.003');
  assert.deepEqual(
    candidatesIn(script, at, at, new Map()).map(({ name }) => name),
    ['learning_rate'],
  );
  assert.deepEqual(
    candidatesIn(script, 0, SCRIPT.length, new Map()).map(({ name }) => name),
    ['seed', 'learning_rate', 'width', 'dropout'],
  );
  const text = SCRIPT.indexOf('"adam"') + 2;
  assert.match(candidatesIn(script, text, text, new Map())[0]?.line ?? '', /type: categorical, choices: \[adam\]/);
  assert.deepEqual(candidatesIn(script, 0, 0, new Map()), []);
});

test('every proposed range holds the current value', () => {
  for (const value of ['0', '1', '-1', '2', '0.0', '-0.5', '1e-9', '100000', '3.5', 'True']) {
    const text = `thing = ${value}\n`;
    const [found] = candidatesIn({ ...script, sites: listSites('python', text) }, 8, 8, new Map());
    assert.ok(found, value);
    if (value === 'True') continue;
    const [, low, high] = /low: ([^,]+), high: ([^,]+),/.exec(found.line) ?? [];
    const choices = /choices: \[(.*)\]/.exec(found.line)?.[1]?.split(', ').map(Number);
    if (choices) assert.ok(choices.includes(Number(value)), found.line);
    else
      assert.ok(
        Number(low) <= Number(value) && Number(value) <= Number(high) && Number(low) < Number(high),
        found.line,
      );
  }
});

test('imports name files of the workspace, relative ones by their dots', () => {
  const python =
    'import model, data.loader as l\nfrom .net import Net\nfrom ..common import x\nfrom . import heads\nopen("conf/a.yaml")\n';
  const files = importedFiles('python', python);
  for (const path of ['model.py', 'data/loader.py', 'net.py', '../common.py', 'heads.py', 'conf/a.yaml'])
    assert.ok(files.includes(path), `${path} in ${files.join()}`);
  const script = importedFiles('typescript', 'import { a } from "./net.js";\nconst b = require("../b");\n');
  for (const path of ['./net.ts', '../b.js', '../b.ts'])
    assert.ok(script.includes(path), `${path} in ${script.join()}`);
});

test('a number is short, and on a logarithmic scale its power of ten is seen', () => {
  const numbers = [0, 1e-5, 0.01, 0.1, 1_000_000, 123_457, 0.00321, 64];
  assert.deepEqual(
    numbers.map((value) => shortNumber(value)),
    ['0', '1e-5', '0.01', '0.1', '1e6', '123457', '0.00321', '64'],
  );
  assert.deepEqual(
    numbers.map((value) => shortNumber(value, true)),
    ['0', '1e-5', '1e-2', '0.1', '1e6', '123457', '3.21e-3', '64'],
  );
});

test('thousands of calls that share a name cost no more for each', () => {
  requireLinear(
    'candidates of a script',
    (count) => {
      const code = Array.from({ length: count }, (_, at) => `m${at} = Net(lr=0.1, dropout=0.${(at % 9) + 1})\n`).join(
        '',
      );
      const file = { file: 'a.py', uri: 'file:///a.py', sites: listSites('python', code) };
      assert.equal(tuneCandidates([file], new Map()).length, 2 * count);
    },
    500,
  );
});
