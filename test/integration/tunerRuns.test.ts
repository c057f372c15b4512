/** Studies of a command in real tuner processes: stop and resume, two tuners, signals, steering, paths. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { connectControl } from '../../src/runs/controlClient.ts';
import { launchTuner } from '../../src/runs/launchTuner.ts';
import { isAlive } from '../../src/runs/runRecords.ts';
import { cli, processesWith, TunerFolder, until } from './tunerHarness.ts';

const QUICK = `
const value = (name) => Number(process.argv[process.argv.indexOf('--' + name) + 1]);
for (let step = 1; step <= value('steps'); step++) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  console.log(JSON.stringify({ step, score: step / 10, seen: process.env.TUNEBOARD_PARAMS.length }));
}
`;
const SLOW = `
import { spawn } from 'node:child_process';
// A grandchild in a process group of its own: it must end with the trial too.
spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)', process.cwd()], { detached: true, stdio: 'ignore' }).unref();
process.on('SIGTERM', () => console.log('ignoring SIGTERM'));
console.log('score=0.5 step=1');
setInterval(() => 0, 1000);
`;

let folder: TunerFolder;
beforeEach(() => {
  folder = new TunerFolder();
});
afterEach(() => folder.remove());

test('a study runs to its budget, in a folder with blanks, quotes and Chinese', async () => {
  const source = folder.study(QUICK, { head: 'budget: { trials: 6 }\nparallel: 3\npruner: none' });
  const { code, stdout, stderr } = await folder.run('run', source);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^Best score: /m);
  assert.ok(!stdout.includes('\x1b'), 'no escape codes when it is not a terminal');
  const { history, systemAttrs } = await folder.load();
  assert.equal(history.length, 6);
  assert.deepEqual(systemAttrs['study:metric_names'], ['score']);
  for (let number = 0; number < 6; number++) {
    assert.equal(history.state(number), TrialState.complete);
    const steps = Number(history.param(number, 'steps'));
    assert.deepEqual(
      history.curve(number).steps,
      Array.from({ length: steps }, (_, index) => index + 1),
    );
    assert.equal(history.value(number), steps / 10);
    assert.ok(Number(history.userAttrs(number)['seen']) > 10, 'other metrics become attributes');
    const output = readFileSync(join(folder.path, '.tuneboard', 'demo', 'trials', `${number}.log`), 'utf8');
    assert.equal(output.trim().split('\n').length, steps);
  }
  assert.equal(folder.record().state, 'finished');
  if (process.platform !== 'win32') {
    assert.equal(statSync(join(folder.path, '.tuneboard', 'demo', 'run.json')).mode & 0o777, 0o600);
  }
  assert.equal(readFileSync(join(folder.path, '.tuneboard', '.gitignore'), 'utf8').trim(), '*');
});

test('each running trial has a GPU of its own', async () => {
  const source = folder.study(
    `import { existsSync, writeFileSync } from 'node:fs';
const number = Number(process.env.TUNEBOARD_TRIAL_NUMBER);
console.log('score=' + Number(process.env.CUDA_VISIBLE_DEVICES));
writeFileSync('trial' + number, '');
while (!existsSync('trial' + (1 - number))) await new Promise((resolve) => setTimeout(resolve, 20));`,
    { head: 'budget: { trials: 2 }\nparallel: 2\ngpus: [3, 5]' },
  );
  assert.equal((await folder.run('run', source)).code, 0);
  const { history } = await folder.load();
  assert.deepEqual([history.value(0), history.value(1)].sort(), [3, 5]);
});

test('running again continues, and asks nothing when the budget is used up', async () => {
  const source = folder.study(QUICK);
  assert.equal((await folder.run('run', source)).code, 0);
  const seed = (await folder.load()).systemAttrs['tuneboard:seed'];
  assert.equal(typeof seed, 'number');
  assert.equal((await folder.run('run', source)).code, 0);
  assert.equal((await folder.load()).history.length, 4);
  assert.equal((await folder.run('run', source, '--trials', '6')).code, 0);
  const study = await folder.load();
  assert.equal(study.history.length, 6);
  assert.equal(study.systemAttrs['tuneboard:seed'], seed);
});

test('a study in the background is steered: second start refused, pause, enqueue, budget, stop, resume', async () => {
  const source = folder.study(QUICK, { head: 'budget: { trials: 1000 }\nparallel: 2' });
  const record = await launchTuner({ node: process.execPath, cli, source });
  assert.ok(await isAlive(record));
  const second = await folder.run('run', source);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /^tuneboard: Study "demo" is running already \(process \d+\).*\n$/);
  await assert.rejects(launchTuner({ node: process.execPath, cli, source }), /is running already/);

  await assert.rejects(connectControl({ ...record, token: 'wrong' }), { code: 'refused' });
  const client = await connectControl(record);
  await until(async () => (await client.request('status', {})).finished >= 2);
  await client.request('pause', {});
  await until(async () => (await client.request('status', {})).running.length === 0);
  const { finished } = await client.request('status', {});
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal((await client.request('status', {})).finished, finished, 'nothing starts during a pause');
  const { number } = await client.request('enqueue', { params: { lr: 0.0125 } });
  await assert.rejects(client.request('enqueue', { params: { rate: 1 } }), /"rate" is not a parameter/);
  await assert.rejects(client.request('killTrial', { number: 9999 }), { code: 'not-running' });
  await client.request('setParallel', { parallel: 1 });
  await client.request('setBudget', { trials: finished + 3 });
  let closed = false;
  client.onClose(() => {
    closed = true;
  });
  await client.request('resume', {});
  await until(() => closed);
  await until(async () => !(await isAlive({ ...record, state: 'running' })));
  const { history } = await folder.load();
  assert.equal(history.param(number, 'lr'), 0.0125);
  assert.equal(history.count(TrialState.complete) + history.count(TrialState.pruned), finished + 3);
  assert.equal(folder.record().state, 'finished');
  await assert.rejects(client.request('status', {}), { code: 'connection-lost' });
  await assert.rejects(connectControl(record), { code: 'not-running' });
});

test('stop --now ends the whole process tree, also what ignores SIGTERM or left the group', async (context) => {
  if (process.platform === 'win32') return context.skip('signals differ on Windows');
  const source = folder.study(SLOW, { head: 'budget: { trials: 2 }' });
  await launchTuner({ node: process.execPath, cli, source });
  await until(async () => ((await folder.load().catch(() => undefined))?.history.curve(0).steps.length ?? 0) > 0);
  const { code, stderr } = await folder.run('stop', '--now');
  assert.equal(code, 0, stderr);
  assert.equal(folder.record().state, 'stopped');
  const { history } = await folder.load();
  assert.equal(history.state(0), TrialState.fail);
  assert.match(String(history.userAttrs(0)['tuneboard:error']), /stopped while this trial ran/);
  if (process.platform === 'linux') await until(() => processesWith(folder.path).length === 0);
  return undefined;
});

test('one hanging trial is ended by hand; the study goes on and counts it', async () => {
  const source = folder.study(
    `console.log('score=1'); if (process.env.TUNEBOARD_TRIAL_NUMBER === '0') setInterval(() => 0, 1000);`,
    { head: 'budget: { trials: 3 }' },
  );
  const record = await launchTuner({ node: process.execPath, cli, source });
  const client = await connectControl(record);
  await until(async () => (await client.request('status', {})).running.some(({ pid }) => pid !== null));
  await client.request('killTrial', { number: 0 });
  await until(() => client.isClosed);
  await until(async () => !(await isAlive({ ...record, state: 'running' })));
  const { history } = await folder.load();
  assert.deepEqual([...history.states], [TrialState.fail, TrialState.complete, TrialState.complete]);
  assert.match(String(history.userAttrs(0)['tuneboard:error']), /ended by hand/);
  assert.equal(folder.record().state, 'finished');
});

test('a time budget ends the study without cutting a trial off', async () => {
  const source = folder.study(QUICK, { head: 'budget: { trials: 100000 }' });
  const { code, stderr } = await folder.run('run', source, '--timeout', '2s');
  assert.equal(code, 0, stderr);
  const { history } = await folder.load();
  assert.ok(history.length > 0);
  assert.equal(history.count(TrialState.running) + history.count(TrialState.fail), 0);
  assert.equal(folder.record().state, 'finished');
});

for (const [signal, times] of [
  ['SIGTERM', 1],
  ['SIGINT', 2],
] as const) {
  test(`${times} × ${signal} ends the running trials, records them, and exits with 130`, async () => {
    const source = folder.study(SLOW.replace(/process\.on.*/, ''), { head: 'budget: { trials: 2 }' });
    const tuner = folder.start(['run', source]);
    await until(async () => ((await folder.load().catch(() => undefined))?.history.curve(0).steps.length ?? 0) > 0);
    for (let time = 1; time <= times; time++) {
      tuner.child.kill(signal);
      if (time < times) await until(() => folder.record().state === 'stopping');
    }
    const { code } = await tuner.ended;
    assert.equal(code, 130);
    assert.equal(folder.record().state, 'stopped');
    assert.equal((await folder.load()).history.state(0), TrialState.fail);
    if (process.platform === 'linux') await until(() => processesWith(folder.path).length === 0);
  });
}

