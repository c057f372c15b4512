import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue, TrialTemplate } from '../../core/study/changes.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import { FAIL_REASON } from '../../core/study/study.ts';
import { dumpJson } from '../../core/text/pythonJson.ts';
import { duplicateStudy } from '../rdb/rules.ts';
import type { RdbStudy } from '../rdb/studyTracker.ts';
import { CREATE_STUDY, CREATE_TRIAL } from './messages.ts';
import { Status } from './proxyFailure.ts';
import { messageOf } from './trialMessages.ts';
import { hasStatus, type TrialWriter, type WriterParts } from './trialWriter.ts';

/** What a server that lost its connection is still doing may come to be a moment later, in milliseconds. */
const LATE_MS = 500;
/** For so long a trial that came twice is looked for, in milliseconds. */
const DOUBT_MS = 600_000;
const DOUBLED_REASON = 'The storage proxy had lost its answer: this trial was made twice.';

/** A trial that was asked for again, as nobody knew whether it had been made. */
interface Doubt {
  readonly study: RdbStudy;
  readonly template: TrialTemplate;
  /** Trials with larger ids may be it. */
  readonly after: number;
  readonly until: number;
}

/** Makes studies and trials. Calls must not overlap. */
export class NewTrials {
  readonly #parts: WriterParts;
  readonly #writer: TrialWriter;
  /** Trials whose making was answered, by id. */
  readonly #answered = new Set<number>();
  #doubts: Doubt[] = [];

  constructor(parts: WriterParts, writer: TrialWriter) {
    this.#parts = parts;
    this.#writer = writer;
  }

  /** Throws `duplicate-study`. */
  async createStudy(name: string, directions: readonly number[]): Promise<void> {
    const { client, perseverance } = this.#parts;
    await perseverance.attempt(async (isAgain) => {
      try {
        await client.call(CREATE_STUDY, { studyName: name, directions });
      } catch (error) {
        if (!hasStatus(error, Status.alreadyExists)) throw error;
        // Ours, whose answer was lost.
        if (!isAgain) throw duplicateStudy(client.url.location, name);
      }
    });
  }

  /** Returns the new trial's id. It has all that the template has. */
  async create(study: RdbStudy, template: TrialTemplate): Promise<number> {
    const after = study.trialIds.at(-1) ?? -1;
    const isPlain = this.#isPlain(template);
    const made = isPlain ? { state: template.state } : template;
    const message = isPlain ? undefined : messageOf(template, this.#parts.reader.clock);
    let isLost = false;
    const id = await this.#parts.perseverance.attempt(async (isAgain) => {
      const found = isAgain ? await this.#findLost(study, made, after) : undefined;
      if (found !== undefined) return found;
      isLost ||= isAgain;
      const { client } = this.#parts;
      return (await client.call(CREATE_TRIAL, { studyId: study.id, template: message, isPlain })).trialId;
    });
    this.#answered.add(id);
    if (isLost) this.#doubts.push({ study, template: made, after, until: performance.now() + DOUBT_MS });
    if (isPlain) {
      this.#parts.reader.learn((await this.#writer.get(id)).datetimeStart);
      await this.#writer.sign(id, template.systemAttrs ?? {});
    }
    return id;
  }

  /** Ends what was made twice. */
  async endDoubled(): Promise<void> {
    if (this.#doubts.length === 0) return;
    this.#doubts = this.#doubts.filter(({ until }) => performance.now() < until);
    for (const { study, template, after } of this.#doubts) {
      const number = this.#candidates(study, template, after)[0];
      if (number === undefined || isFinished(study.history.state(number))) continue;
      this.#answered.add(study.trialIds[number] as number);
      await this.#writer.write(study, [
        { type: 'userAttr', number, key: FAIL_REASON, value: DOUBLED_REASON },
        { type: 'state', number, state: TrialState.fail },
      ]);
    }
  }

  /**
   * The very first running trial begins by the server's clock and without anything: that tells the server's time zone, in
   * which the starts of all others are written.
   */
  #isPlain({ state, startedAt, params = [], intermediate = [], userAttrs = {} }: TrialTemplate): boolean {
    if (this.#parts.reader.clock.isKnown || state !== TrialState.running || startedAt !== undefined) return false;
    return params.length === 0 && intermediate.length === 0 && Object.keys(userAttrs).length === 0;
  }

  async #findLost(study: RdbStudy, template: TrialTemplate, after: number): Promise<number | undefined> {
    for (const pause of [0, LATE_MS]) {
      await sleep(pause);
      await this.#parts.read(study);
      const number = this.#candidates(study, template, after)[0];
      if (number !== undefined) return study.trialIds[number];
    }
    return undefined;
  }

  /** Numbers of the trials that are like the template, and whose making was not answered. */
  #candidates(study: RdbStudy, template: TrialTemplate, after: number): number[] {
    const numbers: number[] = [];
    for (let number = study.trialIds.length - 1; number >= 0; number--) {
      const id = study.trialIds[number] as number;
      if (id <= after) break;
      if (!this.#answered.has(id) && isLike(study, number, template)) numbers.push(number);
    }
    return numbers.reverse();
  }
}

/** An enqueued trial may run by now, and have more than it was made with. */
function isLike({ history }: RdbStudy, number: number, template: TrialTemplate): boolean {
  const { state, params = [], userAttrs = {}, systemAttrs = {} } = template;
  if (state !== TrialState.waiting && history.state(number) !== state) return false;
  const isExact = state !== TrialState.waiting;
  if (isExact && history.paramNames(number).length !== params.length) return false;
  if (params.some(({ name, internal }) => history.parameters.get(name)?.internal[number] !== internal)) return false;
  return (
    hasAttrs(history.userAttrs(number), userAttrs, isExact) &&
    hasAttrs(history.systemAttrs(number), systemAttrs, isExact)
  );
}

type Attrs = Readonly<Record<string, JsonValue>>;

function hasAttrs(attrs: Attrs, wanted: Attrs, isExact: boolean): boolean {
  const entries = Object.entries(wanted);
  if (isExact && entries.length !== Object.keys(attrs).length) return false;
  return entries.every(([key, value]) => Object.hasOwn(attrs, key) && dumpJson(attrs[key]) === dumpJson(value));
}
