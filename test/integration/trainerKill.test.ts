/**
 * A training that is killed at random moments, or asked to end by SIGTERM: every checkpoint is whole, and the training that
 * goes on comes to the weights of one that was never interrupted. TUNEBOARD_KILLS sets how often (3 by default).
 */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FAIL_REASON } from '../../src/core/study/attributes.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { createStudy } from '../../src/library/node.ts';
import { TrainingArguments } from '../../src/trainer/arguments/trainingArguments.ts';
import { readCheckpoint } from '../../src/trainer/checkpoints/readCheckpoint.ts';
import { repository } from '../support/cache.ts';
import { smallDisk } from '../support/smallDisk.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { removeFolders, tinyTrainer, weightsOf } from '../support/tinyTrainer.ts';

after(removeFolders);

const KILLS = Number(process.env['TUNEBOARD_KILLS'] ?? 3);
const STEPS = Math.max(120, KILLS * 12);
const ARGS = {
  max_steps: STEPS,
  per_device_train_batch_size: 3,
  learning_rate: 1e-3,
  optim: 'adamw_torch',
  save_total_limit: 3,
};
/** The child waits after its third update: whoever is faster, it is still there. */
const HOLDING = { HOLD_AFTER: '3' };

interface Child {
  readonly child: ChildProcess;
  /** Resolves when a line that matches has come. Rejects when the process ends before. */
  line(pattern: RegExp): Promise<void>;
  readonly ended: Promise<NodeJS.Signals | number | null>;
  output(): string;
}

function start(what: string, args: object, more: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Child {
  const program = join(repository, 'test', 'support', 'trainerChild.ts');
  const child = spawn(process.execPath, [program, what, JSON.stringify(args), ...more], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const waiting = new Set<() => void>();
  const add = (chunk: unknown) => {
    output += chunk;
    for (const look of [...waiting]) look();
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  const line = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!pattern.test(output)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      void ended.then(() => reject(new Error(`ended without ${pattern}: ${output.slice(-1000)}`)));
      look();
    });
  return { child, line, ended, output: () => output };
}

let whole: Promise<Record<string, readonly number[]>> | undefined;

/** The weights of a training that nobody ended. */
function uninterrupted(): Promise<Record<string, readonly number[]>> {
  whole ??= tinyTrainer({ ...ARGS, save_strategy: 'no' }).then(async (tiny) => {
    await tiny.trainer.train();
    const weights = weightsOf(tiny);
    tiny.trainer.dispose();
    return weights;
  });
  return whole;
}

async function finished(
  args: Readonly<Record<string, unknown>>,
  folder: string,
): Promise<Record<string, readonly number[]>> {
  const rest = await tinyTrainer({ ...args, output_dir: folder });
  await rest.trainer.train({ resumeFromCheckpoint: true });
  const weights = weightsOf(rest);
  rest.trainer.dispose();
  return weights;
}

test(`${KILLS} random kills leave whole checkpoints, and the training ends with the same weights`, {
  timeout: 120_000,
}, async (t) => {
  const folder = temporaryFolder(t);
  const args = { ...ARGS, output_dir: folder, save_strategy: 'steps', save_steps: 1 };
  for (let kill = 0; kill < KILLS; kill++) {
    const { child, line, ended } = start('train', args, [kill === 0 ? 'anew' : 'resume'], {
      HOLD_AFTER: String(Math.floor(STEPS / KILLS) - 5),
    });
    await line(/saved \d+\n(?:.*\n)*?saved \d+/);
    await sleep(Math.random() * 60);
    child.kill('SIGKILL');
    assert.equal(await ended, 'SIGKILL');
    const names = readdirSync(folder).filter((name) => name.startsWith('checkpoint-'));
    assert.ok(names.length >= 1 && names.length <= 4, names.join());
    for (const name of names) {
      const path = join(folder, name);
      const saved = await readCheckpoint(path, new TrainingArguments(args));
      assert.equal(saved.state.globalStep, saved.optimizer?.step);
      assert.equal(name, `checkpoint-${saved.state.globalStep}`);
      const { trainer } = await tinyTrainer({ ...args });
      await trainer.evaluate();
      await trainer.model?.loadPretrained(path);
      trainer.dispose();
    }
  }
  // Few enough checkpoints for the rest, which is not about them.
  const rest = { ...args, save_steps: STEPS };
  assert.deepEqual(await finished(rest, folder), await uninterrupted());
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('.')),
    [],
    'nothing half written is left',
  );
});

