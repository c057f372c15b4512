import { distributionToJson } from '../../core/space/distributionJson.ts';
import type { JsonValue, TrialChange } from '../../core/study/changes.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import { dumpJson } from '../../core/text/pythonJson.ts';
import type { Retry } from '../retry.ts';
import type { RdbStudy } from '../sql/read/studyTracker.ts';
import { finishedTrial } from '../sql/rules.ts';
import { storableValues } from '../sql/write/trialEncoder.ts';
import type { CallName, Calls, TrialMessage } from './messages.ts';
import type { ProxyClient } from './proxyClient.ts';
import { ProxyFailure, Status } from './proxyFailure.ts';
import type { ProxyReader } from './proxyReader.ts';

/** How many changes of a trial are on their way at once: a server answers ten at a time. */
const CHANGES_AT_ONCE = 4;

export interface WriterParts {
  readonly client: ProxyClient;
  readonly reader: ProxyReader;
  readonly retry: Retry;
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
      await this.#ask('SetTrialSystemAttribute', { trialId: id, key, value: text });
    }
  }

  /** A trial as it is now. */
  async get(id: number): Promise<TrialMessage> {
    const { trial } = await this.#ask('GetTrial', { trialId: id });
    return trial as TrialMessage;
  }

  /** Asks until there is an answer: what is asked here may be done twice. */
  #ask<N extends CallName>(name: N, values: Calls[N][0]): Promise<Calls[N][1]> {
    return this.#parts.retry.run(() => this.#parts.client.call(name, values));
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
    switch (change.type) {
      case 'param':
        return this.#setParam(study, trialId, change.param);
      case 'intermediate':
        return this.#ask('SetTrialIntermediateValue', {
          trialId,
          step: change.step,
          intermediateValue: change.value,
        });
      case 'userAttr':
      case 'systemAttr': {
        const values = { trialId, key: change.key, value: dumpJson(change.value, 'spaced') };
        return this.#ask(change.type === 'userAttr' ? 'SetTrialUserAttribute' : 'SetTrialSystemAttribute', values);
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
    const values = {
      trialId,
      paramName: name,
      paramValueInternal: internal,
      distribution: distributionToJson(distribution),
    };
    try {
      await this.#ask('SetTrialParameter', values);
    } catch (error) {
      if (!hasStatus(error, Status.notFound)) throw error;
      await this.#parts.read(study);
      await this.#ask('SetTrialParameter', values);
    }
  }

  async #setState(study: RdbStudy, change: StateChange): Promise<void> {
    const { client, reader, retry } = this.#parts;
    const { number, state } = change;
    const trialId = study.trialIds[number] as number;
    const values = storableValues(change.values) ?? [];
    const trial = await retry
      .run(async (isAgain) => {
        const now = isAgain ? await this.get(trialId) : undefined;
        if (now && this.#isDone(now, study, change)) return now;
        await client.call('SetTrialStateValues', { trialId, state, values });
        return this.get(trialId);
      })
      .catch(async (error: unknown) => {
        throw await this.#meaningOf(error, study, number);
      });
    reader.update(study, trial);
  }

  /** Whether an earlier attempt, whose answer was lost, has changed the state. */
  #isDone(now: TrialMessage, { history }: RdbStudy, { number, state, values }: StateChange): boolean {
    if (isFinished(state)) {
      const wanted = storableValues(values) ?? [];
      return now.state === state && now.values.length === wanted.length && wanted.every((v, i) => v === now.values[i]);
    }
    // Somebody else may run by now what was to wait.
    const startedAt = this.#parts.reader.decoder.time(now.datetimeStart);
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
