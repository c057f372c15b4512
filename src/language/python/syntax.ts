import type { SyntaxNode, Tree } from '@lezer/common';
import { calleeOf, lastName, slice } from './tree.ts';

/** A call or a decorator. */
export interface PythonCall {
  readonly node: SyntaxNode;
  /** `optuna.trial.suggest_float`. */
  readonly callee: string;
  /** `suggest_float`. */
  readonly name: string;
  /** Where the innermost function, lambda or class around it starts; -1 in the module. */
  readonly owner: number;
}

/** A node with the function, lambda or class that it is in. */
interface Owned {
  readonly node: SyntaxNode;
  readonly owner: number;
}

/** An assignment with what stands before its first sign: `lr` of `lr = 3`. */
export interface Assignment {
  readonly node: SyntaxNode;
  readonly target: SyntaxNode | null;
  readonly variable: string;
}

const APART: ReadonlySet<string> = new Set(['FunctionDefinition', 'LambdaExpression', 'ClassDefinition']);

/**
 * The nodes of a module that findings, lenses and suggestions are made of, in the order of the text. One pass gathers them:
 * of a file of thousands of lines the walk through its tree costs more than everything that is found.
 */
export class PythonSyntax {
  readonly calls: PythonCall[] = [];
  /** Calls and decorators. */
  readonly called: PythonCall[] = [];
  readonly definitions: SyntaxNode[] = [];
  readonly classes: SyntaxNode[] = [];
  readonly assignments: Assignment[] = [];
  /** `return` and `yield`. */
  readonly ends: Owned[] = [];
  /** Where each name of a variable starts, and ends. */
  readonly #variableStarts: number[] = [];
  readonly #variableEnds: number[] = [];
  readonly #text: string;

  constructor(tree: Tree, text: string) {
    this.#text = text;
    const around: { readonly from: number; readonly to: number }[] = [];
    tree.iterate({
      enter: (ref) => {
        while (around.length > 0 && (around.at(-1) as { to: number }).to <= ref.from) around.pop();
        const owner = around.at(-1)?.from ?? -1;
        switch (ref.name) {
          case 'VariableName':
            this.#variableStarts.push(ref.from);
            this.#variableEnds.push(ref.to);
            break;
          case 'CallExpression':
          case 'Decorator':
            this.#call(ref.node, owner);
            break;
          case 'AssignStatement': {
            const { node } = ref;
            const target = node.firstChild;
            this.assignments.push({ node, target, variable: target ? slice(text, target) : '' });
            break;
          }
          case 'FunctionDefinition':
            this.definitions.push(ref.node);
            break;
          case 'ClassDefinition':
            this.classes.push(ref.node);
            break;
          case 'ReturnStatement':
          case 'YieldStatement':
          case 'YieldExpression':
            this.ends.push({ node: ref.node, owner });
            break;
          default:
        }
        if (APART.has(ref.name)) around.push({ from: ref.from, to: ref.to });
      },
    });
  }

  #call(node: SyntaxNode, owner: number): void {
    const callee = calleeOf(node, this.#text);
    const call = { node, callee, name: lastName(callee), owner };
    this.called.push(call);
    if (node.name === 'CallExpression') this.calls.push(call);
  }

  /** The calls in [from, to). */
  callsIn(from: number, to: number): PythonCall[] {
    return within(this.calls, ({ node }) => node.from, from, to);
  }

  assignmentsIn(from: number, to: number): Assignment[] {
    return within(this.assignments, ({ node }) => node.from, from, to);
  }

  endsIn(from: number, to: number): Owned[] {
    return within(this.ends, ({ node }) => node.from, from, to);
  }

  /** How often each variable is named in [from, to). */
  variablesIn(from: number, to: number): Map<string, number> {
    const uses = new Map<string, number>();
    const starts = this.#variableStarts;
    for (let at = firstFrom(starts, (start) => start, from); at < starts.length && (starts[at] as number) < to; at++) {
      const name = this.#text.slice(starts[at], this.#variableEnds[at]);
      uses.set(name, (uses.get(name) ?? 0) + 1);
    }
    return uses;
  }
}

/** The entries that start in [from, to), of entries in the order of the text. */
function within<T>(all: readonly T[], startOf: (one: T) => number, from: number, to: number): T[] {
  const first = firstFrom(all, startOf, from);
  let last = first;
  while (last < all.length && startOf(all[last] as T) < to) last++;
  return all.slice(first, last);
}

/** The place of the first one that starts at `from` or later, of a list in the order of the text. */
export function firstFrom<T>(all: readonly T[], startOf: (one: T) => number, from: number): number {
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (startOf(all[middle] as T) < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
