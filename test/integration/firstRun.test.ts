/** Studies without a metric, in real tuner processes: the command runs once as it is, and that run is trial 0. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Direction, TrialState } from '../../src/core/study/states.ts';
import { connectControl } from '../../src/runs/controlClient.ts';
import { launchTuner } from '../../src/runs/launchTuner.ts';
import { cli, TunerFolder, until } from './tunerHarness.ts';

/** Counts its runs in a file, and trains with the flags that it is given. */
const program = (prints: string) => `
import { appendFileSync } from 'node:fs';
const value = (name, otherwise) => process.argv.includes('--' + name) ? Number(process.argv[process.argv.indexOf('--' + name) + 1]) : otherwise;
const lr = value('lr', 0.03);
appendFileSync('runs.txt', lr + '\\n');
const loss = (step) => Math.abs(Math.log10(lr) + 2) + 1 / step;
${prints}
`;
const CLEAR = program(`for (let step = 1; step <= 3; step++) {
  console.log('step ' + step + ': train loss ' + (loss(step) * 0.9).toFixed(4) + ', val loss ' + loss(step).toFixed(4));
}`);
const UNCLEAR = program(`for (let step = 1; step <= 3; step++) {
  console.log(JSON.stringify({ epoch: step, val_accuracy: 1 / (1 + loss(step)), val_f1: 1 / (2 + loss(step)) }));
}`);

const STUDY = `# My study.
name: demo

# What runs.
objective:
  command: ["${process.execPath}", train.mjs, --lr, "{lr}"]   # as before
space:
  lr: { type: float, low: 1.0e-4, high: 1.0e-1, log: true }
start:
  - { lr: 0.02 }
budget: { trials: 4 }
`;

let folder: TunerFolder;
beforeEach(() => {
  folder = new TunerFolder();
});
afterEach(() => folder.remove());

function study(prints: string, text = STUDY): string {
  folder.write('train.mjs', prints);
  return folder.write('demo.study.yaml', text);
}

const runs = () => readFileSync(join(folder.path, 'runs.txt'), 'utf8').trim().split('\n').map(Number);

test('a program that does not use its parameters is found by its values, once', async () => {
  const source = study(`console.log('val loss 0.25');`);
  const { code, stdout, stderr } = await folder.run('run', source);
  assert.equal(code, 0, stderr);
  const said = /All 3 complete trials have different parameters and exactly the same value \(0\.2500\): check that/g;
  assert.equal(stdout.match(said)?.length, 1);
  assert.match(stdout.split('\n\nStudy ').at(-1) ?? '', /All 4 complete trials have different parameters/);
  assert.equal(readFileSync(join(folder.path, '.tuneboard', 'demo', 'tuner.log'), 'utf8').match(said)?.length, 1);
  assert.match((await folder.run('status')).stdout, /All 4 complete trials have different parameters/);
});

test('a metric that is clear from the first run is used, and that run is trial 0', async () => {
  const source = study(CLEAR);
  const { code, stdout, stderr } = await folder.run('run', source);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /runs once as it is/);
  const { history, directions, systemAttrs } = await folder.load();
  assert.deepEqual(systemAttrs['study:metric_names'], ['val loss']);
  assert.deepEqual(directions, [Direction.minimize]);
  assert.equal(history.length, 4);
  assert.equal(history.state(0), TrialState.complete);
  assert.deepEqual(history.params(0), { lr: 0.02 });
  assert.deepEqual(history.systemAttrs(0)['fixed_params'], { lr: 0.02 });
  assert.deepEqual(history.curve(0).steps, [1, 2, 3]);
  assert.equal(history.value(0), Number((Math.abs(Math.log10(0.02) + 2) + 1 / 3).toFixed(4)));
  assert.ok((history.completedAt[0] as number) >= (history.startedAt[0] as number));
  assert.equal(runs().length, 4, 'nothing ran twice');
  assert.equal(runs()[0], 0.02);
  assert.match(readFileSync(join(folder.path, '.tuneboard', 'demo', 'trials', '0.log'), 'utf8'), /step 3: train loss/);
  const written = readFileSync(source, 'utf8');
  assert.equal(written, STUDY.replace('# What runs.', 'metric: val loss\ndirection: minimize\n# What runs.'));
  const { state, metric, firstRun } = folder.record();
  assert.deepEqual([state, metric, firstRun], ['finished', 'val loss', undefined]);

  // How far the best is ahead of the person's own value.
  const { best = 0 } = history;
  const sentence =
    best === 0
      ? /No trial is better than trial 0, which has your own values\./
      : /The best value is [\d.]+ \([\d.]+ %\) better than that of your own values in trial 0\./;
  for (const said of [stdout, (await folder.run('status')).stdout, (await folder.run('best', source)).stdout]) {
    assert.match(said, sentence);
  }

  // The study goes on with the metric that the file has now, and does not start where it started.
  assert.equal((await folder.run('run', source, '--trials', '5')).code, 0);
  const after = (await folder.load()).history;
  assert.equal(after.length, 5);
  assert.equal(Array.from({ length: 5 }, (_, n) => after.systemAttrs(n)['fixed_params']).filter(Boolean).length, 1);
});

