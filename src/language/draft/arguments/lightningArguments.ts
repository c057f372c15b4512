import type { SyntaxNode } from '@lezer/common';
import { PythonFile } from '../../python/pythonFile.ts';
import { functionName } from '../../python/scopes.ts';
import { calleeOf, keywordValue, lastName, readArguments, slice } from '../../python/tree.ts';
import { classNamed } from './classesOf.ts';
import { nested } from './fieldMakers.ts';
import { readParameters } from './functionParameters.ts';
import type { ReadBeside } from './hydraArguments.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/** `link_arguments("data.width", "model.width")`, where the first may be several. */
const LINKS = /\blink_arguments\(\s*(?:["'][^"']+["']|[([][^)\]]*[)\]])\s*,\s*["']([^"']+)["']/g;

/**
 * What `LightningCLI(Model, Data)` makes of the two classes' `__init__`: `fit --model.lr 0.1 --data.batch_size 32`. Classes
 * are looked for in the script and in the modules beside it that it imports them from. Where the command line itself chooses
 * the classes there is nothing to read.
 */
export function lightningArguments(file: PythonFile, readBeside: ReadBeside): ScriptArguments {
  const call = cliCall(file);
  if (!call) return NO_ARGUMENTS;
  const { positional, keywords } = readArguments(call.getChild('ArgList'), file.text);
  const keyword = (wanted: string) => keywordValue(keywords, wanted);
  const isTrue = (node: SyntaxNode | null) => node !== null && slice(file.text, node) === 'True';
  const linked = new Set([...file.text.matchAll(LINKS)].map(([, target]) => target));
  const found: ScriptArgument[] = [];
  for (const [place, part] of (['model', 'data'] as const).entries()) {
    const node = keyword(part === 'model' ? 'model_class' : 'datamodule_class') ?? positional[place] ?? null;
    if (!node || isTrue(keyword(`subclass_mode_${part}`))) continue;
    const own = initArguments(lastName(slice(file.text, node)), file, readBeside).map((argument) =>
      nested(part, argument),
    );
    found.push(...own.filter(({ name }) => !linked.has(name)));
  }
  const run = keyword('run');
  const subcommand = found.length === 0 || (run && slice(file.text, run) === 'False') ? null : 'fit';
  return { ...NO_ARGUMENTS, arguments: found, subcommand, ofSubcommand: new Set(subcommand ? found : []) };
}

/** A call of `LightningCLI`, or of a class of the script that is one. */
function cliCall(file: PythonFile): SyntaxNode | null {
  const own = [...file.text.matchAll(/^class\s+(\w+)\s*\(\s*(?:\w+\.)*LightningCLI\s*\)/gm)].map(([, name]) => name);
  let found: SyntaxNode | null = null;
  file.tree.iterate({
    enter({ name, node }) {
      if (name !== 'CallExpression') return;
      const callee = calleeOf(node, file.text);
      if (/(^|\.)LightningCLI$/.test(callee) || own.includes(callee)) found = node;
    },
  });
  return found;
}

function initArguments(className: string, file: PythonFile, readBeside: ReadBeside): ScriptArgument[] {
  const home = classNamed(className, file) ? file : importedFrom(className, file, readBeside);
  const body = home && classNamed(className, home)?.getChild('Body');
  if (!home || !body) return [];
  const methods = [
    ...body.getChildren('FunctionDefinition'),
    ...body.getChildren('DecoratedStatement').flatMap((one) => one.getChildren('FunctionDefinition')),
  ];
  const made = methods.find((method) => functionName(method, home.text) === '__init__');
  return made ? readParameters(made, home, 'jsonargparse') : [];
}

/** `from lit.model import LitModel`: that module, where it is beside the script. */
function importedFrom(className: string, file: PythonFile, readBeside: ReadBeside): PythonFile | null {
  const imports = file.text.matchAll(/^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^()]*\)|[^\n#]*)/gm);
  for (const [, from = '', names = ''] of imports) {
    if (!names.split(/[^\w]+/).includes(className)) continue;
    const [dots = ''] = /^\.*/.exec(from) ?? [];
    const module = from.slice(dots.length);
    // One dot is the script's own folder, as none is; each more is one above it.
    const path = `${'../'.repeat(Math.max(0, dots.length - 1))}${module.replaceAll('.', '/')}`;
    const text = readBeside(`${path}.py`) ?? readBeside(`${path}/__init__.py`);
    if (text !== null) return new PythonFile(text);
  }
  return null;
}
