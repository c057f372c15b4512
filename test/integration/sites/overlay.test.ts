/** Values in configuration files that a program of any language reads, by a view of the folder with other files in it. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { removeLeftOverlays } from '../../../src/tuner/objective/sites/overlay.ts';
import { Project } from './siteRun.ts';

let project: Project;
beforeEach(() => {
  project = new Project();
  project.write('conf/a.yaml', 'model:\n  depth: 3 # layers\nlr: 0.1\n');
});
afterEach(() => project.remove());

const sites = { depth: 'conf/a.yaml#model.depth', lr: 'conf/a.yaml#lr' };
const shell = (script: string) => ({ command: ['sh', '-c', script], reader: 'other', sites }) as const;
const skip = process.platform === 'win32' && 'a shell of Unix';

describe('a program that reads its configuration by itself', { skip }, () => {
  it('finds the values of its trial, and everything else as it is', () => {
    project.write('data/rows.csv', '1,2\n');
    const { stdout, stderr, neverRead } = project.run({
      ...shell('cat conf/a.yaml data/rows.csv'),
      params: { depth: 7, lr: 1 },
    });
    assert.equal(stdout, 'model:\n  depth: 7 # layers\nlr: 1.0\n1,2\n', stderr);
    assert.equal(neverRead, undefined);
    assert.equal(project.read('conf/a.yaml'), 'model:\n  depth: 3 # layers\nlr: 0.1\n');
  });

  it('leaves what it writes where it would be without a trial', () => {
    mkdirSync(join(project.path, 'out'));
    project.write('log.txt', 'before\n');
    project.write('state.json', 'old');
    project.run({
      ...shell(
        'echo a > out/in-folder.txt; echo after >> log.txt; echo new > new.txt; mkdir -p made/deep; echo b > made/deep/b.txt; ' +
          'echo fresh > state.tmp; mv state.tmp state.json; echo c > conf/c.txt; cat conf/a.yaml > copy.yaml; rm -f missing',
      ),
      params: { depth: 7, lr: 0.5 },
    });
    assert.equal(project.read('out/in-folder.txt'), 'a\n');
    assert.equal(project.read('log.txt'), 'before\nafter\n');
    assert.equal(project.read('new.txt'), 'new\n');
    assert.equal(project.read('made/deep/b.txt'), 'b\n');
    assert.equal(project.read('state.json'), 'fresh\n');
    assert.equal(project.read('conf/c.txt'), 'c\n');
    assert.match(project.read('copy.yaml'), /depth: 7/);
    assert.match(project.read('conf/a.yaml'), /depth: 3/);
    assert.ok(!project.has('.tuneboard/demo/trials/0/overlay'));
  });

  it('runs in its own folder of the view', () => {
    project.write('src/main.txt', 'main\n');
    const run = project.run({
      ...shell('cat main.txt ../conf/a.yaml; echo x > made.txt'),
      params: { depth: 7, lr: 0.5 },
      cwd: 'src',
    });
    assert.match(run.stdout, /^main\nmodel:\n {2}depth: 7/);
    assert.equal(project.read('src/made.txt'), 'x\n');
  });

  it('gets a sentence about a file that it never opened', () => {
    const run = project.run({ ...shell('echo loss=1'), params: { depth: 7, lr: 0.5 } });
    // A file system that keeps no times of access says nothing.
    assert.match(run.neverRead ?? 'never read conf/a.yaml', /never read conf\/a\.yaml/);
  });

  it('has the view removed that a killed tuner left, and nothing beyond it', () => {
    const outside = realpathSync(mkdtempSync(join(tmpdir(), 'outside')));
    try {
      writeFileSync(join(outside, 'kept.txt'), 'kept');
      const trials = join(project.path, '.tuneboard', 'demo', 'trials');
      mkdirSync(join(trials, '0', 'overlay'), { recursive: true });
      symlinkSync(outside, join(trials, '0', 'overlay', 'link'));
      symlinkSync(outside, join(trials, '1'));
      mkdirSync(join(outside, 'overlay'));
      removeLeftOverlays(trials);
      assert.ok(!project.has('.tuneboard/demo/trials/0/overlay'));
      assert.ok(project.has('.tuneboard/demo/trials/1/overlay'));
      assert.ok(project.has('.tuneboard/demo/trials/1/kept.txt'));
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });
});
