import { distributionToJson } from '../../core/space/distributionJson.ts';
import type { JsonValue, TrialTemplate } from '../../core/study/changes.ts';
import type { History } from '../../core/study/history.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import { dumpJson } from '../../core/text/pythonJson.ts';
import { formatNaive, formatUtc } from '../datetimes.ts';
import { TOKEN } from '../retry.ts';
import { type RowDecoder, TrialDraft, type TrialRow } from '../sql/read/rowDecoder.ts';
import { storableValues } from '../sql/write/trialEncoder.ts';
import type { TrialMessage } from './messages.ts';

/**
 * A trial as a proxy gave it. Its parameters have lost their order on the way: they get that of the study's earlier trials,
 * new ones that of their names.
 */
export function rowOf(trial: TrialMessage, studyId: number, history: History, decoder: RowDecoder): TrialRow {
  const { trialId, number, state, params, distributions, intermediateValues } = trial;
  const draft = new TrialDraft();
  for (const name of inOrder(params, history)) decoder.addParam(draft, name, params[name], distributions[name]);
  for (const [key, json] of Object.entries(trial.userAttributes)) decoder.addAttr(draft, 'user', trialId, key, json);
  for (const [key, json] of Object.entries(trial.systemAttributes)) {
    if (key !== TOKEN) decoder.addAttr(draft, 'system', trialId, key, json);
  }
  const steps = Object.entries(intermediateValues).map(([step, value]): [number, number] => [Number(step), value]);
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
      intermediate: steps.sort(([a], [b]) => a - b),
      userAttrs: draft.userAttrs,
      systemAttrs: draft.systemAttrs,
      startedAt: decoder.time(trial.datetimeStart),
      completedAt: decoder.time(trial.datetimeComplete),
    },
  };
}

const NAMED = Object.fromEntries(Object.values(TrialState).map((state) => [state, true]));

function inOrder(params: TrialMessage['params'], history: History): string[] {
  const names = Object.keys(params);
  const known = [...history.parameters.keys()].filter((name) => Object.hasOwn(params, name));
  if (known.length === names.length) return known;
  const fresh = names.filter((name) => !history.parameters.has(name));
  return [...known, ...fresh.sort()];
}

/**
 * How a proxy takes times. Since 5.1 Optuna writes them with their offset from UTC, and takes one without as local time of its
 * machine; before, it refuses an offset: that machine and this one are to have the same zone.
 */
export type ProxyTimes = 'offset' | 'local';

/** A new trial as it is asked for. */
export function messageOf(template: TrialTemplate, times: ProxyTimes): TrialMessage {
  const { state, params = [], values, intermediate = [], userAttrs = {}, systemAttrs = {} } = template;
  const startedAt = template.startedAt ?? (state === TrialState.waiting ? Number.NaN : Date.now());
  const completedAt = template.completedAt ?? (isFinished(state) ? Date.now() : Number.NaN);
  return {
    trialId: 0,
    number: 0,
    state,
    values: storableValues(values) ?? [],
    datetimeStart: timeText(startedAt, times),
    datetimeComplete: timeText(completedAt, times),
    params: Object.fromEntries(params.map(({ name, internal }) => [name, internal])),
    distributions: Object.fromEntries(params.map(({ name, distribution }) => [name, distributionToJson(distribution)])),
    userAttributes: attrsOf(userAttrs),
    systemAttributes: attrsOf(systemAttrs),
    intermediateValues: Object.fromEntries(intermediate),
  };
}

/** Empty for none. */
function timeText(millis: number, times: ProxyTimes): string {
  if (Number.isNaN(millis)) return '';
  return times === 'offset' ? formatUtc(millis) : formatNaive(millis, 'local');
}

function attrsOf(attrs: Readonly<Record<string, JsonValue>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attrs).map(([key, value]) => [key, dumpJson(value, 'spaced')]));
}
