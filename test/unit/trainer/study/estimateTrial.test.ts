import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { Dataset } from '../../../../src/trainer/datasets/dataset.ts';
import { timeTrial } from '../../../../src/trainer/study/estimateTrial.ts';
import type { Trainer } from '../../../../src/trainer/training/trainer.ts';

const STEP_MS = 100;
const ROW_MS = 10;
const START_SECONDS = 2;

/** Of a training with 10 updates an epoch and 4 rows to evaluate, by a clock of its own. */
async function seconds(given: Readonly<Record<string, unknown>>): Promise<number> {
  let now = 0;
  const clock = mock.method(performance, 'now', () => now);
  const rows = (count: number) =>
    new Dataset(
      ['x'],
      Array.from({ length: count }, (_, x) => ({ x })),
    );
  const make = ({ max_steps: steps }: Readonly<Record<string, unknown>>, onStepEnd: () => void) => {
    const trainer: Pick<Trainer, 'dispose'> & Record<'train' | 'evaluate', unknown> = {
      train: async () => {
        for (let step = 0; step < (steps as number); step++) {
          // The first one takes longer.
          now += step === 0 ? 50 * STEP_MS : STEP_MS;
          onStepEnd();
        }
      },
      evaluate: async (part: Dataset) => {
        now += ROW_MS * part.rows.length;
      },
      dispose: () => undefined,
    };
    return trainer as unknown as Trainer;
  };
  try {
    const args = new TrainingArguments({ per_device_train_batch_size: 2, per_device_eval_batch_size: 1, ...given });
    return (await timeTrial(args, { train: rows(20), test: rows(4) }, make, START_SECONDS)).seconds;
  } finally {
    clock.mock.restore();
  }
}

/** Of so many updates and evaluations. */
function expected(steps: number, evaluations: number): number {
  return START_SECONDS + (steps * STEP_MS + evaluations * 4 * ROW_MS) / 1000;
}

test('a trial takes its start, its updates and its evaluations', async () => {
  const cases: [Readonly<Record<string, unknown>>, number, number][] = [
    [{ num_train_epochs: 3, eval_strategy: 'epoch' }, 30, 3],
    [{ num_train_epochs: 3, eval_strategy: 'no' }, 30, 1],
    [{ num_train_epochs: 1, eval_strategy: 'steps', eval_steps: 5 }, 10, 2],
    // After updates 4, 8 and 10.
    [{ num_train_epochs: 1, eval_strategy: 'steps', eval_steps: 4 }, 10, 3],
    [{ num_train_epochs: 1, eval_strategy: 'steps', eval_steps: 0.25 }, 10, 4],
    [{ num_train_epochs: 1, eval_strategy: 'steps', logging_steps: 500 }, 10, 1],
    [{ max_steps: 2, eval_strategy: 'epoch' }, 2, 1],
    [{ num_train_epochs: 4, eval_strategy: 'epoch', eval_delay: 3 }, 40, 2],
    [{ num_train_epochs: 2.5, eval_strategy: 'epoch', eval_delay: 2.5 }, 25, 1],
    // None but the one that a study asks for.
    [{ num_train_epochs: 2, eval_strategy: 'epoch', eval_delay: 3 }, 20, 1],
    [{ num_train_epochs: 1, eval_strategy: 'epoch', eval_on_start: true }, 10, 2],
    [{ num_train_epochs: 1, eval_strategy: 'no', eval_on_start: true }, 10, 1],
    // After updates 8 and 10; after 4, 8 and 10; at the start and after 10.
    [{ num_train_epochs: 1, eval_strategy: 'steps', eval_steps: 4, eval_delay: 5 }, 10, 2],
    [{ num_train_epochs: 1, eval_strategy: 'steps', eval_steps: 4, eval_delay: 4 }, 10, 3],
    [{ num_train_epochs: 1, eval_strategy: 'steps', eval_steps: 2, eval_delay: 10, eval_on_start: true }, 10, 2],
    [{ num_train_epochs: 1, eval_strategy: 'steps', eval_steps: 2, eval_delay: 11 }, 10, 1],
  ];
  for (const [given, steps, evaluations] of cases) {
    const found = await seconds(given);
    assert.ok(Math.abs(found - expected(steps, evaluations)) < 1e-9, `${JSON.stringify(given)}: ${found}`);
  }
});
