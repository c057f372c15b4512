/** The Trainer's counts, order of events, lines and search, in Hugging Face's terms. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { TrainingArguments } from '../../../src/trainer/arguments/trainingArguments.ts';
import { chooseBackend } from '../../../src/trainer/backend/chooseBackend.ts';
import type { TrainerCallback } from '../../../src/trainer/callbacks/trainerCallback.ts';
import { DataCollatorWithPadding } from '../../../src/trainer/datasets/collator.ts';
import { Dataset } from '../../../src/trainer/datasets/dataset.ts';
import { accuracy } from '../../../src/trainer/metrics/classification.ts';
import { BertForSequenceClassification } from '../../../src/trainer/models/bert.ts';
import { bertConfig } from '../../../src/trainer/models/bertConfig.ts';
import { defaultComputeObjective, hyperparameterSearch } from '../../../src/trainer/search/hyperparameterSearch.ts';
import type { Tf } from '../../../src/trainer/tf.ts';
import { Trainer, type TrainerOptions } from '../../../src/trainer/trainer.ts';

const config = bertConfig({
  vocab_size: 12,
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 16,
  max_position_embeddings: 6,
  initializer_range: 0.2,
});

/** The label is whether the text has the token 5. */
function rows(count: number, from = 0): Dataset {
  const columns = ['input_ids', 'attention_mask', 'labels'];
  return new Dataset(
    columns,
    Array.from({ length: count }, (_, index) => {
      const ids = [2, (index + from) % 2 === 0 ? 5 : 6 + (index % 5), 6 + ((index * 7 + from) % 5), 3];
      return { input_ids: ids, attention_mask: ids.map(() => 1), labels: (index + from) % 2 === 0 ? 1 : 0 };
    }),
  );
}

let tf: Tf;
before(async () => {
  ({ tf } = await chooseBackend());
});

function trainerWith(given: Record<string, unknown>, more: Partial<TrainerOptions> = {}) {
  const lines: string[] = [];
  const trainer = new Trainer({
    tf,
    modelInit: ({ seed }) => BertForSequenceClassification.fromConfig(tf, config, seed),
    args: new TrainingArguments(given),
    trainDataset: rows(20),
    evalDataset: rows(9, 1),
    dataCollator: new DataCollatorWithPadding({ tokenizer: { padTokenId: 0 } }),
    computeMetrics: ({ predictions, labelIds }) => ({
      accuracy: accuracy(
        labelIds,
        predictions.map((logits) => ((logits[1] as number) > (logits[0] as number) ? 1 : 0)),
      ),
    }),
    print: (line) => lines.push(line),
    ...more,
  });
  return { trainer, lines };
}

describe('training', () => {
  test('logs and evaluates by epoch, in the lines of transformers', async () => {
    const { trainer, lines } = trainerWith({ num_train_epochs: 2, eval_strategy: 'epoch', logging_strategy: 'epoch' });
    const output = await trainer.train();
    assert.equal(output.globalStep, 6);
    assert.deepEqual(lines.slice(0, 7), [
      '***** Running training *****',
      '  Num examples = 20',
      '  Num Epochs = 2',
      '  Instantaneous batch size per device = 8',
      '  Total train batch size (w. parallel, distributed & accumulation) = 8',
      '  Gradient Accumulation steps = 1',
      '  Total optimization steps = 6',
    ]);
    const number = String.raw`-?[\d.]+(?:e-\d+)?`;
    assert.match(
      lines[8] as string,
      new RegExp(`^{'loss': ${number}, 'grad_norm': ${number}, 'learning_rate': ${number}, 'epoch': 1.0}$`),
    );
    const names = [
      'eval_loss',
      'eval_accuracy',
      'eval_runtime',
      'eval_samples_per_second',
      'eval_steps_per_second',
      'epoch',
    ];
    assert.deepEqual(
      [...(lines[9] as string).matchAll(/'(\w+)':/g)].map(([, name]) => name),
      names,
    );
    assert.match(
      lines.at(-1) as string,
      /^{'train_runtime': .*'train_samples_per_second': .*'train_steps_per_second': .*'train_loss': .*'epoch': 2.0}$/,
    );
    assert.deepEqual(
      trainer.state.logHistory.map(({ step }) => step),
      [3, 3, 6, 6, 6],
    );
    trainer.dispose();
  });

  test('calls back in the order of transformers', async () => {
    const events: string[] = [];
    const names = [
      'onTrainBegin',
      'onEpochBegin',
      'onStepBegin',
      'onSubstepEnd',
      'onPreOptimizerStep',
      'onOptimizerStep',
      'onStepEnd',
      'onEpochEnd',
      'onLog',
      'onEvaluate',
      'onTrainEnd',
    ] as const;
    const callback: TrainerCallback = Object.fromEntries(names.map((name) => [name, () => events.push(name)]));
    const { trainer } = trainerWith(
      {
        max_steps: 2,
        gradient_accumulation_steps: 2,
        per_device_train_batch_size: 5,
        eval_strategy: 'steps',
        eval_steps: 2,
      },
      { callbacks: [callback] },
    );
    await trainer.train();
    const step = ['onStepBegin', 'onSubstepEnd', 'onPreOptimizerStep', 'onOptimizerStep', 'onStepEnd'];
    assert.deepEqual(events, [
      'onTrainBegin',
      'onEpochBegin',
      ...step,
      ...step,
      'onLog',
      'onEvaluate',
      'onEpochEnd',
      'onLog',
      'onTrainEnd',
    ]);
    trainer.dispose();
  });

  test('ends when a callback asks for it', async () => {
    const { trainer } = trainerWith(
      { num_train_epochs: 5 },
      {
        callbacks: [
          {
            onStepEnd: ({ state, control }) => {
              control.shouldTrainingStop = state.globalStep === 4;
            },
          },
        ],
      },
    );
    assert.equal((await trainer.train()).globalStep, 4);
    trainer.dispose();
  });

  test('depends on the seed alone, and leaves no tensor behind', async () => {
    const tensors = tf.memory().numTensors;
    const run = async (seed: number) => {
      const { trainer } = trainerWith({ num_train_epochs: 2, seed, learning_rate: 1e-3 });
      const { trainingLoss } = await trainer.train();
      const { eval_loss: loss } = await trainer.evaluate();
      trainer.dispose();
      return [trainingLoss, loss];
    };
    const first = await run(1);
    assert.deepEqual(await run(1), first);
    assert.notDeepEqual(await run(2), first);
    assert.equal(tf.memory().numTensors, tensors);
  });

  test('learns, where the majority is no answer', async () => {
    const { trainer } = trainerWith({ num_train_epochs: 30, learning_rate: 1e-2, per_device_train_batch_size: 10 });
    await trainer.train();
    const { eval_accuracy, eval_loss } = await trainer.evaluate();
    assert.equal(eval_accuracy, 1);
    assert.ok((eval_loss as number) < 0.1, String(eval_loss));
    trainer.dispose();
  });

  test('accumulates the gradient of the batches of an update', async () => {
    const still = { max_steps: 1, learning_rate: 1e-2, logging_first_step: true };
    const dropless = bertConfig({ ...config, hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 });
    const modelInit: TrainerOptions['modelInit'] = ({ seed }) =>
      BertForSequenceClassification.fromConfig(tf, dropless, seed);
    const norms = [];
    for (const [size, parts] of [
      [20, 1],
      [5, 4],
    ] as const) {
      const { trainer } = trainerWith(
        { ...still, per_device_train_batch_size: size, gradient_accumulation_steps: parts },
        { modelInit },
      );
      await trainer.train();
      norms.push(trainer.state.logHistory[0]?.['grad_norm'] as number);
      trainer.dispose();
    }
    assert.ok(Math.abs((norms[0] as number) - (norms[1] as number)) < 1e-5, norms.join());
  });

  test('says that there is no model yet', async () => {
    await assert.rejects(trainerWith({}).trainer.evaluate(), /call train\(\) first/);
  });
});

