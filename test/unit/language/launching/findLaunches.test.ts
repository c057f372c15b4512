import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { draftStudyFile } from '../../../../src/language/draft/draftStudyFile.ts';
import { findLaunches } from '../../../../src/language/launching/findLaunches.ts';
import { parseStudyFile } from '../../../../src/studyfile/parseStudyFile.ts';

function launches(script: string, files: Readonly<Record<string, string>>, root = '/w') {
  const all = { [script]: 'print(1)\n', ...files };
  return findLaunches({ script, root, platform: 'linux', read: (path) => all[path] ?? null });
}

const LAUNCH_JSON = `{
  // A comment, and a comma too many.
  "version": "0.2.0",
  "configurations": [
    { "name": "Attach", "type": "debugpy", "request": "attach", "program": "\${workspaceFolder}/src/train.py", },
    { "name": "Any file", "type": "debugpy", "request": "launch", "program": "\${file}", "args": ["--fast"] },
    {
      "name": "Train small",
      "type": "debugpy",
      "request": "launch",
      "program": "\${workspaceFolder}/src/train.py",
      "args": ["--data", "\${workspaceFolder}/data/a b.csv", "--epochs", "\${input:epochs}", "--run", "\${input:free}", 3],
      "cwd": "\${workspaceFolder}/src",
      "env": { "PYTHONPATH": "\${workspaceFolder}:\${env:PYTHONPATH}", "WANDB_API_KEY": "abc", "MODE": "fast" },
      "envFile": "\${workspaceFolder}/.env",
      "linux": { "python": "\${workspaceFolder}/.venv/bin/python" },
    },
    { "name": "Module", "type": "python", "request": "launch", "module": "src.train", "args": "--lr 0.1 --name 'a b'" },
  ],
  "inputs": [
    { "id": "epochs", "type": "promptString", "default": "3" },
    { "id": "free", "type": "command", "command": "x" },
  ],
  "compounds": [{ "name": "Both", "configurations": ["Train small", "Module"] }],
}`;

describe('debug configurations', () => {
  const found = launches('src/train.py', {
    '.vscode/launch.json': LAUNCH_JSON,
    '.env': 'export DATA=/d # where\nDB_PASSWORD="x"\nQUOTED="a # b"\n',
  });

  it('takes program, arguments, folder, variables and interpreter', () => {
    const { args, cwd, env, python, secrets, open, script, before } =
      found.find(({ name }) => name === 'Train small') ?? assert.fail();
    assert.deepEqual(args, ['--data', '../data/a b.csv', '--epochs', '3', '--run', 'FREE', '3']);
    assert.equal(cwd, '.');
    assert.deepEqual(env, { DATA: '/d', QUOTED: 'a # b', PYTHONPATH: '/w', MODE: 'fast' });
    assert.equal(python, '../.venv/bin/python');
    assert.deepEqual(secrets.toSorted(), ['DB_PASSWORD', 'WANDB_API_KEY']);
    assert.deepEqual(open, [`\${input:free}`]);
    assert.deepEqual([before, script], [['python'], 'train.py']);
  });

  it('puts one that names the script before one for any file, and leaves out what attaches', () => {
    assert.deepEqual(
      found.map(({ name }) => name),
      ['Train small', 'Module', 'Any file'],
    );
    const module = found[1];
    assert.deepEqual(
      [module?.module, module?.cwd, module?.args],
      ['src.train', '..', ['--lr', '0.1', '--name', 'a b']],
    );
  });

  it('reads paths as Windows has them', () => {
    const text = JSON.stringify({
      configurations: [
        {
          name: 'W',
          type: 'debugpy',
          request: 'launch',
          program: 'C:\\proj\\src\\train.py',
          cwd: `\${workspaceFolder}\\src`,
          args: [`\${workspaceFolder}\\data`],
        },
      ],
    });
    const [windows] = launches('src/train.py', { '.vscode/launch.json': text }, 'c:/proj');
    assert.deepEqual([windows?.cwd, windows?.script, windows?.args], ['.', 'train.py', ['../data']]);
  });

  it('reads the configurations of the workspace file that is named as its folder is', () => {
    const text = JSON.stringify({
      folders: [{ path: '.' }],
      launch: {
        configurations: [{ name: 'W', type: 'debugpy', request: 'launch', program: 'train.py', args: ['--quick'] }],
      },
    });
    const [found] = launches('train.py', { 'proj.code-workspace': text }, '/home/me/proj');
    assert.deepEqual([found?.name, found?.args, found?.file], ['W', ['--quick'], 'proj.code-workspace']);
  });

  it('survives what is no configuration at all', () => {
    for (const text of [
      '',
      '[]',
      'null',
      '{"configurations": 3}',
      '{"configurations": [null, 3, {"type": 3}]}',
      '{"configurations": [{"type":"debugpy","program":{}}',
      '{',
    ])
      assert.deepEqual(launches('train.py', { '.vscode/launch.json': text }), [], text);
  });
});

