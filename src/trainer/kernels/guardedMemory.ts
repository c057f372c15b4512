import type { WasmBackend } from './wasmHeap.ts';

const LIMIT = 2 ** 32;
/** What the allocator adds to a block, generously. */
const EXTRA = 64;

const guarded = new WeakSet<object>();

/**
 * Makes allocations that do not fit into WebAssembly's 4 GB fail with a sentence. TensorFlow.js's allocator gives 0 for
 * most of them, which nobody looks at, so that a tensor would be written over constants; and one that reaches over the end
 * it takes modulo 4 GB and lets succeed, so that two tensors would share memory.
 */
export function guardMemory(wasm: WasmBackend['wasm']): void {
  if (guarded.has(wasm)) return;
  guarded.add(wasm);
  const blocks = new Map<number, number>();
  const { _malloc: malloc, _free: free } = wasm;
  wasm._malloc = (bytes) => {
    const isSafe = wasm.HEAPU8.length + bytes + EXTRA < LIMIT || (bytes < LIMIT && fits(blocks, bytes + EXTRA));
    const at = isSafe ? malloc(bytes) >>> 0 : 0;
    if (bytes > 0 && (at === 0 || at + bytes > wasm.HEAPU8.length)) {
      throw new Error(`WebAssembly is out of memory: of its 4 GB no ${Math.ceil(bytes / 2 ** 20)} MB are left.`);
    }
    blocks.set(at, bytes);
    return at;
  };
  wasm._free = (at) => {
    blocks.delete(at >>> 0);
    free(at);
  };
}

/** Whether there is a gap between blocks, or behind the last of them. */
function fits(blocks: ReadonlyMap<number, number>, bytes: number): boolean {
  let end = 0;
  for (const [at, size] of [...blocks].sort(([a], [b]) => a - b)) {
    if (end > 0 && at - end >= bytes) return true;
    end = Math.max(end, at + size);
  }
  return LIMIT - end >= bytes;
}
