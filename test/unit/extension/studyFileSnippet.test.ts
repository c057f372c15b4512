import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { studyFileSnippet } from '../../../src/extension/commands/studyFileSnippet.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';
import { english } from '../../support/words.ts';

/** The text that the editor inserts when a person accepts every place as it is. */
function accepted(snippet: string): string {
  return snippet
    .replace(/\$\{\d+\|(\w+),[^|]*\|\}/g, '$1')
    .replace(/\$\{\d+:((?:[^}\\]|\\.)*)\}/g, (_, text: string) => text.replace(/\\([$}\\])/g, '$1'))
    .replace(/^\$0$/m, '');
}

test('a new study file has no mistake in it, whatever the script is called', () => {
  const names = ['train.py', 'my train.py', '训练.py', '2 $x}.py', 'a"b\\c.mjs', 'a: b.py', 'a #b.py', '1.py'];
  for (const name of names) {
    const text = accepted(studyFileSnippet(name, 'python', english));
    const { file, problems } = parseStudyFile(text);
    assert.deepEqual(problems, [], `${name}\n${text}`);
    assert.equal(file?.objective.kind, 'command');
    if (file?.objective.kind === 'command')
      assert.ok(file.objective.argv.includes(name), file.objective.argv.join(' | '));
  }
});

test('a script of any name gives a study file that can be read', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[^\n\r/{}]{1,20}$/), (stem) => {
      const { problems } = parseStudyFile(accepted(studyFileSnippet(`${stem}.py`, 'python', english)));
      assert.deepEqual(problems, []);
    }),
  );
});

test('each key that stands there as a comment is right when its mark is taken away', () => {
  const text = accepted(studyFileSnippet('train.py', 'python', english));
  const keys = [...text.matchAll(/^# (\w+): .*$/gm)];
  assert.deepEqual(
    keys.map(([, key]) => key),
    ['sampler', 'pruner', 'scheduler', 'constraints', 'parallel'],
  );
  for (const [line, key] of keys) {
    const { file, problems } = parseStudyFile(text.replace(line, line.slice(2)));
    assert.deepEqual(problems, [], key);
    assert.ok(file);
  }
});
