import type { JsonValue } from '../../core/study/changes.ts';
import { Direction, isFinished, TrialState } from '../../core/study/states.ts';
import { TimeSlice } from '../eventLoop.ts';
import { TOKEN } from '../retry.ts';
import { RowDecoder, type TrialRow } from '../sql/read/rowDecoder.ts';
import { type RdbStudy, StudyTracker } from '../sql/read/studyTracker.ts';
import type { StudyMessage, TrialMessage } from './messages.ts';
import type { ProxyClient } from './proxyClient.ts';
import { ProxyFailure, Status } from './proxyFailure.ts';
import { rowOf } from './trialMessages.ts';

/** A server answers ten at a time. */
const STUDIES_AT_ONCE = 4;
/** Running trials with more than this are not read again each time, but every second so many bytes. */
const CHEAP_BYTES = 200_000;
const BYTES_A_SECOND = 1_000_000;

/** The last trial that was read: one with its id that began at another time is another study's. */
interface Witness {
  readonly id: number;
  readonly start: string;
}

/**
 * The studies behind a storage proxy. Reading again asks for trials with larger ids and for those that were not finished, as
 * Optuna's own client does. Calls must not overlap.
 */
export class ProxyReader {
  readonly tracker: StudyTracker;
  readonly decoder: RowDecoder;
  readonly #studyName: string | undefined;
  readonly #witnesses = new WeakMap<RdbStudy, Witness>();
  /** Trials that this process writes to just now, by id. */
  readonly #busy = new Set<number>();
  /** When it last did, counted in its own writes. */
  readonly #written = new Map<number, number>();
  #writes = 0;
  /** Tokens of waiting trials, by id. */
  readonly #tokens = new Map<number, string | undefined>();
  /** Studies as they were last read, as text. */
  #seen = '';
  #openBytes = 0;
  #openReadAt = Number.NEGATIVE_INFINITY;

  /** `studyName` limits everything to one study. */
  constructor(location: string, studyName: string | undefined) {
    this.tracker = new StudyTracker(location);
    this.decoder = new RowDecoder('local', (warning) => this.tracker.warn(warning));
    this.#studyName = studyName;
  }

  /** Reads what is new. Returns whether there was anything. */
  async sync(client: ProxyClient): Promise<boolean> {
    const before = this.#revision();
    const isNew = await this.#readStudies(client);
    const waiting = [...this.tracker.studies];
    const isDue = this.#isOpenDue();
    let openBytes = 0;
    const work = async () => {
      for (let study = waiting.pop(); study; study = waiting.pop()) openBytes += await this.#read(client, study, isDue);
    };
    await Promise.all(Array.from({ length: STUDIES_AT_ONCE }, work));
    if (isDue) this.#noteOpen(openBytes);
    this.tracker.checkZone('local', 'unknown');
    return isNew || this.#revision() !== before;
  }

  /** Reads what is new in one study, and all of its trials that are not finished. */
  async syncStudy(client: ProxyClient, study: RdbStudy): Promise<void> {
    this.#noteOpen(await this.#read(client, study, true));
  }

