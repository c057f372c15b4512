import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TuneboardError } from '../../core/errors.ts';
import type { TensorFile, TensorInfo } from '../io/dtypes.ts';
import { SafetensorsFile } from '../io/safetensors.ts';
import { TorchFile } from '../io/torchBin.ts';
import { noFolder, readJsonObject } from './configFile.ts';

export const WEIGHTS_FILE = 'model.safetensors';
const TORCH_FILE = 'pytorch_model.bin';

/** Opens the weights of a model folder: safetensors before PyTorch's, whole or in several files. Throws `checkpoint`. */
export async function openWeights(folder: string): Promise<TensorFile> {
  const names = new Set(
    await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      throw noFolder(folder, error);
    }),
  );
  for (const name of [WEIGHTS_FILE, TORCH_FILE]) {
    if (names.has(name)) return openOne(join(folder, name));
    if (names.has(`${name}.index.json`)) return openShards(folder, `${name}.index.json`);
  }
  const other = ['tf_model.h5', 'flax_model.msgpack', 'model.ckpt.index'].find((name) => names.has(name));
  throw new TuneboardError(
    'checkpoint',
    `${folder} has no ${WEIGHTS_FILE} and no ${TORCH_FILE}${other ? `, only ${other}, which is not supported` : ''}: give a folder that has one.`,
  );
}

function openOne(path: string): Promise<TensorFile> {
  return path.endsWith('.safetensors') ? SafetensorsFile.open(path) : TorchFile.open(path);
}

/** Weights in several files, of which an index says which holds what. */
class ShardedFile implements TensorFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #places: ReadonlyMap<string, TensorFile>;
  readonly #files: readonly TensorFile[];

  constructor(path: string, places: ReadonlyMap<string, TensorFile>, files: readonly TensorFile[]) {
    this.path = path;
    this.#places = places;
    this.#files = files;
    this.tensors = new Map([...places].map(([name, file]) => [name, file.tensors.get(name) as TensorInfo]));
  }

  readFloats(name: string): Promise<Float32Array> {
    const file = this.#places.get(name);
    if (!file) throw new TuneboardError('checkpoint', `${this.path} has no tensor ${JSON.stringify(name)}.`);
    return file.readFloats(name);
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }
}

async function openShards(folder: string, index: string): Promise<TensorFile> {
  const path = join(folder, index);
  const { weight_map: map } = await readJsonObject(path, 'checkpoint');
  const entries = Object.entries((map ?? {}) as Record<string, unknown>);
  const files = new Map<string, TensorFile>();
  try {
    const places = new Map<string, TensorFile>();
    for (const [name, part] of entries) {
      // A file beside the index, never one elsewhere.
      if (typeof part !== 'string' || !/^[^/\\]+\.(safetensors|bin)$/.test(part)) {
        throw new TuneboardError('checkpoint', `${path} names no file for ${JSON.stringify(name)}: fetch it again.`);
      }
      const file = files.get(part) ?? (await openOne(join(folder, part)));
      files.set(part, file);
      if (!file.tensors.has(name)) {
        throw new TuneboardError(
          'checkpoint',
          `${join(folder, part)} has no tensor ${JSON.stringify(name)}: fetch it again.`,
        );
      }
      places.set(name, file);
    }
    return new ShardedFile(path, places, [...files.values()]);
  } catch (error) {
    await Promise.all([...files.values()].map((file) => file.close()));
    throw error;
  }
}
