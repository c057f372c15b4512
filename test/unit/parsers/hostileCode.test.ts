/** What the language server does at a keystroke, on texts that are made to slow it down: it grows with the text alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { planBestParams } from '../../../src/language/insertion/bestParamsEdits.ts';
import { ghostTextAt } from '../../../src/language/insertion/ghostText.ts';
import { openCodeFile } from '../../../src/language/openCodeFile.ts';
import { sayIn } from '../../../src/language/say.ts';
import { scriptFindings } from '../../../src/language/scriptFindings.ts';
import { siteProblems } from '../../../src/language/sites/checkSites.ts';
import { listSites } from '../../../src/language/sites/listSites.ts';
import { siteLanguage } from '../../../src/language/sites/siteReference.ts';
import { spaceFindings } from '../../../src/language/spaceFindings.ts';
import { importedFiles } from '../../../src/language/tuning/importedFiles.ts';
import { tuneCandidates } from '../../../src/language/tuning/tuneCandidates.ts';
import { completeStudyFile } from '../../../src/studyfile/editing/completions.ts';
import { hoverStudyFile } from '../../../src/studyfile/editing/hover.ts';
import { placedParameters } from '../../../src/studyfile/editing/spaceEdits.ts';
import { requireLinear } from '../../support/linearTime.ts';

const each = (count: number, line: (index: number) => string, separator = '') =>
  Array.from({ length: count }, (_, index) => line(index)).join(separator);
const cell = (source: string) => ({ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source });

/** By the name of the file that has it. */
const TEXTS: Readonly<Record<string, Readonly<Record<string, (count: number) => string>>>> = {
  'train.mjs': {
    'options of parseArgs': (count) =>
      `import { parseArgs } from 'node:util';\nparseArgs({ options: {\n${each(count, (at) => `x${at}: { type: 'string', default: '0.1' },\n`)}} });\n`,
    'chained options': (count) =>
      `import { Command } from 'commander';\nnew Command()${each(Math.min(count, 400), (at) => `.option('--x${at} <n>', 'x', 0.1)`)};\n${each(count, (at) => `const y${at} = 0.1;\n`)}`,
    'assignments of one name': (count) => `let lr = 0;\n${each(count, (at) => `lr = 0.${at};\n`)}train({ lr });\n`,
    'calls with one name': (count) => each(count, (at) => `fit${at % 7}({ lr: 0.1, epochs: ${at} });\n`),
    'suggestions of trials': (count) => each(count, (at) => `const x${at} = trial.suggestFloat("x${at}", 0, 1);\n`),
    'strings that do not end': (count) => each(count, (at) => `const a${at} = "${'\\'.repeat(9)}\n`),
    'templates and regular expressions': (count) =>
      each(count, (at) => `const a${at} = /[/]+${at}/ / \`\${${at}}\`;\n`),
  },
  'config.yaml': {
    'keys of one map': (count) => each(count, (at) => `lr${at}: 0.${at}\n`),
    'equal keys': (count) => each(count, () => `lr: 0.1\n`),
    'items of one list': (count) => `list:\n${each(count, (at) => `  - { lr: 0.${at} }\n`)}`,
    anchors: (count) => each(count, (at) => `a${at}: &a${at} ${at}\n`),
    documents: (count) => each(count, (at) => `lr: ${at}\n---\n`),
    'comments and blanks': (count) => `lr: 0.1\n${each(count, () => '#     \n       \n')}`,
  },
  'config.json': {
    'keys of one object': (count) => `{${each(count, (at) => `"lr${at}": 0.${at}`, ',\n')}}`,
    'equal keys': (count) => `{${each(count, () => '"lr": 0.1', ',\n')}}`,
    'items of one list': (count) => `{"list": [${each(count, (at) => `{"lr": ${at}}`, ',')}]}`,
    'objects that do not end': (count) => `{${each(count, (at) => `"a${at}": ,`)}`,
    comments: (count) => `{${each(count, () => '// x\n/* y */\n')}"lr": 0.1}`,
  },
  'train.ipynb': {
    cells: (count) => JSON.stringify({ cells: Array.from({ length: count }, (_, at) => cell(`lr${at} = 0.1\n`)) }),
    'one cell': (count) => JSON.stringify({ cells: [cell(each(count, (at) => `lr${at} = 0.1\n`))] }),
    magics: (count) => JSON.stringify({ cells: [cell(each(count, (at) => `%%time !ls {${at}}\n`))] }),
  },
  'train.py': {
    'assignments of one name': (count) => `${each(count, (at) => `lr = 0.${at}\n`)}train(lr)\n`,
    'equal calls': (count) => each(count, () => 'Model(lr=0.1, depth=3)\n'),
    'functions with defaults': (count) => each(count, (at) => `def f${at}(lr=0.1, depth=3):\n    return lr\n`),
    'strings that do not end': (count) => each(count, (at) => `a${at} = '''x\n`),
  },
};

