/** What goes wrong in practice: each ends with one clear sentence, in the journal and on the terminal. */
import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { History } from '../../src/core/study/history.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { findRunRecords, isFound } from '../../src/runs/runRecords.ts';
import { processesWith, TunerFolder, until } from './tunerHarness.ts';

let folder: TunerFolder;
beforeEach(() => {
  folder = new TunerFolder();
});
afterEach(() => folder.remove());

/** Runs one trial of a program and gives its recorded error ('' when it completed). */
async function oneTrial(program: string, options: Parameters<TunerFolder['study']>[1] = {}) {
  const source = folder.study(program, { head: 'budget: { trials: 1 }', ...options });
  const ended = await folder.run('run', source);
  const { history } = await folder.load();
  return { ...ended, history, error: String(history.userAttrs(0)['tuneboard:error'] ?? '') };
}

function assertFailed(
  { history, error, code, stderr }: { history: History; error: string; code: number | null; stderr: string },
  pattern: RegExp,
) {
  assert.equal(history.state(0), TrialState.fail);
  assert.match(error, pattern);
  assert.equal(code, 1);
  assert.equal(stderr.trim().split('\n').length, 1, stderr);
}

test('exits with 1: the reason and the last lines are kept', async () => {
  const result = await oneTrial(`console.log('score=0.3'); console.error('boom: no such file'); process.exit(1);`);
  assertFailed(result, /^The program ended with exit code 1: boom: no such file\n(.*\n)*.*boom/);
});

test('is ended by a signal', async (context) => {
  if (process.platform === 'win32') return context.skip('no signals on Windows');
  assertFailed(
    await oneTrial(`process.kill(process.pid, 'SIGKILL'); setInterval(() => 0, 100);`),
    /was ended by SIGKILL/,
  );
  return undefined;
});

test('hangs: the time limit of a trial ends it', async () => {
  const result = await oneTrial(`console.log('score=1'); setInterval(() => 0, 1000);`, { objective: '  timeout: 1s' });
  assertFailed(result, /longer than the 1 s/);
});

test('prints nothing', async () => {
  assertFailed(await oneTrial(''), /printed nothing: let it print a line like score=0\.5/);
});

test('prints another metric: the names that were seen are named', async () => {
  const result = await oneTrial(`console.log('acc=0.5 loss=1'); console.log('epoch=1 f1=0.2');`);
  assertFailed(result, /never reported score, only acc, loss, f1/);
});

test('prints NaN', async () => {
  const result = await oneTrial(`console.log("{'score': nan, 'epoch': 1.0}"); console.log('score=NaN');`);
  assertFailed(result, /The last value of score was NaN/);
});

test('an infinite value is a value', async () => {
  const { history, code } = await oneTrial(`console.log('score=-Infinity');`);
  assert.equal(code, 0);
  assert.equal(history.value(0), Number.NEGATIVE_INFINITY);
});

test('prints half of a UTF-8 character, a bar with carriage returns, no last newline', async () => {
  const { history, code, stderr } = await oneTrial(`
    const text = Buffer.from('精度 score=0.25 step=1\\n\\rtrain 10%\\rtrain 99%\\rscore=0.5 step=2\\r\\nscore=0.75 step=3');
    for (const byte of text) { process.stdout.write(Buffer.from([byte])); await new Promise((resolve) => setTimeout(resolve, 2)); }
  `);
  assert.equal(code, 0, stderr);
  assert.deepEqual([...history.curve(0).values], [0.25, 0.5, 0.75]);
  const output = readFileSync(join(folder.path, '.tuneboard', 'demo', 'trials', '0.log'), 'utf8');
  assert.ok(output.startsWith('精度 score'));
});

test('prints many megabytes: the newest are kept, the trial is not slowed', async () => {
  const { history, code, stderr } = await oneTrial(`
    const line = 'x'.repeat(99) + '\\n';
    for (let block = 0; block < 30; block++) {
      const ok = process.stdout.write(line.repeat(10_000));
      if (!ok) await new Promise((resolve) => process.stdout.once('drain', resolve));
    }
    console.log('score=0.5');
  `);
  assert.equal(code, 0, stderr);
  assert.equal(history.value(0), 0.5);
  const path = join(folder.path, '.tuneboard', 'demo', 'trials', '0.log');
  assert.ok(statSync(path).size < 9 * 1024 * 1024, String(statSync(path).size));
  const output = readFileSync(path, 'utf8');
  assert.match(output, /^\[tuneboard: earlier output was left out\]\nx+\n/);
  assert.ok(output.endsWith('score=0.5\n'));
});

test('reports without pause: the journal stays small and the last value counts', async () => {
  const { history, code, stderr } = await oneTrial(`
    for (let step = 0; step < 200_000; step++) console.log('score=' + step);
  `);
  assert.equal(code, 0, stderr);
  assert.equal(history.value(0), 199_999);
  assert.ok(history.curve(0).steps.length < 5000, String(history.curve(0).steps.length));
  assert.equal(history.curve(0).values.at(-1), 199_999);
});

test('the program does not exist: the study stops at once', async () => {
  const result = await oneTrial('', {
    command: '[no-such-program-here, "{lr}", "{steps}"]',
    head: 'budget: { trials: 50 }',
  });
  assertFailed(result, /The program "no-such-program-here" was not found/);
  assert.equal(result.history.length, 1);
});

