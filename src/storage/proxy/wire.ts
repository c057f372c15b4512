import type { Reader, Writer } from 'protobufjs/minimal.js';

/** What reads and writes the bytes of messages; loaded with gRPC (see loadGrpc.ts). */
export interface Wire {
  readonly Reader: { create(bytes: Uint8Array): Reader };
  readonly Writer: { create(): Writer };
}

/** How a field's values stand in the bytes of a message (Protocol Buffers 3). */
export interface Field<T> {
  readonly id: number;
  /** What the field is where the message does not have it. */
  empty(): T;
  write(writer: Writer, value: T): void;
  /** Takes in one occurrence; `before` is what earlier ones were. */
  read(reader: Reader, wireType: number, before: T): T;
}

type Fields = Readonly<Record<string, Field<unknown>>>;

/** A message by its fields; the type of its values is `ValueOf`. */
export interface Message<F extends Fields = Fields> {
  readonly fields: F;
}

export type ValueOf<M> =
  M extends Message<infer F> ? { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never } : never;

/** How one value of a kind is written, without its tag. */
interface Kind<T> {
  readonly wireType: 0 | 1 | 2;
  readonly empty: T;
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

/** Ids, steps and numbers stay below 2^53. */
export const INT64: Kind<number> = {
  wireType: 0,
  empty: 0,
  write: (writer, value) => writer.int64(value),
  read: (reader) => Number(reader.int64().toString()),
};
export const DOUBLE: Kind<number> = {
  wireType: 1,
  empty: 0,
  write: (writer, value) => writer.double(value),
  read: (reader) => reader.double(),
};
export const STRING: Kind<string> = {
  wireType: 2,
  empty: '',
  write: (writer, value) => writer.string(value),
  read: (reader) => reader.string(),
};
export const BOOL: Kind<boolean> = {
  wireType: 0,
  empty: false,
  write: (writer, value) => writer.bool(value),
  read: (reader) => reader.bool(),
};
export const ENUM: Kind<number> = {
  wireType: 0,
  empty: 0,
  write: (writer, value) => writer.int32(value),
  read: (reader) => reader.int32(),
};

export function message<F extends Fields>(fields: F): Message<F> {
  return { fields };
}

export function one<T>(id: number, kind: Kind<T>): Field<T> {
  return {
    id,
    empty: () => kind.empty,
    write: (writer, value) => {
      if (!Object.is(value, kind.empty)) kind.write(writer.uint32(tag(id, kind.wireType)), value);
    },
    read: (reader, wireType, before) =>
      wireType === kind.wireType ? kind.read(reader) : skip(reader, wireType, before),
  };
}

/** Numbers are packed; unpacked ones are read too. */
export function repeated<T>(id: number, kind: Kind<T>): Field<readonly T[]> {
  return {
    id,
    empty: () => [],
    write: (writer, values) => {
      if (values.length === 0) return;
      writer.uint32(tag(id, 2)).fork();
      for (const value of values) kind.write(writer, value);
      writer.ldelim();
    },
    read: (reader, wireType, before) => {
      if (wireType === kind.wireType) return [...before, kind.read(reader)];
      if (wireType !== 2) return skip(reader, wireType, before);
      const values = [...before];
      for (const end = endOf(reader); reader.pos < end; ) values.push(kind.read(reader));
      return values;
    },
  };
}

/** Keys in the order in which they come: a server writes them in any. */
export function map<K extends string | number, V>(id: number, key: Kind<K>, value: Kind<V>): Field<ReadonlyMap<K, V>> {
  return {
    id,
    empty: () => new Map(),
    write: (writer, entries) => {
      for (const [name, what] of entries) {
        writer.uint32(tag(id, 2)).fork();
        key.write(writer.uint32(tag(1, key.wireType)), name);
        value.write(writer.uint32(tag(2, value.wireType)), what);
        writer.ldelim();
      }
    },
    read: (reader, wireType, before) => {
      if (wireType !== 2) return skip(reader, wireType, before);
      let name = key.empty;
      let what = value.empty;
      for (const end = endOf(reader); reader.pos < end; ) {
        const next = reader.uint32();
        if (next === tag(1, key.wireType)) name = key.read(reader);
        else if (next === tag(2, value.wireType)) what = value.read(reader);
        else reader.skipType(next & 7);
      }
      return (before as Map<K, V>).set(name, what);
    },
  };
}

export function nested<F extends Fields>(id: number, { fields }: Message<F>): Field<ValueOf<Message<F>> | undefined> {
  return {
    id,
    empty: () => undefined,
    write: (writer, value) => {
      if (value === undefined) return;
      writeFields(writer.uint32(tag(id, 2)).fork(), fields, value as Values);
      writer.ldelim();
    },
    read: (reader, wireType, before) => {
      if (wireType !== 2) return skip(reader, wireType, before);
      return readFields(reader, endOf(reader), fields) as ValueOf<Message<F>>;
    },
  };
}

/** Each as its own bytes, to be taken apart when there is time. */
export function pieces(id: number): Field<readonly Uint8Array[]> {
  return {
    id,
    empty: () => [],
    write: (writer, values) => {
      for (const bytes of values) writer.uint32(tag(id, 2)).bytes(bytes);
    },
    read: (reader, wireType, before) => {
      if (wireType !== 2) return skip(reader, wireType, before);
      (before as Uint8Array[]).push(reader.bytes());
      return before;
    },
  };
}

/** Fields that are left out have their empty value. */
export function encode<M extends Message>(wire: Wire, { fields }: M, values: Partial<ValueOf<M>>): Uint8Array {
  const writer = wire.Writer.create();
  writeFields(writer, fields, values as Values);
  return writer.finish();
}

/** Fields that are not known are passed over. Throws where the bytes are no message. */
export function decode<M extends Message>(wire: Wire, { fields }: M, bytes: Uint8Array): ValueOf<M> {
  const reader = wire.Reader.create(bytes);
  return readFields(reader, reader.len, fields) as ValueOf<M>;
}

type Values = Readonly<Record<string, unknown>>;

function writeFields(writer: Writer, fields: Fields, values: Values): void {
  for (const [name, field] of Object.entries(fields)) {
    if (values[name] !== undefined) field.write(writer, values[name]);
  }
}

function readFields(reader: Reader, end: number, fields: Fields): unknown {
  const values: Record<string, unknown> = {};
  const byId = new Map<number, string>();
  for (const [name, field] of Object.entries(fields)) {
    values[name] = field.empty();
    byId.set(field.id, name);
  }
  while (reader.pos < end) {
    const next = reader.uint32();
    const name = byId.get(next >>> 3);
    if (name === undefined) reader.skipType(next & 7);
    else values[name] = (fields[name] as Field<unknown>).read(reader, next & 7, values[name]);
  }
  return values;
}

function endOf(reader: Reader): number {
  const length = reader.uint32();
  if (length > reader.len - reader.pos) throw new RangeError('a message ends too early');
  return reader.pos + length;
}

function skip<T>(reader: Reader, wireType: number, value: T): T {
  reader.skipType(wireType);
  return value;
}

function tag(id: number, wireType: number): number {
  return (id << 3) | wireType;
}
