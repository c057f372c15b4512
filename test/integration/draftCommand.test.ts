import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseStudyFile } from '../../src/studyfile/parseStudyFile.ts';
import { TunerFolder } from './tunerHarness.ts';

const ARGUMENTS = `import argparse
parser = argparse.ArgumentParser()
parser.add_argument('--lr', type=float, default=0.01)
parser.add_argument('--gamma', type=float, default=0.99)
parser.add_argument('--total-timesteps', type=int, default=100)
args = parser.parse_args()
print(f"loss={(args.lr - 0.03) ** 2:.6f} steps={args.total_timesteps}")
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

  it('does not write over a study file that is there', async () => {
    assert.equal((await folder.run('draft', 'arguments.py')).code, 0);
    const before = readFileSync(join(folder.path, 'arguments.study.yaml'), 'utf8');
    const again = await folder.run('draft', 'arguments.py');
    assert.equal(again.code, 2);
    assert.match(again.stderr, /is there already/);
    assert.equal(readFileSync(join(folder.path, 'arguments.study.yaml'), 'utf8'), before);
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
