/** Checkpoints: what is in them, what goes on from them, what becomes of broken ones. */
import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { EarlyStoppingCallback } from '../../../../src/trainer/callbacks/earlyStoppingCallback.ts';
import { lastCheckpoint, rotateCheckpoints } from '../../../../src/trainer/checkpoints/checkpointFolders.ts';
import { drawSeed, restoreSeeds, seedState, setSeed } from '../../../../src/trainer/training/seed.ts';
import { removeFolders, tinyTrainer, weightsOf } from '../../../support/tinyTrainer.ts';

after(removeFolders);

/** 20 rows in batches of 3, two to an update: 4 updates an epoch, the last one short. */
const ARGS = {
  num_train_epochs: 2.5,
  per_device_train_batch_size: 3,
  gradient_accumulation_steps: 2,
  learning_rate: 1e-2,
  weight_decay: 0.01,
  warmup_steps: 0.2,
  lr_scheduler_type: 'cosine',
  label_smoothing_factor: 0.1,
  logging_steps: 1,
  save_strategy: 'steps',
  save_steps: 1,
};

function withoutSpeeds(logs: readonly Record<string, number>[]): Record<string, number>[] {
  const isKept = ([name]: [string, number]) => !/_(runtime|per_second|loss)$/.test(name) || name === 'eval_loss';
  return logs.map((log) => Object.fromEntries(Object.entries(log).filter(isKept)));
}

describe('training that goes on from a checkpoint comes to the same weights, bit for bit', () => {
  for (const [what, given] of [
    ['adamw', { optim: 'adamw_torch' }],
    ['adamw with factors', { lr_factors: { embeddings: 0.5 }, lr_factor_layer_0: 2 }],
    ['adamw with a learning rate that learns', { hypergradient_lr: 0.3 }],
    ['sgd with a learning rate that learns', { optim: 'sgd', hypergradient_lr: 0.3 }],
    ['sgd with momentum', { optim: 'sgd', optim_args: 'momentum=0.9' }],
    ['adafactor', { optim: 'adafactor' }],
  ] as const) {
    test(what, async () => {
      const whole = await tinyTrainer({ ...ARGS, ...given });
      await whole.trainer.train();
      const weights = weightsOf(whole);
      const history = withoutSpeeds(whole.trainer.state.logHistory);
      whole.trainer.dispose();
      assert.deepEqual(readdirSync(whole.folder).length, 10);
      // Within an epoch, at its end, at its short last update, before the end.
      for (const step of [1, 3, 4, 8, 9]) {
        const rest = await tinyTrainer({ ...ARGS, ...given });
        // Whatever was drawn in between.
        setSeed(999);
        const output = await rest.trainer.train({ resumeFromCheckpoint: join(whole.folder, `checkpoint-${step}`) });
        assert.equal(output.globalStep, 10);
        assert.deepEqual(weightsOf(rest), weights, `from ${step}`);
        assert.deepEqual(withoutSpeeds(rest.trainer.state.logHistory), history, `from ${step}`);
        assert.ok(rest.lines.some((line) => line.includes(`global step ${step}`)));
        rest.trainer.dispose();
      }
    });
  }

  test('and to the same best checkpoint', async () => {
    const args = { ...ARGS, eval_strategy: 'steps', eval_steps: 1, load_best_model_at_end: true, save_total_limit: 3 };
    const whole = await tinyTrainer(args);
    await whole.trainer.train();
    const middle = await tinyTrainer({ ...args, output_dir: mkdtempSync(join(tmpdir(), 'tuneboard-trainer-')) });
    middle.trainer.addCallback({
      onSave: ({ state, control }) => {
        control.shouldTrainingStop = state.globalStep === 5;
      },
    });
    await middle.trainer.train();
    middle.trainer.dispose();
    const rest = await tinyTrainer({ ...args, output_dir: middle.folder });
    await rest.trainer.train({ resumeFromCheckpoint: true });
    assert.deepEqual(weightsOf(rest), weightsOf(whole));
    assert.equal(rest.trainer.state.bestMetric, whole.trainer.state.bestMetric);
    assert.deepEqual(readdirSync(rest.folder), readdirSync(whole.folder));
    rest.trainer.dispose();
    whole.trainer.dispose();
  });

  test('seeds are drawn on from where they were', () => {
    setSeed(5);
    drawSeed();
    const state = seedState();
    const next = [drawSeed(), drawSeed()];
    setSeed(6);
    restoreSeeds(state);
    assert.deepEqual([drawSeed(), drawSeed()], next);
  });
});

