/** What YAML itself finds wrong, in the reader's language. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placedParameters } from '../../../src/studyfile/editing/spaceEdits.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { requireLinear } from '../../support/linearTime.ts';

const WRONG: readonly (readonly [text: string, code: string, message: RegExp])[] = [
  ['name: "abc\nmetric: x\n', 'yaml-quote', /quote is not closed/],
  ["name: 'abc\n", 'yaml-quote', /quote is not closed/],
  ['name: x\n metric: y\n', 'yaml-nested', /a line of its own/],
  ['name: b: c\n', 'yaml-nested', /put the value in quotes/],
  ['space: [1,2\nname: x\n', 'yaml-bracket', /`\]`/],
  ['space: {a: 1\n', 'yaml-bracket', /`\}`/],
  ['name: @x\n', 'yaml-start', /cannot start with `@`/],
  ['name: `x`\n', 'yaml-start', /cannot start with ```/],
  ['name: x\n---\nname: y\n', 'yaml-documents', /one document/],
  ['space:\n  lr: { type: float low: 1 }\n', 'yaml-comma', /comma is missing/],
  ['objective:\n    command: a\n  shell: true\n', 'yaml-indent', /same column/],
  ['name: "a\\qb"\n', 'yaml-escape', /`\\q`/],
  ['name: x\n"metric" y\n', 'yaml-colon', /`key: value`/],
  ['name: - x\n', 'yaml-dash', /break the line/],
];

test('a mistake in the YAML is told in terms of a study file, at its place', () => {
  for (const [text, code, message] of WRONG) {
    const found = parseStudyFile(text).problems.find((problem) => problem.code === code);
    assert.ok(found, `${JSON.stringify(text)}: ${parseStudyFile(text).problems.map((problem) => problem.code)}`);
    assert.match(found.message, message);
    assert.ok(found.start < found.end && found.start <= text.length);
  }
});

test('and in Chinese without an English word outside of what is quoted', () => {
  const texts = [...WRONG.map(([text]) => text), 'key: &a &b c\n', 'a: ]\n', 'name: !foo x\n'];
  for (const text of texts) {
    const problems = parseStudyFile(text, 'study', 'zh-cn').problems.filter(({ code }) => code.startsWith('yaml'));
    assert.ok(problems.length > 0, text);
    for (const { message } of problems) assert.doesNotMatch(message.replace(/`[^`]*`|YAML/g, ''), /[a-z]{2,}/i);
  }
});

test('Chinese has no spaces between its own words', () => {
  for (const text of ['sampler:\n', 'space: []\n', 'budget: { trials: [] }\n', 'name: {}\n']) {
    for (const { message } of parseStudyFile(text, 'study', 'zh-cn').problems) {
      assert.doesNotMatch(message, /\p{Script=Han} \p{Script=Han}/u, message);
    }
  }
});

test('a pruner beside a scheduler is asked about, unless it decides nothing', () => {
  const file = (pruner: string) => `direction: minimize
metric: loss
objective: { command: "python train.py --x {x}" }
space: { x: { type: float, low: 0, high: 1 } }
scheduler: { type: pbt }
pruner: ${pruner}
`;
  const found = (pruner: string) => parseStudyFile(file(pruner)).problems.map(({ code, severity }) => [code, severity]);
  assert.deepEqual(found('median'), [['pruner-beside-scheduler', 'warning']]);
  assert.deepEqual(found('{ type: hyperband }'), [['two-schedulers', 'error']]);
  assert.deepEqual(found('none'), []);
});

test('a list that is a key is refused, in time in proportion to its depth', () => {
  const withKey = (depth: number) => `name: s\nspace:\n  kind: { ${'['.repeat(depth)}${']'.repeat(depth)}: 1 }\n`;
  assert.match(parseStudyFile(withKey(1)).problems[0]?.message ?? '', /a key is a list or a mapping/);
  assert.deepEqual(placedParameters(`${withKey(1)}  x: { at: 'a.py#x', low: 0, high: 1 }\n`), []);
  requireLinear('a key of nested lists', (depth) => placedParameters(withKey(depth)), 150);
});