it('is done soon with files that are made to take long', () => {
  const deep = '['.repeat(500_000);
  const makefile = `a=${'$(b)'.repeat(1000)}\nb=${'$(c)'.repeat(1000)}\nc=$(a)$(a)\nt:\n${'\t$(a) python train.py\n'.repeat(20_000)}`;
  const before = process.cpuUsage();
  const files = {
    Makefile: makefile,
    '.vscode/launch.json': deep,
    'pyproject.toml': `a=${deep}`,
    'package.json': deep,
  };
  assert.deepEqual(launches('train.py', files), []);
  // Without their bounds some of these never end.
  assert.ok(process.cpuUsage(before).user < 10e6);
});

describe('Makefile, pyproject.toml and package.json', () => {
  it('reads what a Makefile includes, and ends where files include each other', () => {
    const found = launches('src/train.py', {
      Makefile: 'include make/common.mk missing.mk\n-include Makefile\nall: train\n',
      'make/common.mk': 'include make/vars.mk\r\ntrain: $(DATA)\r\n\tpython src/train.py --data $(DATA)\r\n',
      'make/vars.mk': 'DATA := data/train.csv\ninclude make/common.mk\n',
    });
    assert.deepEqual(
      found.map(({ name, args, cwd }) => [name, args, cwd]),
      [['train', ['--data', 'data/train.csv'], '..']],
    );
  });

  it('fills in the variables of a Makefile and follows the folders of a recipe', () => {
    const makefile = `PY ?= python3
LR = 0.1
FLAGS := --lr $(LR) \\
  --batch-size 32
export MODE = fast
.PHONY: train
train: data
\t@cd src && $(PY) -m pkg.train $(FLAGS) 2>&1 | tee log.txt
loop = $(loop)
bad:
\t$(shell rm -rf /) python src/pkg/train.py
\t$(PY) src/pkg/train.py $(loop)
test:
\tpython src/pkg/train.py --evaluate
`;
    const found = launches('src/pkg/train.py', { Makefile: makefile });
    assert.deepEqual(
      found.map(({ name, args }) => [name, args]),
      [
        ['train', ['--lr', '0.1', '--batch-size', '32']],
        ['test', ['--evaluate']],
      ],
    );
    assert.deepEqual([found[0]?.module, found[0]?.cwd, found[0]?.env], ['pkg.train', '..', { MODE: 'fast' }]);
  });

  it('reads the scripts of pyproject.toml in the manner of each tool', () => {
    const toml = `[project.scripts]
fit = "pkg.train:main"
[tool.pdm.scripts]
train = { cmd = "python src/pkg/train.py --lr 0.2", env = { A = "1" } }
[tool.poe.tasks.slow]
cmd = "uv run python -m pkg.train --epochs 9"
cwd = "src"
`;
    const files = { 'pyproject.toml': toml, 'src/pkg/train.py': 'if __name__ == "__main__":\n    main()\n' };
    const found = launches('src/pkg/train.py', files);
    const of = (name: string) => found.find((one) => one.name === name) ?? assert.fail(name);
    assert.deepEqual([of('fit').module, of('fit').cwd], ['pkg.train', '..']);
    assert.deepEqual([of('train').cwd, of('train').env, of('train').script], ['../..', { A: '1' }, 'src/pkg/train.py']);
    assert.deepEqual([of('slow').before, of('slow').cwd], [['uv', 'run', 'python'], '..']);
    const program = launches('src/pkg/train.py', { ...files, 'src/pkg/train.py': 'def main(): ...\n' });
    assert.deepEqual(program.find(({ name }) => name === 'fit')?.before, ['fit']);
  });

  it('takes the package nearest to the script', () => {
    const script = (line: string) => JSON.stringify({ scripts: { train: line, build: 'tsc' } });
    const found = launches('packages/a b/train.ts', {
      'package.json': script('node "packages/a b/train.ts" --far'),
      'packages/a b/package.json': script('MODE=1 tsx train.ts --lr 0.1'),
      'packages/other/package.json': script('node train.ts'),
    });
    assert.deepEqual(
      found.map(({ file, cwd, before }) => [file, cwd, before]),
      [
        ['packages/a b/package.json', '.', ['npx', 'tsx']],
        ['package.json', '../..', ['node']],
      ],
    );
  });
});

