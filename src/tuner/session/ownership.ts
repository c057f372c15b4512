import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { JsonValue, TrialTemplate } from '../../core/study/changes.ts';
import { type Direction, TrialState } from '../../core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { processStart } from '../../runs/processIdentity.ts';

/** System attributes of a trial. Which tuner runs it, and which process is its objective. */
export const OWNER = 'tuneboard:owner';
export const PROCESS = 'tuneboard:process';
/** Why a failed trial is not an outcome of its parameters: `tuner-died` or `stopped`. It does not count in a budget. */
export const INTERRUPTED = 'tuneboard:interrupted';

export interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly start: string;
  /** Random, part of the marker in the environment of this tuner's objective processes. */
  readonly session: string;
}

export function newOwner(): Owner {
  return {
    host: hostname(),
    pid: process.pid,
    start: processStart(process.pid) ?? '',
    session: randomBytes(8).toString('hex'),
  };
}

/** The environment variable that names one trial's processes. */
export function trialMarker(owner: Owner, number: number): { name: string; value: string } {
  return { name: 'TUNEBOARD_TRIAL_KEY', value: `${owner.session}-${number}` };
}

export function ownerOf(systemAttrs: Readonly<Record<string, JsonValue>>): Owner | undefined {
  const owner = systemAttrs[OWNER] as Partial<Owner> | undefined;
  const isOwner =
    typeof owner === 'object' &&
    owner !== null &&
    typeof owner.host === 'string' &&
    typeof owner.pid === 'number' &&
    typeof owner.start === 'string' &&
    typeof owner.session === 'string';
  return isOwner ? (owner as Owner) : undefined;
}

/**
 * A trial log whose running trials carry their owner from the very append that makes them running: a tuner that dies
 * right after it leaves nothing unsigned behind.
 */
export class SignedLog implements WritableTrialLog {
  readonly #log: WritableTrialLog;
  readonly #attrs: Readonly<Record<string, JsonValue>>;

  constructor(log: WritableTrialLog, owner: Owner) {
    this.#log = log;
    this.#attrs = { [OWNER]: owner as unknown as JsonValue };
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
  claimWaiting(study: StudyRecord) {
    return this.#log.claimWaiting(study, { systemAttrs: this.#attrs });
  }
  commit(study: StudyRecord, changes: Parameters<WritableTrialLog['commit']>[1]) {
    return this.#log.commit(study, changes);
  }
}
