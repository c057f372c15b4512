import type { SyntaxNode } from '@lezer/common';
import { numberLiteral } from '../literals.ts';
import type { PythonFile } from '../python/pythonFile.ts';
import { calleeOf, childrenOf, lastName, readArguments, slice } from '../python/tree.ts';
import { resolve, typeOf } from './pythonArguments.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/** Fields of TrainingArguments that are worth a search, with the defaults of transformers 5. */
const TRAINING_DEFAULTS: readonly (readonly [name: string, type: 'float' | 'int', initial: number])[] = [
  ['learning_rate', 'float', 5e-5],
  ['per_device_train_batch_size', 'int', 8],
  ['weight_decay', 'float', 0],
  ['warmup_ratio', 'float', 0],
  ['num_train_epochs', 'int', 3],
  ['seed', 'int', 42],
];

/** The arguments that `HfArgumentParser` makes of the dataclasses that it is given. */
export function dataclassArguments(file: PythonFile): ScriptArguments {
  const classes = parsedClasses(file);
  if (!classes) return NO_ARGUMENTS;
  const found = new Map<string, ScriptArgument>();
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'ClassDefinition') return;
      const name = ref.node.getChild('VariableName');
      if (!name || !classes.has(slice(file.text, name))) return;
      for (const field of ref.node.getChild('Body')?.getChildren('AssignStatement') ?? []) {
        const argument = readField(field, file);
        if (argument) found.set(argument.name, argument);
      }
    },
  });
  if ([...classes].some((name) => name.endsWith('TrainingArguments'))) {
    for (const argument of trainingArguments()) if (!found.has(argument.name)) found.set(argument.name, argument);
  }
  return { ...NO_ARGUMENTS, arguments: [...found.values()] };
}

/** Names in `HfArgumentParser((ModelArguments, TrainingArguments))`; null where it is not called. */
function parsedClasses(file: PythonFile): Set<string> | null {
  let names: Set<string> | null = null;
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'CallExpression' || lastName(calleeOf(ref.node, file.text)) !== 'HfArgumentParser') return;
      const [first] = readArguments(ref.node.getChild('ArgList'), file.text).positional;
      const members = first && /^(Tuple|Array)Expression$/.test(first.name) ? childrenOf(first) : first ? [first] : [];
      names = new Set(members.map((member) => lastName(slice(file.text, member))));
    },
  });
  return names;
}

/** `lr: float = 0.1` or `lr: float = field(default=0.1, …)`; a field without a default has to be given. */
function readField(field: SyntaxNode, file: PythonFile): ScriptArgument | null {
  const name = field.getChild('VariableName');
  const type = field.getChild('TypeDef');
  const value = field.getChild('AssignOp')?.nextSibling ?? null;
  if (!name || !type) return null;
  const isField = value?.name === 'CallExpression' && lastName(calleeOf(value, file.text)) === 'field';
  const keywords = isField ? readArguments(value.getChild('ArgList'), file.text).keywords : [];
  const given = isField ? (keywords.find((keyword) => keyword.name === 'default')?.value ?? null) : value;
  const initial = resolve(given, file);
  const annotation = slice(file.text, type);
  const hasFactory = keywords.some((keyword) => keyword.name === 'default_factory');
  const kind = typeOf(annotation, initial);
  return {
    name: slice(file.text, name),
    flag: `--${slice(file.text, name)}`,
    // A bool field is read as `--flag true`.
    type: kind,
    initial,
    choices: null,
    ...(/\b(List|list)\b/.test(annotation) || hasFactory ? { awkward: 'list' as const } : {}),
    required: given === null && !hasFactory,
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
