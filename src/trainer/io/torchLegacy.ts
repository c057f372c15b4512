import type { FileHandle } from 'node:fs/promises';
import { ITEM_SIZES } from './dtypes.ts';
import { BufferSource, EndOfBytes, readExactly, readOpened } from './fileBytes.ts';
import {
  MAX_PICKLE_BYTES,
  type Storages,
  storageOf,
  type TorchStorage,
  torchGlobals,
  unreadable,
} from './torchPickle.ts';
import { unpickle } from './unpickler.ts';

/** torch/serialization.py's MAGIC_NUMBER and PROTOCOL_VERSION. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/**
 * The form before PyTorch 1.6 (`_use_new_zipfile_serialization=False`): pickles of a magic number, a version, the system,
 * the object and the storages' keys; then each storage as its number of elements (8 bytes) and its elements.
 */
export function openLegacy(path: string): Promise<Storages> {
  return readOpened(path, (file) => readParts(path, file));
}

interface Pickles {
  readonly root: unknown;
  readonly keys: unknown;
  readonly used: ReadonlyMap<string, TorchStorage>;
  /** Where the storages begin. */
  readonly end: number;
}

async function readParts(path: string, file: FileHandle): Promise<Storages> {
  const { size } = await file.stat();
  const { root, keys, used, end } = await readPickles(path, file, size);
  const places = new Map<string, number>();
  let at = end;
  for (const key of Array.isArray(keys) ? (keys as unknown[]) : []) {
    const storage = used.get(String(key));
    if (!storage) throw unreadable(path, `storage ${String(key)} has no type`);
    if (at + 8 > size) throw unreadable(path, 'it ends too early');
    const count = (await read(path, file, at, 8)).readBigInt64LE();
    if (count !== BigInt(storage.count))
      throw unreadable(path, `storage ${storage.key} has another size than its tensors`);
    places.set(storage.key, at + 8);
    at += 8 + storage.count * ITEM_SIZES[storage.dtype];
    if (at > size) throw unreadable(path, `it ends within storage ${storage.key}`);
  }
  for (const key of used.keys()) if (!places.has(key)) throw unreadable(path, `storage ${key} is missing`);
  return {
    root,
    readStorage: ({ key, count, dtype }) => read(path, file, places.get(key) as number, count * ITEM_SIZES[dtype]),
    close: () => file.close(),
  };
}

/** The pickles are of unknown length: more of the file is read until they end. */
async function readPickles(path: string, file: FileHandle, size: number): Promise<Pickles> {
  for (let length = 2 ** 20; ; length *= 4) {
    const bytes = await read(path, file, 0, Math.min(length, size));
    try {
      return parsePickles(path, bytes);
    } catch (error) {
      if (!(error instanceof EndOfBytes) || length >= size) throw error;
      if (length >= MAX_PICKLE_BYTES) throw unreadable(path, 'its pickle is far too large', error);
    }
  }
}

function parsePickles(path: string, bytes: Buffer): Pickles {
  const source = new BufferSource(path, bytes);
  const used = new Map<string, TorchStorage>();
  const storage = (id: unknown): TorchStorage => {
    const found = storageOf(path, id);
    const known = used.get(found.key);
    if (known && (known.dtype !== found.dtype || known.count !== found.count)) {
      throw unreadable(path, `storage ${found.key} has two types`);
    }
    used.set(found.key, known ?? found);
    return found;
  };
  const next = () => unpickle(path, source, torchGlobals(path), storage);
  if (bytes[0] !== 0x80 || next() !== MAGIC) throw unreadable(path, 'it is neither a zip archive nor the older form');
  if (next() !== PROTOCOL) throw unreadable(path, 'it is of an unknown version');
  const system = next();
  if (system instanceof Map && system.get('little_endian') === false)
    throw unreadable(path, 'its numbers are big-endian');
  const root = next();
  return { root, keys: next(), used, end: source.at };
}

/** Bytes that the file's size promises. */
function read(path: string, file: FileHandle, start: number, length: number): Promise<Buffer> {
  return readExactly(file, start, length, () => unreadable(path, 'it was cut off while it was read'));
}
