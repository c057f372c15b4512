import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PRUNERS } from '../../../src/core/pruners/prunerMethods.ts';
import { SAMPLERS } from '../../../src/core/samplers/samplerMethods.ts';
import { SCHEDULERS } from '../../../src/core/schedulers/schedulerMethods.ts';
import { snakeCase } from '../../../src/core/text/letterCase.ts';
import { commandTextAt } from '../../../src/studyfile/editing/commandText.ts';
import { completeStudyFile } from '../../../src/studyfile/editing/completions.ts';
import { hoverStudyFile } from '../../../src/studyfile/editing/hover.ts';
import { studyFileFolds, studyFileParts } from '../../../src/studyfile/editing/outline.ts';
import { parameterUseAt, parameterUses } from '../../../src/studyfile/editing/parameterUses.ts';
import { plainSnippet, studySnippets } from '../../../src/studyfile/editing/snippets.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { studyFileJsonSchema } from '../../../src/studyfile/schema/schema.ts';
import { EN } from '../../../src/words/en.ts';

/** Labels offered at the `|` in the text. */
function labels(marked: string): string[] {
  const offset = marked.indexOf('|');
  return completeStudyFile(marked.replace('|', ''), offset).map(({ label }) => label);
}

describe('completeStudyFile', () => {
  it('offers the keys that the block does not have yet', () => {
    const top = labels('name: x\nobjective:\n  command: a\n|');
    assert.ok(top.includes('metric') && top.includes('budget'));
    assert.ok(!top.includes('name'));
    assert.ok(labels('objective:\n  |').includes('command'));
    assert.ok(labels('objective:\n  |').includes('module'));
  });

  it('offers keys of a parameter by its type, also in braces', () => {
    const inside = labels('space:\n  lr: { type: float, l| }\n');
    assert.ok(inside.includes('low') && inside.includes('log') && !inside.includes('choices'));
    assert.ok(labels('space:\n  lr:\n    type: categorical\n    |').includes('choices'));
  });

  it('offers keys and words in JSON over many lines, inside the quotes that are begun', () => {
    const json = (inside: string) =>
      `{\n  "name": "x",\n  "space": {\n    "lr": {\n      "type": "float",\n      ${inside}\n    }\n  }\n}\n`;
    const inside = labels(json('"l|"'));
    assert.ok(inside.includes('low') && inside.includes('log') && !inside.includes('metric'), inside.join());
    const text = json('"l"');
    const low = completeStudyFile(text, text.indexOf('"l"') + 2).find(({ label }) => label === 'low');
    assert.equal(low?.newText, 'low');
    assert.ok(labels('{\n  "na|"\n}\n').includes('name'));
    const tabs = labels(json('"l|"').replaceAll('  ', '\t'));
    assert.deepEqual(tabs, inside);
  });

  it('offers the words of a value', () => {
    assert.deepEqual(labels('direction: |'), ['minimize', 'maximize']);
    assert.deepEqual(labels('space:\n  lr: { type: | }\n'), ['float', 'int', 'categorical', 'ordinal']);
    assert.deepEqual(labels('sampler: { type: g| }'), Object.keys(SAMPLERS));
    assert.deepEqual(labels('sampler: |'), Object.keys(SAMPLERS));
    assert.deepEqual(labels('sampler: { type: qmc, qmc_type: | }'), ['sobol', 'halton']);
    assert.deepEqual(labels('sampler: { type: tpe, group: | }'), ['true', 'false']);
  });

  it('offers the options of the type that the block names, of samplers, pruners and schedulers', () => {
    assert.deepEqual(labels('sampler:\n  type: qmc\n  |'), ['seed', 'qmc_type', 'scramble']);
    assert.deepEqual(labels('pruner: { type: threshold, lower: 0, | }'), ['upper', 'n_warmup_steps', 'interval_steps']);
    assert.ok(labels('optuna:\n  pruner:\n    type: wilcoxon\n    |').includes('p_threshold'));
    for (const [key, methods] of [
      ['sampler', SAMPLERS],
      ['pruner', PRUNERS],
      ['scheduler', SCHEDULERS],
    ] as const) {
      for (const [type, { options }] of Object.entries(methods)) {
        const offered = labels(`${key}: { type: ${type}, | }`);
        for (const option of Object.keys(options)) assert.ok(offered.includes(snakeCase(option)), `${type} ${option}`);
      }
    }
  });

  it('offers what every type has where none is named yet, and says what the type is for', () => {
    assert.deepEqual(labels('sampler:\n  |'), ['type', 'seed']);
    assert.deepEqual(labels('scheduler: { | }'), ['type', 'max_resource', 'keep_checkpoints']);
    assert.ok(labels('space:\n  lr: { | }').includes('low'));
    const text = 'scheduler:\n  ';
    const kind = completeStudyFile(text, text.length).find(({ label }) => label === 'type');
    assert.match(kind?.description ?? '', /^How far each trial is trained/);
  });

  it('knows the block in braces within braces', () => {
    assert.ok(labels('optuna: { sampler: { type: qmc, | } }').includes('qmc_type'));
    assert.deepEqual(labels('optuna: { sampler: { type: qmc }, | }'), ['pruner', 'override']);
  });

  it('tells of each type when to choose it', () => {
    for (const key of ['sampler', 'pruner', 'scheduler']) {
      for (const text of [`${key}: `, `${key}: { type: `]) {
        const offered = completeStudyFile(text, text.length);
        assert.ok(offered.length > 4);
        for (const { label, description } of offered) assert.match(description, /^[A-Z].+\.$/, label);
      }
    }
    const chinese = completeStudyFile('sampler: ', 9, 'zh-cn').find(({ label }) => label === 'grid');
    assert.match(chinese?.description ?? '', /每种组合/);
  });

  it('offers parameters inside a placeholder of the command', () => {
    const text = 'objective:\n  command: python a.py --lr {l|\nspace:\n  lr: { type: float, low: 0, high: 1 }\n';
    assert.deepEqual(labels(text), ['lr']);
  });

  it('never throws while somebody types', () => {
    const text =
      'objective:\n  command: python a.py --lr {lr}\nspace:\n  lr: { type: float, low: 0, when: { a: [1, 2] } }\n';
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(text.length), fc.string({ maxLength: 5 }), (from, at, typed) => {
        const edited = text.slice(0, from) + typed + text.slice(from);
        completeStudyFile(edited, Math.min(at, edited.length));
        hoverStudyFile(edited, Math.min(at, edited.length));
        parameterUseAt(edited, at);
        commandTextAt(edited, at);
        studyFileParts(edited);
        for (const { start, end } of [...parameterUses(edited), ...studyFileFolds(edited)]) assert.ok(start <= end);
      }),
    );
  });
});

