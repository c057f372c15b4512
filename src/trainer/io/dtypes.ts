/** Number formats of stored weights, by the names of safetensors. */
export type Dtype =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U64'
  | 'U32'
  | 'U16'
  | 'U8'
  | 'BOOL';

/** Bytes an element. */
export const ITEM_SIZES: Readonly<Record<Dtype, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

export interface TensorInfo {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

/** Weights by name in a file, read one at a time. */
export interface TensorFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The tensor's elements in row-major order, rounded to float32. Throws `checkpoint`. */
  readFloats(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Elements of a shape; NaN where it has a part that is no size, or more elements than a number can count. */
export function elementsOf(shape: readonly unknown[]): number {
  let count = 1;
  for (const size of shape) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return Number.NaN;
    count *= size;
  }
  return Number.isSafeInteger(count) ? count : Number.NaN;
}

/** Little-endian elements as float32; `bytes` may be unaligned. Its length must be a multiple of the item size. */
export function toFloats(bytes: Uint8Array, dtype: Dtype): Float32Array {
  switch (dtype) {
    case 'F32':
      return new Float32Array(copied(bytes));
    case 'F16':
      return halfFloats(new Uint16Array(copied(bytes)));
    case 'BF16':
      return brainFloats(new Uint16Array(copied(bytes)));
    case 'F64':
      return Float32Array.from(new Float64Array(copied(bytes)));
    case 'I64':
      return Float32Array.from(new BigInt64Array(copied(bytes)) as unknown as ArrayLike<number>, Number);
    case 'U64':
      return Float32Array.from(new BigUint64Array(copied(bytes)) as unknown as ArrayLike<number>, Number);
    case 'I32':
      return Float32Array.from(new Int32Array(copied(bytes)));
    case 'U32':
      return Float32Array.from(new Uint32Array(copied(bytes)));
    case 'I16':
      return Float32Array.from(new Int16Array(copied(bytes)));
    case 'U16':
      return Float32Array.from(new Uint16Array(copied(bytes)));
    case 'I8':
      return Float32Array.from(new Int8Array(copied(bytes)));
    case 'U8':
    case 'BOOL':
      return Float32Array.from(bytes);
  }
}

function copied(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** bfloat16 is the upper half of a float32. */
function brainFloats(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let at = 0; at < halves.length; at++) bits[at] = (halves[at] as number) << 16;
  return new Float32Array(bits.buffer);
}

let halfTable: Float32Array | undefined;

/** By a table of all 65,536: a model has many millions. */
function halfFloats(halves: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, bits) => halfToFloat(bits));
  const floats = new Float32Array(halves.length);
  for (let at = 0; at < halves.length; at++) floats[at] = halfTable[halves[at] as number] as number;
  return floats;
}

/** IEEE 754 binary16. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
