import { TuneboardError } from '../../core/errors.ts';
import { elementsOf, ITEM_SIZES, type TensorFile, toFloats } from './dtypes.ts';
import { openChecked } from './fileBytes.ts';
import { openLegacy } from './torchLegacy.ts';
import { isTensor, type Storages, type TorchTensor, unreadable } from './torchPickle.ts';
import { openZip } from './torchZip.ts';

/**
 * A state dict that `torch.save` wrote (`pytorch_model.bin`), in its zip form or the older one; its pickle is read by
 * `unpickle`, which runs nothing.
 */
export class TorchFile implements TensorFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  readonly #storages: Storages;
  /** Tensors that share a storage follow each other. */
  #last: { readonly key: string; readonly bytes: Uint8Array } | null = null;

  private constructor(path: string, tensors: ReadonlyMap<string, TorchTensor>, storages: Storages) {
    this.path = path;
    this.tensors = tensors;
    this.#storages = storages;
  }

  /** Throws `checkpoint` in one sentence where the file is not there, cut off, broken or asks for code to be run. */
  static async open(path: string): Promise<TorchFile> {
    const storages = (await isZip(path)) ? await openZip(path) : await openLegacy(path);
    try {
      const tensors = tensorsOf(path, storages);
      return new TorchFile(path, tensors, storages);
    } catch (error) {
      await storages.close();
      throw error;
    }
  }

  async readFloats(name: string): Promise<Float32Array> {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new TuneboardError('checkpoint', `${this.path} has no tensor ${JSON.stringify(name)}.`);
    const { storage, offset, shape, stride, dtype } = tensor;
    if (this.#last?.key !== storage.key) {
      this.#last = { key: storage.key, bytes: await this.#storages.readStorage(storage) };
    }
    const item = ITEM_SIZES[dtype];
    const count = elementsOf(shape);
    const { bytes } = this.#last;
    if (isContiguous(shape, stride)) return toFloats(bytes.subarray(offset * item, (offset + count) * item), dtype);
    const floats = toFloats(bytes, dtype);
    const result = new Float32Array(count);
    const place = new Array<number>(shape.length).fill(0);
    let at = offset;
    for (let index = 0; index < count; index++) {
      result[index] = floats[at] as number;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const [size, step] = [shape[axis] as number, stride[axis] as number];
        at += step;
        place[axis] = (place[axis] as number) + 1;
        if ((place[axis] as number) < size) break;
        at -= size * step;
        place[axis] = 0;
      }
    }
    return result;
  }

  async close(): Promise<void> {
    this.#last = null;
    await this.#storages.close();
  }
}

function tensorsOf(path: string, { root }: Storages): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  for (const [name, value] of root instanceof Map ? root : []) {
    if (typeof name === 'string' && isTensor(value)) tensors.set(name, value);
  }
  if (tensors.size === 0) {
    throw new TuneboardError(
      'checkpoint',
      `${path} holds no weights by name: give what torch.save(model.state_dict(), …) wrote.`,
    );
  }
  return tensors;
}

async function isZip(path: string): Promise<boolean> {
  const file = await openChecked(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1') === 'PK\x03\x04';
  } catch (error) {
    throw unreadable(path, (error as Error).message, error);
  } finally {
    await file.close();
  }
}

function isContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    if (size === 0) return true;
    if (size !== 1 && stride[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}
