import { TuneboardError } from '../../core/errors.ts';
import type { LabelledBatch } from '../datasets/collator.ts';

/**
 * Parts of a batch with at most `size` rows each, in their order. The mean loss of the batch is the mean of theirs, weighted
 * by rows: only the memory that a step takes changes.
 */
export function microBatches(batch: LabelledBatch, size: number): LabelledBatch[] {
  if (batch.size <= size) return [batch];
  return Array.from({ length: Math.ceil(batch.size / size) }, (_, part) => {
    const start = part * size;
    const end = Math.min(batch.size, start + size);
    const entries = Object.entries(batch).map(([key, value]) => [key, rowsOf(value, batch.size, start, end)]);
    return { ...Object.fromEntries(entries), size: end - start, length: batch.length } as LabelledBatch;
  });
}

function rowsOf(value: unknown, size: number, start: number, end: number): unknown {
  if (!(value instanceof Int32Array || value instanceof Float32Array)) return value;
  const width = value.length / size;
  return value.subarray(start * width, end * width);
}

const SIGNS = [
  /out of memory/i,
  /\bOOM\b/,
  /RESOURCE_EXHAUSTED/,
  /cannot enlarge memory/i,
  /array buffer allocation failed/i,
  /memory access out of bounds/i,
  /failed to allocate/i,
  /could not allocate/i,
];

/** Whether an error of a backend says that memory ran out. */
export function isOutOfMemory(error: unknown): boolean {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return SIGNS.some((sign) => sign.test(text));
}

/** What is left to say when a single row has no room. */
export function outOfMemory(cause: unknown): TuneboardError {
  return new TuneboardError(
    'out-of-memory',
    'Memory ran out with a single row: take a smaller model or a shorter max_length.',
    { cause },
  );
}