describe('hyperparameter search', () => {
  test('finds the arguments that learn, and says what Optuna would', async () => {
    const { trainer, lines } = trainerWith({
      num_train_epochs: 12,
      per_device_train_batch_size: 10,
      eval_strategy: 'no',
    });
    const best = await hyperparameterSearch(trainer, {
      hpSpace: (trial) => ({
        learning_rate: trial.suggestCategorical('learning_rate', [1e-6, 2e-2]),
        colour: trial.suggestInt('colour', 1, 3),
      }),
      computeObjective: (metrics) => metrics['eval_loss'] as number,
      direction: 'minimize',
      nTrials: 5,
      sampler: { type: 'random', seed: 2 },
    });
    assert.equal(best.hyperparameters['learning_rate'], 2e-2);
    assert.ok(best.objective < 0.5, String(best.objective));
    assert.equal(best.run_summary, null);
    assert.ok(
      lines.includes(
        'Trying to set colour in the hyperparameter search but there is no corresponding field in `TrainingArguments`.',
      ),
    );
    const ends = lines.filter((line) => / finished with value: /.test(line));
    assert.equal(ends.length, 5);
    assert.match(
      ends.at(-1) as string,
      new RegExp(`^Trial 4 finished with value: .* Best is trial ${best.run_id} with value: ${best.objective}\\.$`),
    );
  });

  test('takes the last evaluation, and prunes by the steps of evaluations', async () => {
    const { trainer, lines } = trainerWith({ num_train_epochs: 3, eval_strategy: 'epoch' });
    let count = 0;
    const best = await hyperparameterSearch(trainer, {
      hpSpace: (trial) => ({ seed: trial.suggestInt('seed', 1, 40) }),
      // Falls within a trial and from trial to trial: later trials are below the median from the first report.
      computeObjective: () => 100 - count++,
      direction: 'maximize',
      nTrials: 4,
      sampler: { type: 'random', seed: 1 },
      pruner: { type: 'median', options: { nStartupTrials: 2 } },
    });
    assert.deepEqual([best.run_id, best.objective], ['0', 98]);
    assert.equal(lines.filter((line) => /^Trial [23] pruned\. $/.test(line)).length, 2);
  });

  test('sums metrics by default, and then wants a direction', async () => {
    assert.equal(
      defaultComputeObjective({ eval_loss: 9, eval_accuracy: 0.5, eval_f1: 0.25, eval_runtime: 3, epoch: 1 }),
      0.75,
    );
    assert.equal(defaultComputeObjective({ eval_loss: 9, eval_samples_per_second: 3, epoch: 1 }), 9);
    await assert.rejects(hyperparameterSearch(trainerWith({}).trainer), /give a direction/);
  });

  test('refuses other backends in a sentence each', async () => {
    for (const backend of ['optuna', 'ray', 'wandb', 'sigopt', 'what']) {
      await assert.rejects(
        hyperparameterSearch(trainerWith({}).trainer, { backend, direction: 'maximize' }),
        /use "tuneboard"/,
      );
    }
  });
});
