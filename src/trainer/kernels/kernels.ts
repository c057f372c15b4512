import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A byte in the kernels' memory. */
type At = number;

/**
 * What assembly/index.ts exports; it says there what each does. Sizes and strides are elements of four bytes. Pointers above
 * 2 GB may come back negative: `>>> 0` mends them.
 */
export interface Kernels {
  gemmWorkspaceBytes(): number;
  setGemmWorkspace(at: At): void;
  gemm(
    a: At,
    aRow: number,
    aColumn: number,
    b: At,
    bRow: number,
    bColumn: number,
    c: At,
    cRow: number,
    m: number,
    n: number,
    k: number,
    bias: At,
    adds: boolean,
  ): void;
  add(a: At, b: At, sum: At, count: number): void;
  columnSums(x: At, sums: At, rows: number, width: number): void;
  segmentSums(x: At, ids: At, sums: At, rows: number, width: number, segments: number): void;
  gelu(x: At, y: At, count: number): void;
  geluGradient(dy: At, x: At, dx: At, count: number): void;
  /** The mask that `drop`, `norm`, `attention` and their gradients use from now on; limit 0: none. */
  setMask(seed: number, step: number, place: number, limit: number, kept: number): void;
  fillMask(start: number, count: number, scratch: At): At;
  dropScratchBytes(): number;
  drop(x: At, y: At, count: number, scratch: At): void;
  norm(
    x: At,
    residual: At,
    scale: At,
    shift: At,
    y: At,
    sum: At,
    rows: number,
    width: number,
    epsilon: number,
    scratch: At,
  ): void;
  normGradient(
    dy: At,
    sum: At,
    scale: At,
    dSum: At,
    dx: At,
    dScale: At,
    dShift: At,
    rows: number,
    width: number,
    epsilon: number,
    scratch: At,
  ): void;
  attentionScratchBytes(queries: number, length: number): number;
  attention(
    query: At,
    key: At,
    value: At,
    bias: At,
    context: At,
    probabilities: At,
    texts: number,
    heads: number,
    queries: number,
    length: number,
    part: number,
    scratch: At,
  ): void;
  attentionGradient(
    dContext: At,
    query: At,
    key: At,
    value: At,
    probabilities: At,
    dQuery: At,
    dKey: At,
    dValue: At,
    texts: number,
    heads: number,
    queries: number,
    length: number,
    part: number,
    scratch: At,
  ): void;
  sumOfSquares(x: At, count: number): number;
  scaleBy(x: At, count: number, factor: number): void;
  adamw(
    values: At,
    gradient: At,
    means: At,
    squares: At,
    count: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    decay: number,
    size: number,
    correction: number,
  ): void;
}

/** The two builds: relaxed SIMD is about 1.4 times as fast in products, where this V8 has it. */
export type KernelFile = 'relaxed' | 'simd';

/**
 * The kernels over this memory, in the build that this V8 takes; undefined where the files are missing. `only`: no other
 * build.
 */
export function loadKernels(
  memory: WebAssembly.Memory,
  only?: KernelFile,
): { readonly kernels: Kernels; readonly file: KernelFile } | undefined {
  for (const file of only ? [only] : (['relaxed', 'simd'] as const)) {
    const path = fileOf(file);
    if (path === undefined) continue;
    const bytes = readFileSync(path);
    if (!WebAssembly.validate(bytes)) continue;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return { kernels: exports as unknown as Kernels, file };
  }
  return undefined;
}

/** Beside the bundle, or where the build puts it when this runs from source. */
function fileOf(file: KernelFile): string | undefined {
  const name = `kernels.${file}.wasm`;
  return [`./${name}`, `../../../dist/${name}`]
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((path) => existsSync(path));
}
