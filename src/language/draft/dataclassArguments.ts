import type { SyntaxNode } from '@lezer/common';
import { type Literal, numberLiteral } from '../literals.ts';
import type { PythonFile } from '../python/pythonFile.ts';
import { calleeOf, childrenOf, lastName, readArguments, slice } from '../python/tree.ts';
import { enumChoices, literalChoices } from './annotations.ts';
import { resolve, typeOf } from './pythonArguments.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/** Fields of TrainingArguments that are worth a search in transformers 4 and 5 alike, with their defaults. */
const TRAINING_DEFAULTS: readonly (readonly [name: string, type: 'float' | 'int', initial: number])[] = [
  ['learning_rate', 'float', 5e-5],
  ['per_device_train_batch_size', 'int', 8],
  ['weight_decay', 'float', 0],
  ['num_train_epochs', 'int', 3],
  ['seed', 'int', 42],
];

/** The arguments that `HfArgumentParser` or `tyro.cli` makes of the dataclasses that it is given. */
export function dataclassArguments(file: PythonFile): ScriptArguments {
  const parsed = parsedClasses(file);
  if (!parsed) return NO_ARGUMENTS;
  const fields = parsed.names.flatMap((name) => fieldsOf(name, file, parsed.isTyro ? tyroField : huggingFaceField));
  const found = new Map(fields.map((argument) => [argument.name, argument]));
  if (parsed.names.some((name) => name.endsWith('TrainingArguments'))) {
    for (const argument of trainingArguments()) if (!found.has(argument.name)) found.set(argument.name, argument);
  }
  return { ...NO_ARGUMENTS, arguments: [...found.values()] };
}

/** Names in `HfArgumentParser((ModelArguments, TrainingArguments))` or `tyro.cli(Args)`; null where neither is called. */
function parsedClasses(file: PythonFile): { names: string[]; isTyro: boolean } | null {
  let found: { names: string[]; isTyro: boolean } | null = null;
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'CallExpression') return;
      const callee = calleeOf(ref.node, file.text);
      const isTyro = callee === 'tyro.cli';
      if (!isTyro && lastName(callee) !== 'HfArgumentParser') return;
      const [first] = readArguments(ref.node.getChild('ArgList'), file.text).positional;
      const members = first && /^(Tuple|Array)Expression$/.test(first.name) ? childrenOf(first) : first ? [first] : [];
      found = { names: [...new Set(members.map((member) => lastName(slice(file.text, member))))], isTyro };
    },
  });
  return found;
}

/** A field of a dataclass: `lr: float = 0.1` or `lr: float = field(default=0.1, …)`. */
interface Field {
  readonly name: string;
  readonly annotation: string;
  readonly initial: Literal | null;
  readonly hasFactory: boolean;
  /** One without a default has to be given. */
  readonly required: boolean;
}

/** `within`: the classes that it is in, from the outermost on. */
type ReadField = (field: Field, file: PythonFile, within: readonly string[]) => readonly ScriptArgument[];

/** The arguments of a class of the module, those of its base classes first; none of one that is within itself. */
function fieldsOf(
  className: string,
  file: PythonFile,
  read: ReadField,
  within: readonly string[] = [],
): readonly ScriptArgument[] {
  const definition = within.includes(className) ? null : classNamed(className, file);
  if (!definition) return [];
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

function classNamed(className: string, file: PythonFile): SyntaxNode | null {
  let found: SyntaxNode | null = null;
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'ClassDefinition') return;
      const name = ref.node.getChild('VariableName');
      if (name && slice(file.text, name) === className) found = ref.node;
    },
  });
  return found;
}

function readField(statement: SyntaxNode, file: PythonFile): Field | null {
  const name = statement.getChild('VariableName');
  const type = statement.getChild('TypeDef');
  const value = statement.getChild('AssignOp')?.nextSibling ?? null;
  if (!name || !type) return null;
  const isField = value?.name === 'CallExpression' && lastName(calleeOf(value, file.text)) === 'field';
  const keywords = isField ? readArguments(value.getChild('ArgList'), file.text).keywords : [];
  const given = isField ? (keywords.find((keyword) => keyword.name === 'default')?.value ?? null) : value;
  const hasFactory = keywords.some((keyword) => keyword.name === 'default_factory');
  return {
    name: slice(file.text, name),
    annotation: slice(file.text, type).replace(/^:\s*/, ''),
    initial: resolve(given, file),
    hasFactory,
    required: given === null && !hasFactory,
  };
}

/** A bool is read as `--flag true`. */
function huggingFaceField(field: Field, file: PythonFile): readonly ScriptArgument[] {
  const choices = literalChoices(field.annotation) ?? enumChoices(field.annotation, file);
  return [{ ...argumentOf(field), flag: `--${field.name}`, choices }];
}

/** A bool is `--flag` or `--no-flag`; the fields of a dataclass within are `--outer.inner`. */
function tyroField(field: Field, file: PythonFile, within: readonly string[]): readonly ScriptArgument[] {
  const inner = fieldsOf(field.annotation, file, tyroField, within);
  if (inner.length > 0) return inner.map((argument) => inside(field.name, argument));
  const flag = `--${field.name.replaceAll('_', '-')}`;
  const made = { ...argumentOf(field), flag, choices: literalChoices(field.annotation) };
  return [made.type === 'boolean' ? { ...made, switch: { on: flag, off: flag.replace('--', '--no-') } } : made];
}

function inside(outer: string, argument: ScriptArgument): ScriptArgument {
  const prefix = outer.replaceAll('_', '-');
  const flagged = (flag: string) => flag.replace(/^--(no-)?/, (_, off?: string) => `--${prefix}.${off ?? ''}`);
  const { flag, switch: given } = argument;
  return {
    ...argument,
    name: `${outer}.${argument.name}`,
    flag: flag && flagged(flag),
    ...(given ? { switch: { on: flagged(given.on), off: given.off && flagged(given.off) } } : {}),
  };
}

function argumentOf({
  name,
  annotation,
  initial,
  hasFactory,
  required,
}: Field): Omit<ScriptArgument, 'flag' | 'choices'> {
  const isList = /\b(List|list|Tuple|tuple)\b/.test(annotation) || hasFactory;
  return {
    name,
    type: typeOf(annotation, initial),
    initial,
    ...(isList ? { awkward: 'list' as const } : {}),
    required,
  };
}

function trainingArguments(): ScriptArgument[] {
  const output = { name: 'output_dir', flag: '--output_dir', type: 'path', initial: null, choices: null } as const;
  const known = TRAINING_DEFAULTS.map(([name, type, initial]): ScriptArgument => {
    return {
      name,
      flag: `--${name}`,
      type,
      initial: numberLiteral(initial, type === 'int'),
      choices: null,
      required: false,
    };
  });
  return [...known, { ...output, required: true }];
}
