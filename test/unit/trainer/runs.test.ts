/** Trainings with random arguments against transformers' own Trainer: see fixtures/trainer/runs.py. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { after, test } from 'node:test';
import { camelCase } from '../../../src/core/text/letterCase.ts';
import { EarlyStoppingCallback } from '../../../src/trainer/callbacks/earlyStoppingCallback.ts';
import type { TrainerCallback } from '../../../src/trainer/callbacks/trainerCallback.ts';
import { removeFolders, tinyRows, tinyTrainer } from '../../support/tinyTrainer.ts';

interface Run {
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly scores: readonly number[];
  readonly early: Readonly<Record<string, number>> | null;
  readonly rows: number;
  /** What Python threw instead of all below. */
  readonly error?: string;
  readonly events: string;
  readonly logs: readonly (readonly [string, number, number])[];
  readonly folders: readonly string[];
  readonly rates: readonly number[];
  /** Null where it depends on the weights. */
  readonly best: string | null;
  readonly bestMetric: number | null;
  readonly globalStep: number;
  readonly flos: number;
}

const runs = JSON.parse(
  readFileSync(new URL('../../fixtures/trainer/runs.json', import.meta.url), 'utf8'),
) as readonly Run[];

const LETTERS: Readonly<Record<string, string>> = {
  onInitEnd: 'i',
  onTrainBegin: 'B',
  onEpochBegin: 'e',
  onStepBegin: 's',
  onPreOptimizerStep: 'p',
  onOptimizerStep: 'o',
  onSubstepEnd: 'u',
  onStepEnd: 'S',
  onEpochEnd: 'E',
  onEvaluate: 'v',
  onPredict: 'P',
  onSave: 'c',
  onLog: 'l',
  onPredictionStep: 'r',
  onTrainEnd: 'X',
};

after(removeFolders);

for (const [number, run] of runs.entries()) {
  const { early, scores, rows, error } = run;
  test(`${number}: ${JSON.stringify(run.arguments)} ${JSON.stringify(early)}, ${rows} rows`, async () => {
    let events = '';
    const values = [...scores];
    const note = (letter: string) => {
      events += letter;
    };
    const listener: TrainerCallback = Object.fromEntries(
      Object.entries(LETTERS).map(([name, letter]) => [name, () => note(letter)]),
    );
    const train = async () => {
      const stopping =
        early &&
        new EarlyStoppingCallback({
          ...Object.fromEntries(Object.entries(early).map(([key, value]) => [camelCase(key), value])),
          warn: () => undefined,
        });
      const made = await tinyTrainer(
        { save_strategy: 'steps', ...run.arguments },
        {
          trainDataset: tinyRows(rows),
          callbacks: [listener, ...(stopping ? [stopping] : [])],
          computeMetrics: () => ({ score: values.shift() as number }),
        },
      );
      return { ...made, output: await made.trainer.train() };
    };
    if (error !== undefined)
      return assert.rejects(
        train,
        (one: Error) => /^(training-arguments|dataset)$/.test((one as { code?: string }).code ?? ''),
        error,
      );
    const { trainer, output, folder } = await train();
    assert.equal(events, run.events);
    const { logHistory, bestMetric, bestModelCheckpoint, totalFlos } = trainer.state;
    assert.deepEqual(
      logHistory.map(({ step, ...log }) => [[...Object.keys(log), 'step'].join(' '), step, log['epoch']]),
      run.logs,
    );
    assert.deepEqual(existsSync(folder) ? readdirSync(folder).sort() : [], run.folders);
    const rates = logHistory.flatMap((log) => log['learning_rate'] ?? []);
    assert.deepEqual(
      rates.map((rate) => Number(rate.toPrecision(9))),
      run.rates,
    );
    assert.deepEqual([output.globalStep, totalFlos], [run.globalStep, run.flos]);
    if (run.bestMetric !== null) {
      assert.deepEqual([bestMetric, bestModelCheckpoint && basename(bestModelCheckpoint)], [run.bestMetric, run.best]);
    }
    trainer.dispose();
  });
}
