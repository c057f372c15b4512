import { distributionToJson } from '../../core/space/distributionJson.ts';
import type { JsonValue, StoredParam, TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import type { Direction } from '../../core/study/states.ts';
import { TrialState } from '../../core/study/states.ts';
import { dumpJson, jsonFloat, jsonString } from '../../core/text/pythonJson.ts';
import { formatUtc } from '../datetimes.ts';

/** The journal's lines as Optuna's JournalStorage writes them: key order, separators and number format are part of it. */

/** Optuna's JournalOperation, and Rustuna's 10. */
export const JournalOp = {
  createStudy: 0,
  deleteStudy: 1,
  setStudyUserAttr: 2,
  setStudySystemAttr: 3,
  createTrial: 4,
  setTrialParam: 5,
  setTrialStateValues: 6,
  setTrialIntermediateValue: 7,
  setTrialUserAttr: 8,
  setTrialSystemAttr: 9,
  discardTrials: 10,
} as const;

export class JournalEncoder {
  readonly workerId: string;
  /** Distributions of a study repeat on every trial: their escaped text is kept. */
  readonly #distributions = new WeakMap<object, string>();

  constructor(workerId: string) {
    this.workerId = workerId;
  }

  createStudy(name: string, directions: readonly Direction[]): string {
    return `${this.#head(0)},"study_name":${jsonString(name)},"directions":[${directions.join(',')}]}\n`;
  }

  deleteStudy(studyId: number): string {
    return `${this.#head(1)},"study_id":${studyId}}\n`;
  }

  studyAttr(kind: 'user' | 'system', studyId: number, key: string, value: JsonValue): string {
    return `${this.#head(kind === 'user' ? 2 : 3)},"study_id":${studyId},"${kind}_attr":${attr(key, value)}}\n`;
  }

  /**
   * One line a trial, so that a torn write leaves either the whole trial or nothing. A running trial without anything
   * else is written in Optuna's short form.
   */
  createTrial(studyId: number, template: TrialTemplate, objectives: number): string {
    const head = `${this.#head(4)},"study_id":${studyId},"datetime_start":`;
    const started = template.startedAt ?? (template.state === TrialState.waiting ? Number.NaN : Date.now());
    const start = Number.isNaN(started) ? 'null' : `"${formatUtc(started)}"`;
    if (isBare(template)) return `${head}${start}}\n`;
    const params = template.params ?? [];
    const values = template.values?.map(jsonFloat);
    const single = objectives === 1 ? (values?.[0] ?? 'null') : 'null';
    const several = objectives === 1 || !values ? 'null' : `[${values.join(',')}]`;
    const completed = template.completedAt ?? Number.NaN;
    const complete = Number.isNaN(completed) ? '' : `,"datetime_complete":"${formatUtc(completed)}"`;
    const distributions = params.map((param) => `${jsonString(param.name)}:${this.#distribution(param)}`);
    const internals = params.map((param) => `${jsonString(param.name)}:${internal(param)}`);
    const reports = (template.intermediate ?? []).map(([step, value]) => `"${step}":${jsonFloat(value)}`);
    return (
      `${head}${start},"state":${template.state},"value":${single},"values":${several}${complete}` +
      `,"distributions":{${distributions.join(',')}},"params":{${internals.join(',')}}` +
      `,"user_attrs":${dumpJson(template.userAttrs ?? {})},"system_attrs":${dumpJson(template.systemAttrs ?? {})}` +
      `,"intermediate_values":{${reports.join(',')}}}\n`
    );
  }

  change(trialId: number, change: TrialChange): string {
    switch (change.type) {
      case 'param': {
        const { param } = change;
        const name = `"param_name":${jsonString(param.name)},"param_value_internal":${internal(param)}`;
        return `${this.#head(5)},"trial_id":${trialId},${name},"distribution":${this.#distribution(param)}}\n`;
      }
      case 'intermediate':
        return `${this.#head(7)},"trial_id":${trialId},"step":${change.step},"intermediate_value":${jsonFloat(change.value)}}\n`;
      case 'userAttr':
        return `${this.#head(8)},"trial_id":${trialId},"user_attr":${attr(change.key, change.value)}}\n`;
      case 'systemAttr':
        return `${this.#head(9)},"trial_id":${trialId},"system_attr":${attr(change.key, change.value)}}\n`;
      case 'state':
        return this.#state(trialId, change.state, change.values ?? null, change.at ?? Date.now());
      default:
        return change satisfies never;
    }
  }

  #state(trialId: number, state: TrialState, values: readonly number[] | null, at: number): string {
    const list = values ? `[${values.map(jsonFloat).join(',')}]` : 'null';
    const key = state === TrialState.running ? 'datetime_start' : 'datetime_complete';
    const time = state === TrialState.waiting ? '' : `,"${key}":"${formatUtc(at)}"`;
    return `${this.#head(6)},"trial_id":${trialId},"state":${state},"values":${list}${time}}\n`;
  }

  #head(op: number): string {
    return `{"op_code":${op},"worker_id":"${this.workerId}"`;
  }

  #distribution({ distribution }: StoredParam): string {
    let text = this.#distributions.get(distribution);
    if (text === undefined) {
      text = jsonString(distributionToJson(distribution));
      this.#distributions.set(distribution, text);
    }
    return text;
  }
}

function isBare(template: TrialTemplate): boolean {
  const { state, params, values, intermediate, userAttrs, systemAttrs } = template;
  const isEmpty = (part: object | null | undefined): boolean => !part || Object.keys(part).length === 0;
  return state === TrialState.running && [params, values, intermediate, userAttrs, systemAttrs].every(isEmpty);
}

function attr(key: string, value: JsonValue): string {
  return `{${jsonString(key)}:${dumpJson(value)}}`;
}

/** A number is a float, a categorical choice an int, as in Optuna's `to_internal_repr`. */
function internal({ distribution, internal: value }: StoredParam): string {
  return distribution.type === 'categorical' ? String(value) : jsonFloat(value);
}
