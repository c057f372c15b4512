import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { codeAt, recordCode, textIn } from '../../../src/runs/codeState.ts';
import { Git } from '../../../src/runs/git.ts';
import { runFolderOf } from '../../../src/runs/runFolder.ts';
import { createRunFolder } from '../../../src/runs/runRecords.ts';

const root = mkdtempSync(join(tmpdir(), 'tuneboard-code-'));
after(() => rmSync(root, { recursive: true, force: true }));

function hasGit(): boolean {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const needsGit = { skip: hasGit() ? false : 'git is missing' } as const;

/** A repository with `train.py` and `lib.py` in its one commit. */
function repository(name: string): { path: string; git: (...args: string[]) => string } {
  const path = join(root, name);
  mkdirSync(path, { recursive: true });
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: path, encoding: 'utf8' });
  git('init', '-q', '-b', 'main');
  writeFileSync(join(path, 'train.py'), 'lr = 0.1\n');
  writeFileSync(join(path, 'lib.py'), 'depth = 3\n');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  return { path, git };
}

function folderFor(script: string) {
  const folder = runFolderOf(script, 'study');
  createRunFolder(folder);
  return folder;
}

test(
  'a run keeps its commit, branch, diff and changed files, and a trial finds those of its run',
  needsGit,
  async () => {
    const { path, git } = repository('plain');
    const script = join(path, 'train.py');
    const folder = folderFor(script);
    writeFileSync(script, 'lr = 0.2\n');
    writeFileSync(join(path, 'new.py'), 'x = 1\n');
    await recordCode(folder, path, [script], 1000);
    writeFileSync(script, 'lr = 0.3\n');
    git('commit', '-q', '-am', 'second');
    await recordCode(folder, path, [script], 2000);

    const first = codeAt(folder, 1500);
    assert.equal(first?.at, 1000);
    assert.equal(first.branch, 'main');
    assert.equal(first.commit, git('rev-parse', 'HEAD~1').trim());
    assert.match(first.diff, /^-lr = 0\.1\n\+lr = 0\.2$/m);
    assert.equal(await textIn(first, script), 'lr = 0.2\n', 'as it was changed');
    assert.equal(await textIn(first, join(path, 'lib.py')), 'depth = 3\n', 'as it was committed');
    assert.equal(await textIn(first, join(path, 'new.py')), 'x = 1\n', 'as it was before it was added');
    assert.equal(await textIn(first, join(root, 'elsewhere.py')), null);
    const second = codeAt(folder, 2500);
    assert.equal(second?.diff, '');
    assert.equal(await textIn(second, script), 'lr = 0.3\n');
    assert.equal(codeAt(folder, 500), null, 'a trial from before the first run');
  },
);

test('a large diff is cut, and without a repository or a commit the script itself is kept', needsGit, async () => {
  const { path } = repository('large');
  const script = join(path, 'train.py');
  writeFileSync(script, 'x = 1\n'.repeat(100_000));
  const folder = folderFor(script);
  await recordCode(folder, path, [script], 1);
  const state = codeAt(folder, 1);
  assert.equal(state?.isCut, true);
  assert.ok(state.diff.length <= 256 * 1024);

  const bare = join(root, 'bare');
  mkdirSync(bare);
  const loose = join(bare, 'a.py');
  writeFileSync(loose, 'y = 1\n');
  await recordCode(folderFor(loose), bare, [loose], 1);
  const kept = codeAt(runFolderOf(loose, 'study'), 1);
  assert.equal(kept?.commit, undefined);
  assert.equal(kept && (await textIn(kept, loose)), 'y = 1\n');
  execFileSync('git', ['init', '-q'], { cwd: bare });
  await recordCode(folderFor(loose), bare, [loose], 2);
  const fresh = codeAt(runFolderOf(loose, 'study'), 2);
  assert.equal(fresh && (await textIn(fresh, loose)), 'y = 1\n');
});

test('no program that a repository names is run, neither to record its code nor to commit', needsGit, async () => {
  const { path, git } = repository('hostile');
  const canary = join(root, 'canary');
  const program = join(path, 'evil.sh');
  writeFileSync(program, `#!/bin/sh\necho ran >> "${canary}"\ncat\n`);
  chmodSync(program, 0o755);
  git('add', '.');
  git('commit', '-q', '-m', 'program');
  for (const hook of [
    'pre-commit',
    'prepare-commit-msg',
    'commit-msg',
    'post-commit',
    'post-index-change',
    'reference-transaction',
  ]) {
    writeFileSync(join(path, '.git', 'hooks', hook), `#!/bin/sh\necho ${hook} >> "${canary}"\n`);
    chmodSync(join(path, '.git', 'hooks', hook), 0o755);
  }
  writeFileSync(join(path, '.git', 'info', 'attributes'), '*.py filter=evil diff=evil\n');
  const settings = {
    'core.fsmonitor': program,
    'core.pager': program,
    'core.editor': program,
    'diff.external': program,
    'diff.evil.textconv': program,
    'diff.evil.command': program,
    'filter.evil.clean': program,
    'filter.evil.smudge': program,
    'filter.evil.process': program,
    'filter.evil.required': 'true',
    'gpg.program': program,
    'commit.gpgSign': 'true',
    'user.name': 'a',
    'user.email': 'a@b',
  };
  for (const [key, value] of Object.entries(settings)) git('config', key, value);
  rmSync(canary, { force: true });

  const script = join(path, 'train.py');
  writeFileSync(script, 'lr = 0.5\n');
  const folder = folderFor(script);
  await recordCode(folder, path, [script], 1);
  const state = codeAt(folder, 1);
  assert.match(state?.diff ?? '', /^\+lr = 0\.5$/m);
  assert.equal(state && (await textIn(state, join(path, 'lib.py'))), 'depth = 3\n');
  const safe = new Git(path);
  assert.ok(await safe.text(['status', '--porcelain', '--ignore-submodules=all', '--', script]));
  assert.ok(
    await safe.run(['commit', '--no-verify', '--only', '--quiet', '--file=-', '--', script], undefined, 'Tune\n'),
  );
  assert.equal(await safe.text(['log', '-1', '--format=%s']), 'Tune');
  assert.equal(existsSync(canary), false, 'nothing of the repository ran');
  writeFileSync(script, 'lr = 0.6\n');
  try {
    git('diff');
  } catch {
    // What the program prints need not suit git.
  }
  assert.equal(existsSync(canary), true, 'git by itself runs what the repository names');
});
