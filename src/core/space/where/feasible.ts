import { whereMessage } from '../../../words/en/where.ts';
import type { Message } from '../../../words/message.ts';
import { TuneboardError } from '../../errors.ts';
import { setOwn } from '../../ownProperty.ts';
import { Random, shuffle } from '../../random.ts';
import { shown } from '../../text/shown.ts';
import { choiceIndex, toValue } from '../distributionRules.ts';
import type { Params, ParamValue } from '../distributions.ts';
import { isActive, type SearchSpace } from '../searchSpace.ts';
import { fromUnit, toUnit, uniformInternal } from '../unitInterval.ts';
import { type Axis, axesOf } from './axes.ts';
import { violatedClause, type WhereClause, whereClauses } from './clauses.ts';
import { Paving, type Uniform } from './paving.ts';

/** No values of a space satisfy these conditions together: none of them can be left out. */
export class Infeasible extends TuneboardError {
  readonly clauses: readonly WhereClause[];

  constructor(sentence: Message, clauses: readonly WhereClause[]) {
    super('infeasible-space', sentence);
    this.clauses = clauses;
  }
}

/**
 * What a sampler proposed, moved to where the conditions of the space are satisfied. The same for the same trial `number`.
 * Throws `violates-where` where the `fixed` values alone violate a condition.
 */
export function withinWhere(space: SearchSpace, params: Params, fixed: Params, number: number): Params {
  const feasible = FeasibleSpace.of(space);
  if (!feasible) return params;
  requireWhere(space, fixed);
  return feasible.nearest(params, fixed, new Random(0, number, 'nearest'));
}

/** Throws `violates-where` where values, maybe only some of a trial, violate a condition whatever the others are. */
export function requireWhere(space: SearchSpace, params: Params): void {
  const clause = violatedClause(space, activeOf(space, params));
  if (!clause) return;
  const named = Object.entries(params).filter(([name]) => clause.names.includes(name));
  const point = named.map(([name, value]) => `${name} = ${shown(value)}`).join(', ');
  throw new TuneboardError('violates-where', whereMessage('violated', { point, text: clause.text }));
}

/** The parameters that no `when` on a known parameter switches off. */
function activeOf({ parameters, given = {} }: SearchSpace, params: Params): Params {
  const active: Record<string, ParamValue> = { ...given };
  const isKnown = (name: string) => Object.hasOwn(params, name) || Object.hasOwn(active, name);
  for (const parameter of parameters) {
    const { name, when = {} } = parameter;
    const isDecided = Object.keys(when).every(isKnown);
    if (Object.hasOwn(params, name) && (!isDecided || isActive(parameter, active))) setOwn(active, name, params[name]);
  }
  return active;
}

/** A space whose values satisfy conditions. Throws `invalid-where`, and `infeasible-space` where no values do. */
export function constrainedSpace(space: SearchSpace, texts: readonly string[]): SearchSpace {
  const constrained = { ...space, where: whereClauses(texts, space.parameters) };
  FeasibleSpace.of(constrained)?.requireSome();
  return constrained;
}

/** Draws that may miss before a space counts as one without feasible values. */
const MOST_DRAWS = 20_000;
/** Feasible points from which the nearest one is looked for. */
const STARTS = 24;
const HALVINGS = 10;
/** Sets of decided values whose pavings are kept. */
const MOST_KEPT = 32;

const spaces = new WeakMap<SearchSpace, FeasibleSpace>();

/** Draws from the part of a space that satisfies its conditions, and the way there. */
export class FeasibleSpace {
  readonly #space: SearchSpace;
  readonly #clauses: readonly WhereClause[];
  readonly #pavings = new Map<string, readonly Paving[]>();

  constructor(space: SearchSpace, clauses: readonly WhereClause[]) {
    this.#space = space;
    this.#clauses = clauses;
  }

  /** Undefined where a space has no conditions. */
  static of(space: SearchSpace): FeasibleSpace | undefined {
    if (!space.where || space.where.length === 0) return undefined;
    let found = spaces.get(space);
    if (!found) {
      found = new FeasibleSpace(space, space.where);
      spaces.set(space, found);
    }
    return found;
  }

