/** The one-file Python client against a real tuner, and the endpoint's own manners. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TrialState } from '../../src/core/study/states.ts';
import { pythonNames } from '../../src/runs/platform.ts';
import { TunerFolder } from './tunerHarness.ts';

const client = fileURLToPath(new URL('../../src/tuner/python/tuneboard.py', import.meta.url));
const python = pythonNames().find((name) => {
  try {
    execFileSync(name, ['-c', 'pass'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
const skip = python === undefined ? 'no Python here' : !existsSync(client) ? 'the client is missing' : false;

test('params, report and should_prune from Python', { skip }, async () => {
  const folder = new TunerFolder();
  try {
    folder.write(
      'train.py',
      `import time, tuneboard
params = tuneboard.params()
number = params["steps"]
for step in range(5):
    tuneboard.report(1.0 if number < 4 else 0.0, step)
    if tuneboard.should_prune():
        print("told to prune at", step, flush=True)
        raise SystemExit(3)
    time.sleep(0.05)
`,
    );
    const source = folder.study('', {
      command: `[${python}, train.py]`,
      head: 'budget: { trials: 8 }\nsampler: { type: random, seed: 5 }\npruner: { type: median, n_startup_trials: 1 }',
    });
    const { code, stderr } = await folder.run('run', source);
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    let pruned = 0;
    for (let number = 0; number < history.length; number++) {
      const isBad = history.param(number, 'steps') === 4;
      const { steps } = history.curve(number);
      if (history.state(number) === TrialState.pruned) pruned++;
      else assert.deepEqual(steps, [0, 1, 2, 3, 4]);
      if (!isBad)
        assert.equal(history.state(number), TrialState.complete, String(history.userAttrs(number)['tuneboard:error']));
    }
    console.log(`# ${pruned} of ${history.length} trials pruned`);
  } finally {
    folder.remove();
  }
});

test('a wrong token closes the connection; a right one is answered in order', async () => {
  const folder = new TunerFolder();
  try {
    const source = folder.study(
      `import { connect } from 'node:net';
const [kind, address] = [process.env.TUNEBOARD_ENDPOINT.split(':')[0], process.env.TUNEBOARD_ENDPOINT.slice(5)];
const open = () => kind === 'unix' ? connect(address) : connect(Number(address.split(':')[1]), '127.0.0.1');
const number = Number(process.env.TUNEBOARD_TRIAL_NUMBER);
const talk = (lines) => new Promise((resolve) => {
  let text = '';
  const socket = open();
  socket.on('data', (data) => { text += data; if (text.split('\\n').length > lines.length) socket.end(); });
  socket.on('close', () => resolve(text.trim().split('\\n')));
  socket.on('error', () => undefined);
  socket.write(lines.map((line) => JSON.stringify(line) + '\\n').join(''));
});
const refused = await talk([{ op: 'hello', token: 'wrong', trial: number }, { op: 'report', value: 9 }]);
const hello = { op: 'hello', token: process.env.TUNEBOARD_TOKEN, trial: number };
const answers = await talk([hello, { op: 'report', value: 0.5, step: 7 }, { op: 'nonsense' }, { op: 'report', value: 'x' }, { op: 'attr', key: 'note', value: 'n' }, { op: 'shouldPrune' }]);
console.log(JSON.stringify({ refused, answers }));
`,
      { head: 'budget: { trials: 1 }' },
    );
    const { code, stderr } = await folder.run('run', source);
    assert.equal(code, 0, stderr);
    const { history } = await folder.load();
    assert.equal(history.value(0), 0.5);
    assert.deepEqual(history.curve(0).steps, [7]);
    assert.equal(history.userAttrs(0)['note'], 'n');
    const { readFileSync } = await import('node:fs');
    const output = JSON.parse(readFileSync(`${folder.path}/.tuneboard/demo/trials/0.log`, 'utf8')) as {
      refused: string[];
      answers: string[];
    };
    assert.deepEqual(output.refused, ['']);
    const answers = output.answers.map((line) => JSON.parse(line) as { ok: boolean });
    assert.deepEqual(
      answers.map(({ ok }) => ok),
      [true, true, false, false, true, true],
    );
  } finally {
    folder.remove();
  }
});
