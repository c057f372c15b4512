import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { planBestParams } from '../../../src/language/insertion/bestParamsEdits.ts';
import { openCodeFile } from '../../../src/language/openCodeFile.ts';
import { hoverStudyFile } from '../../../src/studyfile/editing/hover.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { requireLinear } from '../../support/linearTime.ts';

test('of 20,000 unknown keys the first 200 are told, and how many more there are', () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `key${index}: 1`).join('\n');
  const { file, problems } = parseStudyFile(text);
  assert.equal(file, null);
  assert.ok(problems.length <= 201, String(problems.length));
  const last = problems.at(-1);
  assert.equal(last?.code, 'more-problems');
  assert.match(last?.message ?? '', /^There are 19[89]\d\d more problems/);
});

test('a file of more aliases than anybody writes is one problem, wherever the cursor is', () => {
  const text = Array.from({ length: 20_000 }, (_, index) => `a${index}: &a${index} 1\nb${index}: *a${index}`).join(
    '\n',
  );
  assert.deepEqual(
    parseStudyFile(text).problems.map(({ severity }) => severity),
    ['error'],
  );
  assert.equal(hoverStudyFile(text, text.length / 2), null);
});

test('code nested thousands deep has no hyperparameters, and no error', () => {
  for (const language of ['python', 'javascript', 'json', 'yaml'])
    for (const text of ['['.repeat(100_000), '{"a":'.repeat(20_000), 'f('.repeat(50_000), `x = ${'-'.repeat(50_000)}1`])
      assert.equal(openCodeFile(language, text), null, `${language} ${text.slice(0, 10)}`);
});

const each = (count: number, line: (index: number) => string, separator = '') =>
  Array.from({ length: count }, (_, index) => line(index)).join(separator);
const INT = 'type: int, low: 0, high: 3';

const SPACES: Readonly<Record<string, (count: number) => string>> = {
  'a chain of conditions': (count) =>
    `space:\n${each(count, (at) => `  p${at}: {${INT}${at > 0 ? `, when: {p${at - 1}: 1}` : ''}}\n`)}`,
  'a circle of conditions': (count) =>
    `space:\n${each(count, (at) => `  p${at}: {${INT}, when: {p${(at + 1) % count}: 1}}\n`)}`,
  'conditions on unknown parameters': (count) =>
    `space:\n${each(count, (at) => `  p${at}: {${INT}, when: {q${at}: 1}}\n`)}`,
  'values that are no choices': (count) =>
    `space:\n  c: {type: categorical, choices: [${each(count, (at) => `c${at}`, ',')}]}\n  q: {${INT}, when: {c: [${each(count, (at) => `d${at}`, ',')}]}}\n`,
  'unknown placeholders': (count) =>
    `objective: {command: "x ${each(count, (at) => `{q${at}}`, ' ')}"}\nspace:\n${each(count, (at) => `  p${at}: {${INT}}\n`)}`,
};

for (const [name, text] of Object.entries(SPACES)) {
  test(`${name} take time that grows with the study file`, () => {
    requireLinear(name, (count) => void parseStudyFile(text(count)), 1000);
  });
}

test('a circle of 20,000 conditions is told at each of its parameters, and a chain is none', () => {
  const codes = (name: keyof typeof SPACES) =>
    new Set(parseStudyFile(SPACES[name]?.(20_000) ?? '').problems.map(({ code }) => code));
  assert.ok(codes('a circle of conditions').has('condition-cycle'));
  assert.ok(!codes('a chain of conditions').has('condition-cycle'));
});

test('the best parameters find their places in code in time that grows with it', () => {
  requireLinear(
    'places of parameters',
    (count) => {
      const names = Array.from({ length: count }, (_, at) => `x${at}`);
      const lines = names.map((name) => `    ${name} = trial.suggest_float("${name}", 0, 1)\n`);
      const file = openCodeFile('python', `import optuna\ndef objective(trial):\n${lines.join('')}    return x0\n`);
      const params = names.map((name) => ({ name, value: 0.25, kind: 'float' as const }));
      assert.ok(file);
      assert.equal(planBestParams(file, { number: 1, value: 1, params }, null).edits.length, count);
    },
    400,
  );
});

const SCRIPTS: Readonly<Record<string, (count: number) => string>> = {
  'options of click': (count) =>
    `import click\n@click.command()\n${each(count, (at) => `@click.option("--x${at}", default=0.1)\n`)}def train(**x):\n    pass\n`,
  'commands of click': (count) =>
    `import click\n@click.group()\ndef cli(): pass\n${each(count, (at) => `@cli.command()\n@click.option("--x", default=0.1)\ndef t${at}(x): pass\n`)}`,
  'commands of typer': (count) =>
    `import typer\napp = typer.Typer()\n${each(count, (at) => `@app.command()\ndef t${at}(x: float = 0.1): pass\n`)}app()\n`,
  'arguments of argparse': (count) =>
    `import argparse\np = argparse.ArgumentParser()\n${each(count, (at) => `p.add_argument("--x${at}", type=float, default=0.1)\n`)}`,
};

for (const [name, text] of Object.entries(SCRIPTS)) {
  test(`${name}: lenses, sites and a draft take time that grows with the script`, () => {
    const run = (count: number) => {
      const script = text(count);
      const file = openCodeFile('python', script);
      assert.ok(file && file.sites.length > 0 && file.anchors.length >= 0);
      const document = { uri: 'file:///w/train.py', languageId: 'python', text: script, scriptPath: 'train.py' };
      assert.ok(draftStudyFile(document, undefined, () => null).text !== undefined);
    };
    requireLinear(name, run, 1500);
  });
}

test('classes that multiply, or derive from thousands, are drafted all the same', () => {
  const draft = (text: string) =>
    draftStudyFile(
      { uri: 'file:///w/train.py', languageId: 'python', text, scriptPath: 'train.py' },
      undefined,
      () => null,
    );
  const fields = (at: number) => each(40, (field) => `    f${field}: C${at + 1}\n`);
  const bomb = each(9, (at) => `@dataclass\nclass C${at}:\n${at < 8 ? fields(at) : '    lr: float = 0.1\n'}`);
  const imports = 'from dataclasses import dataclass\nimport tyro\nfrom pydantic_settings import BaseSettings\n';
  assert.ok(draft(`${imports}${bomb}tyro.cli(C0)\n`));
  const chain = each(3000, (at) => `class S${at}(S${at + 1}, cli_parse_args=True):\n    x${at}: float = 0.1\n`);
  assert.ok(draft(`${imports}${chain}class S3000(BaseSettings): pass\nS0()\n`));
});
