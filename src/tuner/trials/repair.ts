import { rungOf, stepsDone } from '../../core/schedulers/trialAttrs.ts';
import type { JsonValue, TrialChange, TrialTemplate } from '../../core/study/changes.ts';
import type { History } from '../../core/study/history.ts';
import { INTERRUPTED, PAUSED } from '../../core/study/paused.ts';
import { TrialState } from '../../core/study/states.ts';
import type { StudyRecord, WritableTrialLog } from '../../core/study/studyStore.ts';
import { isProcessAlive } from '../../runs/processIdentity.ts';
import { killMarked, killTree } from '../../runs/processTree.ts';
import { ERROR, isOrphaned, isOvertaken, type Owner, ownerOf, PROCESS, TrialRuns } from '../../runs/trialOwner.ts';
import { trialMarker } from './ownership.ts';

const ORPHAN_GRACE_MS = 2000;

export interface RepairedTrial {
  readonly number: number;
  /** The waiting trial that runs it again, itself where it goes on; null when only the trial's end was asked for. */
  readonly retry: number | null;
}

/** A trial may cost so many workers their life; then it is its own fault. */
export const MOST_RETRIES = 3;

/**
 * Puts right what tuners of this machine left running when they died: what is left of a trial's processes is ended, the
 * trial is recorded as failed, and a waiting trial with the same parameters takes its place, with the attributes by
 * which Optuna's own retry callback links the two. Trials of live tuners, of other machines and of programs other than
 * Tuneboard are left alone. Safe to be killed itself at any moment. Without `retry` the trials only end: whoever runs
 * the study takes care of what was cut off. With `pause`, a trial that a scheduler trains in parts is paused instead: it
 * goes on from its checkpoint. A trial that has cost several workers of a cluster their life has failed.
 */
export async function repairTrials(
  log: WritableTrialLog,
  study: StudyRecord,
  host: string,
  options: { readonly retry: boolean; readonly pause?: boolean } = { retry: true },
): Promise<RepairedTrial[]> {
  const repaired: RepairedTrial[] = [];
  const { history } = study;
  if (history.count(TrialState.running) === 0) return repaired;
  const runs = new TrialRuns(history);
  for (let number = history.states.indexOf(TrialState.running); number >= 0; ) {
    const owner = ownerOf(history.systemAttrs(number));
    if (owner && isOrphaned(history, number, host)) {
      await endOrphans(owner, number, history);
      // That takes seconds: another worker may have put it right meanwhile, and may run it again.
      await log.refresh();
      const retry = await repairOne(log, study, { number, runs, owner, ...options });
      if (retry !== undefined) repaired.push({ number, retry });
    }
    number = history.states.indexOf(TrialState.running, number + 1);
  }
  return repaired;
}

interface Orphan {
  readonly number: number;
  readonly runs: TrialRuns;
  readonly owner: Owner;
  readonly retry: boolean;
  readonly pause?: boolean;
}

/** Returns as RepairedTrial has it, undefined where another worker was faster. */
async function repairOne(
  log: WritableTrialLog,
  study: StudyRecord,
  { number, runs, owner, retry, pause }: Orphan,
): Promise<number | null | undefined> {
  const { history } = study;
  const isPaused = pause === true && rungOf(history.systemAttrs(number)) !== undefined;
  const earlier = isPaused ? lossesOf(history, number) : earlierRuns(history, number).length;
  // A tuner of this machine dies for reasons of a person's; a job that takes too much memory is ended each time.
  const losses = owner.engine === undefined ? 0 : earlier + 1;
  if (retry && losses > MOST_RETRIES) {
    return (await failLost(log, study, number, runs, losses)) ? null : undefined;
  }
  if (isPaused) return (await pauseTrial(log, study, number, runs, losses)) ? number : undefined;
  if (!runs.isSame(number)) return undefined;
  return replaceTrial(log, study, { number, runs, cause: { ...TUNER_DIED, retry } });
}

/**
 * Makes a running trial wait that was cut off: it goes on from its checkpoint. `losses`: see `lossesOf`. False where it has
 * ended meanwhile, or another worker was faster.
 */
export async function pauseTrial(
  log: WritableTrialLog,
  study: StudyRecord,
  number: number,
  runs: TrialRuns,
  losses = 0,
): Promise<boolean> {
  const paused = { step: stepsDone(study.history, number), ...(losses > 0 && { lost: losses }) };
  return changeRun(log, study, number, runs, [
    { type: 'systemAttr', number, key: PAUSED, value: paused },
    { type: 'state', number, state: TrialState.waiting },
  ]);
}

