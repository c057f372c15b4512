/** Values in configuration files that a program of any language reads, by a view of the folder with other files in it. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { collectLeftOverlays, makeOverlay } from '../../../src/tuner/objective/sites/overlay.ts';
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

  it('gives a person what it made in the view of a tuner that was killed', () => {
    mkdirSync(join(project.path, 'models'));
    const trials = join(project.path, '.tuneboard', 'demo', 'trials');
    mkdirSync(join(trials, '3'), { recursive: true });
    const view = makeOverlay(
      join(trials, '3', 'overlay'),
      project.path,
      project.path,
      new Map([['conf/a.yaml', 'lr: 9\n']]),
    );
    mkdirSync(join(view.cwd, 'runs', 'one'), { recursive: true });
    writeFileSync(join(view.cwd, 'runs', 'one', 'weights.bin'), 'weights');
    writeFileSync(join(view.cwd, 'conf', 'seen.txt'), 'seen');
    writeFileSync(join(view.cwd, 'models', 'best.bin'), 'best');
    assert.deepEqual(collectLeftOverlays(trials, project.path), []);
    assert.equal(project.read('runs/one/weights.bin'), 'weights');
    assert.equal(project.read('conf/seen.txt'), 'seen');
    assert.equal(project.read('models/best.bin'), 'best');
    assert.match(project.read('conf/a.yaml'), /depth: 3/);
    assert.deepEqual(readdirSync(join(trials, '3')), []);
  });

  it('keeps in the view what cannot be moved, and says where it is', () => {
    project.write('busy', 'a file');
    const trials = join(project.path, '.tuneboard', 'demo', 'trials');
    mkdirSync(join(trials, '0'), { recursive: true });
    const view = makeOverlay(join(trials, '0', 'overlay'), project.path, project.path, new Map([['conf/a.yaml', '']]));
    rmSync(join(view.cwd, 'busy'));
    mkdirSync(join(view.cwd, 'busy'));
    writeFileSync(join(view.cwd, 'busy', 'rows.txt'), 'rows');
    writeFileSync(join(view.cwd, 'other.txt'), 'other');
    const [note] = collectLeftOverlays(trials, project.path);
    assert.match(note?.text ?? '', /overlay\/busy was made by a trial and could not be moved to .*busy \(\w+\)/);
    assert.equal(project.read('busy'), 'a file');
    assert.equal(project.read('other.txt'), 'other');
    assert.equal(project.read('.tuneboard/demo/trials/0/overlay/busy/rows.txt'), 'rows');
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
      // A view that a stranger made, whose folder is a link out of the project there.
      mkdirSync(join(trials, '2', 'overlay', 'out'), { recursive: true });
      writeFileSync(join(trials, '2', 'overlay', 'out', 'planted.txt'), 'planted');
      writeFileSync(join(trials, '2', 'overlay.json'), '["conf/a.yaml"]');
      symlinkSync(outside, join(project.path, 'out'));
      collectLeftOverlays(trials, project.path);
      assert.deepEqual(readdirSync(outside).sort(), ['kept.txt', 'overlay']);
      assert.ok(!project.has('.tuneboard/demo/trials/0/overlay'));
      assert.ok(project.has('.tuneboard/demo/trials/1/overlay'));
      assert.ok(project.has('.tuneboard/demo/trials/1/kept.txt'));
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });
});
