import { rungOf, stepsDone } from '../../core/schedulers/trialAttrs.ts';
import { CUT_OFF, FAIL_REASON, INTERRUPTED, PAUSED, PROCESS } from '../../core/study/attributes.ts';
import type { TrialChange } from '../../core/study/changes.ts';
import type { History } from '../../core/study/history.ts';
import { letWait } from '../../core/study/paused.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { isProcessAlive } from '../../runs/processIdentity.ts';
import { isOrphaned, isOvertaken, type Owner, ownerOf, runOf, TrialRuns } from '../../runs/trialOwner.ts';
import { killMarked, killTree } from '../run/processTree.ts';
import { trialMarker } from './ownership.ts';

const ORPHAN_GRACE_MS = 2000;

/** A trial may cost so many workers their life without coming any further; then it is its own fault. */
export const MOST_LOSSES = 3;

export interface RepairedTrial {
  readonly number: number;
  /** Whether it waits to go on; else it has failed. */
  readonly goesOn: boolean;
}

/** How a run of a trial ends that nobody can end any more, or that its worker gives up. */
export type CutOff =
  /** It waits: its worker gives it to another one. */
  | { readonly type: 'handed-back' }
  /** It waits: its worker is gone. After `MOST_LOSSES` of them without progress it fails, where it `mayBeItsFault`. */
  | { readonly type: 'lost'; readonly mayBeItsFault: boolean }
  /** It fails, for a reason that is not the trial's. */
  | { readonly type: 'failed'; readonly code: string; readonly reason: string };

/**
 * Ends a run of a trial by one conditional write: it is written only while that very run lasts (see `TrialRuns`), so of several
 * workers that find the same trial one does it, and one that dies meanwhile has done all of it or nothing. A trial that waits
 * keeps its number and its parameters; one that a scheduler trains in parts goes on from its checkpoint. Undefined where the
 * run has ended meanwhile.
 */
export async function cutOff(
  log: WritableTrialLog,
  study: StudyRecord,
  number: number,
  runs: TrialRuns,
  how: CutOff,
): Promise<RepairedTrial | undefined> {
  const changes = changesFor(study.history, number, how);
  try {
    await log.commit(study, changes, { onlyIf: () => runs.isSame(number) });
  } catch (error) {
    if (isOvertaken(error)) return undefined;
    throw error;
  }
  return { number, goesOn: changes.some((change) => change.type === 'state' && change.state === TrialState.waiting) };
}

function changesFor(history: History, number: number, how: CutOff): TrialChange[] {
  const fails = (reason: string): TrialChange[] => [
    { type: 'userAttr', number, key: FAIL_REASON, value: reason },
    { type: 'state', number, state: TrialState.fail },
  ];
  if (how.type === 'failed') {
    return [{ type: 'systemAttr', number, key: INTERRUPTED, value: how.code }, ...fails(how.reason)];
  }
  const step = stepsDone(history, number);
  const times = how.type === 'lost' ? lossesOf(history, number, step) + 1 : 0;
  if (how.type === 'lost' && how.mayBeItsFault && times > MOST_LOSSES) {
    return fails(`${times} workers were lost one after another while they ran this trial, and it came no further.`);
  }
  const changes: TrialChange[] = [];
  if (times > 0) changes.push({ type: 'systemAttr', number, key: CUT_OFF, value: { times, step } });
  if (rungOf(history.systemAttrs(number))) changes.push({ type: 'systemAttr', number, key: PAUSED, value: { step } });
  return [...changes, ...letWait(history, number)];
}

/** How often a trial's worker was lost without having brought it any further. */
function lossesOf(history: History, number: number, step: number): number {
  const lost = history.systemAttrs(number)[CUT_OFF] as { times?: unknown; step?: unknown } | null | undefined;
  return typeof lost?.times === 'number' && lost.step === step ? lost.times : 0;
}

/**
 * How long running trials have given no heartbeat, by this observer's own clock, which only counts: a trial is silent while
 * neither its heartbeat nor its run changes, and no two clocks are ever compared. Time in which the observer itself did not
 * look (it was stopped, its machine slept, the storage was away) counts as one look.
 */
