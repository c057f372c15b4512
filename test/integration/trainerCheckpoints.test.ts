/** What studies of the built-in trainer leave, go on from and cost. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { REVIEWS, TrainerFolder } from './trainerStudy.ts';
import { until } from './tunerHarness.ts';

let folder: TrainerFolder;
beforeEach(() => {
  folder = new TrainerFolder();
});
afterEach(() => folder.remove());

test('the estimate is told before a study starts, and on its own', { timeout: 300_000 }, async () => {
  const source = folder.trainerStudy(`${REVIEWS}, args: { num_train_epochs: 1 }`, 'budget: { trials: 2 }\n');
  const { stdout } = await folder.run('estimate', source, '--json');
  const { trials, epochs, seconds, secondsPerTrial } = JSON.parse(stdout) as Record<string, number>;
  assert.deepEqual([trials, epochs, seconds], [2, 1, 2 * (secondsPerTrial as number)]);
  assert.match(
    (await folder.run('run', source, '--trials', '1')).stdout,
    /^1 trial × 1 epoch ≈ [\d.]+ (s|min) on wasm \(.*\)\.$/m,
  );
  const wrong = folder.trainerStudy(REVIEWS.replace('text: review', 'text: words'), 'budget: { trials: 1 }\n', 'wrong');
  const { code, stderr } = await folder.run('estimate', wrong);
  assert.equal(code, 1);
  assert.match(stderr, /^tuneboard: The data set has no column "words"/);
});

test('the best trial keeps its checkpoint, which is the model of the next study', { timeout: 300_000 }, async () => {
  const sizes = 'model: { hidden_size: 32, intermediate_size: 64 }';
  const args = 'args: { num_train_epochs: 2, save_strategy: epoch }';
  const first = folder.trainerStudy(
    `${REVIEWS}, ${sizes}, ${args}, objective_from: best`,
    'budget: { trials: 3 }\nsampler: { type: random, seed: 2 }\n',
  );
  assert.equal((await folder.run('run', first, '--skip-estimate')).code, 0);
  const { history } = await folder.load();
  const models = join(folder.path, '.tuneboard', 'demo', 'models');
  const kept = [0, 1, 2].filter((number) =>
    readdirSync(join(models, `run-${number}`)).some((name) => name.startsWith('checkpoint-')),
  );
  // Several where they are equally good.
  assert.ok(kept.includes(history.best as number), kept.join());
  for (const number of kept) assert.equal(history.value(number), history.value(history.best as number));
  for (let number = 0; number < 3; number++) {
    const { values } = history.curve(number);
    assert.equal(history.value(number), Math.max(...values), 'the best evaluation is the value');
  }
  const checkpoint = readdirSync(join(models, `run-${history.best}`)).find((name) => name.startsWith('checkpoint-'));
  const model = JSON.stringify(join(models, `run-${history.best}`, checkpoint as string));
  const next = folder.trainerStudy(
    `${REVIEWS}, model: ${model}, checkpoints: none, args: { max_steps: 1 }`,
    'budget: { trials: 1 }\n',
    'next',
  );
  assert.equal((await folder.run('run', next, '--skip-estimate')).code, 0);
  const output = folder.output(0, 'next');
  assert.match(output, /Model: .*checkpoint-\d+, pretrained\.$/m);
  assert.match(output, /^eval_f1 is [\d.]+ with a standard error of [\d.]+\.$/m);
  const { history: again } = await folder.load('next');
  assert.ok(again.value(0) >= history.value(history.best as number) - 0.1, `${again.value(0)}`);
});

test('a killed trial goes on from its checkpoint, with its whole curve', { timeout: 300_000 }, async () => {
  const source = folder.trainerStudy(
    `${REVIEWS}, args: { num_train_epochs: 8 }`,
    'budget: { trials: 1 }\nsampler: { type: random, seed: 4 }\npruner: none\n',
  );
  const { child, ended } = folder.start(['run', source, '--skip-estimate']);
  const run = join(folder.path, '.tuneboard', 'demo', 'models', 'run-0');
  await until(() => {
    try {
      return readdirSync(run).some((name) => /^checkpoint-/.test(name));
    } catch {
      return false;
    }
  });
  const { pid } = JSON.parse(readFileSync(join(run, 'trial.json'), 'utf8')) as { pid: number };
  for (const one of [child.pid as number, pid]) process.kill(one, 'SIGKILL');
  await ended;
  assert.equal((await folder.run('run', source, '--skip-estimate')).code, 0);
  const { history } = await folder.load();
  assert.deepEqual([history.length, history.state(0)], [1, TrialState.complete]);
  const output = folder.output(0);
  assert.match(output, /^Goes on from .*run-0.checkpoint-\d+, where the same training was cut off\.$/m);
  assert.deepEqual(
    [...history.curve(0).steps],
    Array.from({ length: 8 }, (_, epoch) => epoch + 1),
  );
});

test('texts come in pairs, from JSON lines too', { timeout: 300_000 }, async () => {
  const rows = Array.from({ length: 40 }, (_, index) => ({
    a: `text ${index}`,
    b: index % 2 ? 'yes' : 'no',
    label: index % 2,
  }));
  folder.write('pairs.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
  const source = folder.trainerStudy(
    'dataset: pairs.jsonl, text: a, text_pair: b, label: label, max_length: 24, args: { num_train_epochs: 3 }',
    'budget: { trials: 1 }\n',
  );
  const { code, stdout, stderr } = await folder.run('run', source, '--skip-estimate');
  assert.equal(code, 0, stdout + stderr);
  assert.match(folder.output(0), /^30 rows to train, 10 to evaluate\./m);
});