  /** One trial that is not finished, as it is now. */
  update(study: RdbStudy, trial: TrialMessage): void {
    this.tracker.update(this.#rowOf(study, trial));
    if (this.#witnesses.get(study)?.id === trial.trialId) this.#bearWitness(study, trial);
  }

  /** What is read while this process writes to a trial, or was asked before it did, is older than what it knows. */
  async writing<T>(ids: readonly number[], write: () => Promise<T>): Promise<T> {
    for (const id of ids) this.#busy.add(id);
    try {
      return await write();
    } finally {
      this.#writes++;
      for (const id of ids) {
        this.#busy.delete(id);
        this.#written.set(id, this.#writes);
      }
    }
  }

  #revision(): number {
    return this.tracker.studies.reduce((sum, { history }) => sum + history.revision, 0);
  }

  async #readStudies(client: ProxyClient): Promise<boolean> {
    const { tracker } = this;
    const { studies } = await client.call('GetAllStudies', {});
    const found = studies.filter(({ studyName }) => this.#studyName === undefined || studyName === this.#studyName);
    const text = JSON.stringify(found);
    if (text === this.#seen) return false;
    const there = new Map(found.map((study) => [study.studyId, study]));
    for (const study of tracker.studies) if (!isSameStudy(study, there.get(study.id))) tracker.removeStudy(study);
    for (const { studyId, studyName, directions } of found) {
      if (!tracker.study(studyId)) tracker.addStudy(studyId, studyName, directionsOf(directions));
    }
    tracker.setAttrs('userAttrs', this.#attrs(found, 'user'));
    tracker.setAttrs('systemAttrs', this.#attrs(found, 'system'));
    this.#seen = text;
    return true;
  }

  #attrs(studies: readonly StudyMessage[], kind: 'user' | 'system'): [number, string, JsonValue][] {
    return studies.flatMap((study) =>
      Object.entries(study[`${kind}Attributes`]).map(([key, json]): [number, string, JsonValue] => [
        study.studyId,
        key,
        this.decoder.json(`study ${study.studyId} ${kind}`, key, json),
      ]),
    );
  }

  /** Returns the size of the unfinished trials that were read again, in bytes. */
  async #read(client: ProxyClient, study: RdbStudy, withOpen: boolean): Promise<number> {
    const { tracker } = this;
    const asked = this.#writes;
    const witness = this.#witnesses.get(study);
    const greaterThan = witness?.id ?? -1;
    const open = withOpen ? tracker.openIds(study) : [];
    const included = witness ? [...new Set([...open, witness.id])] : open;
    const values = { studyId: study.id, includedTrialIds: included, trialIdGreaterThan: greaterThan };
    let bytesOfOpen = 0;
    let isSame = witness === undefined;
    let isFirst = true;
    const slice = new TimeSlice();
    try {
      for await (const { trial, size } of client.trials(values)) {
        if (isFirst && tracker.study(study.id) !== study) return 0;
        if (isFirst) isSame = true;
        isFirst = false;
        if (trial.trialId === witness?.id && isOther(trial, witness, study)) isSame = false;
        if (trial.trialId <= greaterThan) {
          bytesOfOpen += size;
          if (isSame && this.#isNewer(trial.trialId, asked)) this.update(study, trial);
        } else {
          tracker.add(this.#rowOf(study, trial), trial.number);
          this.#bearWitness(study, trial);
        }
        if (slice.isOver) await slice.yield();
      }
    } catch (error) {
      if (!(error instanceof ProxyFailure) || error.status !== Status.notFound) throw error;
      // The study is gone.
      isSame = false;
      bytesOfOpen = 0;
    }
    if (!isSame) this.#replace(study);
    return bytesOfOpen;
  }

  /** The token that a waiting trial had when it was last read. */
  waitingToken(trialId: number): string | undefined {
    return this.#tokens.get(trialId);
  }

  #rowOf(study: RdbStudy, trial: TrialMessage): TrialRow {
    if (trial.state === TrialState.waiting) this.#tokens.set(trial.trialId, trial.systemAttributes[TOKEN]);
    else this.#tokens.delete(trial.trialId);
    return rowOf(trial, study.id, study.history, this.decoder);
  }

  #bearWitness(study: RdbStudy, { trialId, datetimeStart }: TrialMessage): void {
    this.#witnesses.set(study, { id: trialId, start: datetimeStart });
  }

  /** Another study has its name, or its id, by now. It is read anew next time, into a new record. */
  #replace(study: RdbStudy): void {
    this.tracker.removeStudy(study);
    this.#seen = '';
  }

  #isNewer(id: number, asked: number): boolean {
    return !this.#busy.has(id) && (this.#written.get(id) ?? 0) <= asked;
  }

  #isOpenDue(): boolean {
    if (this.#openBytes <= CHEAP_BYTES) return true;
    return performance.now() - this.#openReadAt >= (1000 * this.#openBytes) / BYTES_A_SECOND;
  }

  #noteOpen(bytes: number): void {
    this.#openBytes = bytes;
    this.#openReadAt = performance.now();
  }
}

/** One that waited may have begun meanwhile, and one that was cut off may have begun again. */
function isOther({ number, datetimeStart }: TrialMessage, { id, start }: Witness, study: RdbStudy): boolean {
  if (study.trialIds[number] !== id) return true;
  return isFinished(study.history.state(number)) && start !== '' && datetimeStart !== start;
}

/** Ids are given anew where a study was deleted, or a server has lost its memory. */
function isSameStudy({ name, directions }: RdbStudy, found: StudyMessage | undefined): boolean {
  return found?.studyName === name && String(directionsOf(found.directions)) === String(directions);
}

function directionsOf(numbers: readonly number[]): Direction[] {
  const directions = numbers.map((number) => (number === 1 ? Direction.maximize : Direction.minimize));
  return directions.length > 0 ? directions : [Direction.minimize];
}