export class SilenceWatch {
  readonly #graceMs: number;
  readonly #now: () => number;
  readonly #seen = new Map<number, { readonly sign: string; readonly silentMs: number }>();
  #lookedAt: number;

  /** @param graceMs How long a live worker may be silent. At least three looks are needed to find one silent. */
  constructor(graceMs: number, now: () => number = () => performance.now()) {
    this.#graceMs = graceMs;
    this.#now = now;
    this.#lookedAt = now();
  }

  /** Numbers of the silent trials, ascending. One whose worker neither gave nor promised a heartbeat is not among them. */
  async look(log: WritableTrialLog, study: StudyRecord): Promise<number[]> {
    const beats = (await log.heartbeats?.last(study)) ?? new Map<number, number>();
    const now = this.#now();
    const passedMs = Math.min(now - this.#lookedAt, this.#graceMs / 2);
    this.#lookedAt = now;
    const silent: number[] = [];
    const { history } = study;
    for (const number of this.#seen.keys()) if (!history.running.has(number)) this.#seen.delete(number);
    for (const number of history.running) {
      const beat = beats.get(number);
      if (beat === undefined && ownerOf(history.systemAttrs(number))?.beats === undefined) continue;
      const sign = `${runOf(history, number)} ${beat}`;
      const seen = this.#seen.get(number);
      const silentMs = seen?.sign === sign ? seen.silentMs + passedMs : 0;
      this.#seen.set(number, { sign, silentMs });
      if (silentMs > this.#graceMs) silent.push(number);
    }
    return silent.sort((a, b) => a - b);
  }
}

export interface RepairOptions {
  /** Name of this machine: its dead processes are seen at once. */
  readonly host: string;
  /** Finds those that only their heartbeats tell of; absent: they are not looked for. */
  readonly silence?: SilenceWatch;
  /** Fails trials instead of making them wait: the process that runs the study retries them. */
  readonly fails?: boolean;
}

/**
 * Looks after the running trials whose worker is gone: its process on this machine is dead, or it gave no heartbeat for too
 * long. What is left of a dead worker's processes is ended first. Trials of live workers, and of programs other than Tuneboard
 * that give no heartbeats, are left alone. Safe to be killed at any moment.
 */
export async function repairTrials(
  log: WritableTrialLog,
  study: StudyRecord,
  { host, silence, fails = false }: RepairOptions,
): Promise<RepairedTrial[]> {
  const { history } = study;
  const repaired: RepairedTrial[] = [];
  const runs = new TrialRuns(history);
  const repair = async (number: number, how: CutOff) => {
    const one = await cutOff(log, study, number, runs, how);
    if (one) repaired.push(one);
  };
  for (const number of [...history.running].sort((a, b) => a - b)) {
    const owner = ownerOf(history.systemAttrs(number));
    if (!owner || !isOrphaned(history, number, host)) continue;
    await endOrphans(owner, number, history);
    // That takes seconds: another worker may have repaired it meanwhile, and may run it again.
    await log.refresh();
    const reason = 'The tuner died while this trial ran.';
    // A tuner of this machine dies for reasons of a person's; a job that takes too much memory is ended each time.
    if (fails) await repair(number, { type: 'failed', code: 'tuner-died', reason });
    else await repair(number, { type: 'lost', mayBeItsFault: owner.engine !== undefined });
  }
  if (!silence) return repaired;
  const now = new TrialRuns(history);
  for (const number of await silence.look(log, study)) {
    const one = await cutOff(log, study, number, now, { type: 'lost', mayBeItsFault: true });
    if (one) repaired.push(one);
  }
  return repaired;
}

async function endOrphans(owner: Owner, number: number, history: History): Promise<void> {
  const { name, value } = trialMarker(owner, number);
  const marker = `${name}=${value}`;
  const child = history.systemAttrs(number)[PROCESS] as { pid?: unknown; start?: unknown } | undefined;
  if (typeof child?.pid === 'number' && typeof child.start === 'string' && isProcessAlive(child.pid, child.start)) {
    await killTree(child.pid, { graceMs: ORPHAN_GRACE_MS, marker });
  }
  await killMarked(marker, ORPHAN_GRACE_MS);
}
