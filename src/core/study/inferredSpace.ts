import { cardinality, isSingle, toValue } from '../space/distributionRules.ts';
import type { Choice, Distribution } from '../space/distributions.ts';
import type { Condition, SearchSpace, SpaceParameter } from '../space/searchSpace.ts';
import type { ParameterColumn } from './columns/parameterColumn.ts';
import type { History } from './history.ts';
import { TrialState } from './states.ts';

/** A parameter with more values than this is not taken for one that others depend on. */
const MOST_BRANCHES = 32;

/**
 * The space of a define-by-run study as its trials show it: the parameters that every complete and pruned trial had, and
 * those that were there exactly when an earlier one had certain values (`momentum` only with `optim = sgd`), with that as
 * their condition. What follows no such rule, and what has one value, is left out. Optuna draws the intersection only
 * (`IntersectionSearchSpace`), and everything else by itself.
 */
export function inferredSpace(history: History): SearchSpace {
  let inference = inferences.get(history);
  if (!inference) {
    inference = new ConditionInference(history);
    inferences.set(history, inference);
  }
  return inference.space();
}

const inferences = new WeakMap<History, ConditionInference>();

/** How often a parameter was there for a value of another one; `absent` counts the trials that had the other one only. */
interface Presence {
  readonly present: Float64Array;
  readonly absent: Float64Array;
  /** Trials with the parameter but without the other one. */
  alone: number;
}

class ConditionInference {
  readonly #history: History;
  readonly #seen = new Set<number>();
  #revision = 0;
  #space: SearchSpace = { parameters: [], isInferred: true };
  #dirty = false;
  /** By dependent parameter, then by the one that it may depend on. Only for parameters that some trial lacks. */
  readonly #tables = new Map<string, Map<string, Presence>>();
  readonly #trials: number[] = [];

  constructor(history: History) {
    this.#history = history;
  }

  space(): SearchSpace {
    this.#update();
    if (this.#dirty) {
      this.#dirty = false;
      this.#space = this.#infer();
    }
    return this.#space;
  }

  #update(): void {
    const history = this.#history;
    if (this.#revision === history.revision) return;
    for (const number of history.changedSince(this.#revision)) {
      const state = history.state(number);
      if ((state !== TrialState.complete && state !== TrialState.pruned) || this.#seen.has(number)) continue;
      this.#seen.add(number);
      this.#trials.push(number);
      for (const [name, table] of this.#tables) this.#count(name, table, number);
      this.#dirty = true;
    }
    this.#revision = history.revision;
  }

  #infer(): SearchSpace {
    const parameters: SpaceParameter[] = [];
    const columns = [...this.#history.parameters.values()].filter(({ informativeCount }) => informativeCount > 0);
    const everywhere = columns.filter(({ informativeCount }) => informativeCount === this.#history.informative);
    for (const { name, newest } of everywhere) parameters.push({ name, distribution: newest });
    const placed = new Map(everywhere.map((column) => [column.name, column]));
    let waiting = columns.filter(({ name }) => !placed.has(name));
    // A condition may name a conditional parameter: go on until nothing more is explained.
    for (let isNew = true; isNew; ) {
      const later: ParameterColumn[] = [];
      const found: ParameterColumn[] = [];
      for (const column of waiting) {
        const when = this.#conditionOf(column, placed);
        if (when) {
          parameters.push({ name: column.name, distribution: column.newest, when });
          found.push(column);
        } else later.push(column);
      }
      for (const column of found) placed.set(column.name, column);
      isNew = found.length > 0;
      waiting = later;
    }
    return { parameters: withoutSingles(parameters), isInferred: true };
  }

  /** The condition on the most special of the parameters that decide whether this one is there; undefined without one. */
  #conditionOf(column: ParameterColumn, placed: ReadonlyMap<string, ParameterColumn>): Condition | undefined {
    let best: { readonly parent: ParameterColumn; readonly values: readonly Choice[] } | undefined;
    for (const parent of placed.values()) {
      if (best && parent.informativeCount >= best.parent.informativeCount) continue;
      const values = this.#decidingValues(column, parent);
      if (values) best = { parent, values };
    }
    return best && { [best.parent.name]: best.values };
  }

  #decidingValues(column: ParameterColumn, parent: ParameterColumn): readonly Choice[] | undefined {
    if (branchesOf(parent.newest) > MOST_BRANCHES || parent.distributions.length > 1) return undefined;
    const { present, absent, alone } = this.#presence(column.name, parent);
    if (alone > 0) return undefined;
    const values: Choice[] = [];
    for (let branch = 0; branch < present.length; branch++) {
      if (present[branch] === 0) continue;
      if (absent[branch] > 0) return undefined;
      values.push(valueOfBranch(parent.newest, branch));
    }
    return values.length > 0 && values.length < present.length ? values : undefined;
  }

  #presence(name: string, parent: ParameterColumn): Presence {
    let table = this.#tables.get(name);
    if (!table) {
      table = new Map();
      this.#tables.set(name, table);
    }
    let presence = table.get(parent.name);
    if (!presence) {
      const branches = branchesOf(parent.newest);
      presence = { present: new Float64Array(branches), absent: new Float64Array(branches), alone: 0 };
      table.set(parent.name, presence);
      for (const number of this.#trials) this.#countIn(presence, name, parent, number);
    }
    return presence;
  }

  #count(name: string, table: ReadonlyMap<string, Presence>, number: number): void {
    for (const [parentName, presence] of table) {
      const parent = this.#history.parameters.get(parentName);
      if (parent) this.#countIn(presence, name, parent, number);
    }
  }

  #countIn(presence: Presence, name: string, parent: ParameterColumn, number: number): void {
    const isThere = this.#history.parameters.get(name)?.has(number) ?? false;
    if (!parent.has(number)) {
      if (isThere) presence.alone++;
      return;
    }
    const branch = branchOfInternal(parent.newest, parent.internalAt(number));
    const counts = isThere ? presence.present : presence.absent;
    if (branch < counts.length) counts[branch] = counts[branch] + 1;
  }
}

/** How many values a categorical or a small range of integers has; Infinity for what nothing depends on. */
function branchesOf(distribution: Distribution): number {
  return distribution.type === 'float' ? Number.POSITIVE_INFINITY : cardinality(distribution);
}

function branchOfInternal(distribution: Distribution, internal: number): number {
  if (distribution.type === 'categorical') return internal;
  return Math.round((internal - distribution.low) / (distribution.step ?? 1));
}

function valueOfBranch(distribution: Distribution, branch: number): Choice {
  if (distribution.type === 'categorical') return toValue(distribution, branch);
  return distribution.low + branch * (distribution.step ?? 1);
}

/** Leaves out parameters with one value that nothing depends on: there is nothing to draw. By name within a level. */
function withoutSingles(parameters: readonly SpaceParameter[]): SpaceParameter[] {
  const parents = new Set(parameters.flatMap(({ when }) => Object.keys(when ?? {})));
  return parameters
    .filter(({ name, distribution }) => !isSingle(distribution) || parents.has(name))
    .map((parameter) => ({ parameter, depth: depthOf(parameter, parameters) }))
    .sort((a, b) => a.depth - b.depth || (a.parameter.name < b.parameter.name ? -1 : 1))
    .map(({ parameter }) => parameter);
}

function depthOf({ when }: SpaceParameter, parameters: readonly SpaceParameter[]): number {
  const [parent] = Object.keys(when ?? {});
  const found = parent === undefined ? undefined : parameters.find(({ name }) => name === parent);
  return found ? 1 + depthOf(found, parameters) : 0;
}
