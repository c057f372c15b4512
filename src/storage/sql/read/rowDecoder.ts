import { setOwn } from '../../../core/ownProperty.ts';
import { distributionFromJson } from '../../../core/space/distributionJson.ts';
import type { Distribution } from '../../../core/space/distributions.ts';
import type { JsonValue, StoredParam, TrialTemplate } from '../../../core/study/changes.ts';
import { Direction, isFinished, MOST_OBJECTIVES, TrialState } from '../../../core/study/states.ts';
import { parseJson } from '../../../core/text/pythonJson.ts';
import { DatetimeParser, type NaiveZone } from '../../datetimes.ts';
import { type AttrOwner, ExactAttrs } from '../../exactAttrs.ts';

/** One trial as its rows tell it. `number` is null for a moment while Optuna creates the trial. */
export interface TrialRow {
  readonly trialId: number;
  readonly number: number | null;
  readonly studyId: number;
  readonly isDiscarded: boolean;
  readonly template: Required<Omit<TrialTemplate, 'values' | 'params'>> & {
    readonly values: readonly number[] | null;
    readonly params: readonly StoredParam[];
  };
}

/** What a database's driver gives for one field. */
export type Cell = string | number | bigint | null | Uint8Array | undefined;

/** Most characters of an attribute or a distribution. */
export const LONGEST_JSON = 4 << 20;

/** The columns of `trials` that are read, in the order in which `RowDecoder.row` takes them (Rustuna's `discarded_at` last). */
export const TRIAL_COLUMNS = ['trial_id', 'number', 'study_id', 'state', 'datetime_start', 'datetime_complete'];

/** By the numbers of TrialState. */
export const STATE_NAMES = ['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'] as const;

/** Collects what belongs to one trial from the other tables. Rows have to come in the order of their ids or steps. */
export class TrialDraft {
  readonly params: StoredParam[] = [];
  readonly values: number[] = [];
  readonly intermediate: [step: number, value: number][] = [];
  readonly userAttrs: Record<string, JsonValue> = {};
  readonly systemAttrs: Record<string, JsonValue> = {};
}

/** Makes sense of the fields of Optuna's tables, whichever database they come from. */
export class RowDecoder {
  readonly exact = new ExactAttrs();
  readonly #datetimes: DatetimeParser;
  readonly #distributions = new Map<string, Distribution>();
  readonly #warn: (warning: string) => void;

  constructor(zone: NaiveZone, warn: (warning: string) => void) {
    this.#datetimes = new DatetimeParser(zone);
    this.#warn = warn;
  }

  addParam({ params }: TrialDraft, name: Cell, value: Cell, json: Cell): void {
    const distribution = this.distribution(json);
    if (distribution) params.push({ name: String(name), internal: Number(value), distribution });
  }

  addValue({ values }: TrialDraft, value: Cell, type: Cell): void {
    values.push(readFloat(value, type));
  }

  addReport({ intermediate }: TrialDraft, step: Cell, value: Cell, type: Cell): void {
    intermediate.push([Number(step), readFloat(value, type)]);
  }

  addAttr(draft: TrialDraft, kind: 'user' | 'system', trialId: Cell, key: Cell, json: Cell): void {
    const attrs = kind === 'user' ? draft.userAttrs : draft.systemAttrs;
    setOwn(attrs, String(key), this.json(`trial ${Number(trialId)} ${kind}`, key, json));
  }

  row([trialId, number, studyId, state, start, complete, discarded]: readonly Cell[], draft: TrialDraft): TrialRow {
    const { params, values, intermediate, userAttrs, systemAttrs } = draft;
    const named = stateNamed(String(state));
    return {
      trialId: Number(trialId),
      number: number === null || number === undefined ? null : Number(number),
      studyId: Number(studyId),
      isDiscarded: discarded !== null && discarded !== undefined,
      template: {
        state: named,
        params,
        // Read a moment after the state, they may be newer.
        values: values.length > 0 && isFinished(named) ? values : null,
        intermediate,
        userAttrs,
        systemAttrs,
        startedAt: this.time(start),
        completedAt: this.time(complete),
      },
    };
  }

  /** Epoch milliseconds, NaN for none. */
  time(text: Cell): number {
    return typeof text === 'string' ? this.#datetimes.parse(text) : Number.NaN;
  }

  /** As JSON tells it; undefined, with a warning, when it cannot be read. */
  distribution(json: Cell): Distribution | undefined {
    const text = String(json);
    if (text.length > LONGEST_JSON) {
      this.#warn(`A distribution is longer than ${LONGEST_JSON >> 20} MiB: its parameter was left out.`);
      return undefined;
    }
    const known = this.#distributions.get(text);
    if (known) return known;
    try {
      const distribution = distributionFromJson(text);
      this.#distributions.set(text, distribution);
      return distribution;
    } catch (error) {
      this.#warn((error as Error).message);
      return undefined;
    }
  }

  json(owner: AttrOwner, key: Cell, json: Cell): JsonValue {
    if (json === null || json === undefined) return null;
    if (String(json).length > LONGEST_JSON) {
      this.#warn(
        `Attribute ${JSON.stringify(String(key))} of ${owner} is longer than ${LONGEST_JSON >> 20} MiB and was left out.`,
      );
      return null;
    }
    try {
      const value = parseJson(String(json)) as JsonValue;
      this.exact.note(owner, [String(key)], String(json), (parsed) => ({ [String(key)]: parsed }));
      return value;
    } catch {
      return String(json);
    }
  }
}

/** Of the direction column, by objective. A study without any is minimised. */
export function directionsFrom(names: readonly Cell[]): Direction[] {
  const directions = names
    .slice(0, MOST_OBJECTIVES)
    .map((name) => (name === 'MAXIMIZE' ? Direction.maximize : Direction.minimize));
  return directions.length > 0 ? directions : [Direction.minimize];
}

export function directionName(direction: Direction): 'MAXIMIZE' | 'MINIMIZE' {
  return direction === Direction.maximize ? 'MAXIMIZE' : 'MINIMIZE';
}

function stateNamed(name: string): TrialState {
  const state = STATE_NAMES.indexOf(name as never);
  return state < 0 ? TrialState.fail : (state as TrialState);
}

function readFloat(value: Cell, type: Cell): number {
  switch (type) {
    case 'INF_POS':
      return Number.POSITIVE_INFINITY;
    case 'INF_NEG':
      return Number.NEGATIVE_INFINITY;
    case 'NAN':
      return Number.NaN;
    default:
      return value === null || value === undefined ? Number.NaN : Number(value);
  }
}

/** A number as Optuna keeps it: a type beside it stands for NaN and the infinities, which columns do not hold. */
export function writtenFloat(value: number): [number | null, 'FINITE' | 'NAN' | 'INF_POS' | 'INF_NEG'] {
  if (Number.isNaN(value)) return [null, 'NAN'];
  if (Number.isFinite(value)) return [value, 'FINITE'];
  return [null, value > 0 ? 'INF_POS' : 'INF_NEG'];
}
