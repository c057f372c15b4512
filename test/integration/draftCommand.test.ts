import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseStudyFile } from '../../src/studyfile/parseStudyFile.ts';
import { cli, TunerFolder } from './tunerHarness.ts';

const ARGUMENTS = `import argparse
parser = argparse.ArgumentParser()
parser.add_argument('--lr', type=float, default=0.01)
parser.add_argument('--gamma', type=float, default=0.99)
parser.add_argument('--total-timesteps', type=int, default=100)
args = parser.parse_args()
print(f"val_loss={(args.lr - 0.03) ** 2:.6f} steps={args.total_timesteps}")
`;

const CONSTANTS = `LEARNING_RATE = 0.01
SEED = 4
print(f"val_loss={(LEARNING_RATE - 0.03) ** 2:.9f} seed={SEED}")
`;

describe('tuneboard draft and run of a script without a study file', () => {
  const folder = new TunerFolder();
  after(() => folder.remove());
  folder.write('arguments.py', ARGUMENTS);
  folder.write('constants.py', CONSTANTS);

  it('prints a study file, in which what is given stays in the command', async () => {
    const made = await folder.run(
      'draft',
      'arguments.py',
      '--stdout',
      '--',
      '--total-timesteps',
      '8192',
      '--gamma',
      '0.9',
    );
    assert.equal(made.code, 0, made.stderr);
    const { file, problems } = parseStudyFile(made.stdout);
    assert.deepEqual(problems, []);
    assert.deepEqual(file?.start, [{ lr: 0.01 }]);
    assert.match(made.stdout, /^ {2}command: python arguments.py --lr \{lr\} --total-timesteps 8192 --gamma 0.9$/m);
    assert.ok(!existsSync(join(folder.path, 'arguments.study.yaml')));
  });

  it('prints a draft as JSON with places and present values', async () => {
    const made = await folder.run('draft', 'constants.py', '--json');
    const { space, start, metric, direction, command } = JSON.parse(made.stdout);
    assert.deepEqual(Object.keys(space), ['learning_rate']);
    assert.equal(space.learning_rate.at, 'constants.py#LEARNING_RATE');
    assert.deepEqual(
      [start, metric, direction, command],
      [[{ learning_rate: 0.01 }], 'val_loss', 'minimize', 'python constants.py'],
    );
  });

  it('runs a script as the project does, and says so first', async () => {
    const home = new TunerFolder();
    try {
      for (const folder of ['ünder träin/src/pkg', '.vscode']) mkdirSync(join(home.path, folder), { recursive: true });
      home.write('ünder träin/src/pkg/__init__.py', '');
      home.write(
        'ünder träin/src/pkg/train.py',
        `import os\nfrom . import __name__ as own\n${ARGUMENTS}print("mode=" + os.environ["MODE"], os.getcwd())\n`,
      );
      const configuration = {
        name: 'Train it',
        type: 'debugpy',
        request: 'launch',
        module: 'pkg.train',
        cwd: `\${workspaceFolder}/ünder träin/src`,
        args: ['--lr', '0.2', '--total-timesteps', '7'],
        env: { MODE: 'quick' },
      };
      home.write('.vscode/launch.json', `{ "configurations": [${JSON.stringify(configuration)},] } // end`);
      home.write('Makefile', 'fit:\n\tpython "ünder träin/src/pkg/train.py" --lr 0.3\n');
      const ran = await home.run('run', 'ünder träin/src/pkg/train.py', '--trials', '2');
      assert.equal(ran.code, 0, ran.stderr + ran.stdout);
      const [said = ''] = ran.stdout.split('Study ');
      for (const part of ['MODE=quick', '"Train it" in .vscode/launch.json', '"fit" in Makefile', 'folder'])
        assert.ok(said.includes(part), `${part}: ${said}`);
      assert.match(ran.stdout, /trial 0 complete val_loss=0\.0289.* lr=0\.2/);
      const other = await home.run('draft', 'ünder träin/src/pkg/train.py', '--stdout', '--launch', 'fit');
      assert.match(other.stdout, /^start: \[\{ lr: 0\.3/m);
      const none = await home.run('draft', 'ünder träin/src/pkg/train.py', '--stdout', '--no-launch');
      assert.match(none.stdout, /^ {2}command: python train\.py --lr/m);
      const unknown = await home.run('draft', 'ünder träin/src/pkg/train.py', '--launch', 'nothing');
      assert.equal(unknown.code, 2);
      assert.match(unknown.stderr, /there are "Train it", "fit"/);
    } finally {
      home.remove();
    }
  });

  it('drafts what ran in a terminal, with the metric that it printed', () => {
    const home = new TunerFolder();
    try {
      mkdirSync(join(home.path, 'sub', 'pkg'), { recursive: true });
      home.write('sub/pkg/train.py', ARGUMENTS);
      const seen = {
        line: 'cd sub && TOKENIZERS_PARALLELISM=false python -m pkg.train --lr 0.1 2>&1 | tee "a log"',
        folder: home.path,
        root: home.path,
        env: { MODE: 'quick', HF_TOKEN: 'hf_abcdefghijklmnopqrstuv' },
        activated: { venv: join(home.path, '.venv', 'bin') },
        printed:
          '\u001b[32mepoch 1\u001b[0m: train_loss=0.9 val_accuracy=0.50\r\n  50%|###\rdone\r\nepoch 2: train_loss=0.4 val_accuracy=0.75\r\n',
        metric: null,
        locale: 'en',
      };
      const draft = (changes: object) => {
        const args = [cli, 'draft', 'sub/pkg/train.py', '--json', '--terminal'];
        const input = JSON.stringify({ ...seen, ...changes });
        return spawnSync(process.execPath, args, { cwd: home.path, input, encoding: 'utf8' });
      };
      const made = draft({});
      assert.equal(made.status, 0, made.stderr);
      const { text, candidates, isClear } = JSON.parse(made.stdout);
      assert.ok(isClear, made.stdout);
      assert.deepEqual(candidates[0], {
        name: 'val_accuracy',
        last: 0.75,
        count: 2,
        direction: 'maximize',
        isDirectionSure: true,
      });
      const { file, problems } = parseStudyFile(text);
      assert.deepEqual(problems, []);
      assert.ok(file?.objective.kind === 'command');
      const { argv, cwd, env, python } = file.objective;
      assert.deepEqual(argv.slice(0, 5), ['python', '-m', 'pkg.train', '--lr', '{lr}']);
      assert.deepEqual(
        [cwd, env, python],
        ['..', { MODE: 'quick', TOKENIZERS_PARALLELISM: 'false' }, '../../.venv/bin/python'],
      );
      assert.deepEqual([file.metrics, file.start[0]?.['lr']], [['val_accuracy'], 0.1]);
      assert.doesNotMatch(made.stdout, /hf_abc/);
      const asked = draft({ metric: { name: 'train_loss', direction: 'minimize' } });
      assert.match(JSON.parse(asked.stdout).text, /^metric: train_loss/m);
      const other = draft({ line: 'python other.py' });
      assert.equal(other.status, 2);
      const broken = draft({ line: 'python "train.py' });
      assert.equal(broken.status, 2);
    } finally {
      home.remove();
    }
  });

  it('reads nothing outside the project, and waits for no pipe', { skip: process.platform === 'win32' }, async () => {
    const home = new TunerFolder();
    const outside = new TunerFolder();
    try {
      outside.write(
        'launch.json',
        JSON.stringify({ configurations: [{ type: 'debugpy', name: 'x', program: 'a.py', env: { A: '1' } }] }),
      );
      home.write('a.py', CONSTANTS);
      mkdirSync(join(home.path, '.vscode'));
      symlinkSync(join(outside.path, 'launch.json'), join(home.path, '.vscode', 'launch.json'));
      execFileSync('mkfifo', [join(home.path, 'Makefile')]);
      const made = await home.run('draft', 'a.py', '--stdout');
      assert.equal(made.code, 0, made.stderr);
      assert.doesNotMatch(made.stdout, /Run as|env:/);
    } finally {
      home.remove();
      outside.remove();
    }
  });

  it('does not write over a study file that is there', async () => {
    assert.equal((await folder.run('draft', 'arguments.py')).code, 0);
    const before = readFileSync(join(folder.path, 'arguments.study.yaml'), 'utf8');
    const again = await folder.run('draft', 'arguments.py');
    assert.equal(again.code, 2);
    assert.match(again.stderr, /is there already/);
    assert.equal(readFileSync(join(folder.path, 'arguments.study.yaml'), 'utf8'), before);
  });

  it('takes out of its own draft what the first run never read, and goes on', async () => {
    const home = new TunerFolder();
    try {
      home.write(
        'branches.py',
        `LEARNING_RATE = 0.01
def optimizer(kind):
    if kind == "sgd":
        return dict(lr=LEARNING_RATE, momentum=0.9)
    return dict(lr=LEARNING_RATE, weight_decay=1e-4)
print(f"val_loss={(optimizer('adam')['lr'] - 0.03) ** 2 + optimizer('adam')['weight_decay']:.9f}")
`,
      );
      const ran = await home.run('run', 'branches.py', '--trials', '2');
      assert.equal(ran.code, 0, ran.stderr + ran.stdout);
      assert.match(ran.stdout, /^The program never read the value of momentum: /m);
      const { file } = parseStudyFile(readFileSync(join(home.path, 'branches.study.yaml'), 'utf8'));
      assert.deepEqual(Object.keys(file?.start[0] ?? {}), ['learning_rate', 'weight_decay']);
      assert.deepEqual(
        file?.space.parameters.map(({ name }) => name),
        ['learning_rate', 'weight_decay'],
      );
      const { history } = await home.load('branches');
      assert.equal(history.length, 2);
    } finally {
      home.remove();
    }
  });

  it('runs a script with constants: first as it is, then with other values', async () => {
    const ran = await folder.run('run', 'constants.py', '--trials', '3');
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /trial 0 complete val_loss=0\.0004 .*learning_rate=0\.01/);
    const { history } = await folder.load('constants');
    const values = [0, 1, 2].map((number) => history.value(number));
    assert.equal(new Set(values).size, 3, JSON.stringify(values));
    assert.equal(readFileSync(join(folder.path, 'constants.py'), 'utf8'), CONSTANTS);
  });
});