test('SIGINT once lets the running trial finish', async () => {
  const source = folder.study(QUICK, { head: 'budget: { trials: 500 }' });
  const tuner = folder.start(['run', source]);
  await until(() => tuner.stdout().includes('trial 1 '));
  tuner.child.kill('SIGINT');
  assert.equal((await tuner.ended).code, 130);
  const { history } = await folder.load();
  assert.equal(history.count(TrialState.fail) + history.count(TrialState.running), 0);
});

test('two tuners that start in the same moment: exactly one gets the study', async () => {
  const source = folder.study(QUICK, { head: 'budget: { trials: 12 }' });
  const all = await Promise.all(Array.from({ length: 4 }, () => folder.run('run', source)));
  // A late one may find the study finished and exits with 0 too; none may run beside another.
  assert.ok(all.some(({ code }) => code === 0));
  for (const { code, stderr } of all) if (code !== 0) assert.match(stderr, /is running already/);
  assert.equal((await folder.load()).history.length, 12);
});

test('two studies share one journal', async () => {
  const source = folder.study(QUICK, { head: 'budget: { trials: 10 }\nstorage: shared.log' });
  const other = folder.write('other.study.yaml', readFileSync(source, 'utf8').replace('name: demo', 'name: other'));
  const results = await Promise.all([folder.run('run', source), folder.run('run', other)]);
  for (const { code, stderr } of results) assert.equal(code, 0, stderr);
  const listed = await folder.run('studies', join(folder.path, 'shared.log'));
  assert.match(listed.stdout, /^demo .*10 /m);
  assert.match(listed.stdout, /^other .*10 /m);
  assert.ok(!existsSync(folder.journal()));
});

