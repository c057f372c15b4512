import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { JsonValue, TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import type { Direction } from '../../core/study/states.ts';
import type {
  ClaimOptions,
  CommitOptions,
  CreateOptions,
  StudyRecord,
  WritableTrialLog,
} from '../../core/study/studyStore.ts';
import { storageMessage } from '../../words/en/storage.ts';
import type { ExactAttrs } from '../exactAttrs.ts';
import { StorageError, studyReplaced } from '../storageError.ts';
import { JournalFile, type JournalFileOptions } from './journalFile.ts';
import type { JournalMedium, JournalRequest } from './journalMedium.ts';
import { JournalEncoder } from './journalOps.ts';
import type { JournalStudy } from './journalReplay.ts';

/**
 * An Optuna journal, read and written: a file, or a log on a Redis server. Requests that arrive while others are written
 * wait and go together into the next commit. After the journal was replaced or shrank, `studies()` returns new records.
 */
export class JournalLog implements WritableTrialLog {
  readonly kind: JournalMedium['kind'];
  readonly location: string;
  readonly #medium: JournalMedium;
  readonly #encoder: JournalEncoder;
  readonly #queue: JournalRequest[] = [];
  #isDraining = false;
  #drained: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(medium: JournalMedium, encoder: JournalEncoder) {
    this.kind = medium.kind;
    this.location = medium.location;
    this.#medium = medium;
    this.#encoder = encoder;
  }

  /** Opens and reads a journal file. Throws `not-found` unless it exists or `create` is set. */
  static async open(path: string, options: JournalFileOptions = {}): Promise<JournalLog> {
    const encoder = JournalLog.newEncoder();
    return JournalLog.on(new JournalFile(resolve(path), encoder, options), encoder);
  }

  /** What encodes the lines of one log, and of no other: they name who wrote them. */
  static newEncoder(): JournalEncoder {
    return new JournalEncoder(`${randomUUID()}-${process.pid}`);
  }

  /** Reads what a medium has. */
  static async on(medium: JournalMedium, encoder: JournalEncoder): Promise<JournalLog> {
    const log = new JournalLog(medium, encoder);
    await log.refresh();
    return log;
  }

  get risks(): readonly string[] {
    return this.#medium.risks ?? [];
  }

  get warnings(): readonly string[] {
    return this.#medium.state.warnings;
  }

  /** Attributes in Python's spelling, where the history's plain values lose it. */
  get exactAttrs(): ExactAttrs {
    return this.#medium.state.replay.exact;
  }

  /** How many lines it has. */
  get lineCount(): number {
    return this.#medium.state.lineNumber;
  }

  studies(): readonly StudyRecord[] {
    return this.#medium.state.replay.studies();
  }

  refresh(): Promise<boolean> {
    return this.#medium.refresh();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#drained;
    await this.#medium.close();
  }

  async createStudy({ name, directions }: { name: string; directions: readonly Direction[] }): Promise<StudyRecord> {
    await this.#enqueue((plan) => plan.createStudy(name, directions));
    return this.#named(name);
  }

  async deleteStudy(study: StudyRecord): Promise<void> {
    await this.#enqueue((plan) => {
      plan.dependence.onStudies = true;
      plan.addLine(this.#encoder.deleteStudy(this.#current(study).id));
    });
  }

  async setStudyAttr(study: StudyRecord, kind: 'user' | 'system', key: string, value: JsonValue): Promise<void> {
    await this.#enqueue((plan) => {
      plan.addLine(this.#encoder.studyAttr(kind, this.#current(study).id, key, value));
    });
  }

  async createTrial(
    study: StudyRecord,
    template: TrialTemplate,
    options: CreateOptions = {},
  ): Promise<number | undefined> {
    const number = await this.#enqueue((plan) => plan.createTrial(this.#current(study), template, options.ifNumber));
    return number as number | undefined;
  }

  async claimWaiting(study: StudyRecord, options: ClaimOptions = {}): Promise<number | undefined> {
    if (!this.#medium.isNewest) await this.refresh();
    const { history } = this.#current(study);
    const wanted = options.number ?? history.firstWaiting;
    if (wanted === undefined || !history.waiting.has(wanted)) return undefined;
    const number = await this.#enqueue((plan) => plan.claimWaiting(this.#current(study), options));
    return number as number | undefined;
  }

  async commit(study: StudyRecord, changes: readonly TrialChange[], options: CommitOptions = {}): Promise<void> {
    if (changes.length === 0) return options.onApplied?.();
    await this.#enqueue((plan) => plan.commit(this.#current(study), changes, options.onlyIf), options.onApplied);
  }

  #enqueue(plan: JournalRequest['plan'], onApplied?: JournalRequest['onApplied']): Promise<unknown> {
    if (this.#isClosed) {
      return Promise.reject(
        new StorageError('closed', storageMessage('closedBeforeWritten', { location: this.location })),
      );
    }
    return new Promise((resolvePromise, reject) => {
      this.#queue.push({ plan, onApplied, resolve: resolvePromise, reject });
      if (this.#isDraining) return;
      this.#isDraining = true;
      this.#drained = this.#drain();
    });
  }

  async #drain(): Promise<void> {
    // One turn, so that calls made together are committed together.
    await Promise.resolve();
    do await this.#medium.drain(this.#queue);
    while (this.#queue.length > 0);
    this.#isDraining = false;
  }

  #named(name: string): StudyRecord {
    const study = this.#medium.state.replay.studyNamed(name);
    if (!study)
      throw new StorageError('no-study', storageMessage('noStudyNamedAnyMore', { location: this.location, name }));
    return study;
  }

  /**
   * The study as it is read now. Once the file was replaced, or the study deleted and made anew, the numbers of the
   * caller's record mean other trials: nothing is written then.
   */
  #current(study: StudyRecord): JournalStudy {
    const current = this.#named(study.name);
    if (current === study) return current as JournalStudy;
    const { loss } = this.#medium;
    throw loss === undefined ? studyReplaced(this.location, study) : new StorageError('study-replaced', loss);
  }
}
