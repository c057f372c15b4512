import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { programLine } from '../../../src/studyfile/launching/programLine.ts';
import { shellCommands, shellState } from '../../../src/studyfile/launching/shellLine.ts';

/** The commands of a line that run a script, in short. */
function scripts(line: string) {
  return (shellCommands(line) ?? []).flatMap(({ words, env, folders, isExpanded }) => {
    const found = programLine(words);
    if (!found) return [];
    const { before, script, module, args } = found;
    return [{ before: before.join(' '), run: module ?? script, args, env, in: folders.join('/'), isExpanded }];
  });
}

describe('a command line that runs a script', () => {
  const cases: readonly (readonly [string, string, string | null, readonly string[]])[] = [
    ['python train.py --lr 0.1', 'python', 'train.py', ['--lr', '0.1']],
    ['python3.11 -u -X dev -W ignore train.py', 'python3.11 -u -X dev -W ignore', 'train.py', []],
    [`python "my dir/tr äin.py" 'a b'`, 'python', 'my dir/tr äin.py', ['a b']],
    ['python -m pkg.train --lr 0.1 2>&1 | tee log', 'python', 'pkg.train', ['--lr', '0.1']],
    [
      'torchrun --nproc_per_node 2 --standalone train.py x',
      'torchrun --nproc_per_node 2 --standalone',
      'train.py',
      ['x'],
    ],
    [
      'python -m torch.distributed.run --nproc_per_node=2 train.py',
      'python -m torch.distributed.run --nproc_per_node=2',
      'train.py',
      [],
    ],
    [
      'accelerate launch --num_processes 1 -m pkg.train --lr 1',
      'accelerate launch --num_processes 1',
      'pkg.train',
      ['--lr', '1'],
    ],
    ['uv run --with torch python train.py', 'uv run --with torch python', 'train.py', []],
    ['uv run train.py --lr 1', 'uv run', 'train.py', ['--lr', '1']],
    ['poetry run python -m pkg.train', 'poetry run python', 'pkg.train', []],
    [
      'conda run -n env --no-capture-output python train.py',
      'conda run -n env --no-capture-output python',
      'train.py',
      [],
    ],
    ['time nohup nice -n 5 python train.py > out.txt 2> err.txt &', 'python', 'train.py', []],
    ['.venv/bin/python train.py', '.venv/bin/python', 'train.py', []],
    ['C:\\py\\python.exe src\\train.py --x 1', 'C:\\py\\python.exe', 'src\\train.py', ['--x', '1']],
    ['& .venv/Scripts/python.exe train.py', '.venv/Scripts/python.exe', 'train.py', []],
    ['npx tsx train.ts --lr 1', 'npx tsx', 'train.ts', ['--lr', '1']],
    ['node --import ./hooks.mjs train.mjs', 'node --import ./hooks.mjs', 'train.mjs', []],
    ['./train.py --lr 1', '', './train.py', ['--lr', '1']],
    ['python train.py \\\n  --lr 0.1 # fast', 'python', 'train.py', ['--lr', '0.1']],
  ];
  for (const [line, before, run, args] of cases) {
    it(line.replace(/\n/g, '⏎'), () => {
      const found = scripts(line);
      assert.deepEqual([found[0]?.before, found[0]?.run, found[0]?.args, found.length], [before, run, args, 1]);
    });
  }

  it('is none where a program is installed, tested, typed in or no script at all', () => {
    for (const line of [
      'pip install x.py',
      'python -m pip install torch',
      'python',
      'python -c "print(1)"',
      'python -m pytest tests/test_a.py',
      'ls train.py',
      'cat train.py',
      'git add train.py',
      'vim train.py',
      'node',
      'python "train.py',
      'rm -rf train.py',
    ])
      assert.deepEqual(scripts(line), [], line);
  });

  it('has the variables and the folder that the line sets before it', () => {
    const [found] = scripts(`export A=1; cd sub && B="x y" env C=3 python train.py`);
    assert.deepEqual([found?.env, found?.in], [{ A: '1', B: 'x y', C: '3' }, 'sub']);
    assert.deepEqual(scripts("$env:A = 'x y'; python train.py")[0]?.env, { A: 'x y' });
    assert.deepEqual(scripts('set A=1 && python train.py')[0]?.env, { A: '1' });
    const [first, second] = scripts('cd a && python train.py; cd b && python train.py');
    assert.deepEqual([first?.in, second?.in], ['a', 'a/b']);
  });

  it('is left to a shell where only that knows a word', () => {
    assert.deepEqual(
      [
        'python t.py $HOME',
        'python t.py "`date`"',
        'python t.py *.csv',
        'python t.py ~/x',
        "python t.py '$HOME'",
        'python t.py a~b',
      ].map((line) => scripts(line)[0]?.isExpanded),
      [true, true, true, true, false, false],
    );
  });

  it('is read in time and without an error, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'python',
            'train.py',
            ' ',
            '"',
            "'",
            '\\',
            '&&',
            '|',
            '>',
            '$',
            'A=',
            '-m',
            '(',
            '#',
            '\n',
            'uv',
            'run',
            '--',
            'é',
          ),
        ),
        (parts) => {
          for (const { words } of shellCommands(parts.join('')) ?? []) programLine(words);
          shellState(parts.join(' '));
        },
      ),
    );
    assert.equal(shellCommands(`python ${'"a" '.repeat(9000)}`), null);
  });
});

describe('what a line leaves in its shell', () => {
  it('is an environment, variables, or the end of an environment', () => {
    assert.deepEqual(shellState('source .venv/bin/activate').activated, { venv: '.venv/bin' });
    assert.deepEqual(shellState('.venv\\Scripts\\Activate.ps1').activated, { venv: '.venv\\Scripts' });
    assert.deepEqual(shellState('conda activate ml').activated, { conda: 'ml' });
    assert.deepEqual(shellState('export A=1 B=2').env, { A: '1', B: '2' });
    assert.ok(shellState('deactivate').isLeft);
    assert.deepEqual(shellState('python train.py').activated, null);
  });
});
