import { Random, shuffle } from '../../random.ts';
import { toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace, type SpaceParameter } from '../../space/searchSpace.ts';
import { fromUnit, toUnit, uniformInternal } from '../../space/unitInterval.ts';
import { DESCENT_RUN, DESCENT_SIDE, DESCENT_STEP } from '../../study/attributes.ts';
import type { JsonValue } from '../../study/changes.ts';
import type { History } from '../../study/history.ts';
import { RandomSampler } from '../randomSampler.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { type Axis, axesOf } from './axes.ts';
import { Descents, type Task } from './descents.ts';

export interface GradientOptions {
  /** First step along every axis, in shares of its range; with reported gradients. */
  readonly learningRate: number;
}

/** Every third descent starts near the best trial, so far from it along an axis (standard deviation). */
const HOP = 0.15;

/**
 * Descents from several starts. An objective that reports its gradient (`Trial.setGradient`) is followed by projected Adam
 * along the continuous parameters whose derivative it reports; any other by SPSA along all numbers, those of a grid
 * rounded. Everything else stays as it was at the start of a descent: choices, what conditions depend on, and with a
 * gradient also integers and steps. The first descent starts in the middle of the ranges or from the best earlier trial,
 * the others at random or near the best; the best start is followed first. A descent that stands still makes room for another; parallel trials belong to
 * several. Constraints are not looked at.
 */
export class GradientSampler implements Sampler {
  readonly name = 'gradient';
  readonly drawsJointly = true;
  readonly #seed: number;
  readonly #options: GradientOptions;
  readonly #random: RandomSampler;
  readonly #axes = new WeakMap<SearchSpace, { axes: readonly Axis[]; key: string }>();
  readonly #descents = new WeakMap<History, { key: string; descents: Descents }>();

  constructor(seed: number, options: GradientOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#random = new RandomSampler(seed);
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    const { history, number } = context;
    // An enqueued trial is a place of its own: it belongs to no descent, but one may start from it.
    if (number < history.length || Object.keys(fixed).length > 0) return this.#random.suggest(space, context, fixed);
    const descents = this.#descentsOf(history, space);
    descents.update();
    const task = descents.count < startsOf(space) ? undefined : descents.next();
    if (task) return { params: paramsOf(history, space, task), systemAttrs: tagsOf(task) };
    const run = descents.count;
    return { params: this.#start(space, history, run), systemAttrs: { [DESCENT_RUN]: run, [DESCENT_STEP]: 0 } };
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.#random.suggestOne(name, distribution, known, context);
  }

  #start(space: SearchSpace, history: History, run: number): Record<string, ParamValue> {
    const params: Record<string, ParamValue> = {};
    const isNear = run >= startsOf(space) && run % 3 === 2;
    const best = run === 0 || isNear ? history.best : undefined;
    for (const parameter of space.parameters) {
      if (!isActive(parameter, params)) continue;
      const near = best === undefined ? undefined : history.parameters.get(parameter.name)?.internalAt(best);
      const internal = this.#startingAt(parameter, near ?? Number.NaN, run);
      params[parameter.name] = toValue(parameter.distribution, internal);
    }
    return params;
  }

  #startingAt({ name, distribution }: SpaceParameter, near: number, run: number): number {
    const random = new Random(this.#seed, run, `start ${name}`);
    if (distribution.type === 'categorical') {
      const count = distribution.choices.length;
      if (near >= 0 && near < count && Number.isInteger(near)) return near;
      // The first descents try one choice each.
      return run < count ? choiceOf(count, run, new Random(this.#seed, 0, `choices ${name}`)) : random.integer(count);
    }
    if (run === 0) return fromUnit(distribution, Number.isNaN(near) ? 0.5 : toUnit(distribution, near));
    if (Number.isNaN(near)) return uniformInternal(distribution, random.uniform());
    return fromUnit(distribution, toUnit(distribution, near) + HOP * random.normal());
  }

  #descentsOf(history: History, space: SearchSpace): Descents {
    let own = this.#axes.get(space);
    if (!own) {
      const axes = axesOf(space);
      own = { axes, key: JSON.stringify(axes) };
      this.#axes.set(space, own);
    }
    const known = this.#descents.get(history);
    if (known?.key === own.key) return known.descents;
    const descents = new Descents(history, { axes: own.axes, rate: this.#options.learningRate, seed: this.#seed });
    this.#descents.set(history, { key: own.key, descents });
    return descents;
  }
}

/** How many starts are compared before the best one is followed: as many as the choices of a parameter, 10 at most. */
function startsOf({ parameters }: SearchSpace): number {
  let starts = 1;
  for (const { distribution } of parameters) {
    if (distribution.type === 'categorical') starts = Math.max(starts, Math.min(distribution.choices.length, 10));
  }
  return starts;
}

function choiceOf(count: number, run: number, random: Random): number {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  shuffle(order, random);
  return order[run];
}

/** The start's parameters, brought into the space as it is now, with the task's axes at its point. */
function paramsOf(history: History, space: SearchSpace, { start, axes, point }: Task): Record<string, ParamValue> {
  const moved = new Map(axes.map(({ name, distribution }, axis) => [name, fromUnit(distribution, point[axis])]));
  const params: Record<string, ParamValue> = {};
  for (const parameter of space.parameters) {
    const { name, distribution } = parameter;
    if (!isActive(parameter, params)) continue;
    const internal = moved.get(name) ?? history.parameters.get(name)?.internalAt(start) ?? Number.NaN;
    params[name] = toValue(distribution, insideOf(distribution, internal));
  }
  return params;
}

/** A start that lacks a parameter, or had it in another range, takes the nearest value, else the middle one. */
function insideOf(distribution: Distribution, internal: number): number {
  if (distribution.type === 'categorical')
    return internal >= 0 && internal < distribution.choices.length ? internal : 0;
  return fromUnit(distribution, Number.isNaN(internal) ? 0.5 : toUnit(distribution, internal));
}

function tagsOf({ run, step, side }: Task): Record<string, JsonValue> {
  return { [DESCENT_RUN]: run, [DESCENT_STEP]: step, ...(side !== 0 && { [DESCENT_SIDE]: side }) };
}
