/** The sampler hypergradient against random search, at equal cost: a trial that is differentiated takes two gradients an update. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { Random } from '../../../../src/core/random.ts';
import { createSampler } from '../../../../src/core/samplers/createSampler.ts';
import type { Hyperparameter } from '../../../../src/core/samplers/gradient/hyperparameters.ts';
import { floatDistribution } from '../../../../src/core/space/distributionRules.ts';
import type { Params } from '../../../../src/core/space/distributions.ts';
import { searchSpace } from '../../../../src/core/space/searchSpace.ts';
import { GRADIENT } from '../../../../src/core/study/attributes.ts';
import { History } from '../../../../src/core/study/history.ts';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { chooseBackend } from '../../../../src/trainer/backend/chooseBackend.ts';
import type { LabelledBatch } from '../../../../src/trainer/datasets/collator.ts';
import { registerWasmKernels } from '../../../../src/trainer/kernels/registerWasmKernels.ts';
import { BertForSequenceClassification } from '../../../../src/trainer/models/bert.ts';
import { bertConfig } from '../../../../src/trainer/models/bertConfig.ts';
import { modelLoss } from '../../../../src/trainer/models/loss.ts';
import type { Tf } from '../../../../src/trainer/tf.ts';
import { TrainingStep } from '../../../../src/trainer/training/trainingStep.ts';
import { search } from '../../../support/searches.ts';
import { prepareKernels } from '../../../support/trainerKernels.ts';

const VOCABULARY = 40;
const LENGTH = 8;
const UPDATES = 40;
const SIZE = 16;
const COST = 12;
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

/** The validation loss after a training, and its derivatives where it is lower than `below`. */
function train(tf: Tf, task: number, params: Params, differentiate: readonly Hyperparameter[], below: number) {
  const model = BertForSequenceClassification.fromConfig(tf, config, 1);
  const { values } = new TrainingArguments({ per_device_train_batch_size: SIZE, ...params });
  const step = new TrainingStep(tf, model, values, { total: UPDATES, differentiate });
  // Twelve batches, again and again: trained too far, the model learns them by heart.
  for (let number = 0; number < UPDATES; number++) step.update([batchOf(task, SIZE, number % 12)], number);
  const validation = batchOf(task, 256, 1000);
  const loss = tf.tidy(
    () => modelLoss(tf, config, model.logits(validation, null), validation.labels, 0).dataSync()[0] as number,
  );
  const gradient = differentiate.length > 0 && loss < below ? step.derivatives([validation]) : null;
  model.dispose();
  return { loss, gradient };
}

/** The lowest loss at a cost: 1 a training, and 1 more where it is differentiated. */
function lowest(tf: Tf, task: number, type: string): number {
  const sampler = createSampler({ type, seed: task });
  const names: readonly Hyperparameter[] = type === 'hypergradient' ? ['learning_rate'] : [];
  const history = new History([1]);
  let best = Number.POSITIVE_INFINITY;
  for (let cost = 0; cost < COST; ) {
    search(sampler, {
      space,
      history,
      trials: 1,
      objective: (params) => {
        const { loss, gradient } = train(tf, task, params, names, best);
        cost += gradient ? 2 : 1;
        // A trial that costs too much does not count.
        if (cost <= COST) best = Math.min(best, loss);
        return { values: [loss], ...(gradient && { systemAttrs: { [GRADIENT]: gradient } }) };
      },
    });
  }
  return best;
}

before(prepareKernels);

test('beats random search at equal cost', async () => {
  const { tf } = await chooseBackend('wasm');
  // Rounded alike on every machine.
  registerWasmKernels(tf, 'simd');
  const mean = (type: string) => TASKS.reduce((sum, task) => sum + lowest(tf, task, type) / TASKS.length, 0);
  const [ours, random] = [mean('hypergradient'), mean('random')];
  assert.ok(ours < random - 0.004, `${ours} instead of ${random}`);
});
