/** What a person pastes from Python: its names of methods, options, events and results, and its ways to leave one out. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { snakeCase } from '../../../src/core/text/letterCase.ts';
import { addPythonNames } from '../../../src/core/text/pythonNames.ts';
import { EarlyStoppingCallback } from '../../../src/trainer/callbacks/earlyStoppingCallback.ts';
import type { CallbackContext } from '../../../src/trainer/callbacks/trainerCallback.ts';
import { DataCollatorWithPadding } from '../../../src/trainer/datasets/collator.ts';
import { Dataset } from '../../../src/trainer/datasets/dataset.ts';
import { DatasetDict } from '../../../src/trainer/datasets/datasetDict.ts';
import * as library from '../../../src/trainer/library.ts';
import { BertForSequenceClassification, BertModel } from '../../../src/trainer/models/bert.ts';
import { AutoTokenizer } from '../../../src/trainer/tokenization/autoTokenizer.ts';
import { CharacterTokenizer } from '../../../src/trainer/tokenization/characterTokenizer.ts';
import type { EvalPrediction } from '../../../src/trainer/training/trainerOptions.ts';
import { removeFolders, tinyConfig, tinyRows, tinyTf, tinyTrainer } from '../../support/tinyTrainer.ts';

const folder = mkdtempSync(join(tmpdir(), 'python-names-'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
  removeFolders();
});

const QUICK = { max_steps: 2, eval_strategy: 'steps', eval_steps: 1 };

/** JavaScript that no compiler has seen. */
// biome-ignore lint/suspicious/noExplicitAny: what a person writes without types.
const untyped = (value: unknown) => value as any;

describe('Python’s names', () => {
  test('are those of every public method, and follow what a subclass overrides', () => {
    const { Trainer, DatasetDict: Dict, AutoModel, AutoConfig } = library;
    const all = [Trainer.prototype, Object.getPrototypeOf(Trainer.prototype), Dataset.prototype, Dict.prototype];
    const rest = [AutoModel, AutoConfig, AutoTokenizer, Object.getPrototypeOf(AutoModel.prototype)];
    for (const object of [...all, ...rest]) {
      const names = Object.getOwnPropertyNames(object).filter((name) => name !== 'constructor');
      for (const name of names) assert.ok(names.includes(snakeCase(name)), name);
    }
    class Louder extends Dataset {
      override removeColumns(names: string | readonly string[]): Dataset {
        return super.removeColumns([...[names].flat(), 'b']);
      }
    }
    assert.deepEqual(new Louder(['a', 'b', 'c'], []).remove_columns('a').columnNames, ['c']);
  });

  test('read and set what they stand for, and are not listed', () => {
    const object = addPythonNames({ globalStep: 1, epoch: 0 });
    object.global_step = 5;
    assert.deepEqual(JSON.stringify(object), '{"globalStep":5,"epoch":0}');
    assert.deepEqual(Object.keys({ ...object }), ['globalStep', 'epoch']);
  });
});

