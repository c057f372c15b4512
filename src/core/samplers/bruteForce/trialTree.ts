import { coreMessage } from '../../../words/en/core.ts';
import { TuneboardError } from '../../errors.ts';
import type { Distribution, Params } from '../../space/distributions.ts';
import type { History } from '../../study/history.ts';
import { countValues, indexOfValue, valueAt } from '../finiteValues.ts';

/** Beginnings of combinations that conditions are checked on, at most. */
const MOST_PREFIXES = 1_000_000;

interface NextParameter {
  readonly name: string;
  readonly distribution: Distribution;
}

/** The order of choices. `next`: what trial `number` chooses after `chosen`; undefined when nothing more. */
export interface ChoiceOrder {
  next(chosen: Params, number: number): NextParameter | undefined;
}

interface Branch extends NextParameter {
  readonly count: number;
}

/** One prefix of choices. */
export class TreeNode {
  readonly parent: TreeNode | null;
  /** Place among the values that the parent chooses from. */
  readonly index: number;
  readonly children = new Map<number, TreeNode>();
  branch: Branch | null = null;
  /** Values of the branch with nothing left to try, ascending. */
  readonly closed: number[] = [];
  /** Trials that end here: finished, or running and not yet further. */
  trials = 0;

  constructor(parent: TreeNode | null, index: number) {
    this.parent = parent;
    this.index = index;
  }

  get isClosed(): boolean {
    return this.branch ? this.closed.length === this.branch.count : this.trials > 0;
  }

  /** The `rank`-th value that is not closed; `rank` is below their number. */
  openValue(rank: number): number {
    let index = rank;
    for (const closed of this.closed) {
      if (closed > index) break;
      index++;
    }
    return index;
  }
}

/**
 * Which combinations the trials of a history have tried, as a tree of choices that grows with them: a node has nothing left
 * when all its values have nothing left, or when a trial ended there. Costs the changes of the history only.
 */
export class TrialTree {
  readonly root = new TreeNode(null, -1);
  readonly #history: History;
  readonly #order: ChoiceOrder;
  readonly #ends = new Map<number, TreeNode>();
  #revision = 0;

  constructor(history: History, order: ChoiceOrder) {
    this.#history = history;
    this.#order = order;
  }

  update(): void {
    const history = this.#history;
    if (this.#revision === history.revision) return;
    for (const number of history.changedSince(this.#revision)) this.#place(number);
    this.#revision = history.revision;
  }

  /** Closes what begins with choices that are refused, looking on from others until all that matters is decided. */
  refuse(isRefused: (chosen: Params) => boolean, isDecided: (chosen: Params) => boolean): void {
    let left = MOST_PREFIXES;
    const look = (node: TreeNode, chosen: Params) => {
      const branch = isDecided(chosen) ? null : expand(node, this.#order, chosen, 0);
      for (let index = 0; branch && index < branch.count; index++) {
        if (--left < 0) throw new TuneboardError('invalid-space', coreMessage('gridMoreThanMillionPoints'));
        const longer = { ...chosen, [branch.name]: valueAt(branch.distribution, index) };
        const child = childOf(node, index);
        if (!isRefused(longer)) look(child, longer);
        else {
          child.trials++;
          refresh(child);
        }
      }
    };
    look(this.root, {});
  }

  #place(number: number): void {
    const before = this.#ends.get(number);
    const end = this.#endOf(number);
    if (before === end) return;
    if (before) {
      before.trials--;
      refresh(before);
      this.#ends.delete(number);
    }
    if (!end) return;
    end.trials++;
    this.#ends.set(number, end);
    refresh(end);
  }

  /** The node that a trial's parameters lead to; undefined when they are not on the tree. */
  #endOf(number: number): TreeNode | undefined {
    const params = this.#history.params(number);
    const chosen: Record<string, Params[string]> = {};
    let node = this.root;
    for (;;) {
      const branch = expand(node, this.#order, chosen, number);
      if (!branch || !Object.hasOwn(params, branch.name)) return node;
      const value = params[branch.name];
      const index = indexOfValue(branch.distribution, value);
      if (index < 0) return undefined;
      chosen[branch.name] = value;
      node = childOf(node, index);
    }
  }
}

/** What a node chooses; found, and its value count with it, when the first trial goes on from there. */
function expand(node: TreeNode, order: ChoiceOrder, chosen: Params, number: number): Branch | null {
  if (node.branch) return node.branch;
  const next = order.next(chosen, number);
  if (!next) return null;
  node.branch = { ...next, count: countValues(BRUTE_FORCE, next.name, next.distribution) };
  refresh(node);
  return node.branch;
}

export const BRUTE_FORCE = 'Brute force';

function childOf(node: TreeNode, index: number): TreeNode {
  let child = node.children.get(index);
  if (!child) {
    child = new TreeNode(node, index);
    node.children.set(index, child);
  }
  return child;
}

/** Books a node as closed or open with its parents. */
function refresh(start: TreeNode): void {
  for (let node = start; node.parent; node = node.parent) {
    const { closed } = node.parent;
    const place = lowerBound(closed, node.index);
    const isBooked = closed[place] === node.index;
    if (isBooked === node.isClosed) return;
    if (isBooked) closed.splice(place, 1);
    else closed.splice(place, 0, node.index);
  }
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
