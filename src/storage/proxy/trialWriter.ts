import { distributionToJson } from '../../core/space/distributionJson.ts';
import type { JsonValue, TrialChange } from '../../core/study/changes.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import { dumpJson } from '../../core/text/pythonJson.ts';
import type { RdbStudy } from '../sql/read/studyTracker.ts';
import { finishedTrial } from '../sql/rules.ts';
import { storableValues } from '../sql/write/trialEncoder.ts';
import { GET_TRIAL, SET_PARAM, SET_REPORT, SET_STATE, SET_TRIAL_ATTR } from './messages.ts';
import type { Perseverance } from './perseverance.ts';
import type { ProxyClient } from './proxyClient.ts';
import { ProxyFailure, Status } from './proxyFailure.ts';
import type { ProxyReader } from './proxyReader.ts';
import type { TrialAnswer } from './trialMessages.ts';

/** How many changes of a trial are on their way at once: a server answers ten at a time. */
const CHANGES_AT_ONCE = 4;

export interface WriterParts {
  readonly client: ProxyClient;
  readonly reader: ProxyReader;
  readonly perseverance: Perseverance;
  /** Reads all that is new in a study. */
  readonly read: (study: RdbStudy) => Promise<void>;
}

type StateChange = TrialChange & { readonly type: 'state' };

/** Writes to trials that are there, one call a change. Calls for one trial must not overlap. */
export class TrialWriter {
  readonly #parts: WriterParts;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /**
   * Parameters come after what is written with them, as they tell others that all of it is there, and a state after all before
   * it. Throws `finished-trial` where another process was faster.
   */
  async write(study: RdbStudy, changes: readonly TrialChange[]): Promise<void> {
    let together: TrialChange[] = [];
    for (const change of changes) {
      if (change.type === 'state' || together.some((other) => mustFollow(change, other))) {
        await this.#writeTogether(study, together);
        together = [];
      }
      if (change.type === 'state') await this.#setState(study, change);
      else together.push(change);
    }
    await this.#writeTogether(study, together);
  }

  /** Writes attributes one by one. */
  async sign(id: number, systemAttrs: Readonly<Record<string, JsonValue>>): Promise<void> {
    for (const [key, value] of Object.entries(systemAttrs)) {
      const text = dumpJson(value, 'spaced');
      await this.#parts.perseverance.ask(SET_TRIAL_ATTR.system, { trialId: id, key, value: text });
    }
  }

  /** A trial as it is now. */
  async get(id: number): Promise<TrialAnswer> {
    const { trial } = await this.#parts.perseverance.ask(GET_TRIAL, { trialId: id });
    return trial as TrialAnswer;
  }

  async #writeTogether(study: RdbStudy, changes: readonly TrialChange[]): Promise<void> {
    const left = [...changes];
    const work = async () => {
      for (let change = left.shift(); change; change = left.shift()) await this.#set(study, change);
    };
    const results = await Promise.allSettled(Array.from({ length: CHANGES_AT_ONCE }, work));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    for (const change of changes) this.#parts.reader.tracker.apply(study, change);
  }

  async #set(study: RdbStudy, change: TrialChange): Promise<void> {
    const trialId = study.trialIds[change.number] as number;
    try {
      await this.#send(study, trialId, change);
    } catch (error) {
      throw await this.#meaningOf(error, study, change.number);
    }
  }

  async #send(study: RdbStudy, trialId: number, change: TrialChange): Promise<unknown> {
    const { perseverance } = this.#parts;
    switch (change.type) {
      case 'param':
        return this.#setParam(study, trialId, change.param);
      case 'intermediate':
        return perseverance.ask(SET_REPORT, { trialId, step: change.step, value: change.value });
      case 'userAttr':
      case 'systemAttr': {
        const value = dumpJson(change.value, 'spaced');
        return perseverance.ask(SET_TRIAL_ATTR[change.type === 'userAttr' ? 'user' : 'system'], {
          trialId,
          key: change.key,
          value,
        });
      }
      case 'state':
        throw new TypeError('the state of a trial is not written together with others');
      default:
        return change satisfies never;
    }
  }

  /** A server that was started anew takes parameters only of trials that somebody has asked it for. */
  async #setParam(
    study: RdbStudy,
    trialId: number,
    { name, internal, distribution }: (TrialChange & { type: 'param' })['param'],
  ): Promise<void> {
    const { perseverance } = this.#parts;
    const values = { trialId, name, internal, distribution: distributionToJson(distribution) };
    try {
      await perseverance.ask(SET_PARAM, values);
    } catch (error) {
      if (!hasStatus(error, Status.notFound)) throw error;
      await this.#parts.read(study);
      await perseverance.ask(SET_PARAM, values);
    }
  }

  async #setState(study: RdbStudy, change: StateChange): Promise<void> {
    const { client, reader, perseverance } = this.#parts;
    const { number, state } = change;
    const trialId = study.trialIds[number] as number;
    const values = storableValues(change.values) ?? [];
    const trial = await perseverance
      .attempt(async (isAgain) => {
        const now = isAgain ? await this.get(trialId) : undefined;
        if (now && this.#isDone(now, study, change)) return now;
        await client.call(SET_STATE, { trialId, state, values });
        return this.get(trialId);
      })
      .catch(async (error: unknown) => {
        throw await this.#meaningOf(error, study, number);
      });
    // The server has written the time itself, just now.
    if (isFinished(state) && trial.state === state) reader.learn(trial.datetimeComplete);
    reader.update(study, trial);
  }

  /** Whether an earlier attempt, whose answer was lost, has changed the state. */
  #isDone(now: TrialAnswer, { history }: RdbStudy, { number, state, values }: StateChange): boolean {
    if (isFinished(state)) {
      const wanted = storableValues(values) ?? [];
      return now.state === state && now.values.length === wanted.length && wanted.every((v, i) => v === now.values[i]);
    }
    // Somebody else may run by now what was to wait.
    const startedAt = this.#parts.reader.clock.read(now.datetimeStart);
    return now.state === TrialState.waiting || !Object.is(startedAt, history.startedAt[number]);
  }

  /** The study's own words for what another process has done. */
  async #meaningOf(error: unknown, study: RdbStudy, number: number): Promise<unknown> {
    if (!hasStatus(error, Status.failedPrecondition)) return error;
    this.#parts.reader.update(study, await this.get(study.trialIds[number] as number));
    return finishedTrial(this.#parts.client.url.location, study, number);
  }
}

export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof ProxyFailure && error.kind === 'answer' && error.status === status;
}

/** Whether the change would overwrite an earlier one, or tells others that it is there. */
function mustFollow(change: TrialChange, earlier: TrialChange): boolean {
  if (change.number !== earlier.number) return false;
  if (change.type !== earlier.type) return change.type === 'param';
  return placeOf(change) === placeOf(earlier);
}

function placeOf(change: TrialChange): string | number | undefined {
  switch (change.type) {
    case 'param':
      return change.param.name;
    case 'intermediate':
      return change.step;
    case 'userAttr':
    case 'systemAttr':
      return change.key;
    default:
      return undefined;
  }
}
