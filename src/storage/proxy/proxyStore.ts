import { setTimeout as sleep } from 'node:timers/promises';
import { setOwn } from '../../core/ownProperty.ts';
import { OWN_PREFIX } from '../../core/study/attributes.ts';
import type { JsonValue, TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import { Direction } from '../../core/study/states.ts';
import type {
  ClaimOptions,
  CommitOptions,
  CreateOptions,
  StudyRecord,
  WritableTrialLog,
} from '../../core/study/studyStore.ts';
import { dumpJson, parseJson } from '../../core/text/pythonJson.ts';
import { storageMessage } from '../../words/en/storage.ts';
import { Mutex } from '../eventLoop.ts';
import { newToken, type OnWaiting, WRITER_PATIENCE_MS } from '../retry.ts';
import type { RdbStudy } from '../sql/read/studyTracker.ts';
import { firstRead } from '../sql/read/trackedView.ts';
import { duplicateStudy, requireCurrent, requireWritable, studyNamed, waitingTrials } from '../sql/rules.ts';
import { changedMeanwhile, StorageError } from '../storageError.ts';
import { claimTrial } from './claims.ts';
import { NewTrials } from './newTrials.ts';
import { ProxyClient } from './proxyClient.ts';
import type { ProxyUrl } from './proxyUrl.ts';
import { ProxyView } from './proxyView.ts';
import { TrialWriter, type WriterParts } from './trialWriter.ts';

/** Lets those who write to the same trials do so one after the other, in the order asked. */
export class TrialTurns {
  /** By the trial's id: what the next one waits for. */
  readonly #last = new Map<number, Promise<void>>();

  async run<T>(ids: readonly number[], section: () => Promise<T>): Promise<T> {
    const before = ids.map((id) => this.#last.get(id));
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const id of ids) this.#last.set(id, promise);
    await Promise.all(before);
    try {
      return await section();
    } finally {
      for (const id of ids) if (this.#last.get(id) === promise) this.#last.delete(id);
      resolve();
    }
  }
}

/** How long a trial waits for the parameters of those before it, in milliseconds, and between two looks. */
const PARAMS_MS = 2000;
const LOOK_MS = 20;

export interface ProxyStoreOptions {
  /** Reads and writes this study only; the others are not read at all. */
  readonly studyName?: string | undefined;
  readonly patienceMs?: number;
  /** Told when the server has been away for a second, and when it is there again. */
  readonly onWaiting?: OnWaiting | undefined;
}

/**
 * A storage behind Optuna's storage proxy, read and written. Many processes on many machines, Python's among them, may share
 * one. The service has no transactions: changes are written one by one, and asked for again where an answer was lost.
 */
export class ProxyStore extends ProxyView implements WritableTrialLog {
  readonly numbersLate = true;
  readonly #writer: TrialWriter;
  readonly #new: NewTrials;
  readonly #parts: WriterParts;
  readonly #creating = new Mutex();
  readonly #turns = new TrialTurns();
  /** Ids of trials whose claims are in flight: another claim takes the next trial. */
  readonly #claimed = new Set<number>();
  readonly #atWork = new Set<Promise<unknown>>();
  #isClosed = false;

  private constructor(client: ProxyClient, options: ProxyStoreOptions) {
    super(client, options.studyName, options.onWaiting);
    const { reader, retry } = this;
    this.#parts = { client, reader, retry, read: (study) => this.#read(study) };
    this.#writer = new TrialWriter(this.#parts);
    this.#new = new NewTrials(this.#parts, this.#writer);
  }

  /** Connects, and reads what is there. Throws one sentence when that cannot be. */
  static async open(url: ProxyUrl, options: ProxyStoreOptions = {}): Promise<ProxyStore> {
    const store = await firstRead(new ProxyStore(await ProxyClient.open(url), options));
    store.retry.patienceMs = options.patienceMs ?? WRITER_PATIENCE_MS;
    return store;
  }

  override async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#atWork);
    await super.close();
  }

  async createStudy({ name, directions }: { name: string; directions: readonly Direction[] }): Promise<StudyRecord> {
    if (this.studies().some((study) => study.name === name)) throw duplicateStudy(this.location, name);
    const numbers = directions.map((direction) => (direction === Direction.maximize ? 1 : 0));
    await this.#working(() => this.#new.createStudy(name, numbers));
    await this.refresh();
    return this.#named(name);
  }

  async setStudyAttr(study: StudyRecord, of: 'user' | 'system', key: string, value: JsonValue): Promise<void> {
    const current = this.#current(study);
    const text = dumpJson(value, 'spaced');
    const call = of === 'user' ? 'SetStudyUserAttribute' : 'SetStudySystemAttribute';
    const values = { studyId: current.id, key, value: text };
    await this.#working(() => this.retry.run(() => this.client.call(call, values)));
    setOwn(current[`${of}Attrs`], key, parseJson(text) as JsonValue);
  }

  /** With `ifNumber`, the number is a later one where another process adds a trial in the same moment. */
  async createTrial(
    study: StudyRecord,
    template: TrialTemplate,
    { ifNumber, afterParams }: CreateOptions = {},
  ): Promise<number | undefined> {
    return this.#working(async () => {
      const id = await this.#creating.run(async () => {
        const current = this.#current(study);
        if (ifNumber !== undefined) {
          await this.#read(current);
          if (current.history.length !== ifNumber) return undefined;
        }
        const made = await this.#new.create(current, template);
        // A request for the next number depends on this one.
        if (ifNumber !== undefined) await this.#read(current);
        return made;
      });
      if (id === undefined) return undefined;
      const number = await this.#numberOf(this.#current(study), id);
      if (afterParams) await this.#afterParams(this.#current(study), number, afterParams);
      return number;
    });
  }

  async claimWaiting(
    study: StudyRecord,
    { number: wanted, systemAttrs, onlyIf }: ClaimOptions = {},
  ): Promise<number | undefined> {
    return this.#working(async () => {
      const current = this.#current(study);
      await this.#read(current);
      if (onlyIf?.() === false) return undefined;
      const signature = { ...systemAttrs, ...newToken() };
      for (const number of wanted === undefined ? waitingTrials(current) : [wanted]) {
        const id = current.trialIds[number] as number;
        if (wanted === undefined && this.#claimed.has(id)) continue;
        this.#claimed.add(id);
        const isOurs = await this.#turns
          .run([id], async () => {
            if (!current.history.waiting.has(number)) return false;
            return this.reader.writing([id], () => claimTrial(this.#parts, this.#writer, current, number, signature));
          })
          .finally(() => this.#claimed.delete(id));
        if (isOurs) return number;
      }
      return undefined;
    });
  }

  /** The changes are written one by one: who dies meanwhile leaves those behind that were written. */
  async commit(study: StudyRecord, changes: readonly TrialChange[], options: CommitOptions = {}): Promise<void> {
    if (changes.length === 0) return options.onApplied?.();
    const ids = this.#idsOf(this.#current(study), changes);
    await this.#working(() =>
      this.#turns.run(ids, async () => {
        const current = this.#current(study);
        if (options.onlyIf) await this.#read(current);
        requireWritable(this.location, current, changes);
        if (options.onlyIf?.() === false) throw changedMeanwhile(this.location, study, changes);
        await this.reader.writing(ids, () => this.#writer.write(current, changes));
        options.onApplied?.();
      }),
    );
  }

  #idsOf({ trialIds }: RdbStudy, changes: readonly TrialChange[]): number[] {
    const ids = new Set(changes.map(({ number }) => trialIds[number] ?? -1));
    return [...ids].sort((a, b) => a - b);
  }

  async #working<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed)
      throw new StorageError('closed', storageMessage('closedBeforeWritten', { location: this.location }));
    const working = work();
    this.#atWork.add(working);
    return working.finally(() => this.#atWork.delete(working));
  }

  async #read(study: RdbStudy): Promise<void> {
    await this.retry.run(() => this.reading.run(() => this.reader.syncStudy(this.client, study)));
    await this.#new.endDoubled();
  }

  async #numberOf(study: RdbStudy, id: number): Promise<number> {
    for (;;) {
      const number = study.trialIds.lastIndexOf(id);
      if (number >= 0) return number;
      await this.#readSoon(study);
    }
  }

  /** Requests for the same study share one answer. */
  readonly #soon = new Map<RdbStudy, Promise<void>>();

  #readSoon(study: RdbStudy): Promise<void> {
    let next = this.#soon.get(study);
    if (!next) {
      next = this.retry.run(() =>
        this.reading.run(async () => {
          this.#soon.delete(study);
          await this.reader.syncStudy(this.client, study);
          this.#current(study);
        }),
      );
      this.#soon.set(study, next);
    }
    return next;
  }

  /** Trials that other workers have made just now get their parameters in the order of their numbers: each knows the earlier ones. */
  async #afterParams(study: RdbStudy, number: number, isDecided: (other: number) => boolean): Promise<void> {
    const { history } = study;
    const isBare = (other: number) =>
      other < number &&
      !isDecided(other) &&
      Object.keys(history.systemAttrs(other)).some((key) => key.startsWith(OWN_PREFIX));
    for (const until = performance.now() + PARAMS_MS; performance.now() < until; await sleep(LOOK_MS)) {
      if (![...history.running].some((other) => isBare(other) && !this.#isOld(study, other))) return;
      await this.#read(study);
    }
    for (const other of history.running) if (isBare(other)) this.#old.add(study.trialIds[other] as number);
  }

  /** Trials without parameters that were waited for in vain. */
  readonly #old = new Set<number>();

  #isOld({ trialIds }: RdbStudy, number: number): boolean {
    return this.#old.has(trialIds[number] as number);
  }

  #named(name: string): RdbStudy {
    return studyNamed(this.location, this.reader.tracker.studies, name);
  }

  /** Throws when another history stands for the study by now. */
  #current(study: StudyRecord): RdbStudy {
    return requireCurrent(this.location, study, this.#named(study.name));
  }
}
