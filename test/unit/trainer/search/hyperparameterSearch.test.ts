/** `trainer.hyperparameterSearch`: Hugging Face's rules, Optuna's lines, this project's samplers. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { TuneboardError } from '../../../../src/core/errors.ts';
import { FAIL_REASON } from '../../../../src/core/study/attributes.ts';
import { MemoryLog } from '../../../../src/core/study/memoryLog.ts';
import { TrialState } from '../../../../src/core/study/states.ts';
import type { Trial } from '../../../../src/core/study/trial.ts';
import { shown } from '../../../../src/core/text/shown.ts';
import { createStudy } from '../../../../src/library/node.ts';
import { BertForSequenceClassification } from '../../../../src/trainer/models/bert.ts';
import { finishedText, optunaLine } from '../../../../src/trainer/search/hyperparameterSearch.ts';
import { defaultComputeObjective, defaultHpSpace } from '../../../../src/trainer/search/searchDefaults.ts';
import { drawSeed } from '../../../../src/trainer/training/seed.ts';
import { removeFolders, tinyConfig, tinyTf, tinyTrainer, weightsOf } from '../../../support/tinyTrainer.ts';

after(removeFolders);

const seedSpace = (trial: Trial) => ({ seed: trial.suggestInt('seed', 1, 40) });
const QUICK = { max_steps: 2, eval_strategy: 'steps', eval_steps: 1 };

describe('a search', () => {
  test('finds the arguments that learn, and says what Optuna would', async () => {
    const { trainer, lines } = await tinyTrainer({ num_train_epochs: 25, per_device_train_batch_size: 10 });
    const best = await trainer.hyperparameterSearch({
      hpSpace: (trial) => ({
        learning_rate: trial.suggestCategorical('learning_rate', [1e-6, 2e-2]),
        num_train_epochs: trial.suggestInt('num_train_epochs', 40, 45),
        colour: trial.suggestInt('colour', 1, 3),
      }),
      nTrials: 5,
      sampler: { type: 'random', seed: 2 },
    });
    assert.equal(best.hyperparameters['learning_rate'], 2e-2);
    assert.ok((best.objective as number) < 0.5, String(best.objective));
    assert.match(
      String(best),
      /^BestRun\(run_id='\d', objective=0\.\d+, hyperparameters={'learning_rate': 0\.02, .*}, run_summary=None\)$/,
    );
    assert.ok(
      lines.includes(
        'Trying to set colour in the hyperparameter search but there is no corresponding field in `TrainingArguments`.',
      ),
    );
    assert.match(
      lines[0] as string,
      /^20 rows to train, 6 to evaluate\. Always saying 0 gives accuracy 0\.500, always saying 1 F1 0\.667;/,
    );
    assert.match(
      lines[1] as string,
      /^\[I \d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] A new study created in memory with name: /,
    );
    const ends = lines.filter((line) => / finished with value: /.test(line));
    assert.equal(ends.length, 5);
    const last = `Best is trial ${best.run_id} with value: ${best.objective}.`;
    assert.ok((ends.at(-1) as string).endsWith(last), ends.at(-1));
    assert.match(ends.at(-1) as string, /^\[I .*\] Trial 4 finished with value: .* and parameters: {'learning_rate': /);
    // As in transformers: the arguments stay as the last trial had them, and there is no model any more.
    assert.ok([1e-6, 2e-2].includes(trainer.args.learning_rate));
    assert.equal(trainer.model, null);
    await assert.rejects(trainer.evaluate(), { code: 'no-model' });
  });

  test('makes a model whose weights follow from the trial’s own seed, after the arguments are set', async () => {
    const seen: [number, readonly number[]][] = [];
    const made = new Map<number, readonly number[]>();
    const tiny = await tinyTrainer(
      { ...QUICK, seed: 99 },
      {
        callbacks: [
          {
            onTrainBegin: ({ args }) => {
              seen.push([args.seed, weightsOf(tiny)['classifier.weight'] as readonly number[]]);
            },
          },
        ],
      },
    );
    await tiny.trainer.hyperparameterSearch({
      hpSpace: (trial) => ({ seed: trial.suggestInt('seed', 1, 2) }),
      nTrials: 6,
    });
    for (const [seed, weights] of seen)
      assert.deepEqual(made.get(seed) ?? weights, weights, String(made.set(seed, weights).size));
    assert.equal(made.size, 2);
    const [one, two] = [...made.values()];
    assert.notDeepEqual(one, two);
    const alone = await tinyTrainer({ ...QUICK, seed: 2, learning_rate: 0 });
    await alone.trainer.train();
    assert.deepEqual(weightsOf(alone)['classifier.weight'], made.get(2));
    alone.trainer.dispose();
  });

  test('gives modelInit the trial where it takes one', async () => {
    const trials: (number | undefined)[] = [];
    const tf = await tinyTf();
    const { trainer } = await tinyTrainer(QUICK, {
      modelInit: (trial) => {
        trials.push(trial?.number);
        return BertForSequenceClassification.fromConfig(tf, tinyConfig, drawSeed());
      },
    });
    await trainer.hyperparameterSearch({ hpSpace: seedSpace, nTrials: 2 });
    assert.deepEqual(trials, [0, 1]);
  });

  test('takes the last evaluation, or the best where it is told to', async () => {
    for (const [objectiveFrom, wanted] of [
      ['last', 2],
      ['best', 3],
    ] as const) {
      const { trainer } = await tinyTrainer({ max_steps: 3, eval_strategy: 'steps', eval_steps: 1 });
      const values = [1, 3, 2];
      const { objective } = await trainer.hyperparameterSearch({
        hpSpace: seedSpace,
        computeObjective: () => values.shift() as number,
        direction: 'maximize',
        nTrials: 1,
        objectiveFrom,
      });
      assert.equal(objective, wanted);
    }
  });

  test('evaluates once where training did not', async () => {
    const { trainer } = await tinyTrainer({ max_steps: 1 });
    const { objective } = await trainer.hyperparameterSearch({ hpSpace: seedSpace, nTrials: 1 });
    assert.ok(Number.isFinite(objective));
  });

  test('prunes by updates, or by epochs where it is told to', async () => {
    for (const [reportStep, pruned, steps] of [
      ['global_step', 0, [10, 20]],
      ['epoch', 2, [1, 2]],
    ] as const) {
      let count = 0;
      const ends: string[] = [];
      const storage = new MemoryLog();
      const { trainer, lines } = await tinyTrainer(
        { num_train_epochs: 2, eval_strategy: 'epoch' },
        { callbacks: [{ onTrainEnd: () => void ends.push('end') }] },
      );
      const sizes = [2, 3, 5, 20];
      await trainer.hyperparameterSearch({
        // Every trial has another batch size: they share no update at which they are evaluated but the last ones.
        hpSpace: (trial) => ({ ...seedSpace(trial), per_device_train_batch_size: sizes[trial.number] as number }),
        // Falls within a trial and from trial to trial: later ones are below the median from the first report.
        computeObjective: () => 100 - count++,
        direction: 'maximize',
        nTrials: 4,
        pruner: { type: 'median', nStartupTrials: 2 },
        reportStep,
        storage,
      });
      assert.equal(lines.filter((line) => /Trial [23] pruned\. $/.test(line)).length, pruned, lines.join('\n'));
      assert.equal(ends.length, 4, 'training ends for callbacks, pruned or not');
      const history = storage.studies()[0]?.history;
      assert.deepEqual([...(history?.curve(0).steps ?? [])], steps);
      assert.equal(history?.state(3), pruned > 0 ? TrialState.pruned : TrialState.complete);
    }
  });

  test('has several objectives, and then returns all runs that no other beats', async () => {
    const { trainer, lines } = await tinyTrainer(QUICK);
    const values = [
      [1, 5],
      [2, 9],
      [3, 3],
    ];
    let trials = -1;
    const best = await trainer.hyperparameterSearch({
      hpSpace: (trial) => {
        trials++;
        return seedSpace(trial);
      },
      computeObjective: () => values[trials] as number[],
      direction: ['minimize', 'minimize'],
      nTrials: 3,
    });
    assert.deepEqual(
      best.map(({ run_id, objective }) => [run_id, objective]),
      [
        ['0', [1, 5]],
        ['2', [3, 3]],
      ],
    );
    assert.ok(
      lines.some((line) => /Trial 1 finished with values: \[2\.0, 9\.0\] and parameters: {'seed': \d+}\.$/.test(line)),
    );
  });

  test('keeps checkpoints by run, names them by hpName, and notes the trial in the state', async () => {
    const { trainer, folder } = await tinyTrainer({ ...QUICK, save_strategy: 'steps', save_steps: 2 });
    const options = { hpSpace: seedSpace, nTrials: 2 };
    await trainer.hyperparameterSearch(options);
    assert.deepEqual(readdirSync(folder).sort(), ['run-0', 'run-1']);
    assert.deepEqual(readdirSync(join(folder, 'run-1')), ['checkpoint-2']);
    await trainer.hyperparameterSearch({
      ...options,
      hpName: (trial) => `seed-${trial.params['seed']}-${trial.number}`,
    });
    const named = readdirSync(folder)
      .filter((name) => name.startsWith('seed-'))
      .sort();
    assert.equal(named.length, 2);
    const path = join(folder, named[0] as string, 'checkpoint-2', 'trainer_state.json');
    const state = JSON.parse(readFileSync(path, 'utf8'));
    assert.deepEqual([state.is_hyper_param_search, state.trial_name], [true, named[0]]);
    assert.equal(`seed-${state.trial_params.seed}`, (named[0] as string).slice(0, -2));
    await trainer.train();
    assert.ok(existsSync(join(folder, 'checkpoint-2')), 'a training beside a search');
    trainer.dispose();
  });

  test('leaves only the best run where it is told to', async () => {
    const { trainer, folder } = await tinyTrainer({ ...QUICK, save_strategy: 'steps', save_steps: 2 });
    let trials = -1;
    const best = await trainer.hyperparameterSearch({
      hpSpace: (trial) => {
        trials++;
        return seedSpace(trial);
      },
      // Of equal ones the first is the best.
      computeObjective: () => [5, 1, 1, 3][trials] as number,
      nTrials: 4,
      keepBestRunOnly: true,
    });
    assert.equal(best.run_id, '1');
    assert.deepEqual(readdirSync(folder), ['run-1']);
  });

  test('ends with the error of a trial, unless that is caught', async () => {
    const fail = { hpSpace: (trial: Trial) => ({ optim: trial.suggestCategorical('optim', ['lamb']) }), nTrials: 2 };
    const { trainer, lines } = await tinyTrainer(QUICK);
    await assert.rejects(trainer.hyperparameterSearch(fail), /lamb is not a valid OptimizerNames/);
    assert.ok(
      lines.some((line) =>
        /^\[W .*\] Trial 0 failed with parameters: {'optim': 'lamb'} because of the following error: TuneboardError\(/.test(
          line,
        ),
      ),
    );
    assert.match(lines.at(-1) as string, /^\[W .*\] Trial 0 failed with value None\.$/);
    for (const one of [true, [TuneboardError], ['training-arguments']] as const) {
      const storage = new MemoryLog();
      await assert.rejects(trainer.hyperparameterSearch({ ...fail, catch: one, storage }), { code: 'no-best' });
      const history = storage.studies()[0]?.history;
      assert.deepEqual([history?.length, history?.state(1)], [2, TrialState.fail]);
      assert.match(String(history?.userAttrs(1)[FAIL_REASON]), /not a valid OptimizerNames/);
    }
    await assert.rejects(
      trainer.hyperparameterSearch({ ...fail, catch: [RangeError, 'other'] }),
      /not a valid OptimizerNames/,
    );
  });

  test('goes on with a study that the storage has', async () => {
    const { trainer, folder, lines } = await tinyTrainer(QUICK);
    const options = { hpSpace: seedSpace, nTrials: 2, storage: join(folder, 'study.db'), studyName: 'mine' };
    await trainer.hyperparameterSearch(options);
    const best = await trainer.hyperparameterSearch(options);
    assert.ok(Number(best.run_id) < 4);
    assert.ok(lines.some((line) => /Trial 3 finished/.test(line)));
    assert.ok(lines.some((line) => /Using an existing study with name: mine/.test(line)));
    await assert.rejects(trainer.hyperparameterSearch({ ...options, load_if_exists: false }), {
      code: 'study-exists',
      message: /^Another study with name 'mine' already exists: give another studyName, or loadIfExists: true/,
    });
    await trainer.hyperparameterSearch({ ...options, studyName: 'other', loadIfExists: false });
  });

  test('takes what transformers hands to Optuna and what is so here anyway', async () => {
    const { trainer } = await tinyTrainer(QUICK);
    const harmless = { n_jobs: 1, gc_after_trial: true, timeout: null, show_progress_bar: false, load_if_exists: true };
    const best = await trainer.hyperparameterSearch({
      hpSpace: seedSpace,
      nTrials: 1,
      catch: [],
      ...harmless,
    } as object);
    assert.equal(best.run_id, '0');
  });

  test('takes a space as a study file writes it, with conditions, for samplers that must know it', async () => {
    const { trainer, lines } = await tinyTrainer(QUICK);
    const seen: object[] = [];
    trainer.addCallback({ onTrainBegin: ({ args }) => void seen.push([args.optim, args.weight_decay]) });
    await trainer.hyperparameterSearch({
      hpSpace: {
        optim: { type: 'categorical', choices: ['sgd', 'adamw_torch'] },
        weight_decay: { type: 'float', low: 0, high: 0.2, step: 0.1, when: { optim: 'adamw_torch' } },
      },
      sampler: 'grid',
      nTrials: 10,
    });
    assert.equal(new Set(seen.map(String)).size, 4);
    assert.equal(lines.filter((line) => / finished with value/.test(line)).length, 4);
  });

  test('says that a training before has no part in it', async () => {
    const { trainer, lines } = await tinyTrainer(QUICK);
    await trainer.train();
    await trainer.hyperparameterSearch({ hpSpace: seedSpace, nTrials: 1 });
    assert.ok(lines.some((line) => /^Note: the training before has no part in the search/.test(line)));
  });

  test('starts no trial after its time, and none where nothing is left to try', async () => {
    const { trainer, lines } = await tinyTrainer(QUICK);
    await assert.rejects(trainer.hyperparameterSearch({ hpSpace: seedSpace, timeout: 0 }), { code: 'no-best' });
    await trainer.hyperparameterSearch({
      hpSpace: (trial) => ({ seed: trial.suggestInt('seed', 1, 2) }),
      nTrials: 9,
      sampler: 'bruteforce',
    });
    assert.equal(lines.filter((line) => / finished with value/.test(line)).length, 2);
  });

  test('leaves no tensor behind', async () => {
    const tf = await tinyTf();
    const { trainer } = await tinyTrainer(QUICK);
    const before = tf.memory().numTensors;
    await trainer.hyperparameterSearch({ hpSpace: seedSpace, nTrials: 3 });
    assert.equal(tf.memory().numTensors, before);
  });
});

describe('what a search is told', () => {
  test('has the space and objective of transformers where it is left out', async () => {
    assert.equal(
      defaultComputeObjective({ eval_loss: 9, eval_accuracy: 0.5, eval_f1: 0.25, eval_runtime: 3, epoch: 1 }),
      0.75,
    );
    assert.equal(defaultComputeObjective({ eval_loss: 9, eval_samples_per_second: 3, epoch: 1 }), 9);
    const { trainer } = await tinyTrainer({ eval_strategy: 'no' });
    trainer.args.eval_strategy = 'no';
    let params: object = {};
    await trainer.hyperparameterSearch({
      hpSpace: (trial) => {
        params = defaultHpSpace(trial);
        return { max_steps: 1 };
      },
      nTrials: 1,
    });
    assert.deepEqual(Object.keys(params), ['learning_rate', 'num_train_epochs', 'seed', 'per_device_train_batch_size']);
  });

  test('is warned of when it would look for the worst model', async () => {
    const { trainer, lines } = await tinyTrainer(QUICK, { computeMetrics: () => ({ f1: 0.5 }) });
    await trainer.hyperparameterSearch({ hpSpace: seedSpace, nTrials: 1 });
    assert.match(lines[0] as string, /looks for the worst model. Give direction: "maximize"/);
    const right = await tinyTrainer(QUICK, { computeMetrics: () => ({ f1: 0.5 }) });
    await right.trainer.hyperparameterSearch({ hpSpace: seedSpace, nTrials: 1, direction: 'maximize' });
    assert.ok(!right.lines.some((line) => /worst/.test(line)));
  });

  test('fails a trial whose objective is no number, and goes on, as Optuna', async () => {
    const { trainer, lines } = await tinyTrainer({ ...QUICK, max_steps: 1 });
    let asked = 0;
    const computeObjective = () => (asked++ === 0 ? Number.NaN : 0.5);
    const best = await trainer.hyperparameterSearch({ hpSpace: seedSpace, computeObjective, nTrials: 2 });
    assert.equal(best.run_id, '1');
    const about = lines.filter((line) => line.includes('Trial 0 ')).map((line) => line.replace(/^\S+ \S+ \S+ /, ''));
    assert.equal(about.length, 2);
    assert.match(about[0] as string, /^Trial 0 failed with parameters: {'seed': \d+} because of the following error: /);
    assert.match(about[0] as string, /The value nan is not acceptable\.$/);
    assert.equal(about[1], 'Trial 0 failed with value nan.');
  });

  test('tells of trials that a killed search has left, and goes on', async () => {
    const { trainer, lines } = await tinyTrainer(QUICK);
    const storage = new MemoryLog();
    const killed = createStudy({ storage, name: 'hyperparameter_search' });
    await killed.ask();
    const search = { hpSpace: seedSpace, nTrials: 1, storage };
    assert.equal((await trainer.hyperparameterSearch(search)).run_id, '1');
    assert.equal(lines.filter((line) => line.startsWith('Trials marked as running: 0. ')).length, 1);
    const fresh = await tinyTrainer(QUICK);
    await fresh.trainer.hyperparameterSearch({ ...search, storage: new MemoryLog() });
    assert.ok(!fresh.lines.some((line) => line.includes('marked as running')));
  });

  test('is one at a time, and a second one leaves the first alone', async () => {
    const { trainer } = await tinyTrainer(QUICK);
    const search = { hpSpace: seedSpace, nTrials: 2 };
    const first = trainer.hyperparameterSearch(search);
    await assert.rejects(trainer.hyperparameterSearch(search), { code: 'busy' });
    assert.equal((await first).run_id.length, 1);
    const training = trainer.train();
    await assert.rejects(trainer.hyperparameterSearch(search), { code: 'busy' });
    await training;
    await trainer.evaluate();
    trainer.dispose();
  });

  test('may be in Python’s names', async () => {
    const { trainer } = await tinyTrainer(QUICK);
    const best = await trainer.hyperparameterSearch({
      hp_space: seedSpace,
      n_trials: 1,
      compute_objective: () => 4,
    } as object);
    assert.equal(best.objective, 4);
  });

  test('is refused in a sentence where it cannot be', async () => {
    const { trainer } = await tinyTrainer(QUICK);
    for (const [options, sentence] of [
      [{ backend: 'ray' }, /search backend ray is not there \(.*\): use "tuneboard"/],
      [{ backend: 'wandb' }, /wandb is not there \(curves are in the history panel\)/],
      [{ backend: 'sigopt' }, /sigopt is not there/],
      [{ backend: 'what' }, /what is not there: use "tuneboard"/],
      [{ nTrials: 0 }, /nTrials is 0: use a whole number from 1 on/],
      [{ n_jobs: 2 }, /has no option n_jobs: one Trainer trains one model at a time/],
      [{ nJobs: -1 }, /has no option nJobs: one Trainer trains one model at a time/],
      [
        { callbacks: [] },
        /has no option callbacks: those of a training go to the Trainer, and a search ends by nTrials/,
      ],
      [{ show_progress_bar: true }, /has no option show_progress_bar: a line a trial says how it went/],
      [{ gc_after_trial: 2 }, /has no option gc_after_trial: memory is freed after each trial anyway/],
      [{ directions: ['minimize'] }, /has no option directions: it is the list that direction takes/],
      [
        { resources_per_trial: { cpu: 1 } },
        /has no option resources_per_trial: it is of the backend ray, which is not/,
      ],
      [{ project: 'mine' }, /has no option project: it is of the backend wandb/],
      [{ load_if_exists: 1 }, /loadIfExists is 1: use true or false/],
      [{ keepBestRunOnly: 'yes' }, /keepBestRunOnly is "yes": use true or false/],
      [{ catch: 'ValueError' }, /catch has "ValueError": give true for every error, classes of errors, or codes/],
      [{ catch: [Error, 5] }, /catch has 5: give true/],
      [{ catch: [Error, 5n] }, /catch has 5n: give true/],
      [{ keepBestRunOnly: 1n }, /keepBestRunOnly is 1n: use true or false/],
      [{ hpName: 'run' }, /hpName is "run": give a function/],
      [{ computeObjective: 'eval_f1' }, /computeObjective is "eval_f1": give a function/],
      [{ hpSpace: [] }, /hpSpace is \[\]: give a function of the trial, or a space as in a study file/],
      [{ timeout: '1h' }, /timeout is 1h: use seconds from 0 on/],
      [{ studyName: 5 }, /name is 5: write some text/],
      [{ storage: 5 }, /storage is 5: write the path of a file/],
      [{ pruner: 7 }, /pruner is 7: write its name/],
      [{ trials: 2 }, /has no option trials: use nTrials/],
      [{ timeout: -1 }, /seconds from 0 on/],
      [{ objectiveFrom: 'first' }, /use last or best/],
      [{ direction: 'up' }, /A direction is "minimize" or "maximize"/],
      [{ sampler: 'magic' }, /magic/],
      [{ hpSpace: () => [1] }, /hpSpace gave \[1\]: return an object/],
      [{ hpSpace: async () => ({}) }, /hpSpace gave a promise: return an object/],
      [{ hpSpace: () => ({ learning_rate: 'fast' }) }, /learning_rate is "fast": use a number/],
      [{ hpSpace: () => undefined }, /hpSpace gave undefined: return an object with training arguments/],
      [{ hpSpace: seedSpace, computeObjective: () => 'good' }, /computeObjective gave "good": return a number/],
      [{ hpSpace: seedSpace, direction: ['minimize', 'maximize'] }, /return 2 numbers/],
    ] as [object, RegExp][]) {
      await assert.rejects(trainer.hyperparameterSearch(options), sentence, shown(options));
    }
    const tf = await tinyTf();
    const model = BertForSequenceClassification.fromConfig(tf, tinyConfig, 1);
    const given = await tinyTrainer(QUICK, { model });
    await assert.rejects(given.trainer.hyperparameterSearch(), /pass your model through a model_init function/);
    model.dispose();
  });
});

test('lines are Optuna’s', () => {
  assert.equal(
    optunaLine('I', 'Trial 5 pruned. ', new Date(2024, 0, 12, 3, 10, 0, 1)),
    '[I 2024-01-12 03:10:00,001] Trial 5 pruned. ',
  );
  assert.equal(
    finishedText(0, [0.5], { learning_rate: 3.9e-6, n: 3 }, { number: 0, value: 0.5 }),
    "Trial 0 finished with value: 0.5 and parameters: {'learning_rate': 3.9e-06, 'n': 3}. Best is trial 0 with value: 0.5.",
  );
});
