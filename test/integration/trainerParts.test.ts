/** Studies of the built-in trainer under schedulers: trials are trained in parts of whole epochs, from one checkpoint to the next. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { TrialState } from '../../src/core/study/states.ts';
import { REVIEWS, TrainerFolder } from './trainerStudy.ts';

const TINY = `${REVIEWS}, model: { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1 }`;
const OPTIMISERS = '  optim: { type: categorical, choices: [adamw_torch, adafactor] }\n';

let folder: TrainerFolder;
beforeEach(() => {
  folder = new TrainerFolder();
});
afterEach(() => folder.remove());

/** Trains along a schedule; returns the curve of the whole. */
async function replay(source: string, schedule: object, name = 'demo'): Promise<Map<number, number>> {
  folder.write('schedule.json', JSON.stringify(schedule));
  const { code, stdout, stderr } = await folder.run('run', source, '--replay', 'schedule.json');
  assert.equal(code, 0, stdout + stderr);
  const { history } = await folder.load(`${name}-replay`);
  const whole = new Map<number, number>();
  for (let number = 0; number < history.length; number++) {
    const { steps, values } = history.curve(number);
    for (const [index, step] of steps.entries()) whole.set(step, values[index] as number);
  }
  return whole;
}

test('Hyperband pauses trials after an epoch, and what goes on comes to what it would have come to at once', {
  timeout: 300_000,
}, async () => {
  const source = folder.trainerStudy(
    TINY,
    'sampler: { type: random, seed: 3 }\nscheduler: { type: hyperband, max_resource: 3 }\nbudget: { trials: 4 }\n',
  );
  const { code, stdout, stderr } = await folder.run('run', source, '--skip-estimate');
  assert.equal(code, 0, stdout + stderr);
  const { history } = await folder.load();
  const best = history.best as number;
  const { steps, values } = history.curve(best);
  assert.deepEqual([...steps], [1, 2, 3]);
  assert.ok(history.count(TrialState.pruned) > 0, 'some did not go on');
  assert.match(folder.output(best), /^Goes on from .*checkpoint-\d+\.$/m);
  const params = history.params(best);
  const atOnce = await replay(source, [{ from: 0, to: 3, params }]);
  assert.deepEqual(
    [...atOnce],
    [...steps].map((step, index) => [step, values[index]]),
  );
});

test('PBT goes on from copied checkpoints with another learning rate, batch size and optimiser', {
  timeout: 300_000,
}, async () => {
  const source = folder.trainerStudy(
    TINY,
    `${OPTIMISERS}sampler: { type: random, seed: 3 }\nscheduler: { type: pbt, population_size: 3, max_resource: 3, perturbation_interval: 1 }\nparallel: 2\n`,
  );
  const { code, stdout, stderr } = await folder.run('run', source, '--skip-estimate');
  assert.equal(code, 0, stdout + stderr);
  const { history } = await folder.load();
  assert.equal(history.count(TrialState.complete), 3);
  assert.equal(history.count(TrialState.fail), 0);
  let bred = 0;
  for (let number = 0; number < history.length; number++) {
    const { parent, step } = history.systemAttrs(number)['tuneboard:pbt'] as Record<string, number | null>;
    if (parent === null || parent === undefined) continue;
    bred++;
    assert.equal(history.curve(number).steps[0], (step as number) + 1, 'it begins where its parent was');
    // As many updates as its own batches make in the epochs before its last part.
    const [, from] = /^Goes on from .*checkpoint-(\d+)\.$/m.exec(folder.output(number)) ?? [];
    const [, epoch] = /Num update steps per epoch: (\d+)/.exec(folder.output(number)) ?? [];
    const before = Number(from) / Number(epoch);
    assert.ok(Number.isInteger(before) && before >= (step as number), `${before} epochs`);
  }
  assert.ok(bred > 0, 'some were bred');
  const best = history.best as number;
  const models = join(folder.path, '.tuneboard', 'demo', 'checkpoints', String(best));
  const [checkpoint] = readdirSync(models);
  assert.ok(readdirSync(join(models, checkpoint as string)).includes('model.safetensors'));
  const schedule = await folder.run('schedule', folder.journal(), '--json');
  const replayed = await replay(source, JSON.parse(schedule.stdout) as object);
  assert.deepEqual([...replayed.keys()], [1, 2, 3]);
  assert.equal(replayed.get(3), history.value(best));
});

test('a change of batches and optimiser is taken up as a schedule says', { timeout: 300_000 }, async () => {
  const source = folder.trainerStudy(TINY, `${OPTIMISERS}scheduler: { type: pbt, max_resource: 4 }\n`);
  const params = { learning_rate: 0.005, per_device_train_batch_size: 16, optim: 'adamw_torch' };
  const other = { learning_rate: 0.002, per_device_train_batch_size: 32, optim: 'adafactor' };
  const curve = await replay(source, [
    { from: 0, to: 2, params },
    { from: 2, to: 4, params: other },
  ]);
  assert.deepEqual([...curve.keys()], [1, 2, 3, 4]);
  const output = folder.output(1, 'demo-replay');
  // 360 rows: two epochs are 24 updates with batches of 32.
  assert.match(output, /^Goes on from .*checkpoint-24\.$/m);
  assert.match(output, /Resuming training from checkpoint with epoch 2 and global step 24$/m);
  assert.match(output, /has no state of the optimizer: it begins anew/);
});
