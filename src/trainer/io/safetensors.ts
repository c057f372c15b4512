import type { FileHandle } from 'node:fs/promises';
import { TuneboardError } from '../../core/errors.ts';
import { type Dtype, elementsOf, ITEM_SIZES, type TensorFile, type TensorInfo, toFloats } from './dtypes.ts';
import { readExactly, readOpened } from './fileBytes.ts';
import { parseFlatJson } from './flatJson.ts';
import { writeAside } from './writeAside.ts';

/**
 * The safetensors format (github.com/huggingface/safetensors): 8 bytes of header length, little endian; a JSON header,
 * padded with spaces, of `{name: {dtype, shape, data_offsets: [begin, end]}}` and `__metadata__`; the data, without holes.
 */

/** As in the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA = '__metadata__';

interface Place extends TensorInfo {
  /** From the start of the file. */
  readonly start: number;
  readonly end: number;
}

export type TensorValues = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array | BigInt64Array;

/** A tensor to write; `values` may be made when its turn comes, so that not all are in memory at once. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype?: Dtype;
  readonly values: TensorValues | (() => TensorValues | Promise<TensorValues>);
}

/** An open file whose header has been checked. */
export class SafetensorsFile implements TensorFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, Place>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle, header: Header) {
    this.path = path;
    this.#file = file;
    this.tensors = header.tensors;
    this.metadata = header.metadata;
  }

  /** Throws `checkpoint` in one sentence where the file is not there, cut off or broken. */
  static open(path: string): Promise<SafetensorsFile> {
    return readOpened(path, async (file) => new SafetensorsFile(path, file, await readHeader(path, file)));
  }

  async readFloats(name: string): Promise<Float32Array> {
    const { dtype, start, end } = this.#place(name);
    return toFloats(await read(this.path, this.#file, start, end - start), dtype);
  }

  /** The elements as they are stored, little endian. */
  async readBytes(name: string): Promise<Uint8Array> {
    const { start, end } = this.#place(name);
    return read(this.path, this.#file, start, end - start);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #place(name: string): Place {
    const place = this.tensors.get(name);
    if (!place) throw new TuneboardError('checkpoint', `${this.path} has no tensor ${JSON.stringify(name)}.`);
    return place;
  }
}

/**
 * Writes tensors as safetensors does, aside and then renamed. Element types follow from the arrays (F32 for those that are
 * made when their turn comes), unless `dtype` names one of the same size.
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(metadata).length > 0) header[METADATA] = metadata;
  let offset = 0;
  for (const { name, shape, dtype, values } of tensors) {
    const type = dtype ?? (typeof values === 'function' ? 'F32' : dtypeOf(values));
    const end = offset + elementsOf(shape) * ITEM_SIZES[type];
    if (!Number.isSafeInteger(end) || name === METADATA || Object.hasOwn(header, name)) {
      throw new Error(`The tensor ${name} [${shape.join(', ')}] cannot be stored.`);
    }
    header[name] = { dtype: type, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const head = Buffer.alloc(8 + length, ' ');
  head.writeBigUInt64LE(BigInt(length));
  json.copy(head, 8);
  await writeAside(path, async (file) => {
    await file.writeFile(head);
    for (const { name, shape, dtype, values } of tensors) {
      const array = typeof values === 'function' ? await values() : values;
      const type = dtype ?? (typeof values === 'function' ? 'F32' : dtypeOf(array));
      if (array.byteLength !== elementsOf(shape) * ITEM_SIZES[type]) {
        throw new Error(`The tensor ${name} has ${array.length} elements, not those of [${shape.join(', ')}].`);
      }
      await file.writeFile(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    }
  });
}

function dtypeOf(values: TensorValues): Dtype {
  if (values instanceof Float32Array) return 'F32';
  if (values instanceof Float64Array) return 'F64';
  if (values instanceof Int32Array) return 'I32';
  if (values instanceof Uint32Array) return 'U32';
  return values instanceof BigInt64Array ? 'I64' : 'U8';
}

interface Header {
  readonly tensors: ReadonlyMap<string, Place>;
  readonly metadata: Readonly<Record<string, string>>;
}

async function readHeader(path: string, file: FileHandle): Promise<Header> {
  const { size } = await file.stat();
  if (size < 8) throw broken(path, `it has ${size} bytes only`);
  const length = (await read(path, file, 0, 8)).readBigUInt64LE();
  if (length > MAX_HEADER_BYTES) throw broken(path, `its header would have ${length} bytes`);
  const data = 8 + Number(length);
  if (data > size) throw broken(path, 'it ends within its header');
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await read(path, file, 8, Number(length)));
    header = parseFlatJson(text);
  } catch {
    throw broken(path, 'its header is no JSON, or one that is nested too deep');
  }
  if (!isRecord(header)) throw broken(path, 'its header is no list of tensors');
  const { [METADATA]: metadata, ...entries } = header;
  if (
    metadata !== undefined &&
    !(isRecord(metadata) && Object.values(metadata).every((one) => typeof one === 'string'))
  )
    throw broken(path, 'its metadata are no texts');
  const tensors = new Map(Object.entries(entries).map(([name, entry]) => [name, placeOf(path, name, entry, data)]));
  checkPlaces(path, tensors, data, size);
  return { tensors, metadata: (metadata ?? {}) as Record<string, string> };
}

function placeOf(path: string, name: string, entry: unknown, data: number): Place {
  const { dtype, shape, data_offsets: offsets } = (isRecord(entry) ? entry : {}) as Record<string, unknown>;
  const what = `tensor ${JSON.stringify(name)}`;
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !Array.isArray(offsets) || offsets.length !== 2)
    throw broken(path, `${what} has no type, shape or place`);
  if (!Object.hasOwn(ITEM_SIZES, dtype)) {
    throw new TuneboardError('checkpoint', `${path} has ${what} as ${dtype}, which is not supported: store it as F32.`);
  }
  const bytes = elementsOf(shape) * ITEM_SIZES[dtype as Dtype];
  const [begin, end] = offsets as [unknown, unknown];
  if (!isOffset(begin) || !isOffset(end) || begin > end || !Number.isSafeInteger(bytes))
    throw broken(path, `${what} has an impossible shape or place`);
  if (bytes !== end - begin) throw broken(path, `${what} of shape [${shape.join(', ')}] has ${end - begin} bytes`);
  return { dtype: dtype as Dtype, shape: shape as number[], start: data + begin, end: data + end };
}

/** One after another up to the end of the file: no overlap, no hole. */
function checkPlaces(path: string, tensors: ReadonlyMap<string, Place>, data: number, size: number): void {
  let reached = data;
  for (const [name, { start, end }] of [...tensors].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    if (start < reached) throw broken(path, `tensor ${JSON.stringify(name)} overlaps another`);
    if (start > reached) throw broken(path, `there is a hole before tensor ${JSON.stringify(name)}`);
    reached = end;
  }
  if (reached > size) throw broken(path, `it should have ${reached} bytes and has ${size}`);
  if (reached < size) throw broken(path, `it has ${size - reached} bytes after its last tensor`);
}

function isOffset(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Bytes that the file's size promises. */
function read(path: string, file: FileHandle, start: number, length: number): Promise<Buffer> {
  return readExactly(file, start, length, () => broken(path, 'it was cut off while it was read'));
}

function broken(path: string, what: string): TuneboardError {
  return new TuneboardError('checkpoint', `${path} is no whole safetensors file, ${what}: fetch it again.`);
}
