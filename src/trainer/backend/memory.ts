import type { BertConfig } from '../models/bertConfig.ts';
import type { BackendName } from './chooseBackend.ts';

/**
 * How many float32 numbers a training step keeps, as measured on a BERT of rbt3's size (3 layers, 768 wide, 128 tokens):
 * 59 MB a text, and 1.2 GB whatever the batch (trainer's notes; the form of gradients that frees what it has used).
 */
const PER_TOKEN = { hidden: 18, intermediate: 5 };
const PER_ATTENTION = 6;
/** Weights, gradients, two moments of Adam, and the copies that a step makes of each. */
const COPIES_OF_WEIGHTS = 8;
const FLOAT_BYTES = 4;

/** WebAssembly addresses 4 GB; not all of it, since the heap is fragmented. */
const WASM_BYTES = 3.2e9;
/** Share of the free memory that a trial may take: other programs need some too. */
const SHARE = 0.7;

type Sizes = Pick<
  BertConfig,
  | 'vocab_size'
  | 'hidden_size'
  | 'num_hidden_layers'
  | 'num_attention_heads'
  | 'intermediate_size'
  | 'max_position_embeddings'
>;

/** Bytes that a training step needs: `fixed` whatever the batch, `perRow` a text of `length` tokens. */
export function trainingMemory(config: Sizes, length: number): { readonly fixed: number; readonly perRow: number } {
  const {
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
  } = config;
  const weights =
    (config.vocab_size + config.max_position_embeddings) * hidden + layers * (4 * hidden ** 2 + 2 * hidden * inner);
  const tokens = length * (PER_TOKEN.hidden * hidden + PER_TOKEN.intermediate * inner);
  return {
    fixed: FLOAT_BYTES * COPIES_OF_WEIGHTS * weights,
    perRow: FLOAT_BYTES * layers * (tokens + PER_ATTENTION * heads * length ** 2),
  };
}

/**
 * Texts that may go through a model at once without running out of memory, 1 at least. `freeBytes`: of this process, as
 * far as is known.
 */
export function microBatchSize(
  config: Sizes,
  length: number,
  backend: BackendName,
  freeBytes: number = process.availableMemory(),
): number {
  const { fixed, perRow } = trainingMemory(config, length);
  const budget = Math.min(freeBytes * SHARE, backend === 'wasm' ? WASM_BYTES : Number.POSITIVE_INFINITY);
  return Math.max(1, Math.floor((budget - fixed) / perRow));
}