for (const [program, advice, expected] of [
  ['python', 'install Python or name it with --python', 'no-python'],
  ['/nowhere/bin/python3.12', 'install Python or name it with --python', 'no-python'],
  ['pyramid-train', 'check the command', 'all-failed'],
] as const) {
  test(`no ${program}: the study stops at once and says what helps`, async () => {
    const command = `[${program}, train.py, "{lr}", "{steps}"]`;
    const source = folder.study('', { command, head: 'budget: { trials: 50 }' });
    const { code, stderr } = await folder.start(['run', source], { ...process.env, PATH: folder.path }).ended;
    assert.equal(code, 1);
    assert.equal(stderr, `tuneboard: The program "${program}" was not found: ${advice}.\n`);
    const [run] = (await findRunRecords(dirname(source))).filter(isFound);
    assert.equal(run?.record.code, expected, 'a window offers to choose an interpreter where that helps');
  });
}

test('the first five trials fail the same way: the study stops and says why', async () => {
  const result = await oneTrial(`throw new Error('bad learning rate ' + Math.random());`, {
    head: 'budget: { trials: 50 }',
  });
  assert.equal(result.code, 1);
  assert.equal(result.history.length, 5);
  assert.match(result.stderr, /The first 5 trials all failed the same way/);
});

test('a study file with errors: one line each, with its place', async () => {
  const source = folder.write(
    'bad.study.yaml',
    'name: bad\nmetric: f1\nobjektive: {}\nspace:\n  x: { type: float, low: 2, high: 1 }\n',
  );
  const { code, stderr } = await folder.run('run', source);
  assert.equal(code, 2);
  for (const line of stderr.trim().split('\n')) assert.match(line, /bad\.study\.yaml:\d+:\d+: ./);
  assert.ok(stderr.trim().split('\n').length >= 2, stderr);
});

test('the storage is not a storage', async () => {
  folder.write('notes.log', 'This is not a journal.\nNot at all.\n');
  const source = folder.study('', { head: 'storage: notes.log' });
  const { code, stderr } = await folder.run('run', source);
  assert.equal(code, 1);
  assert.match(stderr, /^tuneboard: .*notes\.log.*\n$/);
  assert.equal(readFileSync(join(folder.path, 'notes.log'), 'utf8'), 'This is not a journal.\nNot at all.\n');
});

test('the direction was changed', async () => {
  const source = folder.study(`console.log('score=1')`, { head: 'budget: { trials: 1 }' });
  await folder.run('run', source);
  folder.write('demo.study.yaml', readFileSync(source, 'utf8').replace('maximize', 'minimize'));
  const { code, stderr } = await folder.run('run', source);
  assert.equal(code, 1);
  assert.match(stderr, /was made to maximize, the study file says minimize/);
});

test('a trial that is pruned is ended and recorded as pruned', async () => {
  const source = folder.study(
    `
    const steps = Number(process.argv.at(-1)), number = Number(process.env.TUNEBOARD_TRIAL_NUMBER);
    for (let step = 1; step <= 10; step++) {
      console.log(\`epoch=\${step} score=\${number < 3 ? 1 : 0}\`);
      if (number >= 3) await new Promise((resolve) => setTimeout(resolve, 60_000 / steps));
    }
  `,
    { head: 'budget: { trials: 4 }\npruner: { type: median, n_startup_trials: 3 }' },
  );
  const { code, stderr } = await folder.run('run', source);
  assert.equal(code, 0, stderr);
  const { history } = await folder.load();
  assert.equal(history.state(3), TrialState.pruned);
  assert.equal(history.value(3), 0);
  if (process.platform === 'linux') await until(() => processesWith(folder.path).length === 0);
});

test('arguments are never seen by a shell; with `shell: true` they are quoted', async () => {
  const space = (text: string) =>
    text
      .replace(/ {2}lr:.*/, '  lr: { type: categorical, choices: ["; echo hacked $(id) \' `id`"] }')
      .replace(/ {2}steps:.*/, '  steps: { type: int, low: 1, high: 1 }');
  const program = `console.log(JSON.stringify({ score: process.argv[3] === "; echo hacked $(id) ' \`id\`" ? 1 : 0 }));`;
  const commands = [undefined, `'"${process.execPath}" train.mjs --lr {lr} --steps {steps}'`];
  for (const [index, command] of commands.entries()) {
    const source = folder.study(program, {
      ...(command ? { command, objective: '  shell: true' } : {}),
      head: 'budget: { trials: 1 }',
    });
    folder.write('demo.study.yaml', space(readFileSync(source, 'utf8')).replace('name: demo', `name: demo${index}`));
    const { code, stderr } = await folder.run('run', source);
    assert.equal(code, 0, stderr);
    assert.equal((await folder.load(`demo${index}`)).history.value(0), 1);
  }
});

test('a config file is rendered for each trial', async () => {
  folder.write('config.in.json', '{ "lr": {lr}, "nested": { "steps": {steps} } }');
  const { history, code, stderr } = await oneTrial(
    `import { readFileSync } from 'node:fs';
     const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
     console.log('score=' + config.nested.steps);`,
    { command: `["${process.execPath}", train.mjs, "{config}"]`, objective: '  config: config.in.json' },
  );
  assert.equal(code, 0, stderr);
  assert.equal(history.value(0), history.param(0, 'steps'));
});
