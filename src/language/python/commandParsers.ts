import type { SyntaxNode } from '@lezer/common';
import { keywordValue, readArguments, slice, stringValue } from './tree.ts';

/** What the variables of a script that hold argparse's parsers and groups stand for; fed in the order of the text. */
export class CommandParsers {
  readonly #subcommands = new Map<string, string>();
  readonly #exclusive = new Set<string>();
  readonly #names = new Set<string>();
  /** Which subcommands take over the arguments of a parser, by its variable; null stands for the program itself. */
  readonly #heirs = new Map<string, Set<string | null>>();

  /** Takes note of `p = sub.add_parser("train")`, `g = p.add_argument_group(…)`; false for any other call. */
  note(call: SyntaxNode, callee: string, text: string): boolean {
    const [receiver, name] = receiverOf(callee);
    if (/^\w*ArgumentParser$/.test(name)) this.#bequeath(call, null, text);
    if (!/^(add_parser|add_argument_group|add_mutually_exclusive_group)$/.test(name)) return false;
    const target = call.parent?.name === 'AssignStatement' ? call.parent.firstChild : null;
    const variable = target ? slice(text, target) : '';
    this.#exclusive.delete(variable);
    if (name === 'add_parser') {
      const command = stringValue(readArguments(call.getChild('ArgList'), text).positional[0], text);
      if (command === undefined) return true;
      this.#bequeath(call, command, text);
      if (variable === '') return true;
      this.#subcommands.set(variable, command);
      this.#names.add(command);
      return true;
    }
    const subcommand = this.#subcommands.get(receiver);
    if (subcommand === undefined) this.#subcommands.delete(variable);
    else this.#subcommands.set(variable, subcommand);
    if (name === 'add_mutually_exclusive_group') this.#exclusive.add(variable);
    return true;
  }

  /** The subcommand that `callee`, such as `train_group.add_argument`, adds an argument to. */
  subcommandOf(callee: string): string | null {
    const [receiver] = receiverOf(callee);
    // `sub.add_parser("eval").add_argument(…)`: nothing holds that parser.
    return this.#subcommands.get(receiver) ?? /\.add_parser\(\s*(["'])(.*?)\1/.exec(receiver)?.[2] ?? null;
  }

  /** The subcommands whose parsers have the one that `callee` adds to among their `parents`; null stands for the program. */
  heirsOf(callee: string): ReadonlySet<string | null> | undefined {
    return this.#heirs.get(receiverOf(callee)[0]);
  }

  #bequeath(call: SyntaxNode, heir: string | null, text: string): void {
    const { keywords } = readArguments(call.getChild('ArgList'), text);
    const list = keywordValue(keywords, 'parents');
    for (const parent of list?.getChildren('VariableName') ?? []) {
      const variable = slice(text, parent);
      this.#heirs.set(variable, (this.#heirs.get(variable) ?? new Set()).add(heir));
    }
  }

  isExclusive(callee: string): boolean {
    return this.#exclusive.has(receiverOf(callee)[0]);
  }

  get subcommands(): string[] {
    return [...this.#names];
  }
}

function receiverOf(callee: string): [receiver: string, name: string] {
  const dot = callee.lastIndexOf('.');
  return [callee.slice(0, Math.max(0, dot)), callee.slice(dot + 1).trim()];
}
