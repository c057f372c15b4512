import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';
import { ITEM_SIZES } from './dtypes.ts';
import { BufferSource, readExactly, readOpened } from './fileBytes.ts';
import {
  MAX_PICKLE_BYTES,
  type Storages,
  storageOf,
  type TorchStorage,
  torchGlobals,
  unreadable,
} from './torchPickle.ts';
import { unpickle } from './unpickler.ts';

/** The zip form, PyTorch's own since 1.6: `NAME/data.pkl`, `NAME/data/KEY` for each storage, `NAME/byteorder`. */
export function openZip(path: string): Promise<Storages> {
  return readOpened(path, (file) => readArchive(path, file));
}

async function readArchive(path: string, file: FileHandle): Promise<Storages> {
  const { size } = await file.stat();
  const options = { autoClose: false, lazyEntries: true };
  const zip = await fromRandomAccessReaderPromise(new CheckedReader(file, size), size, options).catch(
    (error: unknown) => {
      throw unreadable(path, `its zip archive is broken (${(error as Error).message})`, error);
    },
  );
  const entries = await entriesOf(path, zip);
  const pickle = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) throw unreadable(path, 'it is a zip archive without data.pkl');
  const folder = pickle.slice(0, -'data.pkl'.length);
  if (entries.has(`${folder}constants.pkl`)) throw unreadable(path, 'it is a TorchScript program and not a state dict');
  const entry = entries.get(pickle) as Entry;
  if (entry.uncompressedSize > MAX_PICKLE_BYTES) throw unreadable(path, 'its pickle is far too large');
  const content = (of: Entry) => contentOf(path, file, zip, of);
  const order = entries.get(`${folder}byteorder`);
  if (order && (order.uncompressedSize !== 'little'.length || (await content(order)).toString() !== 'little'))
    throw unreadable(path, 'its numbers are big-endian');
  const checked = (id: unknown): TorchStorage => {
    const storage = storageOf(path, id);
    const stored = entries.get(`${folder}data/${storage.key}`);
    if (!stored) throw unreadable(path, `storage ${storage.key} is missing`);
    if (stored.uncompressedSize !== storage.count * ITEM_SIZES[storage.dtype]) {
      throw unreadable(path, `storage ${storage.key} has another size than its tensors`);
    }
    return storage;
  };
  return {
    root: unpickle(path, new BufferSource(path, await content(entry)), torchGlobals(path), checked),
    readStorage: ({ key }) => content(entries.get(`${folder}data/${key}`) as Entry),
    close: () => file.close(),
  };
}

/** Places outside of the file are an error that yauzl gets, instead of one that Node throws within its callbacks. */
class CheckedReader extends RandomAccessReader {
  readonly #file: FileHandle;
  readonly #size: number;

  constructor(file: FileHandle, size: number) {
    super();
    this.#file = file;
    this.#size = size;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    if (!(position >= 0 && length >= 0 && position + length <= this.#size)) {
      callback(new Error('it points outside of the file'));
      return;
    }
    readExactly(this.#file, position, length, () => unreadable('', '')).then((bytes) => {
      bytes.copy(buffer, offset);
      callback(null);
    }, callback);
  }
}

async function entriesOf(path: string, zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
  } catch (error) {
    throw unreadable(path, `its zip archive is broken (${(error as Error).message})`, error);
  }
  return entries;
}

async function contentOf(path: string, file: FileHandle, zip: ZipFile, entry: Entry): Promise<Buffer> {
  let content: Buffer;
  try {
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    if (fileDataStart + entry.compressedSize > zip.fileSize) throw new Error('it points outside of the file');
    content = await readExactly(file, fileDataStart, entry.compressedSize, () => unreadable(path, 'it ends too early'));
    if (entry.compressionMethod === 8) {
      content = await promisify(inflateRaw)(content, { maxOutputLength: Math.max(1, entry.uncompressedSize) });
    }
  } catch (error) {
    throw unreadable(path, `${entry.fileName} in it is broken (${(error as Error).message})`, error);
  }
  if (content.length !== entry.uncompressedSize || crc32(content) !== entry.crc32) {
    throw unreadable(path, `${entry.fileName} in it was changed or damaged`);
  }
  return content;
}
