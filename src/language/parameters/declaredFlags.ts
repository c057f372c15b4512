import type { SyntaxNode } from '@lezer/common';
import { javaScriptArguments } from '../draft/arguments/javaScriptArguments.ts';
import type { CodeFile } from '../insertion/sites.ts';
import { JavaScriptFile } from '../javascript/javaScriptFile.ts';
import { PythonFile } from '../python/pythonFile.ts';
import { calleeOf, keywordValue, lastName, readArguments, slice, stringValue } from '../python/tree.ts';

/** Where these are at work, a program may take more than its own calls declare. */
const OPEN_PYTHON =
  /\b(?:parse_known_args|parse_known_intermixed_args|prefix_chars|fromfile_prefix_chars|add_argparse_args|HfArgumentParser|jsonargparse|simple_parsing|tyro|fire|typer|hydra|absl|gflags|configargparse|ignore_unknown_options|allow_extra_args|UNPROCESSED|docopt|lightning|LightningCLI|argcomplete|tap|cyclopts)\b/i;
const OPEN_JAVASCRIPT =
  /\b(?:yargs|commander|minimist|meow|cac|oclif|caporal|mri|arg)\b["']|\bstrict\s*:\s*false\b|\.\.\./;

/**
 * The long flags that a program takes, of all its subcommands; null where its source alone does not say so for certain: it
 * shares its parser with other modules, makes flags while it runs, or uses a parser that takes more than is declared.
 */
export function declaredFlags(file: CodeFile): string[] | null {
  if (file instanceof PythonFile) return pythonFlags(file);
  if (!(file instanceof JavaScriptFile) || OPEN_JAVASCRIPT.test(file.text)) return null;
  if (!/\bparseArgs\s*\(/.test(file.text)) return null;
  const flags = javaScriptArguments(file).arguments.flatMap(({ flag }) => flag ?? []);
  return flags.length === 0 ? null : flags;
}

/** Whether a program would take a flag that is written so: abbreviated, or switched off. */
export function takesFlag(flags: readonly string[], written: string): boolean {
  const wanted = written.replaceAll('_', '-');
  return flags.some((flag) => {
    const own = flag.replaceAll('_', '-');
    return own.startsWith(wanted) || `--no-${own.slice(2)}`.startsWith(wanted) || /^--(help|version)$/.test(wanted);
  });
}

function pythonFlags({ text, tree }: PythonFile): string[] | null {
  if (OPEN_PYTHON.test(text) || !/\bargparse\b|\bclick\b/.test(text)) return null;
  const flags: string[] = [];
  const parsers = new Set<string>();
  const functions = new Set<string>();
  const calls: SyntaxNode[] = [];
  const decorators: SyntaxNode[] = [];
  tree.iterate({
    enter({ name, node }) {
      if (name === 'CallExpression') calls.push(node);
      else if (name === 'Decorator') decorators.push(node);
      else if (name === 'FunctionDefinition') {
        const own = node.getChild('VariableName');
        if (own) functions.add(slice(text, own));
      }
    },
  });
  for (const call of calls) {
    if (/^(ArgumentParser|add_parser|add_subparsers|add_\w*group)$/.test(lastName(calleeOf(call, text)))) {
      const target = call.parent?.name === 'AssignStatement' ? call.parent.firstChild : null;
      if (target) parsers.add(slice(text, target));
    }
  }
  const isClick = decorators.some((one) => /\.(command|group)$/.test(calleeOf(one, text)));
  if (parsers.size === 0 && !isClick) return null;
  for (const call of [...calls, ...decorators]) {
    const found = flagsOf(call, text, parsers, functions);
    if (found === null) return null;
    flags.push(...found);
  }
  return flags.length === 0 ? null : flags;
}

/** The long flags that a call declares; null where what it does to a parser is not known. */
function flagsOf(
  call: SyntaxNode,
  text: string,
  parsers: ReadonlySet<string>,
  functions: ReadonlySet<string>,
): string[] | null {
  const callee = calleeOf(call, text);
  const name = lastName(callee);
  const list = call.getChild('ArgList');
  if (name === 'add_argument' || (call.name === 'Decorator' && name === 'option')) {
    const { positional } = readArguments(list, text);
    const names = positional.map((node) => stringValue(node, text));
    if (names.length === 0 || names.includes(undefined) || /(?:^|[(,\s])\*/.test(slice(text, positional[0] ?? call)))
      return null;
    return names.flatMap((one) => (one ?? '').split('/').map((part) => part.trim())).filter((one) => /^--\w/.test(one));
  }
  // Another decorator over a command may add options of its own.
  if (call.name === 'Decorator') {
    const isOwn = /(^|\.)(argument|command|group|pass_context|pass_obj|version_option|help_option)$/.test(callee);
    const isCommand = call.parent
      ?.getChildren('Decorator')
      .some((one) => /\.(command|group)$/.test(calleeOf(one, text)));
    return isOwn || !isCommand ? [] : null;
  }
  const { positional, keywords } = readArguments(list, text);
  const parents = keywordValue(keywords, 'parents');
  if (parents && !parents.getChildren('VariableName').every((one) => parsers.has(slice(text, one)))) return null;
  const given = [...positional, ...keywords.map(({ value }) => value)];
  const isHandedOn = given.some((value) => value?.name === 'VariableName' && parsers.has(slice(text, value)));
  return isHandedOn && !functions.has(name) ? null : [];
}
