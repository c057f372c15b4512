import { contains, toValue } from '../../space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../space/distributions.ts';
import { isActive, type SearchSpace } from '../../space/searchSpace.ts';
import { fromUnit } from '../../space/unitInterval.ts';
import { GRADIENT_FROM, GRADIENT_LENGTH } from '../../study/attributes.ts';
import { gradientOf } from '../../study/gradient.ts';
import type { History } from '../../study/history.ts';
import { Direction, TrialState } from '../../study/states.ts';
import { GpSampler } from '../gp/gpSampler.ts';
import type { Sampler, SuggestContext, Suggestion } from '../sampler.ts';
import { type Axis, alongAxes, axesAt, axesOf, placeOf } from './axes.ts';
import type { GradientOptions } from './gradientSampler.ts';

/** A step that led to the best trial makes the next one longer; one that did not is tried once more, shorter. */
const GROWTH = 1.6;
const SHRINKAGE = 0.4;
const LONGEST = 0.3;
const ATTEMPTS = 2;
/** Trials that must have ended before the processes, which see the gradients too, know better than a step. */
const FIRST = 4;

/**
 * Gaussian processes that see the gradients of trials beside their values (see `SlopeRows`). The first trials are steps down
 * the gradient of the best one so far, of a length that follows success, in the cube of the ranges (logarithms on a log
 * scale): from one or two trials a process knows no scale. Only a trial that is the best when it ends needs its gradient, so
 * that most cost a training and no more. Choices, integers and steps stay in a step as the best trial has them. A function of
 * the history, parallel trials included: a second one tries the shorter step.
 */
export class HypergradientSampler implements Sampler {
  readonly name = 'hypergradient';
  readonly drawsJointly = true;
  readonly #firstLength: number;
  readonly #others: GpSampler;

  constructor(seed: number, { learningRate }: GradientOptions) {
    this.#firstLength = learningRate;
    this.#others = new GpSampler(seed, { nStartupTrials: 1, deterministicObjective: false, slopes: true });
  }

  suggest(space: SearchSpace, context: SuggestContext, fixed: Params = {}): Suggestion {
    const { history, number } = context;
    const ended = history.count(TrialState.complete) + history.count(TrialState.pruned);
    const isOpen = Object.keys(fixed).length === 0 && number >= history.length && ended < FIRST;
    return (isOpen && this.#step(space, history)) || this.#others.suggest(space, context, fixed);
  }

  suggestOne(name: string, distribution: Distribution, known: Params, context: SuggestContext): ParamValue {
    return this.#others.suggestOne(name, distribution, known, context);
  }

  #step(space: SearchSpace, history: History): Suggestion | undefined {
    const { best } = history;
    if (best === undefined || history.state(best) !== TrialState.complete) return undefined;
    const gradient = gradientOf(history, best);
    if (!gradient || !isOf(space, history, best)) return undefined;
    const attempts = attemptsFrom(history, best);
    if (attempts >= ATTEMPTS) return undefined;
    const axes = axesAt(history, best, axesOf(space)).filter(
      ({ name, distribution }) => distribution.step === null && Object.hasOwn(gradient, name),
    );
    const place = placeOf(history, best, axes);
    const way = downwards(history, gradient, axes, place);
    if (!way) return undefined;
    const before = history.systemAttrs(best)[GRADIENT_LENGTH];
    const first = typeof before === 'number' && before > 0 ? Math.min(before * GROWTH, LONGEST) : this.#firstLength;
    const length = first * SHRINKAGE ** attempts;
    const params: Record<string, ParamValue> = { ...history.params(best) };
    for (const [axis, { name, distribution }] of axes.entries()) {
      const to = place[axis] + length * way[axis];
      params[name] = toValue(distribution, fromUnit(distribution, to));
    }
    return { params, systemAttrs: { [GRADIENT_FROM]: best, [GRADIENT_LENGTH]: length } };
  }
}

/** Whether a trial has the parameters that the space has under its choices, and no others, all within their ranges. */
function isOf({ parameters }: SearchSpace, history: History, number: number): boolean {
  const params = history.params(number);
  const active = parameters.filter((parameter) => isActive(parameter, params));
  if (active.length !== Object.keys(params).length) return false;
  return active.every(({ name, distribution }) => {
    const column = history.parameters.get(name);
    if (!column?.isComparable(number) || !column.accepts(distribution)) return false;
    return contains(distribution, column.internalAt(number));
  });
}

function attemptsFrom(history: History, best: number): number {
  let attempts = 0;
  for (let number = best + 1; number < history.length; number++) {
    if (history.systemAttrs(number)[GRADIENT_FROM] === best) attempts++;
  }
  return attempts;
}

/** Of length 1, without what leads out of the cube; undefined where nothing is left. */
function downwards(
  history: History,
  gradient: Readonly<Record<string, number>>,
  axes: readonly Axis[],
  place: Float64Array,
): Float64Array | undefined {
  const sign = history.directions[0] === Direction.maximize ? 1 : -1;
  const way = alongAxes(gradient, axes, place).map((slope, axis) => {
    const at = place[axis];
    const down = sign * slope;
    return (at <= 0 && down < 0) || (at >= 1 && down > 0) ? 0 : down;
  });
  // By the largest first: derivatives of a chaotic training are huge.
  const most = way.reduce((largest, one) => Math.max(largest, Math.abs(one)), 0);
  if (!(most > 0 && Number.isFinite(most))) return undefined;
  const scaled = way.map((one) => one / most);
  const norm = Math.hypot(...scaled);
  return scaled.map((one) => one / norm);
}