describe('a checkpoint', () => {
  const ONE = { max_steps: 2, save_strategy: 'steps', save_steps: 2 };

  test('has the files of transformers, with ours in place of pickles', async () => {
    const tokenizer = {
      padTokenId: 0,
      savePretrained: async (folder: string) => writeFileSync(join(folder, 'tokenizer.json'), '{}'),
    };
    const { trainer, folder } = await tinyTrainer(ONE, { processingClass: tokenizer });
    await trainer.train();
    trainer.dispose();
    assert.deepEqual(readdirSync(join(folder, 'checkpoint-2')).sort(), [
      'config.json',
      'model.safetensors',
      'optimizer.safetensors',
      'rng_state.json',
      'scheduler.json',
      'tokenizer.json',
      'trainer_state.json',
      'training_args.json',
    ]);
    assert.deepEqual(readdirSync(folder), ['checkpoint-2'], 'nothing half written');
    const args = JSON.parse(readFileSync(join(folder, 'checkpoint-2', 'training_args.json'), 'utf8'));
    assert.equal(args.max_steps, 2);
  });

  test('of the model alone is smaller, and training begins anew from its weights', async () => {
    const { trainer, folder } = await tinyTrainer({ ...ONE, save_only_model: true });
    await trainer.train();
    trainer.dispose();
    const path = join(folder, 'checkpoint-2');
    assert.ok(!readdirSync(path).some((name) => /optimizer|scheduler|rng/.test(name)));
    const rest = await tinyTrainer({ ...ONE, max_steps: 4 });
    assert.equal((await rest.trainer.train({ resumeFromCheckpoint: path })).globalStep, 4);
    assert.ok(rest.lines.some((line) => /has no state of the optimizer/.test(line)));
    rest.trainer.dispose();
  });

  test('of another batch size or seed is told of', async () => {
    const { trainer, folder } = await tinyTrainer(ONE);
    await trainer.train();
    trainer.dispose();
    const rest = await tinyTrainer({ ...ONE, max_steps: 3, seed: 7, per_device_train_batch_size: 4 });
    await rest.trainer.train({ resumeFromCheckpoint: join(folder, 'checkpoint-2') });
    const warnings = rest.lines.filter((line) => line.startsWith('Warning:'));
    assert.equal(warnings.length, 2);
    assert.match(
      warnings.join(),
      /per_device_train_batch_size is 4 and the checkpoint's is 8.*seed is 7 and the checkpoint's is 42/s,
    );
    rest.trainer.dispose();
  });

  test('that is not there or broken is refused in a sentence', async () => {
    const { trainer, folder } = await tinyTrainer(ONE);
    await assert.rejects(
      trainer.train({ resumeFromCheckpoint: true }),
      /No valid checkpoint found in output directory/,
    );
    await assert.rejects(trainer.train({ resumeFromCheckpoint: folder }), /Can't find a valid checkpoint at/);
    await trainer.train();
    const good = join(folder, 'checkpoint-2');
    const breakings: [(path: string) => void, RegExp][] = [
      [
        (path) => truncateSync(join(path, 'optimizer.safetensors'), 300),
        /optimizer\.safetensors is no whole safetensors file/,
      ],
      [(path) => truncateSync(join(path, 'model.safetensors'), 300), /model\.safetensors is no whole safetensors file/],
      [
        (path) => writeFileSync(join(path, 'trainer_state.json'), '{"epoch": 1'),
        /trainer_state\.json is no trainer state/,
      ],
      [(path) => writeFileSync(join(path, 'trainer_state.json'), '[]'), /is no trainer state/],
      [(path) => rmSync(join(path, 'trainer_state.json')), /trainer_state\.json cannot be read/],
      [(path) => writeFileSync(join(path, 'rng_state.json'), '{'), /rng_state\.json is no JSON/],
    ];
    for (const [index, [breakIt, sentence]] of breakings.entries()) {
      const path = join(folder, `broken-${index}`);
      cpSync(good, path, { recursive: true });
      breakIt(path);
      await assert.rejects(trainer.train({ resumeFromCheckpoint: path }), sentence);
    }
    trainer.dispose();
    const other = await tinyTrainer({ ...ONE, optim: 'sgd' });
    await assert.rejects(
      other.trainer.train({ resumeFromCheckpoint: good }),
      /is of the optimizer adamw_torch: set optim to it/,
    );
    other.trainer.dispose();
  });

  test('that cannot be written says so in a sentence', async () => {
    const { trainer, folder } = await tinyTrainer(ONE);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    trainer.args.output_dir = join(file, 'inside');
    await assert.rejects(trainer.train(), { code: 'unwritable' });
    trainer.dispose();
  });

  test('of an earlier run of the same name is replaced', async () => {
    const { trainer, folder } = await tinyTrainer(ONE);
    const old = join(folder, 'checkpoint-2');
    mkdirSync(old);
    writeFileSync(join(old, 'old'), '');
    // What a killed process left, and what a running one is about to write.
    mkdirSync(join(folder, '.checkpoint-1.999999999.part'));
    mkdirSync(join(folder, `.checkpoint-1.${process.pid}.part`));
    await trainer.train();
    trainer.dispose();
    assert.ok(!readdirSync(old).includes('old'));
    assert.deepEqual(readdirSync(folder).sort(), [`.checkpoint-1.${process.pid}.part`, 'checkpoint-2']);
  });

  test('keeps the states of callbacks, for who wants them back', async () => {
    const args = {
      num_train_epochs: 6,
      learning_rate: 0,
      eval_strategy: 'epoch',
      save_strategy: 'epoch',
      metric_for_best_model: 'loss',
    };
    const stopping = () => new EarlyStoppingCallback({ earlyStoppingPatience: 3, warn: () => undefined });
    const first = await tinyTrainer(args, { callbacks: [stopping()] });
    await first.trainer.train();
    first.trainer.dispose();
    // The loss never moves: three evaluations without progress after the first.
    assert.equal(first.trainer.state.globalStep, 12);
    for (const [restores, end] of [
      [true, 12],
      // Counts from nothing, as transformers does by default.
      [false, 15],
    ] as const) {
      const rest = await tinyTrainer(
        { ...args, restore_callback_states_from_checkpoint: restores },
        { callbacks: [stopping()] },
      );
      await rest.trainer.train({ resumeFromCheckpoint: join(first.folder, 'checkpoint-6') });
      assert.equal(rest.trainer.state.globalStep, end);
      rest.trainer.dispose();
    }
  });
});

describe('rotation', () => {
  function folderWith(steps: readonly number[], ages: readonly number[] = []): string {
    const folder = mkdtempSync(join(tmpdir(), 'tuneboard-rotation-'));
    for (const [index, step] of steps.entries()) {
      const path = join(folder, `checkpoint-${step}`);
      mkdirSync(path);
      const at = 1_700_000_000 - (ages[index] ?? 0);
      utimesSync(path, at, at);
    }
    return folder;
  }
  const left = (folder: string) => readdirSync(folder).sort();

  test('deletes the oldest, by number where ages are not told apart', async () => {
    const folder = folderWith([2, 10, 9]);
    await rotateCheckpoints(folder, { limit: 2, keep: [join(folder, 'checkpoint-10'), null] });
    assert.deepEqual(left(folder), ['checkpoint-10', 'checkpoint-9']);
    rmSync(folder, { recursive: true });
  });

  test('does not take checkpoints of an earlier run for newer ones', async () => {
    const folder = folderWith([500, 600, 10], [90, 80, 0]);
    await rotateCheckpoints(folder, { limit: 1, keep: [join(folder, 'checkpoint-10'), null] });
    assert.deepEqual(left(folder), ['checkpoint-10']);
    rmSync(folder, { recursive: true });
  });

  test('spares the best, even over the limit', async () => {
    const folder = folderWith([1, 2, 3, 4], [40, 30, 20, 10]);
    await rotateCheckpoints(folder, { limit: 1, keep: [join(folder, 'checkpoint-4'), join(folder, 'checkpoint-1')] });
    assert.deepEqual(left(folder), ['checkpoint-1', 'checkpoint-4']);
    rmSync(folder, { recursive: true });
  });

  test('is off without a limit, and minds checkpoints only', async () => {
    const folder = folderWith([1, 2]);
    mkdirSync(join(folder, 'checkpoint-x'));
    for (const limit of [null, 0, -1]) await rotateCheckpoints(folder, { limit, keep: [] });
    assert.deepEqual(left(folder), ['checkpoint-1', 'checkpoint-2', 'checkpoint-x']);
    assert.equal(lastCheckpoint(folder), join(folder, 'checkpoint-2'));
    assert.equal(lastCheckpoint(join(folder, 'none')), undefined);
    rmSync(folder, { recursive: true });
  });
});
