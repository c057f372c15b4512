/** The estimate of a training step's memory, against what was measured. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackendName } from '../../../../src/trainer/backend/chooseBackend.ts';
import { microBatchSize, requireRoom, trainingMemory } from '../../../../src/trainer/backend/memory.ts';

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

/** Texts of an update, and MiB that its process has at its peak more than before it had a model. */
type Peak = readonly [texts: number, mebibytes: number];

/**
 * Two updates each with AdamW and dropout, Node 24 on Linux x86-64, peak resident memory, November 2026 (`npm run bench --
 * trainer-memory`).
 */
const MEASURED: readonly (readonly [BackendName, string, Size, readonly Peak[]])[] = [
  [
    'wasm',
    'S',
    S,
    [
      [32, 67],
      [128, 215],
    ],
  ],
  [
    'wasm',
    'narrow',
    { ...S, intermediate_size: 64 },
    [
      [32, 48],
      [128, 141],
    ],
  ],
  [
    'wasm',
    'broad',
    { ...S, intermediate_size: 1024 },
    [
      [32, 92],
      [128, 300],
    ],
  ],
  [
    'wasm',
    'heads',
    { ...S, num_attention_heads: 16 },
    [
      [32, 80],
      [128, 249],
    ],
  ],
  [
    'wasm',
    'deep',
    { ...S, layers: 8 },
    [
      [32, 176],
      [128, 608],
    ],
  ],
  [
    'wasm',
    'long',
    { ...S, length: 512 },
    [
      [8, 172],
      [32, 636],
    ],
  ],
  [
    'wasm',
    'small',
    { ...S, layers: 4, num_attention_heads: 2, length: 128, vocab_size: 4000 },
    [
      [16, 87],
      [64, 273],
    ],
  ],
  [
    'wasm',
    'middle',
    { ...RBT3, layers: 6, hidden_size: 384, intermediate_size: 1536, vocab_size: 8000 },
    [
      [4, 267],
      [20, 608],
    ],
  ],
  [
    'wasm',
    'rbt3',
    RBT3,
    [
      [2, 604],
      [8, 682],
      [24, 891],
      [150, 3200],
    ],
  ],
  [
    'tensorflow',
    'S',
    S,
    [
      [32, 149],
      [128, 463],
    ],
  ],
  [
    'tensorflow',
    'narrow',
    { ...S, intermediate_size: 64 },
    [
      [32, 101],
      [128, 283],
    ],
  ],
  [
    'tensorflow',
    'broad',
    { ...S, intermediate_size: 1024 },
    [
      [32, 223],
      [128, 687],
    ],
  ],
  [
    'tensorflow',
    'heads',
    { ...S, num_attention_heads: 16 },
    [
      [32, 181],
      [128, 631],
    ],
  ],
  [
    'tensorflow',
    'deep',
    { ...S, layers: 8 },
    [
      [32, 279],
      [128, 974],
    ],
  ],
  [
    'tensorflow',
    'long',
    { ...S, length: 512 },
    [
      [8, 573],
      [32, 2068],
    ],
  ],
  [
    'tensorflow',
    'small',
    { ...S, layers: 4, num_attention_heads: 2, length: 128, vocab_size: 4000 },
    [
      [16, 163],
      [64, 541],
    ],
  ],
  [
    'tensorflow',
    'middle',
    { ...RBT3, layers: 6, hidden_size: 384, intermediate_size: 1536, vocab_size: 8000 },
    [
      [4, 470],
      [20, 1071],
    ],
  ],
  [
    'tensorflow',
    'rbt3',
    RBT3,
    [
      [2, 1118],
      [8, 1267],
      [24, 1811],
    ],
  ],
  [
    'cpu',
    'S',
    S,
    [
      [4, 64],
      [16, 78],
      [32, 150],
      [96, 342],
    ],
  ],
];

function estimate({ layers, length, ...sizes }: Size, backend: BackendName) {
  return trainingMemory({ ...sizes, num_hidden_layers: layers, max_position_embeddings: 512 }, length, backend);
}

for (const [backend, name, size, peaks] of MEASURED) {
  test(`of ${name} on ${backend}, it is within half of what was measured`, () => {
    const { fixed, perRow } = estimate(size, backend);
    for (const [texts, mebibytes] of peaks) {
      const ratio = (fixed + texts * perRow) / (mebibytes * 2 ** 20);
      assert.ok(ratio < 1.5 && ratio > 1 / 1.5, `${texts} texts: ${ratio}`);
    }
    // On cpu, when garbage is collected says more than what a text takes.
    if (backend === 'cpu') return;
    const [first, last] = [peaks[0] as Peak, peaks.at(-1) as Peak];
    const ratio = (perRow * (last[0] - first[0])) / ((last[1] - first[1]) * 2 ** 20);
    assert.ok(ratio < 1.5 && ratio > 1 / 1.5, `a text: ${ratio}`);
  });
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
