/** The estimate of a training step's memory, against what was measured. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackendName } from '../../../../src/trainer/backend/chooseBackend.ts';
import {
  microBatchSize,
  type Operations,
  requireRoom,
  trainingMemory,
} from '../../../../src/trainer/backend/memory.ts';

const S = {
  layers: 3,
  hidden_size: 128,
  num_attention_heads: 4,
  intermediate_size: 512,
  length: 64,
  vocab_size: 8000,
};

type Size = typeof S;

const RBT3: Size = {
  layers: 3,
  hidden_size: 768,
  num_attention_heads: 12,
  intermediate_size: 3072,
  length: 128,
  vocab_size: 21128,
};

const SMALL: Size = { ...S, layers: 4, num_attention_heads: 2, length: 128, vocab_size: 4000 };

const SIZES: Readonly<Record<string, Size>> = {
  S,
  narrow: { ...S, intermediate_size: 64 },
  broad: { ...S, intermediate_size: 1024 },
  heads: { ...S, num_attention_heads: 16 },
  deep: { ...S, layers: 8 },
  long: { ...S, length: 512 },
  small: SMALL,
  middle: { ...RBT3, layers: 6, hidden_size: 384, intermediate_size: 1536, vocab_size: 8000 },
  rbt3: RBT3,
};

/** Texts of an update, and MiB that its process has at its peak more than before it had a model. */
type Peak = readonly [texts: number, mebibytes: number];

/**
 * Peaks as texts:MiB. Two updates each with AdamW and dropout, Node 24 on Linux x86-64, peak resident memory, November 2026
 * (`npm run bench -- trainer-memory`; those of stock TensorFlow before there were operations of our own in it).
 */
const MEASURED: Readonly<Record<Operations, Readonly<Record<string, string>>>> = {
  wasm: {
    S: '32:67 128:215',
    narrow: '32:48 128:141',
    broad: '32:92 128:300',
    heads: '32:80 128:249',
    deep: '32:176 128:608',
    long: '8:172 32:636',
    small: '16:87 64:273',
    middle: '4:267 20:608',
    rbt3: '2:604 8:682 24:891 150:3200',
  },
  tensorflow: {
    S: '32:98 128:247',
    narrow: '32:73 128:164',
    broad: '32:140 128:353',
    heads: '32:110 128:295',
    deep: '32:231 128:681',
    long: '8:206 32:698',
    small: '16:113 64:312',
    middle: '4:484 20:894',
    rbt3: '8:1193 24:1490',
  },
  'stock tensorflow': {
    S: '32:149 128:463',
    narrow: '32:101 128:283',
    broad: '32:223 128:687',
    heads: '32:181 128:631',
    deep: '32:279 128:974',
    long: '8:573 32:2068',
    small: '16:163 64:541',
    middle: '4:470 20:1071',
    rbt3: '2:1118 8:1267 24:1811',
  },
  cpu: { S: '4:64 16:78 32:150 96:342' },
};

function estimate({ layers, length, ...sizes }: Size, operations: Operations) {
  return trainingMemory({ ...sizes, num_hidden_layers: layers, max_position_embeddings: 512 }, length, operations);
}

for (const [operations, sizes] of Object.entries(MEASURED) as [Operations, Record<string, string>][]) {
  // Too little costs a try that runs out of memory, too much a batch in parts.
  const [least, most] = operations === 'tensorflow' ? [1, 1.3] : [1 / 1.5, 1.5];
  for (const [name, text] of Object.entries(sizes)) {
    test(`of ${name} on ${operations}, it is ${least.toFixed(2)} to ${most} × what was measured`, () => {
      const peaks = text.split(' ').map((one) => one.split(':').map(Number) as unknown as Peak);
      const { fixed, perRow } = estimate(SIZES[name] as Size, operations);
      for (const [texts, mebibytes] of peaks) {
        const ratio = (fixed + texts * perRow) / (mebibytes * 2 ** 20);
        assert.ok(ratio < most && ratio >= least, `${texts} texts: ${ratio}`);
      }
      // On cpu, when garbage is collected says more than what a text takes.
      if (operations === 'cpu') return;
      const [first, last] = [peaks[0] as Peak, peaks.at(-1) as Peak];
      const ratio = (perRow * (last[0] - first[0])) / ((last[1] - first[1]) * 2 ** 20);
      assert.ok(ratio < 1.5 && ratio > 1 / 1.5, `a text: ${ratio}`);
    });
  }
}

test('a batch is parted where it would not fit, on WebAssembly into its 4 GB', () => {
  const { layers, length, ...sizes } = RBT3;
  const config = { ...sizes, num_hidden_layers: layers, max_position_embeddings: 512 };
  assert.ok(microBatchSize(config, length, 'tensorflow', 16e9) >= 64);
  const onWasm = microBatchSize(config, length, 'wasm', 64e9);
  assert.ok(onWasm >= 100 && onWasm <= 200, String(onWasm));
  assert.ok(microBatchSize(config, 512, 'wasm', 64e9) < onWasm / 4);
  assert.equal(microBatchSize({ ...config, num_hidden_layers: 24, hidden_size: 1024 }, 512, 'tensorflow', 8e9), 1);
  assert.ok(microBatchSize(config, length, 'cpu', 4e9) < microBatchSize(config, length, 'cpu', 16e9));
});

test('a model whose weights have no room is refused before it is made', () => {
  const sizes = {
    vocab_size: 1000,
    max_position_embeddings: 24,
    num_hidden_layers: 12,
    num_attention_heads: 8,
    intermediate_size: 16384,
    hidden_size: 4096,
  };
  const sentence = /^The model would have 2420 million weights, which take 19 GB with their gradients, and there are /;
  const refused = (backend: BackendName, bytes: number) =>
    assert.throws(() => requireRoom(sizes, backend, bytes), { code: 'out-of-memory', message: sentence });
  refused('wasm', 64e9);
  refused('tensorflow', 16e9);
  requireRoom(sizes, 'tensorflow', 64e9);
  requireRoom({ ...sizes, hidden_size: 768, intermediate_size: 3072, vocab_size: 21128 }, 'wasm', 8e9);
});
