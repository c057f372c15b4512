import type { SyntaxNode } from '@lezer/common';
import type { JavaScriptFile } from '../../javascript/javaScriptFile.ts';
import { optionName } from '../../javascript/optionDefaults.ts';
import {
  argumentsOf,
  calleeOf,
  javaScriptLiteral,
  lastName,
  memberOf,
  propertyOf,
  slice,
  stringValue,
} from '../../javascript/tree.ts';
import { type Literal, literalsIn, numberIn } from '../../literals.ts';
import { NO_ARGUMENTS, type ScriptArgument, type ScriptArguments } from './scriptArgument.ts';

/** The arguments that a script declares with `util.parseArgs`, yargs or commander. */
export function javaScriptArguments(file: JavaScriptFile): ScriptArguments {
  const found = new Map<string, ScriptArgument>();
  const { text } = file;
  const add = (argument: ScriptArgument | null) => {
    if (argument && !/^(help|version)$/.test(argument.name)) found.set(argument.name, argument);
  };
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'CallExpression') return;
      const callee = calleeOf(ref.node, text);
      const name = lastName(callee);
      const [first, second, third, fourth] = argumentsOf(ref.node);
      if (name === 'parseArgs')
        for (const one of declared(
          resolveObject(memberOf(first, 'options', text), file),
          text,
          isNegatable(first, text),
        )) {
          add(one);
        }
      else if (name === 'options' && callee.includes('.')) for (const one of declared(first, text, true)) add(one);
      else if (name === 'argument' && callee.includes('.')) add(byPlace(stringValue(first, text)));
      else if (name === 'addOption') add(fromOption(first, text));
      else if (/^(option|requiredOption)$/.test(name) && callee.includes('.')) {
        const flags = stringValue(first, text);
        const optionKey = optionName(flags);
        if (!optionKey) return;
        if (second?.name === 'ObjectExpression') add(fromObject(optionKey, second, text, true));
        else add(fromCommander(optionKey, flags as string, third, fourth, name === 'requiredOption', text));
      }
    },
  });
  return { ...NO_ARGUMENTS, arguments: [...found.values()] };
}

/** `options` given by name: the object that a constant of the file holds. */
function resolveObject(node: SyntaxNode | null, file: JavaScriptFile): SyntaxNode | null {
  if (node?.name !== 'VariableName' && node?.name !== 'PropertyDefinition') return node;
  const name = slice(file.text, node);
  let found: SyntaxNode | null = null;
  file.tree.iterate({
    enter(ref) {
      if (ref.name !== 'VariableDefinition' || slice(file.text, ref) !== name) return;
      // `{…}`, or `{…} as const`.
      const value = ref.node.parent?.getChild('Equals')?.nextSibling;
      const object = value?.name === 'ObjectExpression' ? value : value?.getChild('ObjectExpression');
      if (object) found = object;
    },
  });
  return found;
}

function declared(object: SyntaxNode | null | undefined, text: string, negatable: boolean): ScriptArgument[] {
  if (object?.name !== 'ObjectExpression') return [];
  return object.getChildren('Property').flatMap((property) => {
    const option = propertyOf(property, text);
    const read =
      option?.value.name === 'ObjectExpression' ? fromObject(option.name, option.value, text, negatable) : null;
    return read ? [read] : [];
  });
}

/** `util.parseArgs` takes `--no-amp` only where it is told so; yargs always does. */
function isNegatable(options: SyntaxNode | undefined, text: string): boolean {
  return javaScriptLiteral(memberOf(options, 'allowNegative', text), text)?.value === true;
}

/** commander: `.argument('<file>')`, which the program needs. */
function byPlace(written: string | undefined): ScriptArgument | null {
  const name = /^<([\w-]+)/.exec(written ?? '')?.[1];
  if (!name) return null;
  return { name, flag: null, type: 'string', initial: null, choices: null, required: true };
}

/** commander: `.addOption(new Option('--act <name>', 'which').choices([…]).default('relu'))`. */
function fromOption(chain: SyntaxNode | undefined, text: string): ScriptArgument | null {
  const calls = new Map<string, SyntaxNode | undefined>();
  let at: SyntaxNode | null | undefined = chain;
  while (at?.name === 'CallExpression') {
    calls.set(lastName(calleeOf(at, text)), argumentsOf(at)[0]);
    at = at.firstChild?.firstChild;
  }
  const flags = at?.name === 'NewExpression' ? stringValue(argumentsOf(at)[0], text) : undefined;
  const name = optionName(flags);
  if (!name || flags === undefined) return null;
  const parser = calls.get('argParser');
  const made = fromCommander(name, flags, parser, calls.get('default'), calls.has('makeOptionMandatory'), text);
  const choices = javaScriptLiteral(calls.get('choices'), text);
  return choices?.type === 'list' ? { ...made, choices: literalsIn(choices) } : made;
}

function fromObject(name: string, object: SyntaxNode, text: string, negatable: boolean): ScriptArgument {
  const initial = numeric(javaScriptLiteral(memberOf(object, 'default', text), text));
  const declaredType = stringValue(memberOf(object, 'type', text), text);
  const choices = javaScriptLiteral(memberOf(object, 'choices', text), text);
  const isBoolean = declaredType === 'boolean' || initial?.type === 'boolean';
  const isList =
    declaredType === 'array' || javaScriptLiteral(memberOf(object, 'multiple', text), text)?.value === true;
  const required = javaScriptLiteral(memberOf(object, 'demandOption', text), text)?.value === true;
  const short = stringValue(memberOf(object, 'short', text) ?? memberOf(object, 'alias', text), text);
  return {
    name,
    flag: `--${name}`,
    ...(short ? { aliases: [short.length === 1 ? `-${short}` : `--${short}`] } : {}),
    type: isBoolean ? 'boolean' : typeOf(initial, declaredType === 'number'),
    initial,
    choices: literalsIn(choices),
    ...(isBoolean ? { switch: { on: `--${name}`, off: negatable ? `--no-${name}` : null } } : {}),
    ...(isList ? { awkward: 'list' as const } : {}),
    ...(isBoolean && !negatable && initial?.value === true ? { awkward: 'onlyOn' as const } : {}),
    required,
  };
}

function fromCommander(
  name: string,
  flags: string,
  third: SyntaxNode | undefined,
  fourth: SyntaxNode | undefined,
  required: boolean,
  text: string,
): ScriptArgument {
  const takesValue = /[<[]/.test(flags);
  const parser = third && !javaScriptLiteral(third, text) ? slice(text, third) : '';
  const initial = numeric(javaScriptLiteral(fourth ?? third, text));
  return {
    name,
    flag: `--${name}`,
    aliases: flags.split(/[ ,|]+/).filter((one) => /^-\w$/.test(one)),
    type: !takesValue ? 'boolean' : /parseInt/.test(parser) ? 'int' : typeOf(initial, parser !== ''),
    initial,
    choices: null,
    ...(takesValue ? {} : { switch: { on: `--${name}`, off: null } }),
    ...(/\.\.\./.test(flags) ? { awkward: 'list' as const } : {}),
    required,
  };
}

/** `default: '0.01'` is a number to the program that parses it. */
function numeric(literal: Literal | null): Literal | null {
  const value = literal?.type === 'string' ? numberIn(literal.value as string) : undefined;
  if (value === undefined) return literal;
  return { type: 'number', value, integer: !/[.e]/i.test(literal?.value as string) };
}

function typeOf(initial: Literal | null, isNumber: boolean): ScriptArgument['type'] {
  if (initial?.type === 'number') return initial.integer ? 'int' : 'float';
  return isNumber ? 'float' : 'string';
}
