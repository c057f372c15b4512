import { Random } from '../../random.ts';
import { contains, isCompatible, nearestValid, sameDistribution, toInternal } from '../../space/distributionRules.ts';
import type { Distribution, ParamValue } from '../../space/distributions.ts';
import { reencode } from '../../space/reencode.ts';
import { isActive, type SearchSpace, type SpaceParameter } from '../../space/searchSpace.ts';
import { fromUnit } from '../../space/unitInterval.ts';
import { dumpJson } from '../../text/pythonJson.ts';
import type { StoredParam } from '../changes.ts';
import { History } from '../history.ts';
import { isFinished, TrialState } from '../states.ts';
import { storedParamsOf } from '../trialParams.ts';

/**
 * What becomes of a trial that has no exact place in the present space. `exact`: what does not fit is left out of the trial.
 * `evidence`, for models: a number beyond a narrowed range counts at its border, a fraction where whole numbers are asked for
 * counts as the nearest one, and a parameter that was added since, without a value for earlier trials, gets one by chance, a
 * different one in each trial, so that the model learns of the other parameters what they did, and nothing of this one.
 */
export type Foreign = 'exact' | 'evidence';

/**
 * A study's trials as trials of the space as it is now, under their own numbers: values in the present kinds, scales and
 * choices, and for a parameter that was added since, its `default`. A trial with a choice that is gone lacks that parameter.
 * Returns `history` itself while all its trials are of this space; else a copy that follows it at the cost of the changes.
 */
export function presentHistory(history: History, space: SearchSpace, foreign: Foreign): History {
  if (space.isInferred && !isMixed(history, space)) return history;
  let views = viewsOf[foreign].get(history);
  if (!views) {
    views = [];
    viewsOf[foreign].set(history, views);
  }
  let view = views.find((one) => one.isOf(space));
  if (!view) {
    view = new PresentView(history, space, foreign);
    views.unshift(view);
    views.length = Math.min(views.length, MOST_VIEWS);
  }
  return view.current();
}

/** A study has one space at a time; parameters that are asked for one by one are spaces of their own. */
const MOST_VIEWS = 8;

const viewsOf: Readonly<Record<Foreign, WeakMap<History, PresentView[]>>> = {
  exact: new WeakMap(),
  evidence: new WeakMap(),
};

/** Whether a define-by-run objective has changed a kind, a scale or choices; its ranges may differ from trial to trial. */
function isMixed({ parameters }: History, space: SearchSpace): boolean {
  return space.parameters.some(({ name, distribution }) => {
    const column = parameters.get(name);
    return column !== undefined && (column.isMixed || !column.accepts(distribution));
  });
}

class PresentView {
  readonly #source: History;
  readonly #space: SearchSpace;
  readonly #foreign: Foreign;
  readonly #inSpace: ReadonlySet<string>;
  #revision = 0;
  #copy: History | undefined;

  constructor(source: History, space: SearchSpace, foreign: Foreign) {
    this.#source = source;
    this.#space = space;
    this.#foreign = foreign;
    this.#inSpace = new Set(space.parameters.map(({ name }) => name));
  }

