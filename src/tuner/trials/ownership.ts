import { randomBytes, randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { HEARTBEAT, OWNER } from '../../core/study/attributes.ts';
import type { JsonValue, TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import { type Direction, TrialState } from '../../core/study/states.ts';
import type {
  ClaimOptions,
  CommitOptions,
  CreateOptions,
  Heartbeats,
  StudyRecord,
  WritableTrialLog,
} from '../../core/study/studyStore.ts';
import { processStart } from '../../runs/processIdentity.ts';
import { type Owner, processNamespace } from '../../runs/trialOwner.ts';

/** Heartbeats for a storage that keeps none (a journal): an attribute that changes with each. */
export class WrittenHeartbeats implements Heartbeats {
  readonly #log: WritableTrialLog;
  /** Random at first: the heartbeat of a trial's new worker must differ from the last one of its old worker. */
  #last = randomInt(2 ** 40);

  constructor(log: WritableTrialLog) {
    this.#log = log;
  }

  /** The next heartbeat, as a system attribute. */
  next(): Readonly<Record<string, number>> {
    return { [HEARTBEAT]: ++this.#last };
  }

  async heartbeat(study: StudyRecord, numbers: readonly number[]): Promise<void> {
    const value = ++this.#last;
    const running = numbers.filter((number) => study.history.running.has(number));
    const changes = running.map((number): TrialChange => ({ type: 'systemAttr', number, key: HEARTBEAT, value }));
    try {
      await this.#log.commit(study, changes);
    } catch (error) {
      // One of them has ended meanwhile: the others are handled next time.
      if ((error as { code?: unknown }).code !== 'finished-trial') throw error;
    }
  }

  async last({ history }: StudyRecord): Promise<ReadonlyMap<number, number>> {
    await this.#log.refresh();
    const beats = new Map<number, number>();
    for (const number of history.running) {
      const beat = history.systemAttrs(number)[HEARTBEAT];
      if (typeof beat === 'number') beats.set(number, beat);
    }
    return beats;
  }
}

/** What this process signs its trials with. `worker`: what only a worker has. */
export function newOwner(worker: Pick<Owner, 'beats' | 'engine' | 'job'> = {}): Owner {
  const namespace = processNamespace();
  return {
    host: hostname(),
    pid: process.pid,
    start: processStart(process.pid) ?? '',
    session: randomBytes(8).toString('hex'),
    ...(namespace === undefined ? {} : { namespace }),
    ...worker,
  };
}

/** The environment variable that names one trial's processes. */
export function trialMarker(owner: Owner, number: number): { name: string; value: string } {
  return { name: 'TUNEBOARD_TRIAL_KEY', value: `${owner.session}-${number}` };
}

/**
 * A trial log whose running trials carry their owner from the very append that makes them running: a tuner that dies
 * right after it leaves nothing unsigned behind.
 */
export class SignedLog implements WritableTrialLog {
  /** The log's own, or what stands in for them where a storage keeps none. */
  readonly heartbeats: Heartbeats;
  readonly #log: WritableTrialLog;
  readonly #owner: Owner;
  #claims = 0;

  constructor(log: WritableTrialLog, owner: Owner) {
    this.#log = log;
    this.#owner = owner;
    this.heartbeats = log.heartbeats ?? new WrittenHeartbeats(log);
  }

  get kind() {
    return this.#log.kind;
  }
  get numbersLate() {
    return this.#log.numbersLate;
  }
  get location() {
    return this.#log.location;
  }
  get warnings() {
    return this.#log.warnings;
  }
  studies() {
    return this.#log.studies();
  }
  refresh() {
    return this.#log.refresh();
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
  createTrial(study: StudyRecord, template: TrialTemplate, options?: CreateOptions) {
    if (template.state === TrialState.waiting) return this.#log.createTrial(study, template, options);
    const signed = { ...template, systemAttrs: this.#signed(template.systemAttrs) };
    return this.#log.createTrial(study, signed, { ...options, beats: this.#beats });
  }
  claimWaiting(study: StudyRecord, options: ClaimOptions = {}) {
    const systemAttrs = this.#signed(options.systemAttrs);
    return this.#log.claimWaiting(study, { ...options, systemAttrs, beats: this.#beats });
  }
  commit(study: StudyRecord, changes: readonly TrialChange[], options?: CommitOptions) {
    return this.#log.commit(study, changes, options);
  }

  /** Whether its owner has promised signs of life: a trial has the first one from its very start. */
  get #beats(): boolean {
    return this.#owner.beats !== undefined;
  }

  #signed(attrs: Readonly<Record<string, JsonValue>> = {}): Readonly<Record<string, JsonValue>> {
    const beat = this.#beats && this.heartbeats instanceof WrittenHeartbeats ? this.heartbeats.next() : undefined;
    return { ...attrs, [OWNER]: { ...this.#owner, claim: ++this.#claims } as unknown as JsonValue, ...beat };
  }
}