test('without a start the command runs without the flags of its parameters', async () => {
  const source = study(CLEAR, STUDY.replace('start:\n  - { lr: 0.02 }\n', ''));
  assert.equal((await folder.run('run', source)).code, 0);
  assert.equal(runs()[0], 0.03, "the script's own default");
  const { history } = await folder.load();
  assert.equal(history.state(0), TrialState.complete);
  assert.deepEqual(history.params(0), {});
});

test('where the metric is not clear and nobody can be asked, the command line says how to say it', async () => {
  const source = study(UNCLEAR);
  const { code, stderr } = await folder.run('run', source);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /val_accuracy .* maximize; val_f1 .*--metric NAME --direction/);
  assert.equal(existsSync(folder.journal()), false, 'there is no study yet');
  const told = await folder.run('run', source, '--metric', 'val_f1');
  assert.equal(told.code, 0, told.stderr);
  const { directions, systemAttrs, history } = await folder.load();
  assert.deepEqual([systemAttrs['study:metric_names'], directions], [['val_f1'], [Direction.maximize]]);
  assert.deepEqual(history.params(0), { lr: 0.02 });
  assert.match(readFileSync(source, 'utf8'), /^metric: val_f1\ndirection: maximize$/m);
  const again = await folder.run('run', source, '--metric', 'val_accuracy');
  assert.match(again.stderr, /names its metric already/);
});

test('a tuner in the background waits for the answer, and goes on with it', async () => {
  const source = study(UNCLEAR);
  const launched = await launchTuner({ node: process.execPath, cli, source });
  await until(() => folder.recordIfAny()?.firstRun?.question !== undefined);
  const { question } = folder.record().firstRun ?? {};
  assert.deepEqual(
    question?.map(({ name, count, direction }) => [name, count, direction]),
    [
      ['val_accuracy', 3, 'maximize'],
      ['val_f1', 3, 'maximize'],
    ],
  );
  const client = await connectControl(launched);
  await assert.rejects(
    client.request('chooseMetric', { metric: 'bleu', direction: 'maximize' }),
    /no number under the name "bleu"/,
  );
  await assert.rejects(client.request('pause', {}), /runs for the first time/);
  await client.request('chooseMetric', { metric: 'val_f1', direction: 'maximize' });
  await until(() => folder.record().state === 'finished');
  client.close();
  const { history, directions } = await folder.load();
  assert.deepEqual([history.length, directions], [4, [Direction.maximize]]);
  assert.equal(runs().length, 4);
});

test('a study that is stopped while the question is open has not begun', async () => {
  const source = study(UNCLEAR);
  const launched = await launchTuner({ node: process.execPath, cli, source });
  await until(() => folder.recordIfAny()?.firstRun?.question !== undefined);
  const client = await connectControl(launched);
  await client.request('stop', { mode: 'afterCurrent' });
  client.close();
  await until(() => folder.record().state === 'stopped');
  assert.equal(folder.record().firstRun, undefined);
  assert.equal(readFileSync(source, 'utf8'), STUDY);
});

test('a first run that fails, or prints nothing to search by, ends the study with the reason', async () => {
  const failing = study(program(`console.error('Error: no such dataset'); process.exit(3);`));
  const failed = await folder.run('run', failing);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /nothing was searched.*no such dataset/);
  assert.equal(folder.record().state, 'failed');
  const silent = study(program(`console.log('epoch 3 done in 12 s, lr 0.1, saved model');`));
  const told = await folder.run('run', silent);
  assert.equal(told.code, 1);
  assert.match(told.stderr, /print\(f"val_loss=\{loss\}"\)/);
  assert.equal(folder.record().code, 'no-metric');
});
