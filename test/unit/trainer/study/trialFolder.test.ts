import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StudySettings } from '../../../../src/trainer/study/studySettings.ts';
import { TrialFolder } from '../../../../src/trainer/study/trialFolder.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const SETTINGS: StudySettings = {
  model: {},
  dataset: 'reviews.csv',
  text: 'text',
  text_pair: null,
  label: 'label',
  test_size: 0.2,
  split_seed: 1,
  max_length: 32,
  objective_from: 'last',
  checkpoints: 'best',
  backend: 'auto',
  args: {},
  objectives: [{ metric: 'eval_f1', isMinimised: false }],
  output: 'models',
};
const CHECKPOINT = ['model.safetensors', 'optimizer.safetensors', 'rng_state.json', 'scheduler.json'];

/** A checkpoint in the trial's folder, as a training leaves it. */
async function leaveCheckpoint({ path }: TrialFolder, step: number, writer = { path }): Promise<string> {
  const checkpoint = join(path, `checkpoint-${step}`);
  await mkdir(checkpoint, { recursive: true });
  for (const name of CHECKPOINT) await writeFile(join(checkpoint, name), '');
  const state = { global_step: step, best_model_checkpoint: join(writer.path, `checkpoint-${step}`) };
  await writeFile(join(checkpoint, 'trainer_state.json'), JSON.stringify(state));
  return checkpoint;
}

async function bestOf(checkpoint: string): Promise<unknown> {
  const state = JSON.parse(await readFile(join(checkpoint, 'trainer_state.json'), 'utf8')) as object;
  return 'best_model_checkpoint' in state ? state.best_model_checkpoint : undefined;
}

/** Has the trial's record say that another process trains it. */
async function giveTo({ path }: TrialFolder, pid: number): Promise<void> {
  const record = JSON.parse(await readFile(join(path, 'trial.json'), 'utf8')) as object;
  await writeFile(join(path, 'trial.json'), JSON.stringify({ ...record, pid, startedAt: null }));
}

test('the same training goes on from the checkpoint of a process that is gone', async (t) => {
  const base = temporaryFolder(t);
  const first = await TrialFolder.open(base, 0, SETTINGS, { learning_rate: 1 });
  await leaveCheckpoint(first, 2);
  await leaveCheckpoint(first, 10);
  await giveTo(first, spawnSync(process.execPath, ['--version']).pid);
  assert.equal((await TrialFolder.open(base, 1, SETTINGS, { learning_rate: 2 })).resumeFrom, undefined);
  const { resumeFrom } = await TrialFolder.open(base, 2, SETTINGS, { learning_rate: 1 });
  assert.equal(resumeFrom, join(base, 'run-2', 'checkpoint-10'));
  assert.equal(await bestOf(resumeFrom), resumeFrom);
});

test('a kill while a training is taken over loses nothing of it', async (t) => {
  const base = temporaryFolder(t);
  const { pid: gone } = spawnSync(process.execPath, ['--version']);
  const first = await TrialFolder.open(base, 0, SETTINGS, {});
  await leaveCheckpoint(first, 2);
  await giveTo(first, gone);
  const second = await TrialFolder.open(base, 1, SETTINGS, {});
  // It had moved, and did not yet name the best by its new place, nor itself in the record.
  await leaveCheckpoint(second, 2, first);
  await giveTo(second, gone);
  // Another trial had this number before, and its folder was being deleted.
  await mkdir(join(base, `.run-2.${gone}.gone`, 'checkpoint-9'), { recursive: true });
  const { resumeFrom } = await TrialFolder.open(base, 1, SETTINGS, {});
  assert.equal(resumeFrom, join(base, 'run-1', 'checkpoint-2'));
  assert.equal(await bestOf(resumeFrom), resumeFrom);
  assert.deepEqual((await readdir(base)).sort(), ['.trials', 'run-1']);
});

test('a checkpoint that a kill left without its name, or half deleted, is not what a training goes on from', async (t) => {
  const base = temporaryFolder(t);
  const { pid: gone } = spawnSync(process.execPath, ['--version']);
  const first = await TrialFolder.open(base, 0, SETTINGS, {});
  const last = await leaveCheckpoint(first, 4);
  await rename(last, join(first.path, `.checkpoint-4.${gone}.old`));
  await mkdir(join(first.path, `.checkpoint-5.${gone}.gone`));
  await giveTo(first, gone);
  const { resumeFrom } = await TrialFolder.open(base, 0, SETTINGS, {});
  assert.equal(resumeFrom, last);
  assert.deepEqual((await readdir(first.path)).sort(), ['checkpoint-4', 'trial.json']);
});

test('what a process trains that is there is left to it', async (t) => {
  const base = temporaryFolder(t);
  const first = await TrialFolder.open(base, 0, SETTINGS, {});
  const checkpoint = await leaveCheckpoint(first, 2);
  for (const pid of [process.pid, process.ppid]) {
    await giveTo(first, pid);
    assert.equal((await TrialFolder.open(base, 1, SETTINGS, {})).resumeFrom, undefined);
  }
  assert.equal((await readdir(checkpoint)).length, CHECKPOINT.length + 1);
});