describe('studySnippets', () => {
  it('are study files without a mistake, whatever the file is called', () => {
    for (const stem of ['fit', 'a b: #c', '$x {y}', '', '调参']) {
      for (const { body, label } of studySnippets(stem, 'zh-cn')) {
        const text = plainSnippet(body);
        const { problems } = parseStudyFile(text);
        assert.deepEqual(
          problems.map(({ message }) => message),
          [],
          `${label}\n${text}`,
        );
      }
    }
  });
});

describe('hoverStudyFile', () => {
  it('explains the key under the cursor', () => {
    const text = 'space:\n  lr: { type: float, log: true }\nsampler: { type: tpe }\n';
    assert.match(hoverStudyFile(text, text.indexOf('log'))?.text ?? '', /logarithmic/);
    assert.match(hoverStudyFile(text, text.lastIndexOf('type'))?.text ?? '', /Parzen.*`auto`/s);
  });

  it('explains the word that names a kind, alone or in its block, and each option of the kind', () => {
    const text = 'space:\n  lr: { type: float }\nsampler: tpe\npruner: { type: wilcoxon, p_threshold: 0.2 }\n';
    const at = (word: string) => hoverStudyFile(text, text.indexOf(word) + 1)?.text ?? '';
    assert.match(at('float'), /real number/);
    assert.match(at('tpe\n'), /^\*\*tpe\*\* — .*Parzen/);
    assert.match(at('wilcoxon'), /^\*\*wilcoxon\*\* — .*folds/);
    assert.match(at('p_threshold'), /signed-rank/);
    assert.equal(at('0.2'), '');
    assert.match(hoverStudyFile(text, text.indexOf('wilcoxon'), 'zh-cn')?.text ?? '', /实例/);
    const halving = 'pruner: { type: hyperband, reduction_factor: 3 }\n';
    assert.match(hoverStudyFile(halving, halving.indexOf('reduction'))?.text ?? '', /3 by default/);
  });
});

describe('the descriptions', () => {
  it('are those of the catalogue, all of them and none besides', () => {
    const keys = new Set<string>();
    JSON.stringify(studyFileJsonSchema(), (key, value) => {
      if (key === 'description') keys.add(value);
      return value;
    });
    assert.deepEqual(Object.keys({ ...EN.methods, ...EN.schema }).sort(), [...keys].sort());
    const text = 'direction: maximize\n';
    assert.match(hoverStudyFile(text, 2, 'zh-cn')?.text ?? '', /最小化还是最大化.*可选/s);
    assert.match(
      completeStudyFile('', 0, 'zh-cn').find(({ label }) => label === 'metric')?.description ?? '',
      /打印值/,
    );
  });
});

describe('studyFileJsonSchema', () => {
  it('describes every top-level key', () => {
    const schema = studyFileJsonSchema() as { properties: Record<string, { description?: string }> };
    for (const [key, value] of Object.entries(schema.properties)) assert.ok(value.description, key);
  });
});
