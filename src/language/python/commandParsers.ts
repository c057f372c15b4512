import type { SyntaxNode } from '@lezer/common';
import { readArguments, slice, stringValue } from './tree.ts';

/** What the variables of a script that hold argparse's parsers and groups stand for; fed in the order of the text. */
export class CommandParsers {
  readonly #subcommands = new Map<string, string>();
  readonly #exclusive = new Set<string>();
  readonly #names = new Set<string>();

  /** Takes note of `p = sub.add_parser("train")`, `g = p.add_argument_group(…)`; false for any other call. */
  note(call: SyntaxNode, callee: string, text: string): boolean {
    const [receiver, name] = receiverOf(callee);
    if (!/^(add_parser|add_argument_group|add_mutually_exclusive_group)$/.test(name)) return false;
    const target = call.parent?.name === 'AssignStatement' ? call.parent.firstChild : null;
    const variable = target ? slice(text, target) : '';
    this.#exclusive.delete(variable);
    if (name === 'add_parser') {
      const command = stringValue(readArguments(call.getChild('ArgList'), text).positional[0], text);
      if (command === undefined || variable === '') return true;
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
    return this.#subcommands.get(receiverOf(callee)[0]) ?? null;
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
