import { totalmem } from 'node:os';
import { TuneboardError } from '../../core/errors.ts';
import type { BertConfig } from '../models/bertConfig.ts';
import type { BackendName } from './chooseBackend.ts';

/**
 * Of what a training step keeps at its peak, beyond the bare process: copies of the weights (with gradients and Adam's
 * moments), and float32 numbers a token and layer by `hidden` and `intermediate` size, and a pair of tokens, head and layer.
 * Fitted to peaks of 2 to 128 texts on models of 0.4 to 38 million weights (test/unit/trainer/backend/memory.test.ts has the
 * figures; `npm run bench -- trainer-memory` measures them): within half of each.
 */
const KEPT: Readonly<Record<Operations, Kept>> = {
  // With our kernels, which keep little of attention and norms.
  wasm: { copies: 4, hidden: 7.5, intermediate: 1.5, pair: 0.76 },
  // With our operations. Never below what was measured: it is this one that decides in practice.
  tensorflow: { copies: 8, hidden: 9, intermediate: 2.2, pair: 0.8 },
  'stock tensorflow': { copies: 7, hidden: 10.8, intermediate: 3.4, pair: 3.4 },
  cpu: { copies: 9, hidden: 10.8, intermediate: 3.4, pair: 3.4 },
};
const FLOAT_BYTES = 4;

const WASM_ADDRESSES = 2 ** 32;
/** Not all of what WebAssembly addresses, since the heap is fragmented. */
const WASM_BYTES = 3.2e9;
/** Share of the free memory that a trial may take: other programs need some too. */
const SHARE = 0.7;

/** What computes: a backend as it usually is, or TensorFlow where our operations do not run in it. */
export type Operations = BackendName | 'stock tensorflow';

interface Kept {
  readonly copies: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly pair: number;
}

type Sizes = Pick<
  BertConfig,
  | 'vocab_size'
  | 'hidden_size'
  | 'num_hidden_layers'
  | 'num_attention_heads'
  | 'intermediate_size'
  | 'max_position_embeddings'
>;

/**
 * Bytes that a training step needs at its peak, beyond those of a process without a model: `fixed` whatever the batch,
 * `perRow` a text of `length` tokens.
 */
export function trainingMemory(
  config: Sizes,
  length: number,
  operations: Operations,
): { readonly fixed: number; readonly perRow: number } {
  const {
    hidden_size: hidden,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
  } = config;
  const kept = KEPT[operations];
  const tokens = length * (kept.hidden * hidden + kept.intermediate * inner);
  return {
    fixed: FLOAT_BYTES * kept.copies * weightsOf(config),
    perRow: FLOAT_BYTES * layers * (tokens + kept.pair * heads * length ** 2),
  };
}

function weightsOf({
  vocab_size: tokens,
  max_position_embeddings: places,
  hidden_size: hidden,
  intermediate_size: inner,
  num_hidden_layers: layers,
}: Sizes): number {
  return (tokens + places) * hidden + layers * (4 * hidden ** 2 + 2 * hidden * inner);
}

/**
 * Throws `out-of-memory` where not even the weights and their gradients have room, before they are drawn or read.
 * `bytes`: that there are on this machine, for everything.
 */
export function requireRoom(config: Sizes, backend: BackendName, bytes: number = memoryHere()): void {
  const weights = weightsOf(config);
  const room = backend === 'wasm' ? Math.min(bytes, WASM_ADDRESSES) : bytes;
  const needed = 2 * FLOAT_BYTES * weights;
  if (needed <= room) return;
  const [millions, gigabytes, there] = [weights / 1e6, needed / 1e9, room / 1e9].map((value) => Math.round(value));
  throw new TuneboardError(
    'out-of-memory',
    `The model would have ${millions} million weights, which take ${gigabytes} GB with their gradients, and there are ${there} GB for ${backend}: take a smaller model.`,
  );
}

/** Of the machine, or of the container that the process is in. */
function memoryHere(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
}

/**
 * Texts that may go through a model at once without running out of memory, 1 at least. `freeBytes`: of this process, as
 * far as is known.
 */
export function microBatchSize(
  config: Sizes,
  length: number,
  operations: Operations,
  freeBytes: number = process.availableMemory(),
): number {
  const { fixed, perRow } = trainingMemory(config, length, operations);
  const budget = Math.min(freeBytes * SHARE, operations === 'wasm' ? WASM_BYTES : Number.POSITIVE_INFINITY);
  return Math.max(1, Math.floor((budget - fixed) / perRow));
}