describe('a draft of a script that is run in a certain way', () => {
  const SCRIPT = `import argparse
parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--epochs", type=int, default=10)
args = parser.parse_args()
print(f"val_loss={args.lr}")
`;

  function drafted(command: string, text = SCRIPT) {
    const makefile = `train:\n\t${command}\nother:\n\tpython src/pkg/train.py x\n`;
    const [launch, ...others] = launches('src/pkg/train.py', { Makefile: makefile });
    assert.ok(launch);
    const made = draftStudyFile({
      uri: 'file:///w/src/pkg/train.py',
      languageId: 'python',
      text,
      scriptPath: 'train.py',
      launch,
      others: others.map(({ name }) => name),
    });
    const { file, problems } = parseStudyFile(made.text ?? '');
    assert.deepEqual(problems, [], made.text ?? '');
    return { made, file, objective: file?.objective };
  }

  it('keeps what the script is given, and searches its hyperparameters from the given values', () => {
    const { made, file, objective } = drafted('A="x y" python -m src.pkg.train "da ta/x.csv" --lr=0.2 --epochs 3');
    assert.ok(objective?.kind === 'command');
    assert.deepEqual(objective.argv, [
      'python',
      '-m',
      'src.pkg.train',
      'da ta/x.csv',
      '--lr={lr}',
      '--epochs',
      '3',
      '--momentum',
      '{momentum}',
    ]);
    assert.deepEqual([objective.cwd, objective.env], ['../..', { A: 'x y' }]);
    assert.deepEqual(file?.start, [{ lr: 0.2, momentum: 0.9 }]);
    assert.match(made.text ?? '', /^# It runs as in "train" in Makefile\.$/m);
    assert.match(made.text ?? '', /^# Other ways in which it is run: other\.$/m);
  });

  it('knows an option by its short name', () => {
    const text = SCRIPT.replace('"--lr"', '"-l", "--lr"');
    const { file, objective } = drafted('python src/pkg/train.py x -l 0.2', text);
    assert.ok(objective?.kind === 'command');
    assert.deepEqual(objective.argv.slice(2), ['x', '-l', '{lr}', '--momentum', '{momentum}']);
    assert.equal(file?.start[0]?.['lr'], 0.2);
    const given = draftStudyFile({
      uri: 'file:///w/train.py',
      languageId: 'python',
      text,
      scriptPath: 'train.py',
      given: ['x', '-l', '0.2'],
    });
    assert.doesNotMatch(given.text ?? '', /--lr/);
  });

  it('searches options of a script whose parser is not known', () => {
    const { file, objective } = drafted(
      'python src/pkg/train.py x --learning-rate 0.3 --layers 3 3 --device cuda',
      'import sys\nprint(sys.argv)\n',
    );
    assert.ok(objective?.kind === 'command');
    assert.deepEqual(objective.argv.slice(2), [
      'x',
      '--learning-rate',
      '{learning_rate}',
      '--layers',
      '3',
      '3',
      '--device',
      'cuda',
    ]);
    assert.deepEqual(file?.start, [{ learning_rate: 0.3 }]);
  });

  it('leaves a command with variables of the shell to a shell', () => {
    const { objective } = drafted('python src/pkg/train.py "$$HOME/data" --lr 0.2');
    assert.ok(objective?.kind === 'command');
    assert.ok(objective.shell);
    assert.match(objective.argv[0] ?? '', /^python src\/pkg\/train\.py \$HOME\/data --lr \{lr\}/);
  });

  it('writes no secret into the file', () => {
    const { made } = drafted(
      'HF_TOKEN=hf_abcdefghijklmnopqrst OPENAI_API_KEY=sk-abcdefghijklmnopqrstu python src/pkg/train.py x --max_new_tokens 5 --api-key abc --url https://me:pw@host/',
    );
    assert.doesNotMatch(made.text ?? '', /hf_abc|sk-abc|me:pw| abc/);
    assert.match(made.text ?? '', /HF_TOKEN, OPENAI_API_KEY, --api-key/);
    assert.match(made.text ?? '', /--max_new_tokens 5/);
  });

  it('gives an Optuna script its folder, module, arguments and variables', () => {
    const { file, objective } = drafted(
      'cd src && MODE=1 python -m pkg.train --n 3',
      'import optuna\nstudy = optuna.create_study()\nstudy.optimize(f)\n',
    );
    assert.ok(objective?.kind === 'optuna', String(file));
    assert.deepEqual(
      [objective.path, objective.module, objective.cwd, objective.args, objective.env],
      ['train.py', 'pkg.train', '..', ['--n', '3'], { MODE: '1' }],
    );
  });
});
