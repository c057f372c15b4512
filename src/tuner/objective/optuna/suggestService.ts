import { randomInt } from 'node:crypto';
import { TuneboardError } from '../../../core/errors.ts';
import { createPruner } from '../../../core/pruners/createPruner.ts';
import type { Pruner } from '../../../core/pruners/pruner.ts';
import { createSampler } from '../../../core/samplers/createSampler.ts';
import type { Sampler } from '../../../core/samplers/sampler.ts';
import { distributionFromJson } from '../../../core/space/distributionJson.ts';
import { toInternal, toValue } from '../../../core/space/distributionRules.ts';
import type { Distribution, Params, ParamValue } from '../../../core/space/distributions.ts';
import type { JsonValue, StoredParam } from '../../../core/study/changes.ts';
import { History } from '../../../core/study/history.ts';
import { inferredSpace } from '../../../core/study/inferredSpace.ts';
import { type Direction, isFinished, TrialState } from '../../../core/study/states.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';
import type { ScriptSuggestions } from './optunaRun.ts';

/** Infinity and NaN come as text. */
type Wire = number | string;

interface WireTrial {
  readonly number: number;
  readonly state: TrialState;
  readonly values: readonly Wire[] | null;
  /** Internal values, as Optuna stores them. */
  readonly params: Readonly<Record<string, Wire>>;
  readonly distributions: Readonly<Record<string, object>>;
  /** Those that are new. */
  readonly intermediate: readonly (readonly [step: number, value: Wire])[];
  readonly attrs: Readonly<Record<string, JsonValue>>;
}

interface QuestionBase {
  readonly id: number;
  /** The script's number of the study. */
  readonly study: number;
  readonly name: string;
  readonly directions: readonly Direction[];
  /** The trials that are new or have changed since the last question about this study. */
  readonly trials: readonly WireTrial[];
  readonly number: number;
}

/** What a script's sampler or pruner asks (src/tuner/python/_tuneboard_sampler.py). */
export type SuggestQuestion = QuestionBase &
  (
    | { readonly event: 'suggest'; readonly fixed: Readonly<Record<string, Wire>> }
    | {
        readonly event: 'suggestOne';
        readonly param: string;
        readonly distribution: object;
        readonly known: Readonly<Record<string, Wire>>;
      }
    | { readonly event: 'shouldPrune' }
  );

export interface SuggestAnswer {
  readonly order: 'answer';
  readonly id: number;
  /** Internal values by name. */
  readonly params?: Readonly<Record<string, number>>;
  readonly value?: number;
  readonly prune?: boolean;
  /** System attributes to keep with the trial. */
  readonly attrs?: Readonly<Record<string, JsonValue>>;
  readonly error?: string;
}

interface KnownStudy {
  readonly history: History;
  readonly sampler: Sampler;
  readonly pruner: Pruner | null;
}

/**
 * Suggests parameters to a script that leaves the choice to Optuna, over studies in any storage: the trials come with the
 * questions and are kept here as a history of their own.
 */
export class SuggestService {
  readonly #options: ScriptSuggestions;
  readonly #studies = new Map<number, KnownStudy>();

  constructor(options: ScriptSuggestions) {
    this.#options = options;
  }

  /** Never throws: what went wrong is in the answer, and Optuna's own sampler goes on. */
  answer(question: SuggestQuestion): SuggestAnswer {
    try {
      return { order: 'answer', id: question.id, ...this.#answer(question) };
    } catch (error) {
      return { order: 'answer', id: question.id, error: error instanceof Error ? error.message : String(error) };
    }
  }

  #answer(question: SuggestQuestion): Omit<SuggestAnswer, 'order' | 'id'> {
    const study = this.#studyOf(question);
    for (const trial of question.trials) takeIn(study.history, trial);
    switch (question.event) {
      case 'suggest':
        return suggest(study, question.number, question.fixed);
      case 'suggestOne':
        return { value: suggestOne(study, question) };
      case 'shouldPrune':
        return judge(study, question);
      default:
        question satisfies never;
        throw new TuneboardError('unknown-question', tunerMessage('scriptAskedSomethingTunerDoes'));
    }
  }

