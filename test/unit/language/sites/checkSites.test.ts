import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ReadSiteFile, siteProblems } from '../../../../src/language/sites/checkSites.ts';
import { parseStudyFile } from '../../../../src/studyfile/parseStudyFile.ts';

const FILES: Readonly<Record<string, string>> = {
  'train.py': 'LR = 0.1\nN = 3\nOPT = "adam"\nFLAG = True\nRATE = os.environ.get("R", "0.1")\nDEPTH = None\n',
  'broken.py': 'a = 1\nLR = = 3\n',
  'twice.py': 'def f(x=1): ...\ndef g():\n    f(x=2)\n    f(x=3)\n',
};

const read: ReadSiteFile = (file) => {
  const text = FILES[file];
  return text === undefined ? { problem: 'missing' } : { text };
};

function study(...parameters: readonly string[]): string {
  return `metric: loss\nobjective: { command: python train.py }\nspace:\n${parameters.map((one) => `  ${one}\n`).join('')}`;
}

const float = (at: string, name = 'p') => `${name}: { type: float, low: 0.0, high: 1.0, at: ${at} }`;

function problemsOf(text: string, reader = read, locale = 'en') {
  return siteProblems(text, reader, locale).map((problem) => ({
    ...problem,
    place: text.slice(problem.start, problem.end),
    fixed: problem.fix && text.slice(0, problem.start) + problem.fix.newText + text.slice(problem.end),
  }));
}

describe('siteProblems', () => {
  it('finds nothing wrong where every place is right', () => {
    const text = study(
      float('"train.py#LR"'),
      'n: { type: int, low: 1, high: 5, at: train.py#N }',
      "o: { type: categorical, choices: [adam, sgd], at: 'train.py#OPT' }",
      'f: { type: categorical, choices: [true, false], at: "train.py#FLAG" }',
      float('"train.py#os.environ.get(1)"', 'r'),
      'd: { type: int, low: 1, high: 5, at: "train.py#DEPTH" }',
    );
    assert.deepEqual(problemsOf(text), []);
    const { file, problems } = parseStudyFile(text);
    assert.deepEqual(problems, []);
    assert.equal(file?.sites.get('n'), 'train.py#N');
    assert.equal(file?.sites.size, 6);
  });

  for (const [title, parameter, code, words] of [
    ['no path', float('train.py'), 'at-form', /FILE#PATH/],
    ['a language without sites', float('"a.exe#LR"'), 'at-language', /a\.exe/],
    ['a missing file', float('"no.py#LR"'), 'at-missing', /no\.py/],
    ['a name that is gone', float('"train.py#SOMETHING_ELSE"'), 'at-gone', /SOMETHING_ELSE/],
    ['a name in a line that is no code', float('"broken.py#LR_OF_IT"'), 'at-gone-broken', /line 2/],
    ['a range where a text stands', float('"train.py#OPT"'), 'at-type', /line 3|Line 3/],
    ['a range where a truth value stands', float('"train.py#FLAG"'), 'at-type', /truth value/],
    ['a float where a whole number stands', float('"train.py#N"'), 'at-whole', /3\.0/],
    ['texts where a number stands', 'p: { type: categorical, choices: [a, b], at: "train.py#LR" }', 'at-type', /0\.1/],
    ['numbers where a text stands', 'p: { type: categorical, choices: [1, 2], at: "train.py#OPT" }', 'at-type', /adam/],
  ] as const) {
    it(`refuses ${title}`, () => {
      const [problem, ...others] = problemsOf(study(parameter));
      assert.equal(problem?.code, code);
      assert.equal(problem.severity, 'error');
      assert.match(problem.message, words);
      assert.match(problem.place, /#|train/, 'it stands at the value of `at`');
      assert.deepEqual(others, []);
    });
  }

  it('offers a near name, in the quotes that are there', () => {
    for (const quote of ['"', "'"]) {
      const [problem] = problemsOf(study(float(`${quote}train.py#LRR${quote}`)));
      assert.equal(problem?.code, 'at-gone-near');
      assert.equal(problem.fixed, study(float(`${quote}train.py#LR${quote}`)));
      assert.deepEqual(problemsOf(problem.fixed), []);
    }
  });

  it('offers one of several that are meant', () => {
    const text = study('p: { type: int, low: 1, high: 5, at: "twice.py#g.f(x)" }');
    const [problem] = problemsOf(text);
    assert.equal(problem?.code, 'at-ambiguous');
    assert.match(problem.message, /g\.f\(x\)\[1\], g\.f\(x\)\[2\]/);
    assert.deepEqual(problemsOf(problem.fixed ?? ''), []);
  });

  it('refuses two parameters at one value', () => {
    const [problem, ...others] = problemsOf(study(float('"train.py#LR"', 'a'), float('"train.py#LR"', 'b')));
    assert.equal(problem?.code, 'at-twice');
    assert.match(problem.message, /"b" and "a"/);
    assert.deepEqual(others, []);
  });

  it('tells why a file cannot be read', () => {
    const reason = (answer: ReturnType<ReadSiteFile>) => problemsOf(study(float('train.py#LR')), () => answer)[0];
    assert.equal(reason({ problem: 'outside' })?.code, 'at-outside');
    assert.equal(reason({ problem: 'no-file' })?.code, 'at-no-file');
    assert.match(reason({ problem: 'too-large' })?.message ?? '', /16 MB/);
    assert.match(reason({ problem: 'encoding', encoding: 'cp1252' })?.message ?? '', /cp1252.*UTF-8/);
  });

  it('speaks Chinese', () => {
    assert.match(problemsOf(study(float('"no.py#LR"')), read, 'zh-cn')[0]?.message ?? '', /没有 no\.py/);
  });

  it('leaves a study file that is no YAML to other checks', () => {
    assert.deepEqual(problemsOf('space: { p: { at: "x.py#a"'), []);
    assert.deepEqual(problemsOf('space: [at]'), []);
  });
});

describe('a parameter in the code', () => {
  it('needs no placeholder in the command', () => {
    const text = `metric: loss\nobjective: { command: 'python train.py --n {n}' }\nspace:\n  n: { type: int, low: 1, high: 5 }\n  ${float('"train.py#LR"')}\n`;
    assert.deepEqual(parseStudyFile(text).problems, []);
    const without = text.replace(', at: "train.py#LR"', '');
    assert.deepEqual(
      parseStudyFile(without).problems.map(({ code }) => code),
      ['unused-parameter'],
    );
  });
});
