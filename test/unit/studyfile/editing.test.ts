import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { completeStudyFile } from '../../../src/studyfile/completions.ts';
import { hoverStudyFile } from '../../../src/studyfile/hover.ts';
import { studyFileJsonSchema } from '../../../src/studyfile/schema.ts';
import { CHINESE_DESCRIPTIONS } from '../../../src/studyfile/schemaChinese.ts';

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
    assert.ok(!labels('objective:\n  |').includes('trainer'));
  });

  it('offers keys of a parameter by its type, also in braces', () => {
    const inside = labels('space:\n  lr: { type: float, l| }\n');
    assert.ok(inside.includes('low') && inside.includes('log') && !inside.includes('choices'));
    assert.ok(labels('space:\n  lr:\n    type: categorical\n    |').includes('choices'));
  });

  it('offers the words of a value', () => {
    assert.deepEqual(labels('direction: |'), ['minimize', 'maximize']);
    assert.deepEqual(labels('space:\n  lr: { type: | }\n'), ['float', 'int', 'categorical']);
    assert.deepEqual(labels('sampler: { type: g| }'), ['auto', 'tpe', 'random', 'grid']);
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
      }),
    );
  });
});

describe('hoverStudyFile', () => {
  it('explains the key under the cursor', () => {
    const text = 'space:\n  lr: { type: float, log: true }\nsampler: { type: tpe }\n';
    assert.match(hoverStudyFile(text, text.indexOf('log'))?.text ?? '', /logarithmic/);
    assert.match(hoverStudyFile(text, text.lastIndexOf('type'))?.text ?? '', /`auto`/);
    assert.equal(hoverStudyFile(text, text.indexOf('float')), null);
  });
});

describe('the descriptions', () => {
  it('are there in Chinese, all of them and none besides', () => {
    const english = new Set<string>();
    JSON.stringify(studyFileJsonSchema(), (key, value) => {
      if (key === 'description') english.add(value);
      return value;
    });
    assert.deepEqual(Object.keys(CHINESE_DESCRIPTIONS).sort(), [...english].sort());
    const text = 'direction: maximize\n';
    assert.match(hoverStudyFile(text, 2, 'zh-cn')?.text ?? '', /最小化还是最大化.*可选/s);
    assert.match(
      completeStudyFile('', 0, 'zh-cn').find(({ label }) => label === 'metric')?.description ?? '',
      /报告值/,
    );
  });
});

describe('studyFileJsonSchema', () => {
  it('describes every top-level key', () => {
    const schema = studyFileJsonSchema() as { properties: Record<string, { description?: string }> };
    for (const [key, value] of Object.entries(schema.properties)) assert.ok(value.description, key);
  });
});
