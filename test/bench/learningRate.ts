import { TrainingArguments } from '../../src/trainer/arguments/trainingArguments.ts';
import { BertForSequenceClassification } from '../../src/trainer/models/bert.ts';
import { TrainingStep } from '../../src/trainer/training/trainingStep.ts';
import { benchOptions, numberRange, wholeNumber } from './benchOptions.ts';
import { MODELS, type ModelSetting } from './hypergradient/models.ts';
import { type Reviews, reviewsOf } from './hypergradient/reviews.ts';
import { reviewsBackend } from './hypergradient/reviewsBackend.ts';
import { score } from './hypergradient/trainReviews.ts';
import { mean } from './quality/statistics.ts';
import { printTable } from './table.ts';

const DEFAULTS = { backend: 'wasm', seeds: '8', updates: '150', rates: '1e-4,1e-3,1e-2,5e-2', shares: '0.25,0.5' };
const BATCH = 32;
const TINY = MODELS['tiny'] as ModelSetting;

/**
 * What `hypergradient_lr` makes of learning rates that are far too small, too small, good and too large: the tiny character
 * BERT on real reviews in small batches, AdamW, a constant schedule. Each cell has the mean validation loss over seeds, in
 * how many of them it is below the fixed rate's, and how many times the rate was raised in the end (geometric mean).
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, DEFAULTS);
  const seeds = numberRange(options.seeds, 'seeds');
  const updates = wholeNumber(options.updates, 'updates');
  const backend = await reviewsBackend(options.backend);
  if (!backend) return;
  const setting: ModelSetting = { ...TINY, rows: [updates * BATCH, 256, 0] };
  const reviews = seeds.map((seed) => reviewsOf(setting, seed));
  const rates = options.rates.split(',').map(Number);
  const trainAll = (share: number) =>
    rates.map((rate) => reviews.map((drawn) => train(backend.tf, drawn, rate, share)));
  const fixed = trainAll(0);
  const shares = options.shares.split(',').map(Number);
  const rows = shares.map((share) => [
    String(share),
    ...trainAll(share).map((all, at) => learnt(all, fixed[at] ?? [])),
  ]);
  const first = ['fixed', ...fixed.map((all) => mean(all.map(({ loss }) => loss)).toFixed(3))];
  printTable(['share', ...rates.map((rate) => `from ${rate.toExponential()}`)], [first, ...rows]);
}

interface Trained {
  readonly loss: number;
  /** The rate in the end over the rate at first. */
  readonly factor: number;
}

function learnt(all: readonly Trained[], fixed: readonly Trained[]): string {
  const lower = all.filter(({ loss }, seed) => loss < (fixed[seed]?.loss ?? Number.NEGATIVE_INFINITY)).length;
  const factor = Math.exp(mean(all.map((one) => Math.log(one.factor))));
  return `${mean(all.map(({ loss }) => loss)).toFixed(3)}, ${lower} of ${all.length}, × ${factor.toPrecision(2)}`;
}

type Tf = NonNullable<Awaited<ReturnType<typeof reviewsBackend>>>['tf'];

function train(tf: Tf, reviews: Reviews, rate: number, share: number): Trained {
  const model = BertForSequenceClassification.fromConfig(tf, reviews.config, 1);
  const { values } = new TrainingArguments({
    per_device_train_batch_size: BATCH,
    learning_rate: rate,
    lr_scheduler_type: 'constant',
    hypergradient_lr: share,
  });
  const batches = reviews.batches(BATCH, 1);
  const step = new TrainingStep(tf, model, values, { total: batches.length, differentiate: [] });
  for (const [number, batch] of batches.entries()) step.update([batch], number);
  const { loss } = score(tf, model, reviews.validation, 0);
  const factor = step.learningRateAt(batches.length) / rate;
  model.dispose();
  return { loss, factor };
}