  isOf(space: SearchSpace): boolean {
    if (space === this.#space) return true;
    const own = this.#space.parameters;
    return (
      space.isInferred === true &&
      space.parameters.length === own.length &&
      space.parameters.every(
        ({ name, distribution, when }, index) =>
          name === own[index].name &&
          sameDistribution(distribution, own[index].distribution) &&
          dumpJson(when ?? null) === dumpJson(own[index].when ?? null),
      )
    );
  }

  current(): History {
    const source = this.#source;
    if (this.#revision === source.revision) return this.#copy ?? source;
    const changed = source.changedSince(this.#revision);
    this.#revision = source.revision;
    if (this.#copy) for (const number of changed) this.#follow(this.#copy, number);
    else if (changed.some((number) => this.#isForeign(number))) {
      this.#copy = new History(source.directions);
      for (let number = 0; number < source.length; number++) this.#follow(this.#copy, number);
    }
    return this.#copy ?? source;
  }

  /** Whether a value is stored in another form than the space has it in, or one is missing that the space would have. */
  #isForeign(number: number): boolean {
    const source = this.#source;
    for (const parameter of this.#space.parameters) {
      const { name, distribution } = parameter;
      const column = source.parameters.get(name);
      const own = column?.distribution(number);
      if (column && own) {
        if (own === distribution) continue;
        if (!isCompatible(own, distribution) || !isInside(own, distribution, column.internalAt(number))) return true;
      } else if (this.#isMissing(parameter, number)) return true;
    }
    return false;
  }

  /** Of trials that a model can learn from: others may not have come so far. */
  #isMissing(parameter: SpaceParameter, number: number): boolean {
    const state = this.#source.state(number);
    if (state !== TrialState.complete && state !== TrialState.pruned) return false;
    if (parameter.default === undefined && this.#foreign === 'exact') return false;
    return !parameter.when || isActive(parameter, this.#source.params(number));
  }

  #follow(copy: History, number: number): void {
    const source = this.#source;
    if (number === copy.length) {
      const { steps, values } = source.curve(number);
      const width = source.directions.length;
      const own = Array.from({ length: width }, (_, objective) => source.value(number, objective));
      copy.add({
        state: source.state(number),
        params: this.#params(number),
        values: own.every((value) => Number.isNaN(value)) ? null : own,
        intermediate: steps.map((step, index) => [step, values[index]] as const),
        userAttrs: source.userAttrs(number),
        systemAttrs: source.systemAttrs(number),
        startedAt: source.startedAt[number],
        completedAt: source.completedAt[number],
      });
    } else if (!isFinished(copy.state(number))) this.#update(copy, number);
  }

  #update(copy: History, number: number): void {
    const source = this.#source;
    for (const param of this.#params(number)) {
      if (copy.parameters.get(param.name)?.internalAt(number) !== param.internal) {
        copy.apply({ type: 'param', number, param });
      }
    }
    const { steps, values } = source.curve(number);
    const known = copy.curve(number).steps.length;
    for (let index = 0; index < steps.length; index++) {
      if (index < known && copy.curve(number).values[index] === values[index]) continue;
      copy.apply({ type: 'intermediate', number, step: steps[index], value: values[index] });
    }
    for (const type of ['userAttr', 'systemAttr'] as const) {
      const [attrs, own] =
        type === 'userAttr'
          ? [source.userAttrs(number), copy.userAttrs(number)]
          : [source.systemAttrs(number), copy.systemAttrs(number)];
      for (const [key, value] of Object.entries(attrs)) {
        if (own[key] !== value) copy.apply({ type, number, key, value });
      }
    }
    const state = source.state(number);
    if (state === copy.state(number)) return;
    const width = source.directions.length;
    const own = Array.from({ length: width }, (_, objective) => source.value(number, objective));
    const at = isFinished(state) ? source.completedAt[number] : source.startedAt[number];
    copy.apply({ type: 'state', number, state, values: own.every((value) => Number.isNaN(value)) ? null : own, at });
  }

  /** A trial's parameters in the present space, in its order; those that the space does not have follow. */
  #params(number: number): StoredParam[] {
    const source = this.#source;
    const params: StoredParam[] = [];
    const chosen: Record<string, ParamValue> = {};
    const isEnded = isFinished(source.state(number));
    for (const parameter of this.#space.parameters) {
      const { name, distribution } = parameter;
      if (!isActive(parameter, chosen)) continue;
      const has = source.parameters.get(name)?.has(number) === true;
      const internal = has ? this.#own(parameter, number) : isEnded ? this.#added(parameter, number) : Number.NaN;
      if (Number.isNaN(internal)) continue;
      chosen[name] = distribution.type === 'categorical' ? distribution.choices[internal] : internal;
      params.push({ name, internal, distribution });
    }
    for (const param of storedParamsOf(source, number)) if (!this.#inSpace.has(param.name)) params.push(param);
    return params;
  }

  #own({ name, distribution }: SpaceParameter, number: number): number {
    const column = this.#source.parameters.get(name);
    const own = column?.distribution(number);
    if (!column || !own) return Number.NaN;
    const stored = column.internalAt(number);
    const internal = reencode(own, stored, distribution);
    if (distribution.type === 'categorical') return internal;
    if (this.#foreign === 'evidence' && own.type !== 'categorical') {
      return isInside(own, distribution, stored) ? stored : nearestValid(distribution, stored);
    }
    return isInside(own, distribution, internal) ? internal : Number.NaN;
  }

  /** What a trial counts as that ran before the parameter was there. */
  #added(parameter: SpaceParameter, number: number): number {
    const { distribution } = parameter;
    const isModel = this.#foreign === 'evidence';
    if (parameter.default === undefined) return isModel ? drawn(parameter, number) : Number.NaN;
    const internal = toInternal(distribution, parameter.default);
    if (contains(distribution, internal)) return internal;
    return isModel && distribution.type !== 'categorical' ? nearestValid(distribution, internal) : Number.NaN;
  }
}

/** The first parameter of a trial whose value the space has no place for; undefined where the space has one for all of them. */
export function parameterOutside({ parameters }: SearchSpace, history: History, number: number): string | undefined {
  const outside = parameters.find(({ name, distribution }) => {
    const column = history.parameters.get(name);
    return column?.has(number) && !contains(distribution, column.internalIn(distribution, number));
  });
  return outside?.name;
}

/** Whether a number is in the present range; one that lay outside its own range already (a person enqueued it) stays. */
function isInside(own: Distribution, present: Distribution, internal: number): boolean {
  if (contains(present, internal)) return true;
  if (own.type === 'categorical' || present.type === 'categorical') return own.type === present.type;
  const isSameRange = own.low === present.low && own.high === present.high && own.step === present.step;
  return isSameRange && own.type === present.type && !Number.isNaN(internal);
}

/** The same for a trial every time. */
function drawn({ name, distribution }: SpaceParameter, number: number): number {
  const u = new Random(0, number, `added ${name}`).uniform();
  if (distribution.type !== 'categorical') return fromUnit(distribution, u);
  return Math.min(distribution.choices.length - 1, Math.floor(u * distribution.choices.length));
}