describe('a program pasted from Python', () => {
  test('loads, splits and maps', async () => {
    const path = join(folder, 'rows.csv');
    writeFileSync(path, `label,review\n${Array.from({ length: 20 }, (_, row) => `${row % 2},"n${row}"`).join('\n')}\n`);
    const dataset = await library.load_dataset('csv', { data_files: path });
    assert.deepEqual([dataset.num_rows, dataset.column_names], [20, ['label', 'review']]);
    const split = dataset.train_test_split({ test_size: 0.1, seed: 7, stratify_by_column: 'label' });
    assert.equal(split.test.num_rows, 2);
    const mapped = split.map((rows) => ({ labels: rows['label'] ?? [] }), {
      batched: true,
      batch_size: 4,
      remove_columns: 'label',
    });
    assert.deepEqual(mapped.train.column_names, ['review', 'labels']);
    assert.deepEqual(mapped.rename_column('labels', 'y').remove_columns(['review']).test.column_names, ['y']);
    assert.deepEqual(dataset.select_columns('review').column_names, ['review']);
  });

  test('tokenizes, saves and opens again', async () => {
    const tokenizer = CharacterTokenizer.from_texts(['abc']);
    await tokenizer.save_pretrained(folder);
    const again = await AutoTokenizer.from_pretrained(folder);
    assert.deepEqual([again.pad_token_id, again.vocab_size], [0, 8]);
    assert.deepEqual(
      again(untyped(['ab', 'a']), untyped({ maxLength: 3, truncation: true, padding: true, text_pair: null })),
      {
        input_ids: [
          [2, 5, 3],
          [2, 5, 3],
        ],
        token_type_ids: [
          [0, 0, 0],
          [0, 0, 0],
        ],
        attention_mask: [
          [1, 1, 1],
          [1, 1, 1],
        ],
      },
    );
    const tf = await tinyTf();
    const model = BertForSequenceClassification.from_config(tf, tinyConfig, 1);
    await model.save_pretrained(folder);
    const other = { tf, num_labels: 3, ignore_mismatched_sizes: true, warn: () => undefined };
    assert.equal(
      (await library.AutoModelForSequenceClassification.from_pretrained(folder, other)).config.num_labels,
      3,
    );
    assert.ok((await BertModel.from_pretrained(folder, { tf, warn: () => undefined })) instanceof BertModel);
    assert.equal((await library.AutoConfig.from_pretrained(folder)).vocab_size, 20);
  });

  test('trains with callbacks, and reads what training comes to', async () => {
    const seen: number[] = [];
    class Stopping {
      on_log({ state, control }: CallbackContext) {
        seen.push(state.global_step);
        control.should_training_stop = true;
      }
    }
    const compute = ({ predictions, label_ids }: EvalPrediction & { label_ids: ArrayLike<number> }) => ({
      rows: predictions.length + label_ids.length,
    });
    const { trainer } = await tinyTrainer({ max_steps: 3, logging_steps: 1 }, { computeMetrics: compute });
    trainer.add_callback(Stopping);
    const { global_step, training_loss } = await trainer.train();
    assert.deepEqual([global_step, seen[0]], [1, 1]);
    assert.ok(training_loss > 0);
    assert.ok(trainer.pop_callback(Stopping) instanceof Stopping);
    const { label_ids, metrics } = await trainer.predict(tinyRows(4));
    assert.deepEqual([[...label_ids], metrics['test_rows']], [[0, 1, 0, 1], 8]);
    await trainer.save_model(join(folder, 'final'));
    assert.ok(readdirSync(join(folder, 'final')).includes('model.safetensors'));
  });

  test('evaluates by the names of arguments', async () => {
    const { trainer } = await tinyTrainer();
    const keys = async (...given: unknown[]) => Object.keys(await trainer.evaluate(...untyped(given)));
    assert.ok((await keys({ eval_dataset: tinyRows(4), metric_key_prefix: 'valid' })).includes('valid_loss'));
    assert.ok((await keys({ metricKeyPrefix: 'own' })).includes('own_loss'));
    assert.ok((await keys(null)).includes('eval_loss'));
    assert.ok((await keys({ eval_dataset: { a: tinyRows(2) } })).includes('eval_a_loss'));
    for (const wrong of ['test', [], tinyRows(4).rows, { a: 3 }, { eval_dataset: 'x' }]) {
      await assert.rejects(keys(wrong), { code: 'invalid-option' }, JSON.stringify(wrong));
    }
    await assert.rejects(trainer.predict(untyped(undefined)), /predict takes a Dataset/);
  });

  test('searches with Optuna’s names; what changes nothing is taken', async () => {
    const { trainer } = await tinyTrainer(QUICK);
    const best = await trainer.hyperparameter_search({
      hp_space: (trial) => ({
        learning_rate: trial.suggest_float('learning_rate', 1e-4, 1e-3, { log: true }),
        seed: trial.suggest_int('seed', 1, 9),
        optim: trial.suggest_categorical('optim', ['sgd']),
      }),
      n_trials: 2,
      direction: 'minimize',
      compute_objective: (metrics) => metrics['eval_loss'] as number,
      catch: RangeError,
      ...({
        n_jobs: 1,
        gc_after_trial: true,
        load_if_exists: true,
        hp_name: null,
        timeout: null,
        pruner: null,
      } as object),
    });
    assert.deepEqual(Object.keys(best.hyperparameters), ['learning_rate', 'seed', 'optim']);
    const failing = { hp_space: () => assert.fail('no') as never, n_trials: 1, catch: assert.AssertionError };
    await assert.rejects(trainer.hyperparameter_search(failing), { code: 'no-best' });
  });

  test('may have no number of trials', async () => {
    const { trainer } = await tinyTrainer({ max_steps: 1, eval_strategy: 'epoch' });
    const enough = new Error('More than the 20 that there are by default.');
    const space = (trial: library.Trial) => {
      if (trial.number === 21) throw enough;
      return {};
    };
    await assert.rejects(trainer.hyperparameter_search({ hp_space: space, n_trials: null }), enough);
  });
});

describe('one sentence', () => {
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'train(true)',
      async () => (await tinyTrainer()).trainer.train(untyped(true)),
      /^train takes an object of options/,
    ],
    ['a share alone', () => tinyRows(4).train_test_split(untyped(0.1)), /^trainTestSplit takes an object of options/],
    [
      'a wrong size',
      () => tinyRows(4).train_test_split(untyped({ test_sizes: 1 })),
      /no option test_sizes: use testSize/,
    ],
    ['num_proc', () => tinyRows(4).map((row) => row, untyped({ num_proc: 2 })), /^map has no option num_proc/],
    [
      'streaming',
      () => library.loadDataset('csv', untyped({ data_files: 'a', streaming: true })),
      /no option streaming/,
    ],
    ['patience', () => new EarlyStoppingCallback(untyped({ patience: 2 })), /has no option patience/],
    ['patience in words', () => new EarlyStoppingCallback(untyped({ early_stopping_patience: 'x' })), /takes numbers/],
    ['a collator’s length', () => new DataCollatorWithPadding(untyped({ max_length: 2 })), /no option max_length/],
    ['args', () => tinyTrainer({}, untyped({ args: { output_dir: 'x' } })), /takes args: new TrainingArguments/],
    ['callbacks', () => tinyTrainer({}, untyped({ callbacks: ['tensorboard'] })), /callbacks has "tensorboard"/],
    [
      'return_tensors',
      () => CharacterTokenizer.fromTexts(['a'])('a', untyped({ return_tensors: 'pt' })),
      /leave it out/,
    ],
    ['truncation', () => CharacterTokenizer.fromTexts(['a'])('a', untyped({ truncation: 'x' })), /truncation is "x"/],
    ['padding', () => CharacterTokenizer.fromTexts(['a'])('a', untyped({ padding: 'x' })), /padding is "x"/],
    ['no split', () => new DatasetDict({ a: tinyRows(2) }).test, /There is no split "test": there are a\./],
  ];
  for (const [name, wrong, sentence] of cases) {
    test(`for ${name}`, async () => {
      await assert.rejects(
        async () => wrong(),
        (error: Error) => {
          assert.match(error.message, sentence);
          return !error.message.includes('\n');
        },
      );
    });
  }
});
