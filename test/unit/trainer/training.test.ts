/** The Trainer's runs against those of transformers: events, logs, checkpoints. See fixtures/trainer/huggingface.py. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Variable } from '@tensorflow/tfjs-core';
import { camelCase, snakeCase } from '../../../src/core/text/letterCase.ts';
import { EarlyStoppingCallback } from '../../../src/trainer/callbacks/earlyStoppingCallback.ts';
import type { TrainerCallback } from '../../../src/trainer/callbacks/trainerCallback.ts';
import { DataCollatorWithPadding } from '../../../src/trainer/datasets/collator.ts';
import type { Row } from '../../../src/trainer/datasets/columns.ts';
import { BertForSequenceClassification } from '../../../src/trainer/models/bert.ts';
import { bertConfig } from '../../../src/trainer/models/bertConfig.ts';
import type { TrainerOptions } from '../../../src/trainer/training/trainerOptions.ts';
import {
  type HuggingFaceFacts,
  type HuggingFaceRun,
  removeFolders,
  tinyConfig,
  tinyRows,
  tinyTf,
  tinyTrainer,
  weightsOf,
} from '../../support/tinyTrainer.ts';

const facts = JSON.parse(
  readFileSync(new URL('../../fixtures/trainer/huggingface.json', import.meta.url), 'utf8'),
) as HuggingFaceFacts;

after(removeFolders);

const EVENTS = [
  'onInitEnd',
  'onTrainBegin',
  'onEpochBegin',
  'onStepBegin',
  'onPreOptimizerStep',
  'onOptimizerStep',
  'onSubstepEnd',
  'onStepEnd',
  'onEpochEnd',
  'onEvaluate',
  'onPredict',
  'onSave',
  'onLog',
  'onPredictionStep',
  'onTrainEnd',
] as const;

function listener(): { events: string[]; callback: TrainerCallback } {
  const events: string[] = [];
  const handlers = EVENTS.map((name) => [name, () => void events.push(snakeCase(name))]);
  return { events, callback: Object.fromEntries(handlers) };
}

async function runLike({ arguments: args, scores, early }: HuggingFaceRun) {
  const { events, callback } = listener();
  const values = [...scores];
  const stopping =
    early &&
    new EarlyStoppingCallback(Object.fromEntries(Object.entries(early).map(([key, value]) => [camelCase(key), value])));
  const tiny = await tinyTrainer(
    { save_strategy: 'steps', ...args },
    { callbacks: [callback, ...(stopping ? [stopping] : [])], computeMetrics: () => ({ score: values.shift() ?? 0 }) },
  );
  const output = await tiny.trainer.train();
  tiny.trainer.dispose();
  return { ...tiny, output, events };
}

describe('as in transformers', () => {
  for (const run of facts.runs) {
    const { early, arguments: args } = run;
    test(`${JSON.stringify(args)}${early ? ` ${JSON.stringify(early)}` : ''}`, async () => {
      const { trainer, output, events, folder } = await runLike(run);
      assert.deepEqual(events, run.events);
      const { logHistory, bestMetric, bestModelCheckpoint, totalFlos } = trainer.state;
      assert.deepEqual(
        logHistory.map((log) => ({ keys: Object.keys(log), step: log['step'], epoch: log['epoch'] })),
        run.logs,
      );
      assert.deepEqual([output.globalStep, bestMetric, totalFlos], [run.globalStep, run.bestMetric, run.flos]);
      const folders = existsSync(folder) ? readdirSync(folder).sort() : [];
      assert.deepEqual(folders, run.folders);
      assert.equal(bestModelCheckpoint && basename(bestModelCheckpoint), run.best);
      if (!run.folders.length) return;
      const path = join(folder, run.folders.at(-1) as string, 'trainer_state.json');
      const state = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      assert.deepEqual(Object.keys(state), run.stateKeys);
      assert.deepEqual(state['stateful_callbacks'], run.callbacks);
    });
  }
});

test('tells on the console what transformers 5 does', async () => {
  const { trainer, lines } = await tinyTrainer({
    num_train_epochs: 2,
    eval_strategy: 'epoch',
    logging_strategy: 'epoch',
  });
  await trainer.train();
  trainer.dispose();
  assert.deepEqual(lines.slice(0, 8), [
    '***** Running training *****',
    '  Num examples = 20',
    '  Num Epochs = 2',
    '  Num update steps per epoch = 3',
    '  Instantaneous batch size per device = 8',
    '  Total train batch size (w. parallel, distributed & accumulation) = 8',
    '  Gradient Accumulation steps = 1',
    '  Total optimization steps = 6',
  ]);
  const number = String.raw`'-?[\d.]+(?:e-\d\d)?'`;
  assert.match(
    lines[9] as string,
    new RegExp(`^{'loss': ${number}, 'grad_norm': ${number}, 'learning_rate': '3.333e-05', 'epoch': '1'}$`),
  );
  assert.match(lines[10] as string, new RegExp(`^{'eval_loss': ${number}, 'eval_runtime': .*, 'epoch': '1'}$`));
  assert.match(lines.at(-1) as string, /^{'train_runtime': .*'train_loss': '[\d.]+', 'epoch': '2'}$/);
});

test('saves the model, the tokenizer and the arguments where it is told to', async () => {
  const { trainer, folder } = await tinyTrainer({ max_steps: 1 });
  await trainer.train();
  const kept = join(folder, 'kept');
  mkdirSync(kept);
  const { pid: gone } = spawnSync(process.execPath, ['--version']);
  // Half of the weights, of a process that was killed; what others write, and what is none of ours, stays.
  const others = [`model.safetensors.${process.ppid}.part`, `mine.${gone}.part`];
  for (const name of [`model.safetensors.${gone}.part`, ...others]) writeFileSync(join(kept, name), '');
  await trainer.saveModel(kept);
  assert.deepEqual(readdirSync(kept).sort(), [
    'config.json',
    `mine.${gone}.part`,
    'model.safetensors',
    `model.safetensors.${process.ppid}.part`,
    'training_args.json',
  ]);
  trainer.dispose();
});

test('prints numbers in full where it is told to', async () => {
  const { trainer, lines } = await tinyTrainer({ max_steps: 1, logging_steps: 1 }, { printsExactly: true });
  await trainer.train();
  const { loss } = trainer.state.logHistory[0] as { loss: number };
  assert.ok(
    lines.some((line) => line.includes(`{'loss': ${loss}, `)),
    lines.join('\n'),
  );
});

describe('a run', () => {
  test('ends when a callback asks for it, and waits for callbacks', async () => {
    let seen = 0;
    const { trainer } = await tinyTrainer(
      { num_train_epochs: 5 },
      {
        callbacks: [
          {
            onStepEnd: async ({ state, control }) => {
              await new Promise((resolve) => setImmediate(resolve));
              seen = state.globalStep;
              control.shouldTrainingStop = state.globalStep === 4;
            },
          },
        ],
      },
    );
    assert.equal((await trainer.train()).globalStep, 4);
    assert.equal(seen, 4);
    trainer.dispose();
  });

  test('goes on with the next epoch when a callback asks for it', async () => {
    const { trainer } = await tinyTrainer(
      { num_train_epochs: 3 },
      {
        callbacks: [
          {
            onStepEnd: ({ control }) => {
              control.shouldEpochStop = true;
            },
          },
        ],
      },
    );
    assert.equal((await trainer.train()).globalStep, 3);
    trainer.dispose();
  });

  test('depends on the seed alone, and leaves no tensor behind', async () => {
    const tf = await tinyTf();
    const counts: number[] = [];
    const run = async (seed: number) => {
      const tiny = await tinyTrainer(
        { num_train_epochs: 2, seed, learning_rate: 1e-3, eval_strategy: 'epoch' },
        { callbacks: [{ onEpochEnd: () => void counts.push(tf.memory().numTensors) }] },
      );
      const { trainingLoss } = await tiny.trainer.train();
      const weights = weightsOf(tiny);
      tiny.trainer.dispose();
      return { trainingLoss, weights };
    };
    const tensors = tf.memory().numTensors;
    const first = await run(1);
    assert.deepEqual(await run(1), first);
    assert.notDeepEqual(await run(2), first);
    assert.equal(tf.memory().numTensors, tensors);
    assert.equal(new Set(counts).size, 1, `tensors by epoch: ${counts}`);
  });

  test('learns, where the majority is no answer', async () => {
    const { trainer } = await tinyTrainer({
      num_train_epochs: 40,
      learning_rate: 1e-2,
      per_device_train_batch_size: 10,
    });
    await trainer.train();
    const { eval_loss } = await trainer.evaluate();
    assert.ok((eval_loss as number) < 0.2, String(eval_loss));
    const { predictions, labelIds, metrics } = await trainer.predict(tinyRows(6));
    const chosen = predictions.map(([no, yes]) => Number((yes as number) > (no as number)));
    assert.deepEqual(chosen, [...labelIds]);
    assert.equal(metrics['test_loss'], eval_loss);
    const unlabelled = await trainer.predict(tinyRows(6).removeColumns('labels'));
    assert.deepEqual(unlabelled.predictions, predictions);
    assert.equal(unlabelled.labelIds.length, 0);
    assert.deepEqual(Object.keys(unlabelled.metrics), Object.keys(metrics).slice(1));
    await assert.rejects(trainer.evaluate(tinyRows(6).removeColumns('labels')), { code: 'dataset' });
    trainer.dispose();
  });

  const dropless = bertConfig({ ...tinyConfig, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 });
  const withoutDropout = async (): Promise<Partial<TrainerOptions>> => {
    const tf = await tinyTf();
    return { modelInit: () => BertForSequenceClassification.fromConfig(tf, dropless, 7) };
  };

  test('accumulates the mean gradient of the batches of an update', async () => {
    const logs: Record<string, number>[] = [];
    for (const [size, parts] of [
      [20, 1],
      [5, 4],
    ] as const) {
      const { trainer } = await tinyTrainer(
        {
          max_steps: 1,
          logging_first_step: true,
          per_device_train_batch_size: size,
          gradient_accumulation_steps: parts,
        },
        await withoutDropout(),
      );
      await trainer.train();
      logs.push(trainer.state.logHistory[0] as Record<string, number>);
      trainer.dispose();
    }
    for (const key of ['loss', 'grad_norm']) {
      const [whole, parts] = logs.map((log) => log[key] as number) as [number, number];
      assert.ok(Math.abs(whole - parts) < 1e-5, `${key}: ${whole} ${parts}`);
    }
  });

  test('halves the rows at a time when memory runs out, to the same update', async () => {
    const losses: number[] = [];
    for (const limit of [100, 5, 1]) {
      const { modelInit } = await withoutDropout();
      const { trainer } = await tinyTrainer(
        { max_steps: 2, logging_steps: 1, per_device_train_batch_size: 16 },
        {
          modelInit: async (trial) => {
            const model = await (modelInit as NonNullable<typeof modelInit>)(trial);
            const logits = model.logits.bind(model);
            model.logits = (batch, dropout) => {
              if (dropout && batch.size > limit) throw new Error('Array buffer allocation failed');
              return logits(batch, dropout);
            };
            return model;
          },
        },
      );
      await trainer.train();
      losses.push(trainer.state.logHistory[1]?.['loss'] as number);
      trainer.dispose();
    }
    for (const loss of losses) assert.ok(Math.abs(loss - (losses[0] as number)) < 1e-5, losses.join());
  });

  test('evaluates in halves when memory runs out, to the same scores', async () => {
    const all: object[] = [];
    for (const limit of [100, 2]) {
      const { modelInit } = await withoutDropout();
      const { trainer } = await tinyTrainer(
        {},
        {
          modelInit: async (trial) => {
            const model = await (modelInit as NonNullable<typeof modelInit>)(trial);
            const logits = model.logits.bind(model);
            model.logits = (batch, dropout) => {
              if (batch.size > limit) throw new RangeError('Array buffer allocation failed');
              return logits(batch, dropout);
            };
            return model;
          },
        },
      );
      const { predictions, metrics } = await trainer.predict(tinyRows(7));
      all.push(predictions, [(metrics['test_loss'] as number).toFixed(6)]);
      trainer.dispose();
    }
    assert.deepEqual(all.slice(2), all.slice(0, 2));
    const { trainer } = await tinyTrainer();
    await assert.rejects(trainer.evaluate(tinyRows(0)), /There are no rows to evaluate/);
    trainer.dispose();
  });

  test('takes as many rows at a time as it is told to, and says so', async () => {
    const whole = await tinyTrainer({ max_steps: 2, logging_steps: 1 }, await withoutDropout());
    await whole.trainer.train();
    assert.ok(!whole.lines.some((line) => /rows at a time/.test(line)));
    const parts = await tinyTrainer(
      { max_steps: 2, logging_steps: 1 },
      { ...(await withoutDropout()), microBatchSize: 3 },
    );
    await parts.trainer.train();
    assert.ok(
      parts.lines.includes(
        'Memory is enough for 3 rows at a time: each batch of 8 is taken in parts, to the same update.',
      ),
    );
    const [one, other] = [whole, parts].map(({ trainer }) => trainer.state.logHistory[1]?.['loss'] as number);
    assert.ok(Math.abs((one as number) - (other as number)) < 1e-5);
    whole.trainer.dispose();
    parts.trainer.dispose();
  });

  test('says in a sentence that not even one row has room', async () => {
    const { modelInit } = await withoutDropout();
    const { trainer } = await tinyTrainer(
      { max_steps: 1 },
      {
        modelInit: async (trial) => {
          const model = await (modelInit as NonNullable<typeof modelInit>)(trial);
          model.logits = () => {
            throw new Error('RESOURCE_EXHAUSTED: OOM when allocating tensor');
          };
          return model;
        },
      },
    );
    await assert.rejects(trainer.train(), { code: 'out-of-memory' });
    trainer.dispose();
  });

  test('takes losses that are no numbers out of what is logged', async () => {
    for (const isFiltered of [true, false]) {
      const { modelInit } = await withoutDropout();
      let calls = 0;
      const { trainer } = await tinyTrainer(
        { max_steps: 4, logging_steps: 4, logging_nan_inf_filter: isFiltered, learning_rate: 0 },
        {
          modelInit: async (trial) => {
            const tf = await tinyTf();
            const model = await (modelInit as NonNullable<typeof modelInit>)(trial);
            const logits = model.logits.bind(model);
            const bias = model.parameters.get('classifier.bias') as Variable;
            model.logits = (batch, dropout) => {
              if (calls++ === 2) tf.tidy(() => bias.assign(tf.fill(bias.shape, Number.NaN)));
              return logits(batch, dropout);
            };
            return model;
          },
        },
      );
      await trainer.train();
      assert.equal(calls, 4);
      assert.equal(Number.isNaN(trainer.state.logHistory[0]?.['loss']), !isFiltered);
      trainer.dispose();
    }
  });
});

describe('what a Trainer is told', () => {
  test('may be in Python’s names', async () => {
    const { trainer, lines } = await tinyTrainer({ evaluation_strategy: 'epoch', num_train_epochs: 1 }, {
      tokenizer: { padTokenId: 0 },
      compute_metrics: () => ({ score: 1 }),
    } as object);
    assert.deepEqual(lines.slice(0, 2), [
      'Trainer(tokenizer=) is called processing_class today.',
      'evaluation_strategy is called eval_strategy today.',
    ]);
    await trainer.train();
    assert.equal(trainer.state.logHistory[0]?.['eval_score'], 1);
    trainer.dispose();
  });

  test('is refused in a sentence where it cannot be', async () => {
    await assert.rejects(tinyTrainer({}, { evalData: 1 } as object), /has no option evalData: use .*evalDataset/);
    await assert.rejects(
      tinyTrainer({ eval_strategy: 'epoch' }, { evalDataset: undefined } as object),
      /didn't pass an `eval_dataset`/,
    );
    const two = await tinyTrainer({}, { modelInit: ((_a: unknown, _b: unknown) => null) as never });
    await assert.rejects(two.trainer.train(), /model_init should have 0 or 1 argument/);
    const none = await tinyTrainer({}, { modelInit: (() => null) as never });
    await assert.rejects(none.trainer.train(), /model_init should not return None/);
    const text = await tinyTrainer({}, { computeMetrics: (() => ({ f1: '0.5' })) as never });
    await assert.rejects(text.trainer.evaluate(), /computeMetrics gave f1 as "0.5": return numbers by name/);
    const wrongMetric = await tinyTrainer({ eval_strategy: 'epoch', metric_for_best_model: 'f1' });
    await assert.rejects(
      wrongMetric.trainer.train(),
      /'eval_f1', which is not found in the evaluation metrics.*: eval_loss/,
    );
  });

  test('reaches train in Python’s names too, and is not lost where it means nothing', async () => {
    const { trainer } = await tinyTrainer({ max_steps: 1 });
    const given = { resume_from_checkpoint: true } as object;
    await assert.rejects(trainer.train(given), /No valid checkpoint found in output directory/);
    await assert.rejects(trainer.train({ resume: true } as object), /train has no option resume/);
    const both = await Promise.allSettled([trainer.train(), trainer.train()]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.equal((both[1] as PromiseRejectedResult).reason.code, 'busy');
    trainer.dispose();
  });

  test('may collate by a function', async () => {
    const collator = new DataCollatorWithPadding({ tokenizer: { padTokenId: 0 } });
    let calls = 0;
    const dataCollator = (rows: readonly Row[]) => {
      calls++;
      return collator.collate(rows);
    };
    const { trainer } = await tinyTrainer({ max_steps: 3 }, { dataCollator });
    await trainer.train();
    assert.equal(calls, 3);
    trainer.dispose();
  });

  test('may be a model, which is trained further with every call', async () => {
    const tf = await tinyTf();
    const model = BertForSequenceClassification.fromConfig(tf, tinyConfig, 3);
    const { trainer } = await tinyTrainer({ num_train_epochs: 10, learning_rate: 1e-2 }, { model });
    const { eval_loss: before } = await trainer.evaluate();
    await trainer.train();
    const { eval_loss: between } = await trainer.evaluate();
    await trainer.train();
    const { eval_loss: end } = await trainer.evaluate();
    assert.ok(
      (before as number) > (between as number) && (between as number) > (end as number),
      [before, between, end].join(),
    );
    model.dispose();
  });

  test('may be several data sets to evaluate on', async () => {
    const { trainer } = await tinyTrainer({}, { evalDataset: { few: tinyRows(4), many: tinyRows(12) } });
    const metrics = await trainer.evaluate();
    assert.ok('eval_few_loss' in metrics && 'eval_many_loss' in metrics);
    trainer.dispose();
  });
});
