import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { YamlFile } from '../../../src/language/config/yamlFile.ts';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { errorCount } from '../../../src/language/errorCount.ts';
import { planBestParams } from '../../../src/language/insertion/bestParamsEdits.ts';
import { ghostTextAt } from '../../../src/language/insertion/ghostText.ts';
import type { CodeFile } from '../../../src/language/insertion/sites.ts';
import { JavaScriptFile } from '../../../src/language/javascript/javaScriptFile.ts';
import { openCodeFile } from '../../../src/language/openCodeFile.ts';
import { PythonFile } from '../../../src/language/python/pythonFile.ts';
import { sayIn } from '../../../src/language/say.ts';
import { scriptFindings } from '../../../src/language/scriptFindings.ts';
import { spaceFindings } from '../../../src/language/spaceFindings.ts';
import type { BestTrial } from '../../../src/protocol/editor.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { apply, open } from './support.ts';

const NAMES = ['lr', 'learning_rate', 'optim', 'n_units', 'seed', 'batch-size', '层数', 'a.b', 'x'];

const PYTHON = [
  'LR = 2e-5',
  'lr, seed = 0.1, 3',
  'x: float = 0.5  # n_units',
  'def objective(trial):',
  '    lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)',
  "    hidden = trial.suggest_int('n_units', 4, 128)",
  '    return f(trial.suggest_float("x", 0, 1), optim=trial.suggest_categorical("optim", ["a", "b"]))',
  '    return {"rate": trial.suggest_float("learning_rate", 1, 2), "seed": 3}',
  'args = TrainingArguments(output_dir="o", learning_rate=2e-5,',
  '    optim="adamw_hf",',
  ')',
  'p.add_argument("--lr", type=float, default=0.1)',
  '@click.option("--batch-size", default=32)',
  'config = {"lr": 0.1, \'optim\': "sgd", "层数": 3}',
  'model = SVC(x=1.0, seed=0)',
  'study.optimize(objective, n_trials=50)',
  '"""',
  "'''",
  '# lr = 3',
  '    ',
  '',
  '\tlr = 0.2',
  'class A:',
  '    lr: float = 1e-3',
  'for i in range(',
  'x = (1,',
  'x = 1 \\',
];

const JAVASCRIPT = [
  'const LR = 2e-5;',
  'const { values } = parseArgs({ options: { lr: { type: "string", default: "0.1" }, seed: { type: \'string\' } } });',
  'export default async (trial) => {',
  "  const lr = await trial.suggestFloat('lr', 1e-5, 1e-1, { log: true });",
  '  const hidden = trial.suggestInt("n_units", 4, 128);',
  '  return train({ x: 0.5, optim: "sgd", ...rest });',
  '};',
  'const o = { learningRate: 3, "batch-size": 4,',
  '  a: { b: null } };',
  '`lr: ${',
  '/* lr */ 3',
  '// lr = 3',
  'class A { lr = 3; }',
  "program.option('--lr <n>', 'rate', parseFloat, 0.1)",
  '}',
];

const YAML = [
  'lr: 0.1 # c',
  'optimizer:',
  '  lr: 0.1',
  "  optim: 'sgd'",
  'x: |',
  '  lr: 3',
  '- seed: 1',
  '{lr: 1, x: [1,',
  'a: &b',
  'c: *b',
  '---',
  '\tx: 1',
];
const JSON_LINES = [
  '{',
  '"lr": 0.1,',
  '"a": { "b": 3 },',
  '"optim": "sgd"',
  '}',
  '// c',
  '[',
  ']',
  '"x": [0.1, 0.2],',
  'tru',
];

const LANGUAGES: readonly (readonly [string, readonly string[]])[] = [
  ['python', PYTHON],
  ['javascript', JAVASCRIPT],
  ['typescript', JAVASCRIPT],
  ['yaml', YAML],
  ['json', JSON_LINES],
];

const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => ({ value: one, kind: 'float' as const })),
  fc.integer().map((one) => ({ value: one, kind: 'int' as const })),
  fc
    .oneof(fc.string(), fc.boolean(), fc.constant(null), fc.constantFrom('sgd', "it's", '"q"', 'a\\b', '日本\n'))
    .map((one) => ({
      value: one,
      kind: 'categorical' as const,
    })),
);

const best: fc.Arbitrary<BestTrial> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), value), {
    selector: ([name]) => name.replace(/[_.-]/g, ''),
    maxLength: 5,
  })
  .map((params) => ({ number: 1, value: 0.5, params: params.map(([name, one]) => ({ name, ...one })) }));

const line = (lines: readonly string[]) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...lines) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );

const documents = (lines: readonly string[]) =>
  fc
    .tuple(fc.array(line(lines), { maxLength: 14 }), fc.constantFrom('\n', '\r\n'))
    .map(([chosen, lineBreak]) => chosen.join(lineBreak));