  #studyOf({ study, directions }: SuggestQuestion): KnownStudy {
    let known = this.#studies.get(study);
    if (!known) {
      known = {
        history: new History(directions),
        sampler: this.#createSampler(),
        pruner: createPruner(this.#options.pruner ?? { type: 'none' }),
      };
      this.#studies.set(study, known);
    }
    return known;
  }

  #createSampler(): Sampler {
    const { type = 'random', seed = null, options = {} } = this.#options.sampler ?? {};
    return createSampler({ type, seed: seed ?? randomInt(2 ** 31), options });
  }
}

export function isQuestion(event: { readonly event: string }): event is SuggestQuestion {
  return event.event === 'suggest' || event.event === 'suggestOne' || event.event === 'shouldPrune';
}

function judge({ history, pruner }: KnownStudy, { number, name }: SuggestQuestion) {
  const { prune, systemAttrs } = pruner?.shouldPrune({ history, number, studyName: name }) ?? { prune: false };
  return { prune, ...(systemAttrs && { attrs: systemAttrs }) };
}

/**
 * The parameters that the trials so far show, drawn together. What the script's trial takes of them comes back with the
 * next question, so that other threads' trials keep away from it.
 */
function suggest({ history, sampler }: KnownStudy, number: number, fixed: Readonly<Record<string, Wire>>) {
  const space = inferredSpace(history);
  if (space.parameters.length === 0) return { params: {} };
  const given: Record<string, ParamValue> = {};
  for (const { name, distribution } of space.parameters) {
    if (Object.hasOwn(fixed, name)) given[name] = toValue(distribution, asNumber(fixed[name] as Wire));
  }
  const { params, systemAttrs } = sampler.suggest(space, { history, number }, given);
  const internals: Record<string, number> = {};
  for (const { name, distribution } of space.parameters) {
    if (!Object.hasOwn(params, name)) continue;
    const internal = toInternal(distribution, params[name]);
    internals[name] = internal;
  }
  return { params: internals, ...(systemAttrs && { attrs: systemAttrs }) };
}

function suggestOne(
  { history, sampler }: KnownStudy,
  { number, param, distribution, known }: SuggestQuestion & { event: 'suggestOne' },
): number {
  const range = distributionOf(distribution);
  const value = sampler.suggestOne(param, range, knownParams(history, known), { history, number });
  return toInternal(range, value);
}

function knownParams(history: History, known: Readonly<Record<string, Wire>>): Params {
  const params: Record<string, ParamValue> = {};
  for (const [name, internal] of Object.entries(known)) {
    const column = history.parameters.get(name);
    params[name] = column ? toValue(column.latest, asNumber(internal)) : asNumber(internal);
  }
  return params;
}

/** Brings a history to what the script knows of a trial. Numbers that were never told are trials that have failed. */
function takeIn(history: History, trial: WireTrial): void {
  const { number } = trial;
  while (history.length < number) history.add({ state: TrialState.fail });
  if (number === history.length) {
    const isOpen = !isFinished(trial.state);
    history.add({ state: isOpen ? trial.state : TrialState.running, systemAttrs: trial.attrs });
  }
  for (const param of paramsOf(trial)) history.apply({ type: 'param', number, param });
  for (const [step, value] of trial.intermediate) {
    history.apply({ type: 'intermediate', number, step, value: asNumber(value) });
  }
  for (const [key, value] of Object.entries(trial.attrs)) history.apply({ type: 'systemAttr', number, key, value });
  if (trial.state === history.state(number)) return;
  const values = trial.values?.map(asNumber) ?? null;
  history.apply({ type: 'state', number, state: trial.state, values });
}

function paramsOf({ params, distributions }: WireTrial): StoredParam[] {
  return Object.entries(params).map(([name, internal]) => ({
    name,
    internal: asNumber(internal),
    distribution: distributionOf(distributions[name] as object),
  }));
}

function distributionOf(wire: object): Distribution {
  return distributionFromJson(JSON.stringify(wire));
}

function asNumber(wire: Wire): number {
  if (typeof wire === 'number') return wire;
  return wire === 'inf' ? Number.POSITIVE_INFINITY : wire === '-inf' ? Number.NEGATIVE_INFINITY : Number(wire);
}
