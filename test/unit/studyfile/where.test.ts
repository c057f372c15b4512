import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hoverStudyFile } from '../../../src/studyfile/editing/hover.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

function fileWith(
  lines: readonly string[],
  objective = 'command: python train.py --batch {batch} --depth {depth}',
): string {
  return `objective:
  ${objective}
metric: loss
space:
  batch: { type: int, low: 8, high: 512, log: true }
  depth: { type: int, low: 1, high: 64 }
  optimizer: { type: categorical, choices: [sgd, adam], at: "train.py#optimizer" }
  momentum: { type: float, low: 0, high: 1, at: "train.py#momentum", when: { optimizer: sgd } }
where:
${lines.map((line) => `  - ${line}\n`).join('')}`;
}

interface Found {
  readonly code: string;
  readonly text: string;
  readonly message: string;
  readonly fix?: string;
}

function problemsOf(text: string, locale = 'en'): Found[] {
  return parseStudyFile(text, 'study', locale).problems.map(({ code, start, end, message, fix }) => ({
    code,
    text: text.slice(start, end),
    message,
    ...(fix && { fix: fix.newText }),
  }));
}

test('takes conditions on parameters into the space', () => {
  const text = fileWith(['batch * depth <= 512', `"optimizer == 'sgd' or depth < 8"`]);
  const { file, problems } = parseStudyFile(text);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    file?.space.where?.map((clause) => clause.text),
    ['batch * depth <= 512', "optimizer == 'sgd' or depth < 8"],
  );
});

test('marks what is wrong within a condition, and offers the right name', () => {
  const [unknown] = problemsOf(fileWith(['batch * dept <= 512']));
  assert.equal(unknown?.text, 'dept');
  assert.equal(unknown?.fix, 'depth');
  assert.match(unknown?.message ?? '', /there is no parameter `dept`; write `depth`/);
  const [choice] = problemsOf(fileWith([`"optimizer == 'sdg' or depth < 8"`]));
  assert.equal(choice?.text, "'sdg'");
  assert.equal(choice?.fix, "'sgd'");
  const [order] = problemsOf(fileWith(['"optimizer < 3"']));
  assert.equal(order?.code, 'where-condition');
  assert.equal(order?.text, 'optimizer < 3');
  // Written with escapes, the whole line is marked.
  const [escaped] = problemsOf(fileWith([String.raw`"depth < \"x\""`]));
  assert.equal(escaped?.text, String.raw`"depth < \"x\""`);
  assert.equal(problemsOf(fileWith(['batch * dept <= 512']), 'zh-cn')[0]?.message.includes('没有参数'), true);
});

test('marks the lines that contradict each other, and no other', () => {
  const found = problemsOf(fileWith(['batch * depth <= 512', 'depth < 60', 'depth > 50', 'batch > 100', 'batch > 9']));
  assert.deepEqual(
    found.map(({ text }) => text),
    ['batch * depth <= 512', 'depth > 50', 'batch > 100'],
  );
  assert.match(found[0]?.message ?? '', /^No values of the space satisfy these lines of where together: "batch/);
  const [never] = problemsOf(fileWith(['depth > 64', 'batch > 9']));
  assert.equal(never?.text, 'depth > 64');
  assert.match(never?.message ?? '', /^No values of the space satisfy where "depth > 64"/);
});

test('marks a start that violates a condition', () => {
  const found = problemsOf(`${fileWith(['batch * depth <= 512'])}start:
  - { batch: 8, depth: 4 }
  - { batch: 512, depth: 4 }
  - { batch: 512 }
`);
  assert.deepEqual(
    found.map(({ code, text }) => [code, text]),
    [['where-start', '{ batch: 512, depth: 4 }']],
  );
  assert.match(found[0]?.message ?? '', /batch = 512, depth = 4 violates where "batch \* depth <= 512"/);
});

test('leaves the space of an Optuna script to the script, in one sentence', () => {
  const text = fileWith(['depht < 4'], 'optuna: study.py');
  const { file, problems } = parseStudyFile(text);
  assert.equal(file?.space.where, undefined);
  const own = problems.filter(({ start, end }) => text.slice(start, end) === 'where');
  assert.equal(own.length, 1);
  assert.equal(own[0]?.severity, 'warning');
  assert.match(own[0]?.message ?? '', /`where`/);
});

test('explains the key', () => {
  const text = fileWith(['batch * depth <= 512']);
  assert.match(hoverStudyFile(text, text.indexOf('where:') + 2)?.text ?? '', /Conditions on the parameters/);
});
