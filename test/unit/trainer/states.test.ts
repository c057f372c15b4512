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
import { Dataset } from '../../../src/trainer/datasets/dataset.ts';
import { BertForSequenceClassification } from '../../../src/trainer/models/bert.ts';
import type { PretrainedOptions } from '../../../src/trainer/models/pretrained.ts';
import type { EvalPrediction, TrainerOptions } from '../../../src/trainer/trainerOptions.ts';
import { removeFolders, tinyTf, tinyTrainer } from '../../support/tinyTrainer.ts';

type Kind = 'classes' | 'numbers' | 'several';

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
const tiny = fileURLToPath(new URL('../../fixtures/trainer/models/tiny', import.meta.url));

after(removeFolders);

/** The script's `Rows`. */
function rowsOf(count: number, start: number, kind: Kind): Dataset {
  const rows = Array.from({ length: count }, (_, at) => {
    const index = start + at;
    const middle = Array.from({ length: 1 + (index % 4) }, (_one, place) => 5 + ((index * (3 + place) + place) % 14));
    const label = (index * index + Math.floor(index / 3)) % 3;
    const labels = {
      classes: label,
      numbers: label + 0.25 * (index % 3),
      several: [Number(label > 0), Number(label > 1), index % 2],
    }[kind];
    const ids = [2, ...middle, 3];
    return { input_ids: ids, attention_mask: ids.map(() => 1), labels };
  });
  return new Dataset(['input_ids', 'attention_mask', 'labels'], rows);
}

function computeMetrics({ predictions, labelIds }: EvalPrediction) {
  const best = predictions.map((row) => row.indexOf(Math.max(...row)));
  const share = (are: readonly boolean[]) => are.filter(Boolean).length / are.length;
  return {
    accuracy: share(best.map((one, row) => one === labelIds[row])),
    zeros: share(best.map((one) => one === 0)),
  };
}

const MORE: Readonly<Record<Kind, PretrainedOptions>> = {
  classes: {},
  numbers: { num_labels: 1, problem_type: 'regression', ignoreMismatchedSizes: true, seed: 1 },
  several: { problem_type: 'multi_label_classification' },
};

async function modelFor(kind: Kind) {
  const tf = await tinyTf();
  const model = await BertForSequenceClassification.fromPretrained(tiny, {
    tf,
    warn: () => undefined,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    ...MORE[kind],
  });
  if (kind === 'numbers') {
    const weight = model.parameters.get('classifier.weight');
    weight?.assign(tf.reshape(tf.linspace(-0.4, 0.3, 8), weight.shape));
    const bias = model.parameters.get('classifier.bias');
    bias?.assign(tf.zerosLike(bias));
  }
  return model;
}

/** Numbers to 1e-4, of themselves where they are above 1; speeds are left out. */
function same(actual: unknown, wanted: unknown, where: string): void {
  if (typeof wanted === 'number' && typeof actual === 'number') {
    assert.ok(
      Math.abs(actual - wanted) <= 1e-4 * Math.max(1, Math.abs(wanted)),
      `${where} is ${actual} instead of ${wanted}`,
    );
    return;
  }
  if (typeof wanted !== 'object' || wanted === null || typeof actual !== 'object' || actual === null) {
    assert.deepEqual(actual, wanted, where);
    return;
  }
  const isTimed = (key: string) => /_(runtime|per_second)$/.test(key);
  const keys = (value: object) => Object.keys(value).filter((key) => !isTimed(key));
  assert.deepEqual(keys(actual), keys(wanted), where);
  for (const key of keys(wanted)) {
    same((actual as Record<string, unknown>)[key], (wanted as Record<string, unknown>)[key], `${where}.${key}`);
  }
}

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
      const test = rowsOf(9, 40, kind);
      const options: Partial<TrainerOptions> = {
        model: await modelFor(kind),
        trainDataset: rowsOf(22, 0, kind),
        evalDataset: two ? { near: test, far: rowsOf(7, 60, kind) } : test,
        ...(kind === 'classes' && { computeMetrics }),
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
    const isDisabled = lines.some((line) => line.startsWith('Label smoothing is not compatible'));
    assert.equal(isDisabled, kind === 'several' && 'label_smoothing_factor' in given);
    const names = existsSync(folder) ? readdirSync(folder).sort() : [];
    assert.deepEqual(names, wanted.folders);
    const withoutTimes = (log: object) =>
      Object.fromEntries(Object.entries(log).filter(([key]) => !/_(runtime|per_second)$/.test(key)));
    same(trainer.state.logHistory.map(withoutTimes), wanted.logs, 'logs');
    same(seen, wanted.seen, 'seen');
    const { globalStep, trainingLoss, metrics } = output;
    same({ global_step: globalStep, training_loss: trainingLoss, metrics }, wanted.output, 'output');
    const last = lastCheckpoint(folder);
    if (wanted.state !== null && last !== undefined) {
      const state = JSON.parse(readFileSync(join(last, 'trainer_state.json'), 'utf8'));
      if (state.best_model_checkpoint !== null) state.best_model_checkpoint = basename(state.best_model_checkpoint);
      same(state, wanted.state, 'state');
    }
    const predicted = await trainer.predict(rowsOf(5, 80, kind));
    // Python has none where the loss alone is asked for.
    same(
      predicted.predictions.map((row) => [...row]),
      wanted.predictions ?? [],
      'predictions',
    );
    same(predicted.metrics, wanted.metrics, 'metrics');
    trainer.dispose();
  });
}