function syntaxErrors(file: CodeFile): number {
  if (file instanceof YamlFile) return file.documents.reduce((sum, document) => sum + document.errors.length, 0);
  return file instanceof PythonFile || file instanceof JavaScriptFile ? errorCount(file.tree) : 0;
}

for (const [languageId, lines] of LANGUAGES) {
  describe(`any ${languageId} text`, () => {
    it('is read without an error, everywhere', () => {
      const say = sayIn('en');
      fc.assert(
        fc.property(documents(lines), best, fc.nat(), (text, trial, place) => {
          const file = open(languageId, text);
          const offset = place % (text.length + 1);
          assert.ok(file.anchors.every((anchor) => anchor.offset >= 0 && anchor.offset <= text.length));
          file.newBlock(trial, offset);
          const link = { id: '', studyName: '', sources: [], run: 'idle', finished: 0, total: null } as const;
          const ghost = ghostTextAt(
            file,
            [{ ...link, direction: null, metric: null, best: trial, bestText: '1' }],
            offset,
          );
          if (ghost) assert.ok(ghost.start <= offset && ghost.end >= offset && ghost.end <= text.length);
          for (const finding of [...spaceFindings(file, say), ...scriptFindings(file)]) {
            assert.ok(finding.start <= finding.end && finding.end <= text.length);
            apply(text, { edits: (finding.fix?.edits ?? []).map((edit) => ({ ...edit, label: '' })) });
          }
        }),
        { numRuns: 200 },
      );
    });

    // What a parser makes of broken text says nothing about an edit; bestParamsEdits.test.ts has broken files.
    it('holds the best parameters after one insertion: a second one changes nothing, and what parsed parses', () => {
      fc.assert(
        fc.property(documents(lines), best, fc.option(fc.nat()), (text, trial, place) => {
          const cursor = place === null ? null : place % (text.length + 1);
          const file = open(languageId, text);
          fc.pre(syntaxErrors(file) === 0);
          const once = apply(text, planBestParams(file, trial, cursor));
          assert.equal(syntaxErrors(open(languageId, once)), 0, once);
          const again = planBestParams(open(languageId, once), trial, null);
          assert.deepEqual(again.edits, [], once);
        }),
        { numRuns: 300, maxSkipsPerRun: 1000 },
      );
    });

    it('reads the same from an earlier tree as from nothing', () => {
      fc.assert(
        fc.property(documents(lines), documents(lines), (before, after) => {
          const fresh = open(languageId, after);
          const reused = openCodeFile(languageId, after, open(languageId, before));
          assert.deepEqual(reused?.sites, fresh.sites);
        }),
        { numRuns: 80 },
      );
    });
  });
}

describe('a draft', () => {
  const flags = fc.array(
    fc.record({
      flag: fc.constantFrom(
        '--lr',
        '--batch-size',
        '-x',
        '--data',
        'positional',
        '--层',
        '--epochs',
        '--a b',
        '--use-amp',
      ),
      options: fc.subarray([
        'type=float',
        'type=int',
        'default=0.1',
        'default=-3',
        'default="a: b # c"',
        'default=None',
        'choices=["a", "b"]',
        'choices=[1, 2]',
        'action="store_true"',
        'nargs="+"',
        'required=True',
        'dest="d d"',
      ]),
    }),
    { maxLength: 8 },
  );
  it('is a study file without errors, whatever the script declares', () => {
    fc.assert(
      fc.property(
        flags,
        fc.constantFrom('train.py', 'my dir/tr{a}in "x".py', '训练.py', "it's.py", 'a#b: c.py', '.py'),
        (all, scriptPath) => {
          const text = all
            .map(({ flag, options }) => `p.add_argument(${[`"${flag}"`, ...options].join(', ')})`)
            .join('\n');
          const draft = draftStudyFile({ uri: 'file:///a.py', languageId: 'python', text, scriptPath });
          const { file, problems } = parseStudyFile(draft.text ?? '');
          assert.deepEqual(
            problems.filter((problem) => problem.severity === 'error'),
            [],
            draft.text ?? '',
          );
          assert.equal(file?.objective.kind, 'command');
          if (file?.objective.kind === 'command') {
            assert.equal(file.objective.argv[1]?.replaceAll('{{', '{').replaceAll('}}', '}'), scriptPath);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never fails on any text', () => {
    fc.assert(
      fc.property(fc.constantFrom(...LANGUAGES), fc.string({ unit: 'binary' }), (language, text) => {
        const draft = draftStudyFile({ uri: 'file:///a', languageId: language[0], text, scriptPath: 'a.txt' });
        assert.notEqual(draft.kind, undefined);
      }),
    );
  });
});
