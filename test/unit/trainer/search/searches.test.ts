/** Searches with arguments that are given by trial, against transformers' own: see fixtures/trainer/searches.py. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { MemoryLog } from '../../../../src/core/study/memoryLog.ts';
import { TrialState } from '../../../../src/core/study/states.ts';
import { parseJson } from '../../../../src/core/text/pythonJson.ts';
import { createStudy } from '../../../../src/library/node.ts';
import { lastCheckpoint } from '../../../../src/trainer/checkpoints/checkpointFolders.ts';
import type { SearchOptions } from '../../../../src/trainer/search/searchOptions.ts';
import { assertClose, taskMetrics, taskModel, taskRows } from '../../../support/tinyTask.ts';
import { removeFolders, tinyTrainer } from '../../../support/tinyTrainer.ts';

interface Recorded {
  readonly case: {
    readonly objective: keyof typeof OBJECTIVES;
    readonly direction: 'minimize' | 'maximize' | readonly ('minimize' | 'maximize')[];
    readonly space: readonly Readonly<Record<string, string | number>>[];
    readonly named?: true;
    readonly upper?: number;
    readonly caught?: true;
    readonly arguments?: object;
  };
  /** What Optuna says where no trial is the best. */
  readonly error: string | null;
  readonly trials: readonly {
    readonly state: string;
    readonly values: readonly number[] | null;
    readonly steps: readonly (readonly [number, number])[];
  }[];
  readonly best: readonly (readonly [string, number | readonly number[]])[];
  readonly folders: Readonly<Record<string, readonly string[]>>;
  readonly states: Readonly<Record<string, object>>;
  readonly args: Readonly<Record<string, number>>;
}

type Metrics = Readonly<Record<string, number>>;
const OBJECTIVES = {
  default: undefined,
  loss: (metrics: Metrics) => metrics['eval_loss'] as number,
  accuracy: (metrics: Metrics) => metrics['eval_accuracy'] as number,
  both: (metrics: Metrics) => [metrics['eval_loss'] as number, metrics['eval_zeros'] as number],
  nan: (metrics: Metrics) => ((metrics['eval_loss'] as number) > 1.12 ? Number.NaN : (metrics['eval_loss'] as number)),
};

const file = new URL('../../../fixtures/trainer/searches.json', import.meta.url);
const recorded = parseJson(readFileSync(file, 'utf8')) as readonly Recorded[];

after(removeFolders);

for (const [number, wanted] of recorded.entries()) {
  const { objective, direction, space, named, upper, caught, arguments: more } = wanted.case;
  test(`${number}: ${JSON.stringify(wanted.case)}`, async () => {
    const { trainer, folder } = await tinyTrainer(
      {
        eval_strategy: 'epoch',
        save_strategy: 'epoch',
        num_train_epochs: 1,
        train_sampling_strategy: 'sequential',
        logging_steps: 2,
        per_device_train_batch_size: 4,
        learning_rate: 0.01,
        ...more,
      },
      {
        modelInit: () => taskModel(),
        trainDataset: taskRows(22),
        evalDataset: taskRows(9, 40),
        computeMetrics: taskMetrics,
      },
    );
    const storage = new MemoryLog();
    const computeObjective = OBJECTIVES[objective];
    const options: SearchOptions = {
      hpSpace: (trial) => ({ ...space[trial.number] }),
      ...(computeObjective && { computeObjective }),
      direction,
      nTrials: space.length,
      ...(named && { hpName: (trial) => `number ${trial.number}` }),
      pruner: upper === undefined ? 'none' : { type: 'threshold', upper },
      catch: caught ?? false,
      storage,
      studyName: 'search',
    };
    const search = trainer.hyperparameterSearch(options);
    if (wanted.error !== null) await assert.rejects(search, { code: 'no-best' });
    else {
      const runs = [await search].flat();
      assertClose(
        runs.map(({ run_id, objective: value }) => [run_id, value]),
        wanted.best,
        'best',
      );
    }
    const { history } = await createStudy({ storage, name: 'search', directions: [direction].flat() }).open();
    const trials = wanted.trials.map((_, trial) => {
      const { steps, values } = history.curve(trial);
      const state = Object.entries(TrialState).find(([, one]) => one === history.state(trial))?.[0];
      return {
        state: state?.toUpperCase(),
        values: Number.isNaN(history.value(trial))
          ? null
          : history.directions.map((_one, at) => history.value(trial, at)),
        steps: Array.from(steps, (step, at) => [step, values[at]]),
      };
    });
    assertClose(trials, wanted.trials, 'trials');
    assert.equal(history.length, wanted.trials.length);
    const folders = existsSync(folder) ? readdirSync(folder).sort() : [];
    assert.deepEqual(
      Object.fromEntries(folders.map((name) => [name, readdirSync(join(folder, name)).sort()])),
      wanted.folders,
    );
    for (const [name, state] of Object.entries(wanted.states)) {
      const last = lastCheckpoint(join(folder, name)) ?? assert.fail();
      const own = JSON.parse(readFileSync(join(last, 'trainer_state.json'), 'utf8'));
      if (own.best_model_checkpoint !== null) own.best_model_checkpoint = basename(own.best_model_checkpoint);
      // In a search, Python's checkpoints have the FLOPs of the last log.
      assertClose({ ...own, total_flos: 0 }, { ...state, total_flos: 0 }, name);
    }
    const args = Object.fromEntries(Object.keys(wanted.args).map((key) => [key, trainer.args[key as 'seed']]));
    assert.deepEqual(args, wanted.args);
    assert.equal(trainer.model, null);
    trainer.dispose();
  });
}
