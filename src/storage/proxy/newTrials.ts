import { setTimeout as sleep } from 'node:timers/promises';
import { FAIL_REASON } from '../../core/study/attributes.ts';
import type { TrialTemplate } from '../../core/study/changes.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import { dumpJson } from '../../core/text/pythonJson.ts';
import { newToken, TOKEN } from '../retry.ts';
import type { RdbStudy } from '../sql/read/studyTracker.ts';
import { duplicateStudy } from '../sql/rules.ts';
import { StorageError } from '../storageError.ts';
import { Status } from './proxyFailure.ts';
import { messageOf, type ProxyTimes } from './trialMessages.ts';
import { hasStatus, type TrialWriter, type WriterParts } from './trialWriter.ts';

/** What a server that lost its connection is still doing may come to be a moment later, in milliseconds. */
const LATE_MS = 500;
/** For so long a trial that came twice is looked for, in milliseconds. */
const DOUBT_MS = 600_000;
const DOUBLED_REASON = 'The storage proxy had lost its answer: this trial was made twice.';

/** Python's words for a time that has an offset where none belongs: no trial was made then. */
const OFFSET_REFUSED = /unconverted data remains|does not match format/;

/** A trial whose making was not answered at first, by its token. */
interface Doubt {
  readonly study: RdbStudy;
  readonly token: string;
  /** Trials with larger ids may be it. */
  readonly after: number;
  /** The one that counts. */
  readonly id: number;
  readonly until: number;
}

/** Makes studies and trials. Calls of `create` must not overlap. */
export class NewTrials {
  readonly #parts: WriterParts;
  readonly #writer: TrialWriter;
  #doubts: Doubt[] = [];
  #times: ProxyTimes = 'offset';

  constructor(parts: WriterParts, writer: TrialWriter) {
    this.#parts = parts;
    this.#writer = writer;
  }

  /** Throws `duplicate-study`. */
  async createStudy(name: string, directions: readonly number[]): Promise<void> {
    const { client, retry } = this.#parts;
    await retry.run(async (isAgain) => {
      try {
        await client.call('CreateNewStudy', { studyName: name, directions });
      } catch (error) {
        if (!hasStatus(error, Status.alreadyExists)) throw error;
        // Ours, whose answer was lost.
        if (!isAgain) throw duplicateStudy(client.url.location, name);
      }
    });
  }

  /**
   * Returns the new trial's id. It has all that the template has, and a token: after a lost answer the trial with that token
   * is looked for, and only where there is none the trial is made again.
   */
  async create(study: RdbStudy, template: TrialTemplate): Promise<number> {
    const { retry } = this.#parts;
    const attrs = newToken();
    const token = dumpJson(attrs[TOKEN], 'spaced');
    const after = study.trialIds.at(-1) ?? -1;
    const signed = { ...template, systemAttrs: { ...template.systemAttrs, ...attrs } };
    let isInDoubt = false;
    const id = await retry.run(async (isAgain) => {
      const [found] = isAgain ? await this.#lookTwice(study, after, token) : [];
      if (found !== undefined) return found;
      isInDoubt = isAgain;
      return this.#ask(study.id, signed);
    });
    if (isInDoubt) this.#doubts.push({ study, token, after, id, until: performance.now() + DOUBT_MS });
    return id;
  }

  async #ask(studyId: number, template: TrialTemplate): Promise<number> {
    const call = async () => {
      const templateTrial = messageOf(template, this.#times);
      return (await this.#parts.client.call('CreateNewTrial', { studyId, templateTrial })).trialId;
    };
    try {
      return await call();
    } catch (error) {
      if (this.#times === 'local' || !(error instanceof Error) || !OFFSET_REFUSED.test(error.message)) throw error;
      this.#times = 'local';
      return call();
    }
  }

  /** Fails what was made twice, as a server did late what it was asked first. */
  async endDoubled(): Promise<void> {
    this.#doubts = this.#doubts.filter(({ until }) => performance.now() < until);
    for (const { study, token, after, id } of this.#doubts) {
      const made = await this.#parts.retry.run(() => this.#withToken(study, after, token));
      const doubled = made.filter((one) => one !== id);
      for (const number of doubled.map((one) => study.trialIds.indexOf(one))) {
        if (number < 0 || isFinished(study.history.state(number))) continue;
        const isFailed = this.#writer.write(study, [
          { type: 'userAttr', number, key: FAIL_REASON, value: DOUBLED_REASON },
          { type: 'state', number, state: TrialState.fail },
        ]);
        await isFailed.catch((error: unknown) => {
          // Another process may have run and ended it: no failure of this reader.
          if (!(error instanceof StorageError) || error.code !== 'finished-trial') throw error;
        });
      }
    }
  }

  async #lookTwice(study: RdbStudy, after: number, token: string): Promise<number[]> {
    const found = await this.#withToken(study, after, token);
    if (found.length > 0) return found;
    await sleep(LATE_MS);
    return this.#withToken(study, after, token);
  }

  /** Ids of the trials with that token, ascending. */
  async #withToken(study: RdbStudy, after: number, token: string): Promise<number[]> {
    const ids: number[] = [];
    const values = { studyId: study.id, includedTrialIds: [], trialIdGreaterThan: after };
    for await (const { trial } of this.#parts.client.trials(values)) {
      if (trial.systemAttributes[TOKEN] === token) ids.push(trial.trialId);
    }
    return ids.sort((a, b) => a - b);
  }
}
