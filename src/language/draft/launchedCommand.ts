import { stringify } from 'yaml';
import { shellWord } from '../../core/text/shellWord.ts';
import type { Launch } from '../../protocol/launch.ts';
import { type Literal, numberIn, numberLiteral } from '../literals.ts';
import type { ScriptArgument, ScriptArguments } from './arguments/scriptArgument.ts';
import { quoteWord } from './commandLine.ts';

/** A piece of the arguments that a launch gives: words as they are, or the value of an argument. */
export interface GivenPart {
  readonly words: readonly string[];
  /** Null: not an argument that a search could vary. */
  readonly argument: ScriptArgument | null;
  /** What stands before the value in the same word: `--lr=`, `optim.lr=`, or nothing. */
  readonly assignment: string;
}

export interface GivenArguments {
  /** What the script takes, with the values that it is given as its present ones. */
  readonly script: ScriptArguments;
  readonly parts: readonly GivenPart[];
}

/**
 * Reads the arguments of a launch by what the script declares. An option that the script does not declare, as its parser
 * is not known, is one all the same when it has a single value.
 */
export function givenArguments(script: ScriptArguments, args: readonly string[]): GivenArguments {
  const changed = new Map<ScriptArgument, ScriptArgument>();
  const derived: ScriptArgument[] = [];
  const parts: GivenPart[] = [];
  const add = (words: readonly string[], argument: ScriptArgument | null, assignment = '') =>
    parts.push({ words, argument, assignment });
  const take = (found: ScriptArgument | undefined, flag: string | null, value: string): ScriptArgument => {
    const initial = literalOf(value);
    const known = found && { ...found, initial, required: false };
    const argument: ScriptArgument = known ?? {
      name: (flag ?? '').replace(/^[-+]+/, '').replaceAll('-', '_'),
      flag,
      type: 'unknown',
      initial,
      choices: null,
      required: false,
    };
    if (found) changed.set(found, argument);
    else derived.push(argument);
    return argument;
  };
  let places = 0;
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    const assigned = /^([-+]{0,2}[\p{L}_][\p{L}\p{N}_./-]*)=(.*)$/su.exec(word);
    if (assigned) {
      const [, name = '', value = ''] = assigned;
      const isFlag = name.startsWith('-');
      const found = script.arguments.find((one) =>
        isFlag ? isFlagOf(one, name) : one.isAssigned && one.name === name.replace(/^\++/, ''),
      );
      if (found?.switch) add([word], null);
      else if (isFlag) add([word], take(found, name, value), `${name}=`);
      else {
        const argument = take(found, name, value);
        add([word], argument, `${name}=`);
      }
    } else if (/^--?[\p{L}]/u.test(word)) {
      const found = script.arguments.find((one) => isFlagOf(one, word));
      const next = args[at + 1];
      const isValue = next !== undefined && (!next.startsWith('-') || numberIn(next) !== undefined);
      if (found?.switch) {
        const isOn = same(found.switch.on, word);
        const argument = { ...found, initial: { type: 'boolean', value: isOn } as const, required: false };
        changed.set(found, argument);
        add([word], argument);
      } else if (!isValue || (found === undefined && isPlain(args[at + 2]) && script.arguments.length === 0)) {
        add([word], null);
      } else {
        add([word, next], take(found, word, next));
        at++;
      }
    } else {
      if (word !== script.subcommand) places++;
      add([word], null);
    }
  }
  const byPlace = script.arguments.filter(({ flag, isAssigned }) => flag === null && !isAssigned).slice(0, places);
  const kept = script.arguments.filter((one) => !byPlace.includes(one));
  return {
    script: {
      ...script,
      arguments: [...kept.map((one) => changed.get(one) ?? one), ...derived],
      ofSubcommand: new Set([...script.ofSubcommand].map((one) => changed.get(one) ?? one)),
    },
    parts,
  };
}

/** A second value makes a list of an option that nobody has declared. */
function isPlain(word: string | undefined): boolean {
  return word !== undefined && numberIn(word) !== undefined;
}

export function isFlagOf({ flag, aliases = [], switch: way }: ScriptArgument, word: string): boolean {
  return [flag, way?.on, way?.off, ...aliases].some((one) => one && same(one, word));
}

function same(a: string, b: string): boolean {
  return a.replaceAll('_', '-') === b.replaceAll('_', '-');
}

function literalOf(value: string): Literal {
  const number = numberIn(value);
  if (number !== undefined) return numberLiteral(number, /^[+-]?\d+$/.test(value)) ?? { type: 'string', value };
  if (/^(true|false)$/i.test(value)) return { type: 'boolean', value: /^t/i.test(value) };
  return { type: 'string', value };
}

/** The words of a part with a placeholder for its value, which `value` writes after what stands before it in its word. */
export function placed(
  { words, assignment, argument }: GivenPart,
  value: (prefix: string) => string,
  word: (text: string) => string,
): string[] {
  if (argument?.switch) return [value('')];
  return assignment === '' ? [word(words[0] as string), value('')] : [value(assignment)];
}

/** What stands before the arguments of a launch. */
export function startWords({ before, script, module }: Launch): string[] {
  return [...before, ...(module === null ? (script === null ? [] : [script]) : ['-m', module])];
}

/** Words as they are in a study file's command; those of a shell keep their variables and patterns. */
export function commandWord(word: string, isShell: boolean): string {
  if (!isShell) return quoteWord(word);
  const text = word.replaceAll('{', '{{').replaceAll('}', '}}');
  if (!/[$`*?]|^~/.test(text)) return shellWord(text);
  return /\s/.test(text) ? `"${text.replaceAll('"', '\\"')}"` : text;
}

/** The other keys of an objective that is launched so. */
export function launchKeys({ cwd, env, python, isShell }: Launch): string[] {
  return [
    ...(isShell ? ['  shell: true'] : []),
    ...(cwd === '.' ? [] : [`  cwd: ${inline(cwd)}`]),
    ...(python === null ? [] : [`  python: ${inline(python)}`]),
    ...(Object.keys(env).length === 0 ? [] : [`  env: ${inline(env)}`]),
  ];
}

/** A value as YAML on one line. */
export function inline(value: unknown): string {
  const text = stringify(value, { lineWidth: 0, collectionStyle: 'flow' }).trimEnd();
  return text.includes('\n') ? JSON.stringify(value) : text;
}
