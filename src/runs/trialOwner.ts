/** Whose a running trial is. Every tuner writes it; a repair reads it to tell a live trial from an orphan. */

import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { OWNER } from '../core/study/attributes.ts';
import type { JsonValue } from '../core/study/changes.ts';
import type { History } from '../core/study/history.ts';
import { TrialState } from '../core/study/states.ts';
import { isProcessAlive } from './processIdentity.ts';

export interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly start: string;
  /** Random, part of the marker in the environment of this tuner's objective processes. */
  readonly session: string;
  /** The process namespace that `pid` counts in, where there are such: a container may have its machine's name. */
  readonly namespace?: string;
  /** A worker's promise: a sign of life every so many seconds. Missing: none. */
  readonly beats?: number;
  /** Counts what this owner claims: two runs of one trial by one worker are not the same one. */
  readonly claim?: number;
  /** The engine that started this worker, and its name for it. */
  readonly engine?: string;
  readonly job?: string;
}

/**
 * Running trials with their current run: its worker, and since when. A repair of a dead worker's trial is valid only for
 * that run: another worker may have repaired it meanwhile, and may run it again.
 */
export class TrialRuns {
  readonly #history: History;
  readonly #runs = new Map<number, string>();

  /** As they are now: to be made before anything is asked about the workers. */
  constructor(history: History) {
    this.#history = history;
    for (const number of history.running) this.#runs.set(number, runOf(history, number));
  }

  /** Whether a trial is still running, and by the same worker as when this was made. */
  isSame(number: number): boolean {
    return this.#history.running.has(number) && runOf(this.#history, number) === this.#runs.get(number);
  }
}

/** Names a run of a running trial: whose it is, which claim of theirs, and since when. */
export function runOf(history: History, number: number): string {
  const { session = '', claim = '' } = ownerOf(history.systemAttrs(number)) ?? {};
  return `${session} ${claim} ${history.startedAt[number]}`;
}

/** Whether a storage refused a change because the trial has ended, or is another worker's by now. */
export function isOvertaken(error: unknown): boolean {
  return OVERTAKEN.has((error as { code?: unknown }).code);
}

const OVERTAKEN: ReadonlySet<unknown> = new Set(['finished-trial', 'changed-meanwhile']);

let ownNamespace: string | undefined;

/** The process namespace of this process, undefined where there are none. It stays the same for as long as the process. */
export function processNamespace(): string | undefined {
  try {
    ownNamespace ??= readlinkSync('/proc/self/ns/pid');
  } catch {
    // No Linux.
  }
  return ownNamespace;
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
 * Whether a trial only counts as running because its tuner, on this machine, died: the next start repairs it. May start
 * a program on macOS and Windows.
 */
export function isOrphaned(history: History, number: number, host = hostname()): boolean {
  if (history.state(number) !== TrialState.running) return false;
  const owner = ownerOf(history.systemAttrs(number));
  return owner !== undefined && isVisible(owner, host) && !isProcessAlive(owner.pid, owner.start);
}

/** Whether a process of this owner would be seen here. */
export function isVisible({ host, namespace }: Owner, here = hostname()): boolean {
  return host === here && (namespace === undefined || namespace === processNamespace());
}
