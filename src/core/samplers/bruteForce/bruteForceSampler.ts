import { coreMessage } from '../../../words/en/core.ts';
import { TuneboardError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { sameDistribution } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace } from '../../space/searchSpace.ts';
import { violatedClause } from '../../space/where/clauses.ts';
import type { History } from '../../study/history.ts';
import { countValues, indexOfValue, valueAt } from '../finiteValues.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { BRUTE_FORCE, type ChoiceOrder, type TreeNode, TrialTree } from './trialTree.ts';

interface Trees {
  readonly bySpace: WeakMap<SearchSpace, TrialTree>;
  observed: TrialTree | undefined;
}

/**
 * Every combination of a finite space once, in random order (Optuna's BruteForceSampler): one parameter after another, a
 * value with something left to try, all of them equally likely. The combinations tried are read from the trials'
 * parameters, so enqueued trials and those of other samplers count; failed ones too. A declared space need not fit in
 * memory: only what was tried is kept. A define-by-run objective, ranges that depend on earlier values included, is
 * learned from its trials; it is done when nothing that they have shown is untried.
 */
export class BruteForceSampler implements Sampler {
  readonly name = 'bruteforce';
  readonly #seed: number;
  readonly #trees = new WeakMap<History, Trees>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Throws `space-exhausted` when every combination was tried, `invalid-space` for a continuous parameter. */
  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    let node: TreeNode | undefined = this.#treeOf(context.history, space).root;
    const isFree = Object.keys(fixed).length === 0;
    if (isFree && this.isExhausted(space, context.history)) {
      throw new TuneboardError('space-exhausted', coreMessage('everyCombinationSpaceBeenTried'));
    }
    const params: Record<string, ParamValue> = {};
    const chosen: Record<string, ParamValue> = { ...fixed };
    for (const parameter of space.parameters) {
      const { name, distribution } = parameter;
      if (!isActive(parameter, chosen)) continue;
      let index: number;
      if (Object.hasOwn(fixed, name)) index = indexOfValue(distribution, fixed[name]);
      else {
        index = this.#pick(node, name, distribution, context.number);
        chosen[name] = params[name] = valueAt(distribution, index);
      }
      node = node?.children.get(index);
    }
    return { params };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    const node = nodeAt(this.#treeOf(context.history).root, name, known);
    const isSame = node?.branch?.name === name && sameDistribution(node.branch.distribution, distribution);
    return valueAt(distribution, this.#pick(isSame ? node : undefined, name, distribution, context.number));
  }

  isExhausted(space: SearchSpace | undefined, history: History): boolean {
    const { root } = this.#treeOf(history, space);
    // A trial that has just begun, without a parameter, does not close the root of an unknown space.
    return root.isClosed && (root.branch !== null || history.informative > 0);
  }

  /** Index of a value with something left to try; of any value when there is none. */
  #pick(node: TreeNode | undefined, name: string, distribution: Distribution, number: number): number {
    const count = countValues(BRUTE_FORCE, name, distribution);
    const random = new Random(this.#seed, number, name);
    const open = node?.branch ? count - node.closed.length : 0;
    return node && open > 0 ? node.openValue(random.integer(open)) : random.integer(count);
  }

  #treeOf(history: History, space?: SearchSpace): TrialTree {
    let trees = this.#trees.get(history);
    if (!trees) {
      trees = { bySpace: new WeakMap(), observed: undefined };
      this.#trees.set(history, trees);
    }
    let tree = space ? trees.bySpace.get(space) : trees.observed;
    if (!tree) {
      tree = new TrialTree(history, space ? declaredOrder(space) : observedOrder(history));
      if (space?.where) refuseWhere(tree, space);
      if (space) trees.bySpace.set(space, tree);
      else trees.observed = tree;
    }
    tree.update();
    return tree;
  }
}

/** Combinations that the conditions of a space refuse are none to try. */
function refuseWhere(tree: TrialTree, space: SearchSpace): void {
  const named = new Set(space.where?.flatMap(({ names }) => names));
  const last = space.parameters.findLastIndex(({ name }) => named.has(name));
  const matters = space.parameters.slice(0, last + 1);
  tree.refuse(
    (chosen) => violatedClause(space, chosen) !== undefined,
    (chosen) => matters.every((parameter) => Object.hasOwn(chosen, parameter.name) || !isActive(parameter, chosen)),
  );
}

/** The active parameters of a declared space, in its order. */
function declaredOrder(space: SearchSpace): ChoiceOrder {
  return {
    next: (chosen) =>
      space.parameters.find((parameter) => !Object.hasOwn(chosen, parameter.name) && isActive(parameter, chosen)),
  };
}

/** The parameters that a trial has, in the order it suggested them. */
function observedOrder(history: History): ChoiceOrder {
  return {
    next: (chosen, number) => {
      const name = history.paramNames(number).find((one) => !Object.hasOwn(chosen, one));
      const distribution = name === undefined ? undefined : history.distribution(number, name);
      return name === undefined || !distribution ? undefined : { name, distribution };
    },
  };
}

/** The node that chooses `name` after the known values; undefined where no trial has been. */
function nodeAt(root: TreeNode, name: string, known: Params): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  while (node?.branch && node.branch.name !== name) {
    const { branch }: TreeNode = node;
    if (branch === null || !Object.hasOwn(known, branch.name)) return undefined;
    node = node.children.get(indexOfValue(branch.distribution, known[branch.name]));
  }
  return node;
}
