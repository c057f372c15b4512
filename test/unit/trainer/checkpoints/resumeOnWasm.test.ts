/** Resuming bit for bit where weights are updated in WebAssembly's memory by our kernels, and no leak there. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Tf } from '../../../../src/trainer/tf.ts';
import { removeFolders, tinyTf, tinyTrainer, weightsOf } from '../../../support/tinyTrainer.ts';

let tf: Tf;
before(async () => {
  tf = await tinyTf('wasm');
});
after(removeFolders);

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