test('of trials that have ended, the best keeps its checkpoint, without what only resuming needs', async (t) => {
  const base = temporaryFolder(t);
  const first = await TrialFolder.open(base, 0, SETTINGS, { seed: 1 });
  const beaten = await leaveCheckpoint(first, 2);
  await first.finish(SETTINGS, { eval_f1: 0.5 });
  assert.deepEqual((await readdir(beaten)).sort(), ['model.safetensors', 'trainer_state.json']);
  const second = await TrialFolder.open(base, 1, SETTINGS, { seed: 2 });
  await leaveCheckpoint(second, 2);
  await second.finish(SETTINGS, { eval_f1: 0.75 });
  assert.deepEqual(await readdir(first.path), ['trial.json']);
  assert.deepEqual((await readdir(second.path)).sort(), ['checkpoint-2', 'trial.json']);
});

test('a loss that is no number is worse than any, whichever comes first', async (t) => {
  const settings: StudySettings = { ...SETTINGS, objectives: [{ metric: 'eval_loss', isMinimised: true }] };
  for (const losses of [
    [0.7, Number.NaN, Number.POSITIVE_INFINITY],
    [Number.NaN, 0.7],
  ]) {
    const base = temporaryFolder(t);
    for (const [number, loss] of losses.entries()) {
      const trial = await TrialFolder.open(base, number, settings, { seed: number });
      await leaveCheckpoint(trial, 2);
      await trial.finish(settings, { eval_loss: loss });
    }
    const best = losses.indexOf(0.7);
    for (const number of losses.keys()) {
      const left = number === best ? ['checkpoint-2', 'trial.json'] : ['trial.json'];
      assert.deepEqual((await readdir(join(base, `run-${number}`))).sort(), left, `${losses}`);
    }
  }
});

test('where none is to stay, a trial that has ended leaves no checkpoint', async (t) => {
  const base = temporaryFolder(t);
  const settings: StudySettings = { ...SETTINGS, checkpoints: 'none' };
  const trial = await TrialFolder.open(base, 0, settings, {});
  await leaveCheckpoint(trial, 2);
  await trial.finish(settings, { eval_f1: 0.5 });
  assert.deepEqual(await readdir(trial.path), ['trial.json']);
});

test('a trial reads what became of the best alone, not of all before it', async (t) => {
  const base = temporaryFolder(t);
  const folders: TrialFolder[] = [];
  for (const [number, score] of [0.5, 0.6, 0.4, 0.7].entries()) {
    const trial = await TrialFolder.open(base, number, SETTINGS, { seed: number });
    await leaveCheckpoint(trial, 2);
    await trial.finish(SETTINGS, { eval_f1: score });
    folders.push(trial);
    // Who read it would take it for the best there is.
    const beaten = score === 0.4 ? trial : folders.at(-2);
    if (!beaten || score === 0.7) continue;
    const record = JSON.parse(await readFile(join(beaten.path, 'trial.json'), 'utf8')) as object;
    await writeFile(join(beaten.path, 'trial.json'), JSON.stringify({ ...record, values: [9] }));
  }
  assert.deepEqual(await readdir(join(base, '.trials')), ['kept-run-3']);
  assert.deepEqual((await readdir(join(base, 'run-3'))).sort(), ['checkpoint-2', 'trial.json']);
  assert.deepEqual(await readdir(join(base, 'run-1')), ['trial.json']);
});

test('trials of a version without marks are found', async (t) => {
  const base = temporaryFolder(t);
  const cutOff = await TrialFolder.open(base, 0, SETTINGS, { seed: 0 });
  await leaveCheckpoint(cutOff, 4);
  await giveTo(cutOff, spawnSync(process.execPath, ['--version']).pid);
  const ended = await TrialFolder.open(base, 1, SETTINGS, { seed: 1 });
  await leaveCheckpoint(ended, 2);
  await ended.finish(SETTINGS, { eval_f1: 0.3 });
  await rm(join(base, '.trials'), { recursive: true });
  const { resumeFrom, ...next } = await TrialFolder.open(base, 2, SETTINGS, { seed: 0 });
  assert.equal(resumeFrom, join(base, 'run-2', 'checkpoint-4'));
  assert.deepEqual((await readdir(base)).sort(), ['.trials', 'run-1', 'run-2']);
  const better = await TrialFolder.open(base, 3, SETTINGS, { seed: 3 });
  await leaveCheckpoint(better, 2);
  await better.finish(SETTINGS, { eval_f1: 0.5 });
  assert.deepEqual(await readdir(ended.path), ['trial.json']);
  assert.ok(next.path);
});

test('of several objectives, all that no other beats keep theirs', async (t) => {
  const base = temporaryFolder(t);
  const settings: StudySettings = {
    ...SETTINGS,
    objectives: [
      { metric: 'eval_f1', isMinimised: false },
      { metric: 'eval_loss', isMinimised: true },
    ],
  };
  const scores: readonly (readonly [number, number])[] = [
    [0.5, 1],
    [0.4, 0.5],
    [0.3, 2],
    [0.6, 0.9],
  ];
  for (const [number, [eval_f1, eval_loss]] of scores.entries()) {
    const trial = await TrialFolder.open(base, number, settings, { seed: number });
    await leaveCheckpoint(trial, 2);
    await trial.finish(settings, { eval_f1, eval_loss });
  }
  assert.deepEqual((await readdir(join(base, '.trials'))).sort(), ['kept-run-1', 'kept-run-3']);
});
