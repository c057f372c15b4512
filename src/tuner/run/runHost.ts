import { randomBytes } from 'node:crypto';
import { TuneboardError } from '../../core/errors.ts';
import { printable } from '../../core/text/printable.ts';
import type { ControlStatus } from '../../protocol/control.ts';
import {
  type FirstRun,
  RUN_RECORD_VERSION,
  type RunBudget,
  type RunRecord,
  recorded,
  type Steering,
} from '../../protocol/runRecord.ts';
import { writeOwnFile } from '../../runs/ownFiles.ts';
import { newSocketPath, removeSockets } from '../../runs/platform.ts';
import { processStart } from '../../runs/processIdentity.ts';
import { isOwnRecord } from '../../runs/recordTrust.ts';
import { accountName, type RunFolder, runFolderOf } from '../../runs/runFolder.ts';
import {
  cleanRunFolder,
  createRunFolder,
  isActiveState,
  readRunRecordSync,
  writeRunRecord,
} from '../../runs/runRecords.ts';
import { tunerMessage } from '../../words/en/tuner.ts';
import type { Message } from '../../words/message.ts';
import { type ControlHandlers, type ControlServer, serveControl } from './controlServer.ts';
import type { RunOutcome } from './outcome.ts';
import { type RunLock, takeRunLock } from './runLock.ts';

export interface HostOptions {
  /** Absolute path of what was started. */
  readonly source: string;
  readonly script?: string;
  readonly studyName: string;
  readonly metric?: string;
  readonly python?: string | undefined;
  /** Path of the schedule that the study trains along. */
  readonly replay?: string | undefined;
  readonly storage: string | null;
  /** Of the command line, where that named one. */
  readonly givenStorage?: string | undefined;
  /** May depend on what the study's last run was given. */
  readonly budget: (previous: RunRecord | undefined) => RunBudget;
  readonly steering: readonly Steering[];
  readonly parallel: number;
}

/** What a session lets others see and do. */
export interface Steerable {
  readonly handlers: Omit<ControlHandlers, 'status'>;
  running(): ControlStatus['running'];
  finished(): number;
}

/** One run of one study in this process: its folder, lock, record, control socket and log. */
export class RunHost {
  readonly folder: RunFolder;
  /** The record that the previous run left, if there was one. */
  readonly previous: RunRecord | undefined;
  #record: RunRecord;
  readonly #lock: RunLock;
  #server: ControlServer | undefined;
  #steerable: Steerable | undefined;
  #notifyTimer: NodeJS.Timeout | undefined;

  private constructor(folder: RunFolder, lock: RunLock, record: RunRecord, previous: RunRecord | undefined) {
    this.folder = folder;
    this.#lock = lock;
    this.#record = record;
    this.previous = previous;
  }

  /** Makes the run folder and takes the study. Throws `already-running` when another tuner has it. */
  static open(options: HostOptions): RunHost {
    const { source, script, studyName, metric, python, replay, storage, givenStorage, budget, parallel, steering } =
      options;
    const folder = runFolderOf(source, studyName);
    createRunFolder(folder);
    const lock = takeRunLock(folder);
    if ('ownerPid' in lock) {
      throw new TuneboardError(
        'already-running',
        tunerMessage('studyRunningAlreadyProcessWatch', { studyName, ownerPid: lock.ownerPid }),
      );
    }
    cleanRunFolder(folder);
    const previous = previousRecord(folder);
    const record: RunRecord = {
      version: RUN_RECORD_VERSION,
      pid: process.pid,
      processStart: processStart(process.pid) ?? '',
      user: accountName(),
      studyName,
      source,
      ...(script ? { script } : {}),
      storage,
      ...(givenStorage === undefined ? {} : { givenStorage }),
      ...(metric ? { metric } : {}),
      ...(python === undefined ? {} : { python }),
      ...(replay === undefined ? {} : { replay }),
      socket: newSocketPath(),
      token: randomBytes(24).toString('hex'),
      state: 'starting',
      startedAt: Date.now(),
      budget: budget(previous),
      parallel,
      steering,
    };
    if (previous) removeSockets(previous.socket);
    const host = new RunHost(folder, lock, record, previous);
    writeRunRecord(folder, record);
    return host;
  }

  get record(): RunRecord {
    return this.#record;
  }

  /** Whether the last run of this study was cut off (its process died). */
  get wasCutOff(): boolean {
    return this.previous !== undefined && isActiveState(this.previous.state);
  }

  /** Opens the control socket; from here on the study counts as running. */
  async serve(steerable: Steerable): Promise<void> {
    this.#steerable = steerable;
    // A first run is followed by its study: the orders are the ones of what runs now.
    const ofNow = Object.keys(steerable.handlers).map((order) => [
      order,
      (params: never) => (this.#steerable as Steerable).handlers[order as keyof Steerable['handlers']](params),
    ]);
    const handlers = { ...Object.fromEntries(ofNow), status: () => this.status() } as ControlHandlers;
    this.#server ??= await serveControl(this.#record.socket, this.#record.token, () => this.status(), handlers);
    this.update({ state: 'running' });
  }

  update(change: Partial<RunRecord>): void {
    this.#record = { ...this.#record, ...change };
    try {
      writeRunRecord(this.folder, this.#record);
    } catch (error) {
      this.note(`The run record could not be written (${(error as NodeJS.ErrnoException).code}).`);
    }
    this.changed();
  }

  /** Tells the clients, at most ten times a second. */
  changed(): void {
    this.#notifyTimer ??= setTimeout(() => {
      this.#notifyTimer = undefined;
      this.#server?.notify(this.status());
    }, 100);
  }

  status(): ControlStatus {
    const { token: _, ...record } = this.#record;
    return { record, running: this.#steerable?.running() ?? [], finished: this.#steerable?.finished() ?? 0 };
  }

  /** Shows that the command runs for the first time, and what it waits for, until it is called without. */
  showFirstRun(firstRun: FirstRun | undefined): void {
    const { firstRun: _, ...record } = this.#record;
    this.#record = record;
    this.update(firstRun ? { firstRun } : {});
  }

  waitFor(sentence: Message | undefined): void {
    const { message: _, words: __, ...record } = this.#record;
    this.#record = record;
    this.update(recorded(sentence));
  }

  /** A line for tuner.log. Never throws: the log is not worth a study. */
  note(sentence: string): void {
    try {
      writeOwnFile(this.folder.tunerLog, `${new Date().toISOString()} ${printable(sentence)}\n`, 'append');
    } catch {
      // A full disk.
    }
  }

  async end({ state, message, code, cause }: RunOutcome): Promise<void> {
    if (message) this.note(message.text);
    this.waitFor(undefined);
    this.update({
      state,
      endedAt: Date.now(),
      ...recorded(message),
      ...(code ? { code } : {}),
      ...(cause ? { cause } : {}),
    });
    clearTimeout(this.#notifyTimer);
    this.#server?.notify(this.status());
    await this.#server?.close();
    this.#lock.release();
  }
}

/**
 * Of a record that this user's tuners did not write, what the next run would act on is left out: the workers on a cluster,
 * which it would take over or end, and the login node where they are.
 */
function previousRecord(folder: RunFolder): RunRecord | undefined {
  try {
    const record = readRunRecordSync(folder.path);
    if (!record || isOwnRecord(record, folder)) return record;
    const { left: _, workers: __, runId: ___, ...harmless } = record;
    return harmless;
  } catch {
    return undefined;
  }
}