test('best, trials and import speak every form', async () => {
  const source = folder.study(QUICK);
  await folder.run('run', source);
  const journal = folder.journal();
  const python = (await folder.run('best', journal, '--as', 'python')).stdout;
  assert.match(python, /^\{\n {4}'lr': [\d.e-]+,\n {4}'steps': \d,\n\}\n$/);
  const json = JSON.parse((await folder.run('best', journal, '--as', 'json')).stdout) as { lr: number; steps: number };
  assert.match(
    (await folder.run('best', journal, '--as', 'args')).stdout,
    new RegExp(`^--lr ${json.lr} --steps ${json.steps}\n$`),
  );
  const trials = JSON.parse((await folder.run('trials', journal, '--json')).stdout) as {
    studies: { trials: unknown[] }[];
  };
  assert.equal(trials.studies[0]?.trials.length, 4);
  const importance = await folder.run('importance', journal, '--json');
  const { $details, ...shares } = JSON.parse(importance.stdout) as { $details: { complete: number } } & Record<
    string,
    number
  >;
  assert.equal($details.complete, 4);
  assert.deepEqual(Object.keys(shares).sort(), ['lr', 'steps']);
  assert.ok(Math.abs(Object.values(shares).reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
  assert.match((await folder.run('importance', journal, '--evaluator', 'fanova')).stdout, /^parameter +importance/);
  const copy = join(folder.path, 'copy.log');
  assert.equal((await folder.run('import', journal, '--to', copy)).code, 0);
  const again = JSON.parse((await folder.run('trials', copy, '--json')).stdout) as unknown;
  assert.deepEqual(again, trials);
  for (const target of [source, 'demo.study.yaml', 'demo']) {
    assert.equal((await folder.run('best', target, '--as', 'python')).stdout, python, target);
    assert.deepEqual(JSON.parse((await folder.run('trials', target, '--json')).stdout), trials);
  }
  assert.match((await folder.run('studies', source)).stdout, /^demo .*4 /m);
  const unrun = folder.write('unrun.study.yaml', readFileSync(source, 'utf8').replace('name: demo', 'name: unrun'));
  const refused = await folder.run('trials', unrun);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^tuneboard: unrun\.study\.yaml has not been run here yet: start it with .*\n$/);
  const wrong = await folder.run('best', join(folder.path, 'train.mjs'));
  assert.equal(wrong.code, 1);
  assert.equal(wrong.stderr.trim().split('\n').length, 1);
});

test('printed constraints decide what is feasible, a printed gradient is kept', async () => {
  const source = folder.study(
    `const value = (name) => Number(process.argv[process.argv.indexOf('--' + name) + 1]);
console.log(JSON.stringify({ score: value('steps'), over: value('steps') - 2.5 }));
console.log(JSON.stringify({ gradient: { lr: 2 * value('lr') } }));`,
    { head: 'constraints: [over]\nbudget: { trials: 12 }\nsampler: { type: random, seed: 1 }' },
  );
  const { code, stderr } = await folder.run('run', source);
  assert.equal(code, 0, stderr);
  const { history } = await folder.load();
  assert.equal(history.value(history.best as number), 2, 'more steps are better, but over the limit');
  assert.ok([...history.values].includes(4));
  const attrs = history.systemAttrs(0);
  assert.equal(attrs['constraints:over'], Number(history.param(0, 'steps')) - 2.5);
  assert.deepEqual(attrs['tuneboard:gradient'], { lr: 2 * Number(history.param(0, 'lr')) });
});

test('metrics that a program prints for people are read, with their steps', async () => {
  const source = folder.study(
    `const lr = process.argv[process.argv.indexOf('--lr') + 1];
console.log('Score of what is to be beaten: 0.9, in 3 rounds');
for (const epoch of [1, 2, 3]) console.log('Epoch ' + epoch + '/3 - train score: 9 - SCORE: ' + lr + ' - Too Much: -1 %');
console.log('ready');`,
    { head: 'constraints: [too_much]\nbudget: { trials: 3 }\nsampler: { type: random, seed: 1 }' },
  );
  const { code, stderr } = await folder.run('run', source);
  assert.equal(code, 0, stderr);
  const { history } = await folder.load();
  assert.equal(history.count(TrialState.complete), 3);
  assert.equal(history.value(0), history.param(0, 'lr'));
  assert.deepEqual([...history.curve(0).steps], [1, 2, 3]);
  assert.equal(history.systemAttrs(0)['constraints:too_much'], -1);
});

test('a study ends early at its target, or once nothing better is found', async () => {
  const program = `console.log('score=' + Math.min(0.5, Number(process.argv[5])));`;
  const target = folder.study(program, { head: 'stop_when: { target: 0.5 }\nbudget: { trials: 60 }\nsampler: random' });
  const reached = await folder.run('run', target);
  assert.equal(reached.code, 0, reached.stderr);
  assert.match(reached.stdout, /The study ended early: a trial reached the target 0\.5 of `stop_when`/);
  const { history } = await folder.load();
  assert.ok(history.length < 20, `${history.length} trials`);
  assert.equal(history.value(history.length - 1), 0.5, 'the last trial is the one that reached it');
  assert.equal(folder.record().state, 'finished');

  const plateau = folder.write(
    'plateau.study.yaml',
    readFileSync(target, 'utf8').replace('name: demo', 'name: flat').replace('target: 0.5', 'plateau: 7'),
  );
  const flat = await folder.run('run', plateau);
  assert.match(flat.stdout, /7 trials in a row found nothing better/);
  const study = await folder.load('flat');
  assert.equal(study.history.length, (study.history.best as number) + 1 + 7);
});
