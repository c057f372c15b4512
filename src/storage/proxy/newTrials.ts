import { setTimeout as sleep } from 'node:timers/promises';
import { FAIL_REASON } from '../../core/study/attributes.ts';
import type { JsonValue, TrialTemplate } from '../../core/study/changes.ts';
import { isFinished, TrialState } from '../../core/study/states.ts';
import { dumpJson } from '../../core/text/pythonJson.ts';
import type { RdbStudy } from '../sql/read/studyTracker.ts';
import { duplicateStudy } from '../sql/rules.ts';
import { StorageError } from '../storageError.ts';
import { CREATE_STUDY, CREATE_TRIAL } from './messages.ts';
import { Status } from './proxyFailure.ts';
import { QUARTER_MS } from './serverClock.ts';
import { messageOf, type TrialAnswer } from './trialMessages.ts';
import { hasStatus, type TrialWriter, type WriterParts } from './trialWriter.ts';

/** What a server that lost its connection is still doing may come to be a moment later, in milliseconds. */
const LATE_MS = 500;
/** For so long a trial that came twice is looked for, in milliseconds. */
const DOUBT_MS = 600_000;
const DOUBLED_REASON = 'The storage proxy had lost its answer: this trial was made twice.';

/** How far the clock of a server's machine may be off, in milliseconds. */
const OFF_MS = 5000;

/** A trial whose making was not answered. */
interface Sought {
  readonly study: RdbStudy;
  readonly template: TrialTemplate;
  /** Trials with larger ids may be it. */
  readonly after: number;
  /** It has no signature, as others' new trials have none, and began since then, in epoch milliseconds. */
  readonly plainSince: number | undefined;
}

/** One that was asked for again. */
interface Doubt extends Sought {
  /** When it was answered, in epoch milliseconds. */
  readonly madeAt: number;
  readonly until: number;
}

/** Makes studies and trials. Calls of `create` must not overlap. */
export class NewTrials {
  readonly #parts: WriterParts;
  readonly #writer: TrialWriter;
  /** Trials whose making was answered, by id. */
  readonly #answered = new Set<number>();
  #doubts: Doubt[] = [];
  /** From when a trial is asked for until that is answered: whatever is read of it meanwhile is no double. */
  #isMaking = false;

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
    const isPlain = this.#isPlain(template);
    const sought: Sought = {
      study,
      template: isPlain ? { state: template.state } : template,
      after: study.trialIds.at(-1) ?? -1,
      plainSince: isPlain ? Date.now() : undefined,
    };
    const id = await this.#make(sought, isPlain ? undefined : messageOf(template, this.#parts.reader.clock));
    if (isPlain) {
      this.#parts.reader.learn((await this.#writer.get(id)).datetimeStart);
      await this.#writer.sign(id, template.systemAttrs ?? {});
    }
    return id;
  }

  async #make(sought: Sought, message: TrialAnswer | undefined): Promise<number> {
    const { client, perseverance } = this.#parts;
    let isLost = false;
    this.#isMaking = true;
    try {
      const id = await perseverance.attempt(async (isAgain) => {
        const found = isAgain ? await this.#findLost(sought) : undefined;
        if (found !== undefined) return found;
        isLost ||= isAgain;
        const isPlain = message === undefined;
        return (await client.call(CREATE_TRIAL, { studyId: sought.study.id, template: message, isPlain })).trialId;
      });
      this.#answered.add(id);
      if (isLost) this.#doubts.push({ ...sought, madeAt: Date.now(), until: performance.now() + DOUBT_MS });
      return id;
    } finally {
      this.#isMaking = false;
    }
  }

  /** Ends what was made twice. */
  async endDoubled(): Promise<void> {
    if (this.#doubts.length === 0 || this.#isMaking) return;
    this.#doubts = this.#doubts.filter(({ until }) => performance.now() < until);
    for (const doubt of this.#doubts) {
      const { study } = doubt;
      const number = this.#candidate(doubt, doubt.madeAt);
      if (number === undefined || isFinished(study.history.state(number))) continue;
      this.#answered.add(study.trialIds[number] as number);
      const isFailed = this.#writer.write(study, [
        { type: 'userAttr', number, key: FAIL_REASON, value: DOUBLED_REASON },
        { type: 'state', number, state: TrialState.fail },
      ]);
      await isFailed.catch((error: unknown) => {
        // An enqueued one may have been run meanwhile: that is no failure of whoever reads here.
        if (!(error instanceof StorageError) || error.code !== 'finished-trial') throw error;
      });
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

  async #findLost(sought: Sought): Promise<number | undefined> {
    for (const pause of [0, LATE_MS]) {
      await sleep(pause);
      await this.#parts.read(sought.study);
      const number = this.#candidate(sought, Date.now());
      if (number !== undefined) return sought.study.trialIds[number];
    }
    return undefined;
  }

  /** The first trial that is like the one that is sought, and whose making was not answered. */
  #candidate({ study, template, after, plainSince }: Sought, madeUntil: number): number | undefined {
    let first: number | undefined;
    for (let number = study.trialIds.length - 1; number >= 0; number--) {
      const id = study.trialIds[number] as number;
      if (id <= after) break;
      if (this.#answered.has(id) || !isLike(study, number, template)) continue;
      if (plainSince === undefined || hasBegun(study, number, plainSince, madeUntil)) first = number;
    }
    return first;
  }
}

/** Whether a trial began then, whatever the time zone that the server writes. */
function hasBegun({ history }: RdbStudy, number: number, since: number, until: number): boolean {
  const lasted = until - since + 2 * OFF_MS;
  const late = (history.startedAt[number] as number) - since + OFF_MS;
  return late - Math.floor(late / QUARTER_MS) * QUARTER_MS <= lasted;
}

/** An enqueued trial may run by now, and have more than it was made with. */
function isLike({ history }: RdbStudy, number: number, template: TrialTemplate): boolean {
  const { state, params = [], userAttrs = {}, systemAttrs = {} } = template;
  if (state !== TrialState.waiting && history.state(number) !== state) return false;
  const isExact = state !== TrialState.waiting;
  if (isExact && history.paramNames(number).length !== params.length) return false;
  if (params.some(({ name, internal }) => history.parameters.get(name)?.internalAt(number) !== internal)) return false;
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
