/** Orders of rows against transformers' own: see fixtures/trainer/datasets/grouped.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { TrainingArguments } from '../../../../src/trainer/arguments/trainingArguments.ts';
import { Dataset } from '../../../../src/trainer/datasets/dataset.ts';
import { groupedByLength, rowOrder } from '../../../../src/trainer/training/rowOrder.ts';
import { updatesOf } from '../../../../src/trainer/training/trainingPlan.ts';
import { removeFolders, tinyTrainer } from '../../../support/tinyTrainer.ts';

after(removeFolders);

const cases = JSON.parse(
  readFileSync(new URL('../../../fixtures/trainer/datasets/grouped.json', import.meta.url), 'utf8'),
) as readonly {
  readonly lengths: readonly number[];
  readonly batch: number;
  readonly order: readonly number[];
  readonly grouped: readonly number[];
}[];

function textOf(length: number) {
  const ids = Array.from({ length }, () => 5);
  return { input_ids: ids, attention_mask: ids.map(() => 1), labels: length % 2 };
}

test('rows are grouped by length as transformers groups them', () => {
  for (const { lengths, batch, order, grouped } of cases) {
    const given = Uint32Array.from(order);
    assert.deepEqual([...groupedByLength(given, Float64Array.from(lengths), batch)], grouped);
    assert.deepEqual([...given], order);
  }
});

test('an epoch groups what an update is made from, the longest first, and each epoch otherwise', () => {
  const lengths = Array.from({ length: 400 }, (_, index) => 3 + ((index * 37) % 61));
  const rows = lengths.map(textOf);
  const padding = (given: object) => {
    const args = new TrainingArguments({ per_device_train_batch_size: 4, gradient_accumulation_steps: 2, ...given });
    const batches = updatesOf(rows, args, 0).flat();
    const longest = batches.map((batch) => Math.max(...batch.map(({ input_ids: ids }) => ids.length)));
    const padded = batches.reduce((sum, batch, at) => sum + batch.length * (longest[at] as number), 0);
    return padded - lengths.reduce((sum, length) => sum + length, 0);
  };
  assert.ok(padding({ train_sampling_strategy: 'group_by_length' }) < padding({}) / 5);
  const args = new TrainingArguments({ group_by_length: true, per_device_train_batch_size: 4 });
  const orders = [0, 1].map((epoch) => rowOrder(rows, args, epoch));
  for (const order of orders) {
    assert.equal(lengths[order[0] as number], Math.max(...lengths));
    assert.deepEqual(
      [...order].sort((a, b) => a - b),
      [...rows.keys()],
    );
  }
  assert.notDeepEqual(orders[0], orders[1]);
});

test('lengths come from a column where there is one, and rows without any are one sentence', () => {
  const rows = [1, 3, 2].map((size) => ({ ...textOf(4), size }));
  const args = { train_sampling_strategy: 'group_by_length', per_device_train_batch_size: 9 };
  const order = rowOrder(rows, new TrainingArguments({ ...args, length_column_name: 'size' }), 0);
  assert.deepEqual([...order], [1, 2, 0]);
  assert.throws(() => rowOrder([{ text: 'a' }], new TrainingArguments(args), 0), {
    code: 'dataset',
    message: /neither a column length with their lengths nor input_ids/,
  });
});

test('sequential rows are trained on in their order', async () => {
  const seen: unknown[] = [];
  const rows = Array.from({ length: 7 }, (_, index) => ({ ...textOf(3), labels: index % 2, number: index }));
  const { trainer } = await tinyTrainer(
    { train_sampling_strategy: 'sequential', num_train_epochs: 2, per_device_train_batch_size: 2 },
    {
      trainDataset: new Dataset(['input_ids', 'attention_mask', 'labels', 'number'], rows),
      dataCollator: (batch) => {
        seen.push(...batch.map(({ number }) => number));
        const inputIds = Int32Array.from(batch.flatMap(({ input_ids: ids }) => ids as number[]));
        return {
          size: batch.length,
          length: 3,
          inputIds,
          attentionMask: inputIds.map(() => 1),
          tokenTypeIds: inputIds.map(() => 0),
          labels: Int32Array.from(batch, ({ labels }) => Number(labels)),
        };
      },
    },
  );
  await trainer.train();
  trainer.dispose();
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6]);
});
