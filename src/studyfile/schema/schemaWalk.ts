import type { z } from 'zod';
import type { Path } from '../editing/positions.ts';
import { studyFileSchema } from './schema.ts';

/** What the schema says about one key: what completions and hovers are made of. */
export interface KeyInfo {
  readonly key: string;
  readonly description: string;
  readonly required: boolean;
  /** Words that its value may be, when there are only a few. */
  readonly values: readonly string[];
  /** Whether its value is a block of keys. */
  readonly isBlock: boolean;
}

type Schema = z.core.$ZodType;

/** The keys of a block. */
type Shape = Readonly<Record<string, Schema>>;

/** Everything that may stand at a path: options, unions and records are looked through. */
function schemasAt(path: Path): Schema[] {
  let schemas: Schema[] = unwrap(studyFileSchema);
  for (const step of path) schemas = schemas.flatMap((schema) => child(schema, step)).flatMap(unwrap);
  return schemas;
}

function unwrap(schema: Schema): Schema[] {
  const { def } = schema._zod as { def: { type: string; innerType?: Schema; options?: readonly Schema[] } };
  if (def.innerType) return unwrap(def.innerType);
  if (def.options) return def.options.flatMap(unwrap);
  return [schema];
}

function child(schema: Schema, step: string | number): Schema[] {
  const def = schema._zod.def as {
    type: string;
    shape?: Record<string, Schema>;
    valueType?: Schema;
    element?: Schema;
  };
  if (def.shape) return typeof step === 'string' && Object.hasOwn(def.shape, step) ? [def.shape[step] as Schema] : [];
  if (def.type === 'record' && def.valueType) return [def.valueType];
  if (def.type === 'array' && def.element) return [def.element];
  return [];
}

function blocksOf(schemas: readonly Schema[]): Shape[] {
  return schemas.flatMap((schema) => {
    const { shape } = schema._zod.def as { shape?: Shape };
    return shape ? [shape] : [];
  });
}

/** Keys that may stand in the block at a path; `type` narrows it to the options of that type. */
export function keyInfosAt(path: Path, type?: unknown): KeyInfo[] {
  const infos = new Map<string, KeyInfo>();
  const blocks = blocksOf(schemasAt(path));
  const ofType = blocks.filter(({ type: own }) => own !== undefined && wordsOf(own).includes(String(type)));
  for (const shape of ofType.length > 0 ? ofType : blocks) {
    for (const [key, value] of Object.entries(shape)) {
      const values = new Set([...(infos.get(key)?.values ?? []), ...wordsOf(value)]);
      infos.set(key, {
        key,
        description: infos.get(key)?.description || describe(value),
        required: value._zod.optin !== 'optional',
        values: [...values],
        isBlock: unwrap(value).some((one) => ['object', 'record'].includes((one._zod.def as { type: string }).type)),
      });
    }
  }
  const kind = infos.get('type');
  if (kind && blocks.length > 1 && ofType.length === 0) infos.set('type', { ...kind, description: wholeAt(path) });
  return [...infos.values()];
}

/** What the schema says about the block at a path as a whole. */
function wholeAt(path: Path): string {
  const all = path.length === 0 ? [] : schemasAt(path.slice(0, -1)).flatMap((one) => child(one, path.at(-1) as string));
  return all.map(describe).find((text) => text !== '') ?? '';
}

/**
 * Keys to offer in the block at a path. Of a method whose `type` is not written yet only what every type has: the options
 * of all types are a heap that nobody finds one in.
 */
export function offeredKeysAt(path: Path, type: unknown): KeyInfo[] {
  const infos = keyInfosAt(path, type);
  if (type !== undefined || valuesAt(path).length === 0) return infos;
  const blocks = blocksOf(schemasAt(path));
  return infos.filter(({ key }) => blocks.every((shape) => Object.hasOwn(shape, key)));
}

/** Keys of the block at a path: of its type, when the block has one that is known. */
export function keysAt(path: Path, type?: unknown): string[] {
  return keyInfosAt(path, type).map((info) => info.key);
}

/** A word that a value may be, and what it means, when the schema says so. */
export interface WordInfo {
  readonly word: string;
  readonly description: string;
}

/** Words that the value at a path may be. A block that chooses by `type` may be that word alone, which means the same. */
export function wordInfosAt(path: Path): WordInfo[] {
  const infos = new Map<string, string>();
  const add = (schema: Schema) => {
    const isLiteral = (schema._zod.def as { type: string }).type === 'literal';
    for (const word of wordsOf(schema)) {
      infos.set(word, infos.get(word) || (isLiteral ? describe(schema) : ''));
    }
  };
  const schemas = schemasAt(path);
  for (const schema of schemas) add(schema);
  if (infos.size > 0) {
    for (const { type } of blocksOf(schemas)) if (type) add(type);
  }
  return [...infos].map(([word, description]) => ({ word, description }));
}

/** Words that the value at a path may be. */
export function valuesAt(path: Path): string[] {
  return wordInfosAt(path).map(({ word }) => word);
}

function wordsOf(schema: Schema): string[] {
  return unwrap(schema).flatMap((one) => {
    const def = one._zod.def as { type: string; entries?: Record<string, string>; values?: unknown[] };
    if (def.type === 'enum' && def.entries) return Object.values(def.entries);
    if (def.type === 'literal' && def.values) return def.values.map(String);
    return def.type === 'boolean' ? ['true', 'false'] : [];
  });
}

function describe(schema: Schema): string {
  const own = (schema as z.ZodType).description;
  if (own) return own;
  const inner = (schema._zod.def as { innerType?: Schema }).innerType;
  return inner ? describe(inner) : '';
}
