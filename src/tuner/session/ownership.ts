import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { JsonValue, TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import { type Direction, TrialState } from '../../core/study/states.ts';
import type {
  ClaimOptions,
  CommitOptions,
  Heartbeats,
  StudyRecord,
  WritableTrialLog,
} from '../../core/study/studyStore.ts';
import { processStart } from '../../runs/processIdentity.ts';
import { OWNER, type Owner, processNamespace } from '../../runs/trialOwner.ts';
import { WrittenHeartbeats } from './writtenHeartbeats.ts';

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
  readonly #attrs: Readonly<Record<string, JsonValue>>;

  constructor(log: WritableTrialLog, owner: Owner) {
    this.#log = log;
    this.#attrs = { [OWNER]: owner as unknown as JsonValue };
    this.heartbeats = log.heartbeats ?? new WrittenHeartbeats(log);
  }

  get kind() {
    return this.#log.kind;
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
  createTrial(study: StudyRecord, template: TrialTemplate, options?: { ifNumber?: number }) {
    const isWaiting = template.state === TrialState.waiting;
    const signed = isWaiting ? template : { ...template, systemAttrs: { ...template.systemAttrs, ...this.#attrs } };
    return this.#log.createTrial(study, signed, options);
  }
  claimWaiting(study: StudyRecord, options: ClaimOptions = {}) {
    return this.#log.claimWaiting(study, { ...options, systemAttrs: { ...options.systemAttrs, ...this.#attrs } });
  }
  commit(study: StudyRecord, changes: readonly TrialChange[], options?: CommitOptions) {
    return this.#log.commit(study, changes, options);
  }
}