/** How often a trial's worker fell silent without having brought it any further. */
export function lossesOf(history: History, number: number): number {
  const paused = history.systemAttrs(number)[PAUSED] as { step?: unknown; lost?: unknown } | null | undefined;
  return typeof paused?.lost === 'number' && paused.step === stepsDone(history, number) ? paused.lost : 0;
}

/** Ends a trial that has cost several workers their life. False where another worker was faster. */
export function failLost(
  log: WritableTrialLog,
  study: StudyRecord,
  number: number,
  runs: TrialRuns,
  losses: number,
): Promise<boolean> {
  const reason = `${losses} workers were lost one after another while they ran this trial, and it came no further.`;
  return changeRun(log, study, number, runs, [
    { type: 'userAttr', number, key: ERROR, value: reason },
    { type: 'state', number, state: TrialState.fail },
  ]);
}

/** Writes as long as a run of a trial lasts. False where it has ended meanwhile. */
async function changeRun(
  log: WritableTrialLog,
  study: StudyRecord,
  number: number,
  runs: TrialRuns,
  changes: readonly TrialChange[],
): Promise<boolean> {
  try {
    await log.commit(study, changes, { onlyIf: () => runs.isSame(number) });
    return true;
  } catch (error) {
    if (isOvertaken(error)) return false;
    throw error;
  }
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

/**
 * The new trial comes first: killed between the two steps, the next repair finds it and only ends the old one. Of several
 * that do this at once one makes it, and one, maybe another, ends the old one: that one returns the new one's number or
 * null, the others undefined.
 */
async function replaceTrial(
  log: WritableTrialLog,
  study: StudyRecord,
  { number, runs, cause }: Replaced,
): Promise<number | null | undefined> {
  const replacement = cause.retry ? await retryTrial(log, study, number, runs) : retryOf(study.history, number);
  const again = cause.retry ? ': it is run again with the same parameters' : '';
  const isEnded = await changeRun(log, study, number, runs, [
    { type: 'systemAttr', number, key: INTERRUPTED, value: cause.code },
    { type: 'userAttr', number, key: ERROR, value: `${cause.reason}${again}.` },
    { type: 'state', number, state: TrialState.fail },
  ]);
  return isEnded ? (replacement ?? null) : undefined;
}

interface Replaced {
  readonly number: number;
  readonly runs: TrialRuns;
  readonly cause: Cause;
}

/** Why a trial did not come to its end: a stable code, a sentence without its full stop, and whether it runs again. */
interface Cause {
  readonly code: string;
  readonly reason: string;
  readonly retry: boolean;
}

const TUNER_DIED: Omit<Cause, 'retry'> = { code: 'tuner-died', reason: 'The tuner died while this trial ran' };

/**
 * Gives a running trial of this process to whoever comes next: its worker has to end, the study has not. Returns the waiting
 * trial that runs it again, undefined where another worker has it or has ended it already.
 */
export function handBack(
  log: WritableTrialLog,
  study: StudyRecord,
  number: number,
): Promise<number | null | undefined> {
  const reason = 'The worker of this trial was told to end';
  const runs = new TrialRuns(study.history);
  return replaceTrial(log, study, { number, runs, cause: { code: 'handed-back', reason, retry: true } });
}

async function retryTrial(
  log: WritableTrialLog,
  study: StudyRecord,
  number: number,
  runs: TrialRuns,
): Promise<number | undefined> {
  const { history } = study;
  for (;;) {
    const existing = retryOf(history, number);
    if (existing !== undefined || !runs.isSame(number)) return existing;
    const template: TrialTemplate = {
      state: TrialState.waiting,
      userAttrs: {},
      systemAttrs: {
        fixed_params: knownParams(history, number),
        failed_trial: history.systemAttrs(number)['failed_trial'] ?? number,
        retry_history: [...earlierRuns(history, number), number],
      },
    };
    const created = await log.createTrial(study, template, { ifNumber: history.length });
    if (created !== undefined) return created;
    await log.refresh();
  }
}

/** Numbers of the trials that this one runs again. */
function earlierRuns(history: History, number: number): readonly JsonValue[] {
  const chain = history.systemAttrs(number)['retry_history'];
  return Array.isArray(chain) ? (chain as readonly JsonValue[]) : [];
}

function retryOf(history: History, number: number): number | undefined {
  for (let later = history.length - 1; later > number; later--) {
    const chain = history.systemAttrs(later)['retry_history'];
    if (Array.isArray(chain) && chain.at(-1) === number) return later;
  }
  return undefined;
}

/** What the trial had been given: its own parameters, and those that it was enqueued with but had not drawn yet. */
function knownParams(history: History, number: number): JsonValue {
  const fixed = history.systemAttrs(number)['fixed_params'];
  return { ...(typeof fixed === 'object' ? fixed : {}), ...history.params(number) } as JsonValue;
}