function keystroke(name: string, text: string): void {
  const languageId = siteLanguage(name) ?? 'json';
  const file = openCodeFile(name.endsWith('.ipynb') ? 'json' : languageId, text);
  if (file) {
    spaceFindings(file, sayIn('en'));
    scriptFindings(file);
    ghostTextAt(file, [], text.length);
    assert.ok(file.anchors.length >= 0 && file.sites.length >= 0);
    planBestParams(file, { number: 1, value: 1, params: [{ name: 'lr', value: 0.25, kind: 'float' }] }, null);
  }
  const uri = `file:///w/${name}`;
  tuneCandidates([{ file: name, uri, sites: listSites(languageId, text) }], new Map());
  importedFiles(languageId, text);
  draftStudyFile({ uri, languageId, text, scriptPath: name }, undefined, () => null);
}

for (const [name, texts] of Object.entries(TEXTS)) {
  for (const [what, text] of Object.entries(texts)) {
    test(`${name} with ${what}: a keystroke takes time that grows with the text`, () => {
      requireLinear(`${name} with ${what}`, (count) => keystroke(name, text(count)), 250);
    });
  }
}

const STUDY_FILES: Readonly<Record<string, (count: number) => string>> = {
  'unknown keys': (count) => each(count, (at) => `key${at}: 1\n`),
  parameters: (count) => `space:\n${each(count, (at) => `  p${at}: { type: int, low: 0, high: 3 }\n`)}`,
  choices: (count) => `space:\n  p: { type: categorical, choices: [${each(count, (at) => `c${at}`, ', ')}] }\n`,
  'keys that are cut off': (count) => each(count, (at) => `space: { p${at}: { type\n`),
  comments: (count) => `name: s\n${each(count, () => '# name: x\n')}`,
};

for (const [what, text] of Object.entries(STUDY_FILES)) {
  test(`hovers, completion and hints of a study file with ${what} take time that grows with it`, () => {
    const run = (count: number) => {
      const whole = text(count);
      for (const part of [0, 0.5, 0.99]) {
        const offset = Math.floor(whole.length * part);
        hoverStudyFile(whole, offset);
        completeStudyFile(whole, offset);
      }
      placedParameters(whole);
    };
    requireLinear(what, run, 250);
  });
}

const PLACES: Readonly<Record<string, readonly [place: (index: number) => string, code: (index: number) => string]>> = {
  'equal places': [() => 'x', () => 'x = 0.1\n'],
  'places that are all there': [(index) => `x${index}`, (index) => `x${index} = 0.1\n`],
  'places that are gone': [(index) => `y${index}`, (index) => `x${index} = 0.1\n`],
};

for (const [what, [place, code]] of Object.entries(PLACES)) {
  test(`a study file with ${what} is checked in time that grows with it and the code`, () => {
    const run = (count: number) => {
      const lines = each(count, (at) => `  p${at}: { at: "a.py#${place(at)}", type: float, low: 0, high: 1 }\n`);
      const problems = siteProblems(`space:\n${lines}`, () => ({ text: each(count, code) }));
      assert.ok(problems.length <= 200);
    };
    requireLinear(what, run, 400);
  });
}
