import type { AsyncBuffer, Compressors, DataReader, FileMetaData, SchemaTree } from 'hyparquet';
import { parquetSchema } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { decompressPage } from 'hyparquet/src/datapage.js';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js';
import { readVarInt } from 'hyparquet/src/thrift.js';
import { MOST_BYTES, MOST_BYTES_TEXT, tooLarge } from './limits.ts';

type Header = ReturnType<typeof parquetHeader>;
type Column = NonNullable<FileMetaData['row_groups'][number]['columns'][number]['meta_data']>;

/**
 * Goes through the pages of a file (parquet.apache.org/docs/file-format, `Encodings.md`) before they are read for good: the
 * reader makes arrays as long as a page, a run or a prefix says that it is. Throws where pages have more values than their
 * column, sizes that cannot be, runs that go beyond their page, or texts that grow beyond `MOST_BYTES`.
 */
export async function checkPages(
  name: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  compressors: Compressors,
): Promise<void> {
  const schema = parquetSchema(metadata);
  let left = MOST_BYTES;
  for (const { columns } of metadata.row_groups) {
    for (const { meta_data: column } of columns) {
      if (!column) continue;
      const start = Number(column.dictionary_page_offset || column.data_page_offset);
      const end = start + Number(column.total_compressed_size);
      if (!(start >= 0 && end >= start && end <= file.byteLength)) throw new Error('a column lies outside of the file');
      const view = new DataView(await file.slice(start, end));
      const path = getTreePath(schema, column.path_in_schema);
      left -= checkColumn({ view, offset: 0 }, column, path, compressors);
      if (left < 0) throw tooLarge(name, MOST_BYTES_TEXT);
    }
  }
}

/** Returns the bytes of texts that are longer than what is stored of them. */
function checkColumn(reader: DataReader, column: Column, path: SchemaTree[], compressors: Compressors): number {
  let values = Number(column.num_values);
  let grown = 0;
  while (reader.offset < reader.view.byteLength - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: size, uncompressed_page_size: unpacked } = header;
    if (!(size >= 0 && unpacked >= 0 && reader.offset + size <= reader.view.byteLength)) {
      throw new Error('a page has an impossible size');
    }
    const bytes = new Uint8Array(reader.view.buffer, reader.view.byteOffset + reader.offset, size);
    reader.offset += size;
    const page = header.data_page_header ?? header.data_page_header_v2;
    const count = (page ?? header.dictionary_page_header)?.num_values ?? 0;
    if (!(count >= 0 && count <= Number(column.num_values))) throw new Error('a page has more values than its column');
    if (!page) continue;
    values -= count;
    if (values < 0) throw new Error('the pages of a column have more values than it');
    grown += checkPage(header, bytes, column, path, compressors);
  }
  return grown;
}

function checkPage(
  header: Header,
  bytes: Uint8Array,
  column: Column,
  path: SchemaTree[],
  compressors: Compressors,
): number {
  const levels = [getMaxRepetitionLevel(path), getMaxDefinitionLevel(path)] as const;
  const second = header.data_page_header_v2;
  if (second) {
    const lengths = [second.repetition_levels_byte_length, second.definition_levels_byte_length] as const;
    const before = lengths[0] + lengths[1];
    if (
      !(
        lengths[0] >= 0 &&
        lengths[1] >= 0 &&
        before <= bytes.length &&
        second.num_nulls >= 0 &&
        second.num_nulls <= second.num_values
      )
    ) {
      throw new Error('the levels of a page have an impossible size');
    }
    if (levels[0]) checkRuns(readerOf(bytes), bitWidth(levels[0]), second.num_values, lengths[0]);
    if (levels[1]) checkRuns(readerOf(bytes.subarray(lengths[0])), bitWidth(levels[1]), second.num_values, lengths[1]);
    const size = header.uncompressed_page_size - before;
    const packed = bytes.subarray(before);
    const values =
      second.is_compressed !== false && size !== 0 ? decompressPage(packed, size, column.codec, compressors) : packed;
    return checkValues(readerOf(values), second.encoding, column, second.num_values - second.num_nulls);
  }
  const first = header.data_page_header;
  if (!first) return 0;
  const reader = readerOf(decompressPage(bytes, header.uncompressed_page_size, column.codec, compressors));
  let count = first.num_values;
  for (const [index, level] of levels.entries()) {
    if (!level) continue;
    const { offset } = reader;
    reader.offset += 4;
    checkRuns(reader, bitWidth(level), first.num_values, reader.view.getUint32(offset, true));
    if (index !== 1) continue;
    const defined = new Array<number>(first.num_values);
    readRleBitPackedHybrid({ view: reader.view, offset }, bitWidth(level), defined);
    count = defined.reduce((sum, one) => (one === level ? sum + 1 : sum), 0);
  }
  return checkValues(reader, first.encoding, column, count);
}

/** `count`: values of the page without those that are null. */
function checkValues(reader: DataReader, encoding: string, column: Column, count: number): number {
  if (encoding === 'DELTA_BYTE_ARRAY') {
    // Each text is so many characters of the one before it, and more.
    const prefixes = new Int32Array(count);
    deltaBinaryUnpack(reader, count, prefixes);
    let bytes = 0;
    for (const length of prefixes) {
      if (length < 0) throw new Error('a text has a negative length');
      bytes += length;
    }
    return bytes;
  }
  const isRuns = encoding === 'PLAIN_DICTIONARY' || encoding === 'RLE_DICTIONARY' || encoding === 'RLE';
  if (!isRuns || count === 0) return 0;
  if (column.type === 'BOOLEAN') {
    const length = encoding === 'RLE' ? reader.view.getUint32(reader.offset, true) : reader.view.byteLength;
    checkRuns({ view: reader.view, offset: reader.offset + 4 }, 1, count, length);
    return 0;
  }
  const width = reader.view.getUint8(reader.offset++);
  if (width) checkRuns(reader, width, count, reader.view.byteLength - reader.offset);
  return 0;
}

/** Runs of equal values and groups of eight: a run is within the values of its page. */
function checkRuns(reader: DataReader, width: number, most: number, length: number): void {
  const start = reader.offset;
  const end = Math.min(start + length, reader.view.byteLength);
  let seen = 0;
  while (seen < most && reader.offset < end) {
    const header = readVarInt(reader);
    const isPacked = (header & 1) === 1;
    const count = (header >>> 1) * (isPacked ? 8 : 1);
    // The reader cuts a group of packed values to its page, and not a run of equal ones.
    if (!isPacked && count > most - seen) throw new Error('a run is longer than its page');
    reader.offset += isPacked ? (count / 8) * width : (width + 7) >> 3;
    seen += count;
  }
  reader.offset = start + length;
}

function readerOf(bytes: Uint8Array): DataReader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

/** Bits that a level takes. */
function bitWidth(value: number): number {
  return 32 - Math.clz32(value);
}
