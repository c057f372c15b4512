import type { JsonValue, TrialChange, TrialTemplate } from '../../../src/core/study/changes.ts';
import { MemoryLog } from '../../../src/core/study/memoryLog.ts';
import type { Direction } from '../../../src/core/study/states.ts';
import type {
  ClaimOptions,
  CommitOptions,
  CreateOptions,
  Heartbeats,
  StudyRecord,
  WritableTrialLog,
} from '../../../src/core/study/studyStore.ts';
import type { VirtualTime } from './virtualTime.ts';

export interface SlowOptions {
  /** From a worker to the storage and back, in milliseconds. */
  readonly latencyMs: number;
  /** What one writing transaction keeps the study's row locked for, in milliseconds: writes wait for one another. */
  readonly writeMs: number;
}

/** A storage far away, in virtual time: every call takes its time, writes one after the other. Counts its calls. */
export class SlowLog implements WritableTrialLog {
  readonly kind = 'memory';
  readonly location = 'slow';
  readonly warnings: readonly string[] = [];
  readonly heartbeats: Heartbeats;
  readonly calls = { reads: 0, writes: 0, beats: 0 };
  /** The longest that a write had to wait for others, in milliseconds. */
  longestWaitMs = 0;
  readonly #log = new MemoryLog();
  readonly #time: VirtualTime;
  readonly #options: SlowOptions;
  readonly #beats = new Map<number, number>();
  #freeAt = 0;

  constructor(time: VirtualTime, options: SlowOptions) {
    this.#time = time;
    this.#options = options;
    this.heartbeats = {
      heartbeat: (_study, numbers) =>
        this.#write('beats', async () => {
          for (const number of numbers) this.#beats.set(number, time.now);
        }),
      last: ({ history }) =>
        this.#read(async () => new Map([...this.#beats].filter(([number]) => history.running.has(number)))),
    };
  }

  studies() {
    return this.#log.studies();
  }
  close() {
    return this.#log.close();
  }
  createStudy(options: { name: string; directions: readonly Direction[] }) {
    return this.#log.createStudy(options);
  }
  setStudyAttr(study: StudyRecord, kind: 'user' | 'system', key: string, value: JsonValue) {
    return this.#log.setStudyAttr(study, kind, key, value);
  }
  refresh() {
    return this.#read(() => this.#log.refresh());
  }
  createTrial(study: StudyRecord, template: TrialTemplate, options: CreateOptions = {}) {
    return this.#write('writes', () => this.#beating(options, this.#log.createTrial(study, template, options)));
  }
  /** As the databases do: a look first, and a transaction only where there is something to claim. */
  async claimWaiting(study: StudyRecord, options: ClaimOptions = {}) {
    await this.refresh();
    const wanted = options.number ?? study.history.firstWaiting;
    if (wanted === undefined || !study.history.waiting.has(wanted)) return undefined;
    return this.#write('writes', () => this.#beating(options, this.#log.claimWaiting(study, options)));
  }
  commit(study: StudyRecord, changes: readonly TrialChange[], options?: CommitOptions) {
    return this.#write('writes', () => this.#log.commit(study, changes, options));
  }

  async #beating({ beats }: CreateOptions, begun: Promise<number | undefined>): Promise<number | undefined> {
    const number = await begun;
    if (beats && number !== undefined) this.#beats.set(number, this.#time.now);
    return number;
  }

  async #read<T>(act: () => Promise<T>): Promise<T> {
    this.calls.reads++;
    await this.#time.sleep(this.#options.latencyMs);
    return act();
  }

  async #write<T>(kind: 'writes' | 'beats', act: () => Promise<T>): Promise<T> {
    this.calls[kind]++;
    const { latencyMs, writeMs } = this.#options;
    const arrives = this.#time.now + latencyMs / 2;
    const begins = Math.max(arrives, this.#freeAt);
    this.#freeAt = begins + writeMs;
    this.longestWaitMs = Math.max(this.longestWaitMs, begins - arrives);
    await this.#time.sleep(begins + writeMs - this.#time.now);
    const result = await act();
    await this.#time.sleep(latencyMs / 2);
    return result;
  }
}
