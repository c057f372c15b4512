import type { SyntaxNode } from '@lezer/common';
import { numberLiteral } from '../../literals.ts';
import type { PythonFile } from '../../python/pythonFile.ts';
import {
  type CallArguments,
  calleeOf,
  childrenOf,
  keywordValue,
  lastName,
  readArguments,
  slice,
  stringValue,
} from '../../python/tree.ts';
import { fieldsOf, type ParsedClasses, type ReadField } from './classFields.ts';
import { assignedField, huggingFaceField, simpleField, tyroField } from './fieldMakers.ts';
import { parsedSettings, settingsOf } from './pydanticFields.ts';
import { argparseArguments } from './pythonArguments.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/** Fields of TrainingArguments that are worth a search in transformers 4 and 5 alike, with their defaults. */
const TRAINING_DEFAULTS: readonly (readonly [name: string, type: 'float' | 'int', initial: number])[] = [
  ['learning_rate', 'float', 5e-5],
  ['per_device_train_batch_size', 'int', 8],
  ['weight_decay', 'float', 0],
  ['num_train_epochs', 'int', 3],
  ['seed', 'int', 42],
];

/**
 * The arguments that `HfArgumentParser`, `tyro.cli`, simple_parsing, pydantic-settings, `OmegaConf.structured` or Hydra's
 * ConfigStore make of classes with annotated fields.
 */
export function dataclassArguments(file: PythonFile): ScriptArguments {
  const parsed = parsedClasses(file);
  const names = [...new Set(parsed.flatMap((one) => one.names))];
  const read = parsed[0]?.read;
  if (!read) return NO_ARGUMENTS;
  const fields = names.flatMap((name) => fieldsOf(name, file, read));
  const found = new Map(fields.map((argument) => [argument.name, argument]));
  // simple_parsing writes the names of classes before fields that several have.
  if (read === simpleField) for (const name of repeated(fields)) found.delete(name);
  if (names.some((name) => name.endsWith('TrainingArguments'))) {
    for (const argument of trainingArguments()) if (!found.has(argument.name)) found.set(argument.name, argument);
  }
  // Hydra takes a value that the class lacks from a group of that name.
  for (const name of hydraGroups(file.text)) if (found.get(name)?.required) found.delete(name);
  // Both are an ArgumentParser, which may have arguments of its own, or may leave the others to OmegaConf.
  const hasParser = read === huggingFaceField || read === simpleField || leavesOthers(file.text);
  const own = hasParser ? argparseArguments(file) : NO_ARGUMENTS;
  for (const { name } of own.arguments) found.delete(name);
  return { ...own, arguments: [...own.arguments, ...found.values()] };
}

function hydraGroups(text: string): string[] {
  return [...text.matchAll(/\bgroup\s*=\s*["']([\w/]+)["']/g)].map(([, group]) =>
    (group as string).replaceAll('/', '.'),
  );
}

/** `OmegaConf.from_cli(others)`, where `others` is what `parse_known_args` did not know. */
function leavesOthers(text: string): boolean {
  return /\bparse_known_args\(/.test(text) && /\bfrom_cli\(\s*\w/.test(text);
}

function repeated(fields: readonly ScriptArgument[]): Set<string> {
  const names = fields.map(({ name }) => name);
  return new Set(names.filter((name, at) => names.indexOf(name) !== at));
}

/** The classes in every call that makes arguments of classes, and in every class that reads them itself. */
function parsedClasses(file: PythonFile): ParsedClasses[] {
  const found: ParsedClasses[] = [];
  const makers = makersOf(file.text);
  file.tree.iterate({
    enter(ref) {
      const parsed =
        ref.name === 'CallExpression'
          ? classesOf(ref.node, file, makers)
          : ref.name === 'ClassDefinition'
            ? settingsOf(ref.node, file)
            : null;
      if (parsed && parsed.names.length > 0) found.push(parsed);
    },
  });
  return found;
}

/** With these of simple_parsing, the names of flags depend on more than the classes. */
const RENAMING =
  /\bsubgroups\(|\bArgumentGenerationMode\.NESTED\b|\bDashVariant\.DASH\b|\bConflictResolution\.EXPLICIT\b/;

/** What a script as a whole tells of its calls. */
interface Makers {
  readonly simpleParsing: boolean;
  readonly commandLineOfOmegaConf: boolean;
  /** The `config_name` that Hydra is given. */
  readonly hydraConfig: string | undefined;
}

function makersOf(text: string): Makers {
  return {
    simpleParsing: /\bsimple_parsing\b/.test(text) && !RENAMING.test(text),
    commandLineOfOmegaConf: /\bfrom_cli\b/.test(text),
    hydraConfig: /\bhydra\.main\([^)]{0,500}?config_name\s*=\s*["']([^"']+)["']/.exec(text)?.[1],
  };
}

function classesOf(call: SyntaxNode, file: PythonFile, makers: Makers): ParsedClasses | null {
  const { text } = file;
  const callee = calleeOf(call, text);
  const name = lastName(callee);
  const list = () => readArguments(call.getChild('ArgList'), text);
  const made = (read: ReadField) => ({ names: namesIn(list().positional[0], text), read });
  if (callee === 'tyro.cli') return made(tyroField);
  if (name === 'HfArgumentParser') return made(huggingFaceField);
  if (makers.simpleParsing && (name === 'parse' || name === 'add_arguments')) {
    return list().keywords.some((keyword) => keyword.name === 'prefix') ? null : made(simpleField);
  }
  if (/(^|\.)CliApp\.run$/.test(callee)) return parsedSettings(namesIn(list().positional[0], text), file);
  if (makers.commandLineOfOmegaConf && callee === 'OmegaConf.structured') return made(assignedField);
  return makers.hydraConfig !== undefined && name === 'store' ? storedClass(list(), text, makers.hydraConfig) : null;
}

/** `ConfigStore.instance().store(name="config", node=Config)` of the configuration that Hydra is to take. */
function storedClass({ positional, keywords }: CallArguments, text: string, config: string): ParsedClasses | null {
  const keyword = (wanted: string) => keywordValue(keywords, wanted);
  if (keyword('group') || stringValue(keyword('name') ?? positional[0], text) !== config) return null;
  return { names: namesIn(keyword('node') ?? positional[1], text), read: assignedField };
}

/** `Args`, `Args()`, `lib.Args`, and several of them in a tuple or list. */
function namesIn(node: SyntaxNode | null | undefined, text: string): string[] {
  if (!node) return [];
  const members = /^(Tuple|Array)Expression$/.test(node.name) ? childrenOf(node) : [node];
  return members.map((member) =>
    lastName(member.name === 'CallExpression' ? calleeOf(member, text) : slice(text, member)),
  );
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
