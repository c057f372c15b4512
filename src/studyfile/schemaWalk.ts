import type { z } from 'zod';
import type { Path } from './positions.ts';
import { studyFileSchema } from './schema.ts';
import { CHINESE_DESCRIPTIONS } from './schemaChinese.ts';
import { isChinese } from './translation.ts';

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

/** Keys that may stand in the block at a path; `type` narrows the options of a tagged block. */
export function keyInfosAt(path: Path, type?: unknown): KeyInfo[] {
  const infos = new Map<string, KeyInfo>();
  for (const schema of schemasAt(path)) {
    const shape = (schema._zod.def as { shape?: Record<string, Schema> }).shape;
    if (!shape || (typeof type === 'string' && shape['type'] && !allowsType(shape['type'], type))) continue;
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
  return [...infos.values()];
}

export function keysAt(path: Path): string[] {
  return keyInfosAt(path).map((info) => info.key);
}

/** Words that the value at a path may be. */
export function valuesAt(path: Path): string[] {
  return [...new Set(schemasAt(path).flatMap(wordsOf))];
}

function allowsType(schema: Schema, type: string): boolean {
  const words = wordsOf(schema);
  return words.length === 0 || words.includes(type) || !ALL_PARAMETER_TYPES.has(type);
}

const ALL_PARAMETER_TYPES = new Set(['float', 'int', 'categorical']);

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

/** A description of the schema in the reader's language. */
export function describedIn(locale: string, description: string): string {
  return isChinese(locale) ? (CHINESE_DESCRIPTIONS[description] ?? description) : description;
}
