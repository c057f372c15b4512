/** Whole trainings beside transformers' own, from the same weights: see `curve` in fixtures/trainer/huggingface.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { Dataset } from '../../../src/trainer/datasets/dataset.ts';
import { BertForSequenceClassification } from '../../../src/trainer/models/bert.ts';
import { bertConfig } from '../../../src/trainer/models/bertConfig.ts';
import { type HuggingFaceFacts, removeFolders, tinyTf, tinyTrainer } from '../../support/tinyTrainer.ts';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/trainer/${name}`, import.meta.url), 'utf8'));
const { curves } = read('huggingface.json') as HuggingFaceFacts;
const recorded = read('bert.json') as {
  readonly config: Record<string, number>;
  readonly inputIds: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly weights: Readonly<Record<string, string>>;
};

after(removeFolders);

const rows = Dataset.fromRows(
  recorded.inputIds.map((ids, index) => ({
    input_ids: [...ids],
    attention_mask: ids.map((id) => Number(id !== 0)),
    labels: recorded.labels[index] as number,
  })),
);

async function modelInit(): Promise<BertForSequenceClassification> {
  const tf = await tinyTf();
  const model = BertForSequenceClassification.fromConfig(tf, bertConfig(recorded.config), 1);
  for (const [name, variable] of model.parameters) {
    const bytes = Buffer.from(recorded.weights[name] as string, 'base64');
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
  return model;
}

describe('losses, norms and rates are those of transformers, to the end', () => {
  for (const curve of curves) {
    test(JSON.stringify(curve.arguments), async () => {
      const { trainer } = await tinyTrainer(
        { ...curve.arguments, max_steps: 6, logging_steps: 1, per_device_train_batch_size: 4 },
        { modelInit, trainDataset: rows, evalDataset: rows },
      );
      await trainer.train();
      const logs = trainer.state.logHistory.filter((log) => 'loss' in log);
      for (const key of ['loss', 'grad_norm', 'learning_rate'] as const) {
        for (const [step, wanted] of curve[key].entries()) {
          const own = logs[step]?.[key] as number;
          assert.ok(Math.abs(own - wanted) < 2e-5 * Math.max(1, wanted), `${key} ${step}: ${own} instead of ${wanted}`);
        }
      }
      const { eval_loss: loss } = await trainer.evaluate();
      assert.ok(Math.abs((loss as number) - curve.evalLoss) < 2e-5, `${loss} instead of ${curve.evalLoss}`);
      trainer.dispose();
    });
  }
});
