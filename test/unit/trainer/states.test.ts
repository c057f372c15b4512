/** Trainings in which nothing is drawn have the numbers, files and states of transformers' own: see fixtures/trainer/states.py. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { TuneboardError } from '../../../src/core/errors.ts';
import { camelCase } from '../../../src/core/text/letterCase.ts';
import { EarlyStoppingCallback } from '../../../src/trainer/callbacks/earlyStoppingCallback.ts';
import { lastCheckpoint } from '../../../src/trainer/checkpoints/checkpointFolders.ts';
import type { TrainerOptions } from '../../../src/trainer/training/trainerOptions.ts';
import { assertClose, type Kind, taskMetrics, taskModel, taskRows, timeless } from '../../support/tinyTask.ts';
import { removeFolders, tinyTrainer } from '../../support/tinyTrainer.ts';

interface Case {
  readonly arguments: Readonly<Record<string, unknown>> & {
    readonly kind?: Kind;
    readonly early?: Readonly<Record<string, number>>;
    readonly two?: boolean;
    readonly resume?: number;
  };
  readonly error?: string;
  readonly folders: readonly string[];
  readonly state: Readonly<Record<string, unknown>> | null;
  readonly seen: readonly unknown[];
  readonly logs: readonly Readonly<Record<string, number>>[];
  readonly output: { readonly global_step: number; readonly training_loss: number; readonly metrics: object };
  readonly predictions: readonly (readonly number[])[] | null;
  readonly metrics: object;
}

const file = fileURLToPath(new URL('../../fixtures/trainer/states.json', import.meta.url));
const cases = JSON.parse(readFileSync(file, 'utf8')) as readonly Case[];

after(removeFolders);

for (const [number, wanted] of cases.entries()) {
  const { kind = 'classes', early, two, resume, ...given } = wanted.arguments;
  test(`${number}: ${JSON.stringify(wanted.arguments)}`, async () => {
    const seen: unknown[] = [];
    const note =
      (what: string) =>
      ({ state, logs, metrics }: { state: { globalStep: number; epoch: number }; logs?: object; metrics?: object }) => {
        const keys = Object.keys((what === 'log' ? logs : what === 'evaluate' ? metrics : undefined) ?? {});
        seen.push([what, state.globalStep, Number(state.epoch.toFixed(6)), keys]);
      };
    let output_dir: string | undefined;
    const make = async () => {
      const args = {
        per_device_train_batch_size: 4,
        learning_rate: 0.01,
        logging_steps: 1,
        save_strategy: 'steps',
        train_sampling_strategy: 'sequential',
        ...given,
        ...(output_dir !== undefined && { output_dir }),
      };
      const test = taskRows(9, 40, kind);
      const options: Partial<TrainerOptions> = {
        model: await taskModel(kind),
        trainDataset: taskRows(22, 0, kind),
        evalDataset: two ? { near: test, far: taskRows(7, 60, kind) } : test,
        ...(kind === 'classes' && { computeMetrics: taskMetrics }),
        callbacks: [
          { onLog: note('log'), onEvaluate: note('evaluate'), onSave: note('save') },
          ...(early
            ? [
                new EarlyStoppingCallback(
                  Object.fromEntries(Object.entries(early).map(([key, value]) => [camelCase(key), value])),
                ),
              ]
            : []),
        ],
      };
      return tinyTrainer(args, options);
    };
    const train = async () => {
      const made = await make();
      output_dir = made.folder;
      const output = await made.trainer.train();
      if (resume === undefined) return { ...made, output };
      seen.length = 0;
      const again = await make();
      const resumeFromCheckpoint = join(output_dir, `checkpoint-${resume}`);
      return { ...again, output: await again.trainer.train({ resumeFromCheckpoint }) };
    };
    if (wanted.error !== undefined) {
      await assert.rejects(train, (error) => error instanceof TuneboardError, wanted.error);
      return;
    }
    const { trainer, folder, output, lines } = await train();
    const isDisabled = lines.some((line) => line.startsWith('label_smoothing_factor has no effect'));
    assert.equal(isDisabled, kind === 'several' && 'label_smoothing_factor' in given);
    const names = existsSync(folder) ? readdirSync(folder).sort() : [];
    assert.deepEqual(names, wanted.folders);
    assertClose(trainer.state.logHistory.map(timeless), wanted.logs, 'logs');
    assertClose(seen, wanted.seen, 'seen');
    const { globalStep, trainingLoss, metrics } = output;
    assertClose({ global_step: globalStep, training_loss: trainingLoss, metrics }, wanted.output, 'output');
    const last = lastCheckpoint(folder);
    if (wanted.state !== null && last !== undefined) {
      const state = JSON.parse(readFileSync(join(last, 'trainer_state.json'), 'utf8'));
      if (state.best_model_checkpoint !== null) state.best_model_checkpoint = basename(state.best_model_checkpoint);
      assertClose(state, wanted.state, 'state');
    }
    const predicted = await trainer.predict(taskRows(5, 80, kind));
    // Python has none where the loss alone is asked for.
    assertClose(
      predicted.predictions.map((row) => [...row]),
      wanted.predictions ?? [],
      'predictions',
    );
    assertClose(predicted.metrics, wanted.metrics, 'metrics');
    trainer.dispose();
  });
}
