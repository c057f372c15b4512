import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { branchOf } from '../../../src/extension/studies/provenance.ts';
import { Git } from '../../../src/runs/git.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

function repository(t: TestContext) {
  const folder = temporaryFolder(t);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 't');
  git('config', 'user.email', 't@t');
  write('fit.py', 'lr = 1\n');
  write('other.py', 'x = 1\n');
  git('add', '.');
  git('commit', '--quiet', '-m', 'before');
  write('fit.py', 'lr = 2\n');
  write('other.py', 'x = 2\n');
  return { git, write, path: join(folder, 'fit.py'), of: new Git(folder) };
}

test('one file is committed on the branch that is checked out, or on a new one', async (t) => {
  const { git, write, path, of } = repository(t);
  assert.deepEqual(await of.commitFile(path, 'Tune a\n'), { commit: git('rev-parse', '--short', 'HEAD') });
  assert.equal(git('symbolic-ref', '--short', 'HEAD'), 'main');
  write('fit.py', 'lr = 3\n');
  const made = await of.commitFile(path, 'Tune b\n', 'tuneboard/a-trial-1');
  assert.equal(made?.branch, 'tuneboard/a-trial-1');
  assert.equal(git('symbolic-ref', '--short', 'HEAD'), 'tuneboard/a-trial-1');
  assert.equal(git('show', '--stat', '--format=%s', 'HEAD').split('\n')[0], 'Tune b');
  assert.equal(git('log', '-1', '--format=%s', 'main'), 'Tune a');
  assert.match(git('status', '--porcelain'), /^M other\.py$/m, 'what else is changed stays as it is');
  write('fit.py', 'lr = 4\n');
  assert.equal((await of.commitFile(path, 'Tune c\n', 'tuneboard/a-trial-1'))?.branch, 'tuneboard/a-trial-1-2');
});

test('a commit that fails leaves no branch behind', async (t) => {
  const { git, write, path, of } = repository(t);
  write('fit.py', 'lr = 1\n');
  assert.equal(await of.commitFile(path, 'Nothing to commit\n', 'tuneboard/b'), null);
  assert.equal(git('symbolic-ref', '--short', 'HEAD'), 'main');
  assert.equal(git('branch', '--list', 'tuneboard/*'), '');
});

test('a branch is named in letters that git and every file system take', (t) => {
  const { git } = repository(t);
  for (const name of ['digits', 'a b/..~^:?*[\\', '调参', '-x', '', 'a.lock', '../../x']) {
    const branch = branchOf({ name }, { number: 3 });
    assert.equal(git('check-ref-format', '--branch', branch), branch);
  }
});