test('a disk without room is one sentence, and leaves the checkpoints before it whole', async (t) => {
  const disk = smallDisk(200);
  if (!disk) return t.skip('making a small disk needs root on Linux');
  try {
    const args = { ...ARGS, save_total_limit: null, output_dir: disk.path, save_strategy: 'steps', save_steps: 5 };
    const { trainer } = await tinyTrainer(args);
    await assert.rejects(trainer.train(), { code: 'no-space', message: /^There is no room on the disk for / });
    trainer.dispose();
    const names = readdirSync(disk.path);
    assert.ok(names.length > 0 && names.every((name) => /^checkpoint-\d+$/.test(name)), names.join());
    disk.resize('10m');
    const rest = { ...args, save_steps: STEPS };
    assert.deepEqual(await finished(rest, disk.path), await uninterrupted());
  } finally {
    disk.remove();
  }
  return undefined;
});

test('SIGTERM ends the update, saves and ends the process as it would have', { timeout: 60_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const args = { ...ARGS, output_dir: folder, save_strategy: 'steps', save_steps: STEPS };
  const { child, line, ended, output } = start('train', args, [], HOLDING);
  await line(/step 3\n/);
  child.kill('SIGTERM');
  assert.equal(await ended, 'SIGTERM');
  assert.ok(!output().includes('ended by itself'));
  const [name, ...others] = readdirSync(folder);
  assert.match(String(name), /^checkpoint-\d+$/);
  assert.deepEqual(others, []);
  assert.deepEqual(await finished(args, folder), await uninterrupted());
});

test('SIGTERM does not wait for the end of an evaluation', { timeout: 60_000 }, async (t) => {
  const folder = temporaryFolder(t);
  const args = { ...ARGS, output_dir: folder, save_strategy: 'steps', save_steps: STEPS };
  const evaluating = { ...args, eval_strategy: 'steps', eval_steps: 5 };
  const { child, line, ended } = start('train', evaluating, [], { EVAL_ROWS: '1000000' });
  await line(/evaluates/);
  child.kill('SIGTERM');
  assert.equal(await ended, 'SIGTERM');
  assert.deepEqual(readdirSync(folder), ['checkpoint-5']);
  assert.deepEqual(await finished(args, folder), await uninterrupted());
});

test('SIGTERM saves nothing where nothing is to be saved, unless it is told to', { timeout: 60_000 }, async (t) => {
  const folder = temporaryFolder(t);
  for (const [saves, there] of [
    [false, false],
    [true, true],
  ] as const) {
    const { child, line, ended } = start(
      'train',
      {
        ...ARGS,
        output_dir: folder,
        save_strategy: 'no',
        enable_jit_checkpoint: saves,
      },
      [],
      HOLDING,
    );
    await line(/step 3\n/);
    child.kill('SIGTERM');
    assert.equal(await ended, 'SIGTERM');
    assert.equal(readdirSync(folder).length > 0, there);
  }
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends a search, and its trial as failed`, { timeout: 60_000 }, async (t) => {
    const folder = temporaryFolder(t);
    const { child, line, ended } = start(
      'search',
      {
        ...ARGS,
        output_dir: folder,
        save_strategy: 'steps',
        save_steps: STEPS,
      },
      [],
      HOLDING,
    );
    await line(/step 3\n/);
    child.kill(signal);
    assert.equal(await ended, signal);
    const study = await createStudy({ storage: join(folder, 'study.log'), name: 'hyperparameter_search' }).open();
    assert.equal(study.history.length, 1);
    assert.equal(study.history.state(0), TrialState.fail);
    const why = String(study.history.userAttrs(0)[FAIL_REASON]);
    assert.match(why, new RegExp(`stopped by ${signal}; resume it from .*run-0`));
    await study.close();
    assert.ok(existsSync(join(folder, 'run-0')));
  });
}
