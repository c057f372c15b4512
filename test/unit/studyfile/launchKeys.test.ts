import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeLaunch, parseStudyFile } from '../../../src/studyfile/parseStudyFile.ts';

const TEXT = `# mine
metric: loss # printed
objective:
  command: python src/pkg/train.py --lr {lr} # the program
space:
  lr: { type: float, low: 0.1, high: 1 } # wide
`;

describe('changing how a study file launches its program', () => {
  it('replaces the word of the script and keeps comments', () => {
    const text = changeLaunch(TEXT, {
      keys: { cwd: 'src' },
      replace: { word: 'src/pkg/train.py', by: ['-m', 'pkg.train'] },
    });
    for (const comment of ['# mine', '# printed', '# the program', '# wide'])
      assert.ok(text.includes(comment), comment);
    const { file, problems } = parseStudyFile(text);
    assert.deepEqual(problems, []);
    assert.ok(file?.objective.kind === 'command');
    assert.deepEqual(file.objective.argv, ['python', '-m', 'pkg.train', '--lr', '{lr}']);
    assert.equal(file.objective.cwd, 'src');
  });

  it('replaces a word in a list, and in quotes', () => {
    const list = changeLaunch('objective: { command: [python, a.py, 3] }\n', {
      keys: {},
      replace: { word: 'a.py', by: ['b c.py'] },
    });
    assert.match(list, /\[ python, b c\.py, 3 \]/);
    const quoted = changeLaunch("objective: { command: python 'a b.py' x }\n", {
      keys: {},
      replace: { word: 'a b.py', by: ['c d.py'] },
    });
    assert.match(quoted, /python "c d\.py" x/);
    const once = changeLaunch('objective: { command: python xa.py a.py a.py }\n', {
      keys: {},
      replace: { word: 'a.py', by: ['b.py'] },
    });
    assert.match(once, /python xa\.py b\.py a\.py/);
  });

  it('adds arguments after those that are there', () => {
    const first = changeLaunch(TEXT, { keys: {}, args: ['--data', 'x y.csv'] });
    const second = changeLaunch(first, { keys: {}, args: ['--k', '2'] });
    const { file } = parseStudyFile(second);
    assert.ok(file?.objective.kind === 'command');
    assert.deepEqual(file.objective.argv.slice(-4), ['--data', 'x y.csv', '--k', '2']);
  });

  it('makes a study file for a script without one', () => {
    const text = changeLaunch('', {
      keys: { optuna: 'train.py', module: 'pkg.train', cwd: '..' },
      args: ['--data', 'd'],
    });
    assert.match(text, /^objective:\n {2}optuna: train\.py\n/);
    const { file, problems } = parseStudyFile(text);
    assert.deepEqual(problems, []);
    assert.ok(file?.objective.kind === 'optuna');
    assert.deepEqual(file.objective, { ...file.objective, module: 'pkg.train', cwd: '..', args: ['--data', 'd'] });
  });
});