  /** Throws `infeasible-space` where no values satisfy the conditions, naming those that contradict each other. */
  requireSome(): void {
    const random = new Random(0, 0, 'where');
    for (const paving of this.#pavingsWith({})) this.#hit(paving, random, {});
  }

  /** Whether no values satisfy the conditions, as far as can be told. */
  isEmpty(): boolean {
    try {
      this.requireSome();
      return false;
    } catch (error) {
      if (error instanceof Infeasible) return true;
      throw error;
    }
  }

  /**
   * Values of all active parameters but the `fixed` ones, uniform among those that satisfy the conditions; undefined where none
   * are found.
   */
  draw(random: Uniform, fixed: Params): Params | undefined {
    const values = new Map<string, ParamValue>();
    for (const paving of this.#pavingsWith(fixed)) {
      if (!hits(paving, random)) return undefined;
      for (const [index, { name }] of paving.axes.entries()) values.set(name, paving.drawn[index]);
    }
    return this.#complete(values, {}, fixed, random);
  }

  /**
   * The given values, moved as little as a search finds where they violate a condition: from points that satisfy all back towards
   * them, together and then one coordinate after the other.
   */
  nearest(params: Params, fixed: Params, random: Random): Params {
    if (!violatedClause(this.#space, activeOf(this.#space, { ...fixed, ...params }))) return params;
    const values = new Map<string, ParamValue>();
    for (const paving of this.#pavingsWith(fixed)) {
      const target = paving.axes.map((axis) => (Object.hasOwn(params, axis.name) ? params[axis.name] : undefined));
      const found = this.#nearestIn(paving, target, fixed, random);
      for (const [index, { name }] of paving.axes.entries()) values.set(name, found[index]);
    }
    return this.#complete(values, params, fixed, random);
  }

  #nearestIn(
    paving: Paving,
    target: readonly (ParamValue | undefined)[],
    fixed: Params,
    random: Random,
  ): readonly ParamValue[] {
    const search = new NearestSearch(paving, target);
    for (let start = 0; start < STARTS; start++) {
      if (start === 0) this.#hit(paving, random, fixed);
      else if (!paving.draw(random)) continue;
      search.approach(paving.drawn, random);
    }
    return search.best;
  }

  #hit(paving: Paving, random: Uniform, fixed: Params): void {
    if (hits(paving, random)) return;
    throw this.#noneFound(paving.clauses, fixed);
  }

  /** One paving for each set of conditions that have a parameter in common, directly or not. */
  #pavingsWith(fixed: Params): readonly Paving[] {
    const given = { ...this.#space.given, ...fixed };
    const key = JSON.stringify(given);
    let pavings = this.#pavings.get(key);
    if (!pavings) {
      pavings = connected(this.#space, this.#clauses).map((clauses) => {
        const paving = new Paving(this.#space, clauses, given);
        // The cuts are the same for every trial and every process.
        paving.prepare(new Random(0, 0, 'paving'));
        return paving;
      });
      if (this.#pavings.size >= MOST_KEPT) this.#pavings.clear();
      this.#pavings.set(key, pavings);
    }
    return pavings;
  }

  /** Values of the axes, and of the parameters that no condition is about as they were, or else drawn. */
  #complete(decided: ReadonlyMap<string, ParamValue>, before: Params, fixed: Params, random: Uniform): Params {
    const chosen: Record<string, ParamValue> = { ...this.#space.given };
    const params: Record<string, ParamValue> = {};
    for (const parameter of this.#space.parameters) {
      const { name, distribution } = parameter;
      if (!isActive(parameter, chosen)) continue;
      if (Object.hasOwn(fixed, name)) {
        setOwn(chosen, name, fixed[name]);
        continue;
      }
      let value = decided.get(name);
      if (value === undefined && Object.hasOwn(before, name)) value = before[name];
      if (value === undefined) value = toValue(distribution, uniformInternal(distribution, random.uniform()));
      setOwn(params, name, value);
      setOwn(chosen, name, value);
    }
    return params;
  }

  /** The fewest conditions that can't be satisfied, or all where that is not proven. */
  #noneFound(all: readonly WhereClause[], fixed: Params): Infeasible {
    const given = { ...this.#space.given, ...fixed };
    const isProven = (clauses: readonly WhereClause[]) => new Paving(this.#space, clauses, given).isEmpty();
    let clauses = all;
    const lines = () => clauses.map(({ text }) => `"${text}"`).join(', ');
    if (Object.keys(fixed).length > 0) {
      return new Infeasible(whereMessage('notFoundWith', { lines: lines(), fixed: shown(fixed) }), clauses);
    }
    if (!isProven(clauses)) return new Infeasible(whereMessage('notFound', { lines: lines() }), clauses);
    for (const clause of all) {
      const others = clauses.filter((other) => other !== clause);
      if (others.length > 0 && isProven(others)) clauses = others;
    }
    const [first] = clauses;
    const sentence =
      clauses.length === 1
        ? whereMessage('never', { text: first.text })
        : whereMessage('contradiction', { lines: lines() });
    return new Infeasible(sentence, clauses);
  }
}

/** Draws until the conditions are satisfied; whether they are. */
function hits(paving: Paving, random: Uniform): boolean {
  for (let draw = 0; draw < MOST_DRAWS && !paving.isBare; draw++) if (paving.draw(random)) return true;
  return false;
}

/** Conditions in sets that have no parameter in common. */
function connected(space: SearchSpace, clauses: readonly WhereClause[]): WhereClause[][] {
  let sets: { readonly names: Set<string>; readonly clauses: WhereClause[] }[] = [];
  for (const clause of clauses) {
    const names = new Set(axesOf(space, [clause], {}).map(({ name }) => name));
    const joined = { names, clauses: [clause] };
    const others = sets.filter((set) => {
      if (![...names].some((name) => set.names.has(name))) return true;
      for (const name of set.names) names.add(name);
      joined.clauses.unshift(...set.clauses);
      return false;
    });
    sets = [...others, joined];
  }
  return sets.map((set) => set.clauses);
}

/** Looks for the feasible values nearest to given ones. */
class NearestSearch {
  readonly #paving: Paving;
  readonly #target: readonly (ParamValue | undefined)[];
  #nearest = Number.POSITIVE_INFINITY;
  best: readonly ParamValue[] = [];

  constructor(paving: Paving, target: readonly (ParamValue | undefined)[]) {
    this.#paving = paving;
    this.#target = target;
  }

  approach(from: readonly ParamValue[], random: Random): void {
    const values = [...from];
    this.#together(values, from);
    const order = Uint32Array.from(values.keys());
    shuffle(order, random);
    for (const index of order) this.#alone(values, index);
    const distance = this.#distance(values);
    if (distance >= this.#nearest) return;
    this.#nearest = distance;
    this.best = values;
  }

  /** Moves all coordinates by the largest share of the way that stays feasible. */
  #together(values: ParamValue[], from: readonly ParamValue[]): void {
    let [done, tooFar] = [0, 1];
    for (let halving = 0; halving < HALVINGS; halving++) {
      const share = halving === 0 ? 1 : (done + tooFar) / 2;
      const moved = from.map((value, index) => this.#between(index, value, share));
      if (!this.#paving.satisfies(moved)) tooFar = share;
      else {
        done = share;
        for (const [index, value] of moved.entries()) values[index] = value;
        if (share === 1) return;
      }
    }
  }

  #alone(values: ParamValue[], index: number): void {
    const from = values[index];
    let kept = from;
    let [done, tooFar] = [0, 1];
    for (let halving = 0; halving < HALVINGS; halving++) {
      const share = halving === 0 ? 1 : (done + tooFar) / 2;
      values[index] = this.#between(index, from, share);
      if (!this.#paving.satisfies(values)) tooFar = share;
      else {
        done = share;
        kept = values[index];
        if (share === 1) break;
      }
    }
    values[index] = kept;
  }

  /** A value so much of the way to the wanted one; a choice is the one or the other. */
  #between(index: number, from: ParamValue, share: number): ParamValue {
    const axis = this.#paving.axes[index];
    const to = this.#target[index];
    if (to === undefined || axis.fixed !== undefined) return from;
    if (share === 1) return to;
    const { distribution } = axis;
    if (distribution.type === 'categorical') return share > 0.5 ? to : from;
    const [a, b] = [toUnit(distribution, from as number), toUnit(distribution, to as number)];
    return fromUnit(distribution, a + share * (b - a));
  }

  #distance(values: readonly ParamValue[]): number {
    let sum = 0;
    for (const [index, axis] of this.#paving.axes.entries()) sum += distance(axis, values[index], this.#target[index]);
    return sum;
  }
}

function distance({ distribution }: Axis, value: ParamValue, target: ParamValue | undefined): number {
  if (target === undefined) return 0;
  if (distribution.type === 'categorical') {
    return choiceIndex(distribution.choices, value) === choiceIndex(distribution.choices, target) ? 0 : 1;
  }
  return (toUnit(distribution, value as number) - toUnit(distribution, target as number)) ** 2;
}
