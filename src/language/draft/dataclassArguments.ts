import type { SyntaxNode } from '@lezer/common';
import { numberLiteral } from '../literals.ts';
import type { PythonFile } from '../python/pythonFile.ts';
import {
  type CallArguments,
  calleeOf,
  childrenOf,
  lastName,
  readArguments,
  slice,
  stringValue,
} from '../python/tree.ts';
import { fieldsOf, type ReadField } from './classFields.ts';
import { assignedField, dottedField, huggingFaceField, kebabField, simpleField, tyroField } from './fieldMakers.ts';
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
  // Both are an ArgumentParser, which may have arguments of its own.
  const own = read === huggingFaceField || read === simpleField ? argparseArguments(file) : NO_ARGUMENTS;
  for (const { name } of own.arguments) found.delete(name);
  return { ...own, arguments: [...own.arguments, ...found.values()] };
}

function repeated(fields: readonly ScriptArgument[]): Set<string> {
  const names = fields.map(({ name }) => name);
  return new Set(names.filter((name, at) => names.indexOf(name) !== at));
}

interface ParsedClasses {
  readonly names: readonly string[];
  readonly read: ReadField;
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
            ? settingsOf(ref.node, file, makers)
            : null;
      if (parsed && parsed.names.length > 0) found.push(parsed);
    },
  });
  return found;
}

/** What a script as a whole tells of its calls. */
interface Makers {
  readonly simpleParsing: boolean;
  readonly commandLineOfOmegaConf: boolean;
  /** The `config_name` that Hydra is given. */
  readonly hydraConfig: string | undefined;
  readonly pydantic: ReadField;
}

function makersOf(text: string): Makers {
  return {
    simpleParsing: /\bsimple_parsing\b/.test(text),
    commandLineOfOmegaConf: /\bfrom_cli\b/.test(text),
    hydraConfig: /\bhydra\.main\([^)]{0,500}?config_name\s*=\s*["']([^"']+)["']/.exec(text)?.[1],
    pydantic: /\bcli_kebab_case\s*=\s*True\b/.test(text) ? kebabField : dottedField,
  };
}

function classesOf(call: SyntaxNode, { text }: PythonFile, makers: Makers): ParsedClasses | null {
  const callee = calleeOf(call, text);
  const name = lastName(callee);
  const list = () => readArguments(call.getChild('ArgList'), text);
  const made = (read: ReadField) => ({ names: namesIn(list().positional[0], text), read });
  if (callee === 'tyro.cli') return made(tyroField);
  if (name === 'HfArgumentParser') return made(huggingFaceField);
  if (makers.simpleParsing && (name === 'parse' || name === 'add_arguments')) return made(simpleField);
  if (callee === 'CliApp.run') return made(makers.pydantic);
  if (makers.commandLineOfOmegaConf && callee === 'OmegaConf.structured') return made(assignedField);
  return makers.hydraConfig !== undefined && name === 'store' ? storedClass(list(), text, makers.hydraConfig) : null;
}

/** `ConfigStore.instance().store(name="config", node=Config)` of the configuration that Hydra is to take. */
function storedClass({ positional, keywords }: CallArguments, text: string, config: string): ParsedClasses | null {
  const keyword = (wanted: string) => keywords.find(({ name }) => name === wanted)?.value ?? null;
  if (keyword('group') || stringValue(keyword('name') ?? positional[0], text) !== config) return null;
  return { names: namesIn(keyword('node') ?? positional[1], text), read: assignedField };
}

/** `class Settings(BaseSettings, cli_parse_args=True)`, or that in its `model_config`. */
function settingsOf(definition: SyntaxNode, { text }: PythonFile, makers: Makers): ParsedClasses | null {
  const name = definition.getChild('VariableName');
  const bases = definition.getChild('ArgList');
  if (!name || !bases || !/\bBaseSettings\b/.test(slice(text, bases))) return null;
  const parses = /\bcli_parse_args\s*=\s*True\b/.test(slice(text, definition));
  return parses ? { names: [slice(text, name)], read: makers.pydantic } : null;
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
