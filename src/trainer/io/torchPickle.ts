import { TuneboardError } from '../../core/errors.ts';
import { type Dtype, elementsOf, type TensorInfo } from './dtypes.ts';
import { type Globals, PickleFunction } from './unpickler.ts';

/** What PyTorch's pickles name, and how it is read. Names and arguments: torch/serialization.py, torch/_utils.py. */

/** A storage: elements in a row, in a file of their own (zip) or after the pickle (legacy). */
export interface TorchStorage {
  readonly key: string;
  readonly dtype: Dtype;
  /** Elements. */
  readonly count: number;
  /** Elements before the first one, in a view of another storage. */
  readonly start: number;
}

/** A view of a storage; offset and stride count elements. */
export interface TorchTensor extends TensorInfo {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly stride: readonly number[];
}

/** An open checkpoint: what its pickle says, and its data. */
export interface Storages {
  readonly root: unknown;
  /** The bytes of a whole storage. */
  readStorage(storage: TorchStorage): Promise<Uint8Array>;
  close(): Promise<void>;
}

const STORAGES: Readonly<Record<string, Dtype>> = {
  DoubleStorage: 'F64',
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

class StorageType {
  readonly dtype: Dtype;
  constructor(dtype: Dtype) {
    this.dtype = dtype;
  }
}

const made = new WeakSet<object>();

/** Names and shapes of a model with a thousand layers take less. */
export const MAX_PICKLE_BYTES = 64 * 2 ** 20;

export function isTensor(value: unknown): value is TorchTensor {
  return typeof value === 'object' && value !== null && made.has(value);
}

/** More than any model has: a small file can ask for the same list to be copied again and again. */
const MAX_COPIED_ITEMS = 1_000_000;

/** What a state dict's pickle may name, for a file that is called `path` in messages. */
export function torchGlobals(path: string): Globals {
  const tensor = new PickleFunction((args) => tensorOf(path, args));
  let copied = 0;
  const dictOf = ([items = []]: readonly unknown[]) => {
    if (!Array.isArray(items) || !items.every((item) => Array.isArray(item) && item.length === 2)) {
      throw unreadable(path, 'its pickle makes a dict of something else');
    }
    copied += items.length;
    if (copied > MAX_COPIED_ITEMS) throw unreadable(path, 'its pickle is far too large');
    return new Map(items as [unknown, unknown][]);
  };
  return new Map<string, unknown>([
    ['collections.OrderedDict', new PickleFunction(dictOf)],
    ['torch._utils._rebuild_tensor', tensor],
    ['torch._utils._rebuild_tensor_v2', tensor],
    ['torch._utils._rebuild_parameter', new PickleFunction(([data]) => data)],
    ['torch.Size', new PickleFunction(([sizes]) => sizes)],
    ...Object.entries(STORAGES).map(([name, dtype]) => [`torch.${name}`, new StorageType(dtype)] as const),
  ]);
}

/** The storage of a persistent id `('storage', type, key, location, count[, view])`. */
export function storageOf(path: string, id: unknown): TorchStorage {
  const [kind, type, key, , count, view] = Array.isArray(id) ? (id as unknown[]) : [];
  if (kind !== 'storage' || !(type instanceof StorageType) || typeof key !== 'string' || !isCount(count)) {
    throw unreadable(path, 'it names a storage in an unknown way');
  }
  if (!Array.isArray(view)) return { key, dtype: type.dtype, count, start: 0 };
  // Of PyTorch before 0.4: (key of the view, its first element, its size).
  const [, start, size] = view as unknown[];
  if (!isCount(start) || !isCount(size) || start + size > count) throw unreadable(path, 'a view leaves its storage');
  return { key, dtype: type.dtype, count, start };
}

function tensorOf(path: string, [storage, first, shape, stride]: readonly unknown[]): TorchTensor {
  const { key, dtype, count, start } = (storage ?? {}) as Partial<TorchStorage>;
  const sizes = Array.isArray(shape) ? (shape as unknown[]) : [Number.NaN];
  const steps = Array.isArray(stride) ? (stride as unknown[]) : [];
  const elements = elementsOf(sizes);
  const isSound =
    key !== undefined &&
    dtype !== undefined &&
    count !== undefined &&
    start !== undefined &&
    isCount(first) &&
    Number.isSafeInteger(elements) &&
    steps.length === sizes.length &&
    steps.every(isCount);
  if (!isSound) throw unreadable(path, 'a tensor has an impossible shape or place');
  const offset = start + first;
  let last = offset;
  for (const [axis, size] of (sizes as number[]).entries()) last += (size - 1) * (steps[axis] as number);
  if (elements > 0 && !(last < count)) throw unreadable(path, 'a tensor leaves its storage');
  const tensor = {
    dtype,
    shape: sizes as number[],
    storage: { key, dtype, count, start },
    offset,
    stride: steps as number[],
  };
  made.add(tensor);
  return tensor;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** One sentence about a file that cannot be used. */
export function unreadable(path: string, what: string, cause?: unknown): TuneboardError {
  return new TuneboardError('checkpoint', `${path} is no whole checkpoint of PyTorch, ${what}: fetch it again.`, {
    cause,
  });
}
