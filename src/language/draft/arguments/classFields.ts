import type { SyntaxNode } from '@lezer/common';
import type { Literal } from '../../literals.ts';
import type { PythonFile } from '../../python/pythonFile.ts';
import {
  calleeOf,
  keywordValue,
  lastName,
  pythonLiteral,
  readArguments,
  slice,
  stringValue,
} from '../../python/tree.ts';
import { classNamed } from './classesOf.ts';
import { resolve, typeOf } from './pythonArguments.ts';
import type { ScriptArgument } from './scriptArgument.ts';

/** Nobody writes `--a.b.c.d.e.f.g.h.i` by hand. */
const DEEPEST = 8;
/** Classes that are gone through for one file: ten fields of a class that has ten of the next make a thousand millions. */
const MOST_CLASSES = 2000;
const visits = new WeakMap<PythonFile, number>();

/** A field of a dataclass: `lr: float = 0.1` or `lr: float = field(default=0.1, …)`. */
export interface Field {
  readonly name: string;
  readonly annotation: string;
  readonly initial: Literal | null;
  readonly hasFactory: boolean;
  /** Of `choice('adam', 'sgd')`. */
  readonly choices: readonly Literal[] | null;
  /** What `Field(ge=1, le=512)` allows. */
  readonly low?: number;
  readonly high?: number;
  /** Another name by which pydantic's `Field` has it given; null for one that is not read here. */
  readonly alias?: string | null;
  /** One without a default has to be given. */
  readonly required: boolean;
}

/** `within`: the classes that it is in, from the outermost on. */
export type ReadField = (field: Field, file: PythonFile, within: readonly string[]) => readonly ScriptArgument[];

/** Classes that arguments are made of, and how. */
export interface ParsedClasses {
  readonly names: readonly string[];
  readonly read: ReadField;
}

/** The arguments of a class of the module, those of its base classes first; none of one that is within itself. */
export function fieldsOf(
  className: string,
  file: PythonFile,
  read: ReadField,
  within: readonly string[] = [],
): readonly ScriptArgument[] {
  const visited = visits.get(file) ?? 0;
  const isEndless = within.includes(className) || within.length === DEEPEST || visited >= MOST_CLASSES;
  const definition = isEndless ? null : classNamed(className, file);
  if (!definition) return [];
  visits.set(file, visited + 1);
  const path = [...within, className];
  const bases = readArguments(definition.getChild('ArgList'), file.text).positional;
  return [
    ...bases.flatMap((base) => fieldsOf(lastName(slice(file.text, base)), file, read, path)),
    ...(definition.getChild('Body')?.getChildren('AssignStatement') ?? []).flatMap((statement) => {
      const field = readField(statement, file);
      return field ? read(field, file, path) : [];
    }),
  ];
}

function readField(statement: SyntaxNode, file: PythonFile): Field | null {
  const name = statement.getChild('VariableName');
  const type = statement.getChild('TypeDef');
  const value = statement.getChild('AssignOp')?.nextSibling ?? null;
  if (!name || !type || slice(file.text, name).startsWith('_') || /\bClassVar\b/.test(slice(file.text, type)))
    return null;
  const call = value?.name === 'CallExpression' ? lastName(calleeOf(value, file.text)) : '';
  const { positional, keywords } = readArguments(
    /^(field|Field|choice)$/.test(call) ? (value?.getChild('ArgList') ?? null) : null,
    file.text,
  );
  const keyword = (wanted: string) => keywordValue(keywords, wanted);
  // Neither `__init__` nor, with simple_parsing's `cmd`, the command line takes it.
  if (['init', 'cmd'].some((word) => pythonLiteral(keyword(word), file.text)?.value === false)) return null;
  const alias = keyword('validation_alias') ?? keyword('alias');
  const first = call === 'Field' && positional[0]?.name !== 'Ellipsis' ? positional[0] : undefined;
  const given = /^(field|Field|choice)$/.test(call) ? (keyword('default') ?? first ?? null) : value;
  const hasFactory = keyword('default_factory') !== null;
  return {
    name: slice(file.text, name),
    annotation: slice(file.text, type).replace(/^:\s*/, ''),
    initial: resolve(given, file),
    hasFactory,
    choices: call === 'choice' ? literalsOf(positional, file.text) : null,
    ...bound('low', keyword('ge') ?? keyword('gt'), file),
    ...bound('high', keyword('le') ?? keyword('lt'), file),
    ...(call === 'Field' && alias ? { alias: stringValue(alias, file.text) ?? null } : {}),
    ...(/\balias\s*=/.test(slice(file.text, type)) ? { alias: null } : {}),
    // OmegaConf's word for a value that has to be given.
    required: given === null ? !hasFactory : /(^|\.)MISSING$/.test(slice(file.text, given)),
  };
}

function literalsOf(nodes: readonly SyntaxNode[], text: string): Literal[] | null {
  const values = nodes.map((node) => pythonLiteral(node, text));
  return values.every((value) => value !== null) ? values : null;
}

function bound(which: 'low' | 'high', node: SyntaxNode | null, file: PythonFile): { low?: number; high?: number } {
  const value = resolve(node, file)?.value;
  return typeof value === 'number' ? { [which]: value } : {};
}

export function argumentOf({
  name,
  annotation,
  initial,
  hasFactory,
  low,
  high,
  required,
}: Field): Omit<ScriptArgument, 'flag' | 'choices'> {
  const isList = /\b(List|list|Tuple|tuple)\b/.test(annotation) || hasFactory;
  return {
    name,
    type: typeOf(annotation, initial),
    initial,
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
    ...(isList ? { awkward: 'list' as const } : {}),
    required,
  };
}
