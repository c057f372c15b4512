import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openCodeFile } from '../../../src/language/openCodeFile.ts';
import { hoverStudyFile } from '../../../src/studyfile/hover.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

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
