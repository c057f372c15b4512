import assert from 'node:assert/strict';
import { draftStudyFile } from '../../../src/language/draft/draftStudyFile.ts';
import { parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

/** The command of a script's draft, which has no error and no warning, and the parameters that it searches. */
export function drafted(text: string, files: Readonly<Record<string, string>> = {}) {
  const scriptPath = 'train.py';
  const beside = (path: string) => files[path.replace(/^\.\//, '')] ?? null;
  const made = draftStudyFile({ uri: 'file:///w/train.py', languageId: 'python', text, scriptPath }, undefined, beside);
  const { file, problems } = parseStudyFile(made.text ?? '');
  assert.deepEqual(problems, [], made.text ?? '');
  assert.ok(file?.objective.kind === 'command');
  const space = Object.fromEntries(file.space.parameters.map(({ name, distribution }) => [name, distribution]));
  const metric = /^metric: (\S+)/m.exec(made.text ?? '')?.[1];
  return {
    metric,
    command: file.objective.argv.slice(2).join(' '),
    names: Object.keys(space),
    space,
    check: made.check,
  };
}
