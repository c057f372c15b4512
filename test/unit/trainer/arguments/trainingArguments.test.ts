/** Training arguments as transformers has them, and what follows from them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TuneboardError } from '../../../../src/core/errors.ts';
import { TRAINING_ARGUMENTS } from '../../../../src/studyfile/schema/trainerArguments.ts';
import { DEFAULTS } from '../../../../src/trainer/arguments/argumentFields.ts';
import { WITHOUT_EFFECT } from '../../../../src/trainer/arguments/otherNames.ts';
import { ARGUMENT_NAMES, TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { planTraining, updatesOf } from '../../../../src/trainer/training/trainingPlan.ts';
import type { HuggingFaceFacts } from '../../../support/tinyTrainer.ts';

const { defaults } = JSON.parse(
  readFileSync(new URL('../../../fixtures/trainer/huggingface.json', import.meta.url), 'utf8'),
) as HuggingFaceFacts;

describe('names and defaults', () => {
  test('are those that a study file may use', () => {
    assert.deepEqual([...TRAINING_ARGUMENTS], ARGUMENT_NAMES);
  });

  test('are those of transformers 5, one for one', () => {
    // There the output goes to trainer_output when none is given, and the fused AdamW is the same but faster.
    const theirs = { ...defaults, output_dir: 'trainer_output', optim: 'adamw_torch' };
    for (const name of Object.keys(theirs)) {
      if (Object.hasOwn(DEFAULTS, name))
        assert.equal(DEFAULTS[name as 'seed'], (theirs as typeof defaults)[name], name);
      else assert.ok(Object.hasOwn(WITHOUT_EFFECT, name), `${name} is an argument of transformers`);
    }
    // Ours alone: in PyTorch, one makes the groups of an optimiser oneself.
    const ours = ['lr_factors', 'hypergradient_lr'];
    for (const name of ARGUMENT_NAMES) assert.ok(ours.includes(name) || Object.hasOwn(theirs, name), name);
    // What transformers would have by itself needs no warning.
    const { warnings } = new TrainingArguments(theirs);
    assert.deepEqual(warnings, []);
  });

  test('are taken as they were called before, with a warning', () => {
    const args = new TrainingArguments({
      evaluation_strategy: 'epoch',
      optim: 'adamw_hf',
      warmup_ratio: 0.1,
      group_by_length: true,
      fp16: true,
    });
    assert.deepEqual([args.eval_strategy, args.optim, args.warmup_steps], ['epoch', 'adamw_torch', 0.1]);
    assert.equal(args.train_sampling_strategy, 'group_by_length');
    assert.equal(new TrainingArguments({ group_by_length: false }).train_sampling_strategy, 'random');
    assert.throws(
      () => new TrainingArguments({ train_sampling_strategy: 'batch_rebalance' }),
      /batch_rebalance of transformers is for several devices, and there is one: use random, sequential, group_by_length/,
    );
    assert.deepEqual(args.warnings, [
      'evaluation_strategy is called eval_strategy today.',
      'optim adamw_hf is called adamw_torch today.',
      'warmup_ratio is called warmup_steps today.',
      'group_by_length is called train_sampling_strategy today.',
      'fp16 has no effect: training here is in float32.',
    ]);
  });

  test('follow from each other as in transformers', () => {
    const best = new TrainingArguments({ load_best_model_at_end: true, eval_strategy: 'steps', logging_steps: 50 });
    assert.deepEqual([best.metric_for_best_model, best.greater_is_better, best.eval_steps], ['loss', false, 50]);
    const named = new TrainingArguments({ metric_for_best_model: 'f1' });
    assert.equal(named.greater_is_better, true);
    assert.equal(new TrainingArguments({ metric_for_best_model: 'eval_loss' }).greater_is_better, false);
  });
});

test('what cannot be is refused in a sentence, in transformers’ words where it has some', () => {
  for (const [given, sentence] of [
    [{ learning_rat: 1 }, /no training argument learning_rat here: use learning_rate/],
    [{ learning_rate: '1' }, /learning_rate is "1": use a number/],
    [{ learning_rate: -1 }, /from 0 on/],
    [{ per_device_train_batch_size: 0 }, /1 or more/],
    [{ per_device_train_batch_size: 1.5 }, /whole number/],
    [{ logging_first_step: 1 }, /true or false/],
    [{ max_steps: 0 }, /-1 or a number from 1/],
    [{ num_train_epochs: 0 }, /above 0/],
    [
      { eval_strategy: 'often' },
      /often is not a valid IntervalStrategy, please select one of \['no', 'steps', 'epoch'\]/,
    ],
    [
      { save_strategy: 'often' },
      /is not a valid SaveStrategy, please select one of \['no', 'steps', 'epoch', 'best'\]/,
    ],
    [
      { lr_scheduler_type: 'cosin' },
      /lr_scheduler_type: cosin is not a valid SchedulerType, please select one of \['linear', .*'greedy'\]/,
    ],
    [
      { lr_scheduler_type: 'reduce_lr_on_plateau' },
      /lr_scheduler_type reduce_lr_on_plateau requires an eval strategy$/,
    ],
    [{ lr_scheduler_type: 'steep' }, /steep is not a valid SchedulerType/],
    [{ lr_scheduler_kwargs: { power: 2 } }, /lr_scheduler_kwargs has power, which linear does not know: leave it out/],
    [{ lr_scheduler_type: 'polynomial', lr_scheduler_kwargs: { power: 'x' } }, /power is "x": use a number/],
    [{ lr_scheduler_type: 'polynomial', lr_scheduler_kwargs: { power: Infinity } }, /power is Infinity: use a number/],
    [{ logging_steps: 0 }, /logging strategy steps requires non-zero --logging_steps/],
    [
      { eval_strategy: 'steps', logging_steps: 0, logging_strategy: 'no' },
      /requires either non-zero --eval_steps or --logging_steps/,
    ],
    [{ eval_strategy: 'steps', eval_steps: 2.5 }, /--eval_steps must be an integer if bigger than 1: 2.5/],
    [
      { load_best_model_at_end: true },
      /requires the save and eval strategy to match.*\n- Evaluation strategy: no\n- Save strategy: steps/,
    ],
    [
      { load_best_model_at_end: true, eval_strategy: 'steps', eval_steps: 4, save_steps: 6 },
      /a round multiple of the evaluation steps, but found 6, which is not a round multiple of 4/,
    ],
    [
      { load_best_model_at_end: true, eval_strategy: 'steps', eval_steps: 0.2, save_steps: 6.5 },
      /must be an integer|cannot get guaranteed/,
    ],
    [
      { load_best_model_at_end: true, eval_strategy: 'steps', eval_steps: 0.2, save_steps: 0.3 },
      /a multiple of the evaluation steps, but found 0.3, which is not a multiple of 0.2/,
    ],
    [{ save_strategy: 'best' }, /`args.metric_for_best_model` must be provided/],
  ] as const) {
    assert.throws(() => new TrainingArguments(given), sentence, JSON.stringify(given));
  }
  assert.ok(
    new TrainingArguments({ load_best_model_at_end: true, eval_strategy: 'steps', eval_steps: 0.1, save_steps: 0.3 }),
  );
});

test('factors of the learning rate are set one by one under flat names, which go before the whole', () => {
  const given = { lr_factor_layer_0: 0.5, lr_factors: { layer_0: 3, classifier: 2 }, lr_factor_embeddings: 0 };
  const args = new TrainingArguments(given);
  assert.deepEqual(args.lr_factors, { layer_0: 0.5, classifier: 2, embeddings: 0 });
  assert.deepEqual(args.setFromSearch({ lr_factor_layer_11: 0.25 }), []);
  assert.deepEqual(args.lr_factors, { layer_0: 0.5, classifier: 2, embeddings: 0, layer_11: 0.25 });
  assert.deepEqual(given.lr_factors, { layer_0: 3, classifier: 2 });
  for (const [wrong, sentence] of [
    [{ lr_factors: { layer: 1 } }, /lr_factors has layer: use embeddings, layer_0, layer_1 and so on, or classifier/],
    [{ lr_factors: { layer_01: 1 } }, /lr_factors has layer_01/],
    [{ lr_factors: { layer_0: -1 } }, /layer_0 is -1: use a number from 0 on/],
    [{ lr_factors: { layer_0: '1' } }, /layer_0 is "1": use a number from 0 on/],
    [{ lr_factor_layer_2: Number.NaN }, /lr_factor_layer_2 is NaN: use a number from 0 on/],
    [{ lr_factor_layer_2: null }, /lr_factor_layer_2 is null: use a number from 0 on/],
    [{ lr_factor_layr_2: 1 }, /no training argument lr_factor_layr_2 here: use lr_factor_layer_2\./],
  ] as const) {
    assert.throws(() => new TrainingArguments(wrong), sentence, JSON.stringify(wrong));
  }
});

test('a name that every object has is no argument', () => {
  for (const name of ['valueOf', 'toString', 'constructor', '__proto__']) {
    const given = JSON.parse(`{${JSON.stringify(name)}: 1}`) as Record<string, unknown>;
    assert.throws(() => new TrainingArguments(given), /There is no training argument/, name);
  }
});

test('whatever is given, there are arguments that make sense or one sentence', () => {
  const value = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.constantFrom('no', 'steps', 'epoch', 'best', 'sgd', 'cosine', 'momentum=0.9'),
    fc.dictionary(fc.string(), fc.integer(), { maxKeys: 2 }),
  );
  const name = fc.oneof(
    fc.constantFrom(...ARGUMENT_NAMES),
    fc.constantFrom(...Object.keys(WITHOUT_EFFECT)),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 4 }), (given) => {
      let args: TrainingArguments;
      try {
        args = new TrainingArguments(given);
      } catch (error) {
        assert.ok(error instanceof TuneboardError && error.code === 'training-arguments', String(error));
        assert.ok(error.message.length > 10);
        return;
      }
      // What came out can be put in again, and says the same.
      const { values } = args;
      assert.deepEqual(new TrainingArguments(values).values, values);
      assert.deepEqual(Object.keys(values), ARGUMENT_NAMES);
      assert.ok(args.per_device_train_batch_size >= 1 && args.num_train_epochs > 0 && args.learning_rate >= 0);
    }),
    { numRuns: 2000 },
  );
});

describe('a search sets arguments', () => {
  test('in the type of the old value, as Python casts', () => {
    const args = new TrainingArguments();
    const warnings = args.setFromSearch({
      num_train_epochs: 2,
      per_device_train_batch_size: 16.9,
      learning_rate: '1e-3',
      logging_first_step: 1,
      output_dir: 5,
      data_seed: 4,
      optim: 'adamw_hf',
      evaluation_strategy: 'epoch',
      colour: 'red',
      fp16: true,
    });
    assert.deepEqual(
      [args.num_train_epochs, args.per_device_train_batch_size, args.learning_rate, args.logging_first_step],
      [2, 16, 1e-3, true],
    );
    assert.deepEqual(
      [args.output_dir, args.data_seed, args.optim, args.eval_strategy],
      ['5', 4, 'adamw_torch', 'epoch'],
    );
    assert.deepEqual(warnings, [
      'optim adamw_hf is called adamw_torch today.',
      'evaluation_strategy is called eval_strategy today.',
      'Trying to set colour in the hyperparameter search but there is no corresponding field in `TrainingArguments`.',
      'fp16 has no effect: training here is in float32.',
    ]);
  });

  test('but not to what cannot be', () => {
    assert.throws(() => new TrainingArguments().setFromSearch({ optim: 'lamb' }), /lamb is not a valid OptimizerNames/);
    assert.throws(() => new TrainingArguments().setFromSearch({ seed: 'x' }), /seed is "x"|seed is null/);
    assert.throws(() => new TrainingArguments().setFromSearch({ learning_rate: {} }), /use a number/);
  });
});

test('updates are counted as transformers does', () => {
  const plan = (rows: number, given: Record<string, unknown>) => {
    const { updatesPerEpoch, maxSteps, epochs } = planTraining(rows, new TrainingArguments(given));
    return [updatesPerEpoch, maxSteps, epochs];
  };
  // The article's example: 6,988 rows in batches of 64.
  assert.deepEqual(plan(6988, { per_device_train_batch_size: 64 }), [110, 330, 3]);
  assert.deepEqual(plan(10, { per_device_train_batch_size: 4, num_train_epochs: 1.5 }), [3, 5, 2]);
  assert.deepEqual(
    plan(10, { per_device_train_batch_size: 4, gradient_accumulation_steps: 2, max_steps: 7 }),
    [2, 7, 4],
  );
  assert.deepEqual(plan(10, { per_device_train_batch_size: 4, dataloader_drop_last: true }), [2, 6, 3]);
  assert.throws(() => plan(3, { per_device_train_batch_size: 4, dataloader_drop_last: true }), /no batch in 3 rows/);
  const args = new TrainingArguments({ per_device_train_batch_size: 3, gradient_accumulation_steps: 2 });
  const items = Array.from({ length: 10 }, (_, index) => ({ index }));
  const updates = updatesOf(items, args, 0);
  assert.deepEqual(
    updates.map((batches) => batches.map((batch) => batch.length)),
    [
      [3, 3],
      [3, 1],
    ],
  );
  assert.deepEqual(
    updates.flat(2).sort((a, b) => a.index - b.index),
    items,
  );
  assert.notDeepEqual(updatesOf(items, args, 1), updates);
});

test('a name of everyday, of another spelling or without some of its words is understood', () => {
  for (const [name, meant] of Object.entries({
    lr: 'learning_rate',
    epochs: 'num_train_epochs',
    batchSize: 'per_device_train_batch_size',
    optimizer: 'optim',
    perDeviceTrainBatchSize: 'per_device_train_batch_size',
    outputDir: 'output_dir',
    learning_rte: 'learning_rate',
    metric_for_best: 'metric_for_best_model',
    per_device_batch_size: 'per_device_train_batch_size',
    accumulation: 'gradient_accumulation_steps',
    beta: /^use some of output_dir, /,
  })) {
    const sentence = typeof meant === 'string' ? `use ${meant}.` : meant;
    assert.throws(
      () => new TrainingArguments({ [name]: 1 }),
      ({ message }: Error) => {
        const [told = '', use = ''] = message.split(' here: ');
        assert.equal(told, `There is no training argument ${name}`);
        if (typeof sentence === 'string') assert.equal(use, sentence);
        else assert.match(use, sentence);
        return true;
      },
    );
  }
});

test('where an old name and the one of today are given, that of today wins', () => {
  for (const given of [
    { warmup_ratio: 0.1, warmup_steps: 5 },
    { warmup_steps: 5, warmup_ratio: 0.1 },
  ]) {
    const args = new TrainingArguments(given);
    assert.equal(args.warmup_steps, 5);
    assert.deepEqual(args.warnings, ['warmup_ratio is called warmup_steps today.']);
  }
});
