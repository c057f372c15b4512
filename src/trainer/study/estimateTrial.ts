import type { TrainingArguments } from '../arguments/trainingArguments.ts';
import { beginState } from '../checkpoints/trainerState.ts';
import { Dataset } from '../datasets/dataset.ts';
import type { Trainer } from '../training/trainer.ts';
import { planTraining, type TrainingPlan } from '../training/trainingPlan.ts';

/** Updates that are timed, after one that is not: the first one compiles, allocates and fills caches. */
const TIMED = 3;
/** Batches of the evaluation that are timed, after one that is not. */
const TIMED_BATCHES = 2;

export interface TimedTrial {
  readonly epochs: number;
  readonly seconds: number;
}

/**
 * What a training with `args` will take, from a few steps. `make` gives a Trainer with changed arguments and data sets;
 * `startSeconds` is what the process has taken to come here, which every trial takes.
 */
export async function timeTrial(
  args: TrainingArguments,
  { train, test }: { readonly train: Dataset; readonly test: Dataset },
  make: (changes: Readonly<Record<string, unknown>>, onStepEnd: () => void) => Trainer,
  startSeconds: number,
): Promise<TimedTrial> {
  const plan = planTraining(train.rows.length, args);
  const ends: number[] = [];
  const quiet = { eval_strategy: 'no', save_strategy: 'no', logging_strategy: 'no', load_best_model_at_end: false };
  const trainer = make({ ...quiet, max_steps: Math.min(TIMED + 1, plan.maxSteps) }, () => ends.push(performance.now()));
  await trainer.train();
  const step = ends.length > 1 ? ((ends.at(-1) as number) - (ends[0] as number)) / (ends.length - 1) : (ends[0] ?? 0);
  const size = args.per_device_eval_batch_size;
  await trainer.evaluate(first(test, size));
  const began = performance.now();
  const timed = first(test, size * TIMED_BATCHES);
  await trainer.evaluate(timed);
  const evaluation = ((performance.now() - began) / timed.rows.length) * test.rows.length;
  trainer.dispose();
  const seconds = (plan.maxSteps * step + evaluations(args, plan) * evaluation) / 1000 + startSeconds;
  return { epochs: plan.epochs, seconds };
}

/** Evaluations of a training, at least the one at its end. The last update is evaluated whatever `eval_steps` is. */
function evaluations(args: TrainingArguments, plan: TrainingPlan): number {
  const { eval_strategy: strategy, eval_delay: delay, eval_on_start: isEarly } = args;
  let count = isEarly ? 1 : 0;
  if (strategy === 'epoch') {
    const end = Math.min(plan.epochs, plan.maxSteps / plan.updatesPerEpoch);
    for (let epoch = 1; epoch <= plan.epochs; epoch++) if (delay <= Math.min(epoch, end)) count++;
  }
  if (strategy === 'steps' && delay <= plan.maxSteps) {
    const every = beginState(args, plan, null).evalSteps;
    const upTo = (step: number) => Math.max(0, Math.floor(step / every));
    count += upTo(plan.maxSteps) - upTo(Math.ceil(delay) - 1) + (plan.maxSteps % every === 0 ? 0 : 1);
  }
  return Math.max(1, count);
}

function first({ columnNames, rows }: Dataset, count: number): Dataset {
  return new Dataset(columnNames, rows.slice(0, count));
}
