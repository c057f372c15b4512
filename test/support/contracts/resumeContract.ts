import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Tf } from '../../../src/trainer/tf.ts';
import { removeFolders, tinyTf, tinyTrainer, weightsOf } from '../tinyTrainer.ts';

const ARGS = {
  num_train_epochs: 2,
  per_device_train_batch_size: 3,
  gradient_accumulation_steps: 2,
  learning_rate: 1e-2,
  weight_decay: 0.1,
  save_strategy: 'steps',
  save_steps: 1,
  eval_strategy: 'epoch',
};

/** On a backend, one to a process: training that goes on from a checkpoint comes to the same weights, and leaves no tensor. */
export function resumeContract(backend: string, options: { readonly skip: string | false } = { skip: false }): void {
  describe(`resuming on ${backend}`, options, () => {
    let tf: Tf;
    before(async () => {
      tf = await tinyTf(backend);
    });
    after(removeFolders);

    for (const optim of ['adamw_torch', 'adafactor', 'sgd']) {
      test(`with ${optim}`, async () => {
        const tensors = tf.memory().numTensors;
        const whole = await tinyTrainer({ ...ARGS, optim });
        await whole.trainer.train();
        const weights = weightsOf(whole);
        whole.trainer.dispose();
        for (const step of [1, 4, 6]) {
          const rest = await tinyTrainer({ ...ARGS, optim });
          await rest.trainer.train({ resumeFromCheckpoint: join(whole.folder, `checkpoint-${step}`) });
          assert.deepEqual(weightsOf(rest), weights, `from ${step}`);
          rest.trainer.dispose();
        }
        assert.equal(tf.memory().numTensors, tensors);
      });
    }
  });
}
