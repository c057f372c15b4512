/** The sampler hypergradient against random search, at equal cost: a trial of it takes two gradients an update, not one. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Random } from '../../../../src/core/random.ts';
import { createSampler } from '../../../../src/core/samplers/createSampler.ts';
import { floatDistribution } from '../../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../../src/core/space/searchSpace.ts';
import { GRADIENT } from '../../../../src/core/study/gradient.ts';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import type { LabelledBatch } from '../../../../src/trainer/datasets/collator.ts';
import { registerWasmKernels } from '../../../../src/trainer/kernels/registerWasmKernels.ts';
import { BertForSequenceClassification } from '../../../../src/trainer/models/bert.ts';
import { bertConfig } from '../../../../src/trainer/models/bertConfig.ts';
import { modelLoss } from '../../../../src/trainer/models/loss.ts';
import type { Tf } from '../../../../src/trainer/tf.ts';
import { TrainingStep } from '../../../../src/trainer/trainingStep.ts';
import { bestValue, search } from '../../../support/searches.ts';
import { prepareKernels } from '../../../support/trainerKernels.ts';

const VOCABULARY = 40;
const LENGTH = 8;
const UPDATES = 40;
const SIZE = 16;
const TRIALS = 6;
const TASKS = [1, 2, 3, 4, 5];

const config = bertConfig({
  vocab_size: VOCABULARY,
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: LENGTH,
});
const space = searchSpace([{ name: 'learning_rate', distribution: floatDistribution(1e-5, 1e-1, { log: true }) }]);

/** Rows of random words; each word has a weight in the task, and the sum of theirs, with noise, decides. */
function batchOf(task: number, rows: number, seed: number): LabelledBatch {
  const random = new Random(seed, task, 'rows');
  const weights = Array.from({ length: VOCABULARY }, (_, word) => new Random(task, word, 'word').normal());
  const inputIds = Int32Array.from({ length: rows * LENGTH }, () => 1 + random.integer(VOCABULARY - 1));
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    const words = inputIds.subarray(row * LENGTH, (row + 1) * LENGTH);
    return Number(words.reduce((sum, id) => sum + (weights[id] as number), random.normal()) > 0);
  });
  return { inputIds, attentionMask: new Int32Array(rows * LENGTH).fill(1), labels, size: rows, length: LENGTH };
}

/** The validation loss after a training, and its derivative where it is wanted. */
function train(tf: Tf, task: number, params: Params, differentiate: boolean) {
  const model = BertForSequenceClassification.fromConfig(tf, config, 1);
  const { values } = new TrainingArguments({ per_device_train_batch_size: SIZE, ...params });
  const options = { total: UPDATES, ...(differentiate && { differentiate: ['learning_rate'] as const }) };
  const step = new TrainingStep(tf, model, values, options);
  // Twelve batches, again and again: trained too far, the model learns them by heart.
  for (let number = 0; number < UPDATES; number++) step.update([batchOf(task, SIZE, number % 12)], number);
  const validation = batchOf(task, 256, 1000);
  const gradient = step.derivatives([validation]);
  const loss = tf.tidy(
    () => modelLoss(tf, config, model.logits(validation, null), validation.labels, 0).dataSync()[0] as number,
  );
  model.dispose();
  return { values: [loss], ...(differentiate && { systemAttrs: { [GRADIENT]: gradient } }) };
}

before(prepareKernels);

test('beats random search at equal cost', async () => {
  const { tf } = await chooseBackend('wasm');
  // Rounded alike on every machine.
  registerWasmKernels(tf, 'simd');
  const mean = (type: string, trials: number): number =>
    TASKS.reduce((sum, task) => {
      const objective = (params: Params) => train(tf, task, params, type === 'hypergradient');
      return sum + bestValue(search(createSampler({ type, seed: task }), { space, trials, objective })) / TASKS.length;
    }, 0);
  const ours = mean('hypergradient', TRIALS);
  const random = mean('random', 2 * TRIALS);
  assert.ok(ours < random - 0.003, `${ours} instead of ${random}`);
});
