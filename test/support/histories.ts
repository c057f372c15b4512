import { toInternal } from '../../src/core/space/distributionRules.ts';
import type { Params } from '../../src/core/space/distributions.ts';
import type { SearchSpace } from '../../src/core/space/searchSpace.ts';
import type { StoredParam, TrialTemplate } from '../../src/core/study/changes.ts';
import { History } from '../../src/core/study/history.ts';
import { TrialState } from '../../src/core/study/states.ts';

/** Parameters of a declared space in stored form. */
export function stored(space: SearchSpace, params: Params): StoredParam[] {
  return space.parameters
    .filter(({ name }) => Object.hasOwn(params, name))
    .map(({ name, distribution }) => ({ name, internal: toInternal(distribution, params[name]), distribution }));
}

/** The same trials in a new history, each added at once in its present state instead of by changes. */
export function rebuilt(history: History): History {
  const copy = new History(history.directions);
  for (let number = 0; number < history.length; number++) copy.add(templateOf(history, number));
  return copy;
}

function templateOf(history: History, number: number): TrialTemplate {
  const { steps, values } = history.curve(number);
  const state = history.state(number);
  const hasValues = state === TrialState.complete || state === TrialState.pruned;
  return {
    state,
    params: history.paramNames(number).map((name) => {
      const distribution = history.distribution(number, name);
      if (!distribution) throw new Error(`${name} has no distribution`);
      return { name, distribution, internal: history.parameters.get(name)?.internalAt(number) ?? Number.NaN };
    }),
    values: hasValues ? history.directions.map((_, objective) => history.value(number, objective)) : null,
    intermediate: steps.map((step, index) => [step, values[index] ?? Number.NaN] as const),
    userAttrs: history.userAttrs(number),
    systemAttrs: history.systemAttrs(number),
  };
}

/** A number for any parameters, the same for the same ones: something to optimise that every space has. */
export function scoreOf(space: SearchSpace, params: Params): number {
  let score = 0;
  for (const { name, distribution } of space.parameters) {
    if (!Object.hasOwn(params, name)) continue;
    const internal = toInternal(distribution, params[name]);
    if (distribution.type === 'categorical') score += internal % 3;
    else {
      const { low, high, log } = distribution;
      const place = log
        ? Math.log(internal / low) / Math.log(high / low)
        : (internal / 2 - low / 2) / (high / 2 - low / 2);
      score += Number.isFinite(place) ? (place - 0.3) ** 2 : 0;
    }
  }
  return score;
}
