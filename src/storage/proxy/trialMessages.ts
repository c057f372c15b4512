import { distributionToJson } from '../../core/space/distributionJson.ts';
import type { JsonValue, TrialTemplate } from '../../core/study/changes.ts';
import type { History } from '../../core/study/history.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import { dumpJson } from '../../core/text/pythonJson.ts';
import { type RowDecoder, TrialDraft, type TrialRow } from '../sql/read/rowDecoder.ts';
import { storableValues } from '../sql/write/trialEncoder.ts';
import type { TrialMessage } from './messages.ts';
import type { ServerClock } from './serverClock.ts';
import type { ValueOf } from './wire.ts';

export type TrialAnswer = ValueOf<typeof TrialMessage>;

/**
 * A trial as a proxy gave it. Its parameters have lost their order on the way: they get that of the study's earlier trials,
 * new ones that of their names.
 */
export function rowOf(trial: TrialAnswer, studyId: number, history: History, parts: RowParts): TrialRow {
  const { trialId, number, state, params, distributions, intermediateValues } = trial;
  const { decoder, clock } = parts;
  const draft = new TrialDraft();
  for (const name of inOrder(params, history)) decoder.addParam(draft, name, params.get(name), distributions.get(name));
  for (const [key, json] of trial.userAttributes) decoder.addAttr(draft, 'user', trialId, key, json);
  for (const [key, json] of trial.systemAttributes) decoder.addAttr(draft, 'system', trialId, key, json);
  const known = state in NAMED ? (state as TrialState) : TrialState.fail;
  return {
    trialId,
    number,
    studyId,
    isDiscarded: false,
    template: {
      state: known,
      params: draft.params,
      values: trial.values.length > 0 && isFinished(known) ? trial.values : null,
      intermediate: [...intermediateValues].sort(([a], [b]) => a - b),
      userAttrs: draft.userAttrs,
      systemAttrs: draft.systemAttrs,
      startedAt: clock.read(trial.datetimeStart),
      completedAt: clock.read(trial.datetimeComplete),
    },
  };
}

export interface RowParts {
  readonly decoder: RowDecoder;
  readonly clock: ServerClock;
}

const NAMED = Object.fromEntries(Object.values(TrialState).map((state) => [state, true]));

function inOrder(params: ReadonlyMap<string, number>, history: History): string[] {
  const known = [...history.parameters.keys()].filter((name) => params.has(name));
  if (known.length === params.size) return known;
  const fresh = [...params.keys()].filter((name) => !history.parameters.has(name));
  return [...known, ...fresh.sort()];
}

/** A new trial as it is asked for. */
export function messageOf(template: TrialTemplate, clock: ServerClock): TrialAnswer {
  const { state, params = [], values, intermediate = [], userAttrs = {}, systemAttrs = {} } = template;
  const startedAt = template.startedAt ?? (state === TrialState.waiting ? Number.NaN : Date.now());
  const completedAt = template.completedAt ?? (isFinished(state) ? Date.now() : Number.NaN);
  return {
    trialId: 0,
    number: 0,
    state,
    values: storableValues(values) ?? [],
    datetimeStart: clock.write(startedAt),
    datetimeComplete: clock.write(completedAt),
    params: new Map(params.map(({ name, internal }) => [name, internal])),
    distributions: new Map(params.map(({ name, distribution }) => [name, distributionToJson(distribution)])),
    userAttributes: attrsOf(userAttrs),
    systemAttributes: attrsOf(systemAttrs),
    intermediateValues: new Map(intermediate),
  };
}

function attrsOf(attrs: Readonly<Record<string, JsonValue>>): Map<string, string> {
  return new Map(Object.entries(attrs).map(([key, value]) => [key, dumpJson(value, 'spaced')]));
}
