import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { partlyTrained, populationProgress } from '../../core/schedulers/progress.ts';
import { findingsOf } from '../../core/study/startComparison.ts';
import type { ControlStatus } from '../../protocol/control.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { connectControl } from '../../runs/controlClient.ts';
import { launchTuner, replayArguments } from '../../runs/launchTuner.ts';
import { otherAccount } from '../../runs/runFolder.ts';
import { type BadRun, type FoundRun, isActiveState, isAlive, isFound, readRunRecord } from '../../runs/runRecords.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { withoutPassword } from '../../storage/sql/connect/serverUrl.ts';
import { print, printJson } from '../render/print.ts';
import { progressText, table } from '../render/text.ts';
import { Budget } from '../run/budget.ts';
import { endOrphanScript, orphanScript } from '../run/runScriptStudy.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';
import {
  type AllowedStorage,
  accessTo,
  agrees,
  chooseRun,
  isRunning,
  type RefusedStorage,
  requireTrust,
  runsFor,
} from './studyPlace.ts';

/**
 * `tuneboard status`: every study below the folder, running or not. A record that cannot be read has a row that says why.
 * Of one that a stranger may have written no server is asked and no file elsewhere opened, unless `trust` is set or the
 * person at the terminal agrees.
 */
export async function statusCommand(target: string | undefined, json: boolean, trust: boolean): Promise<ExitCode> {
  const runs = await runsFor(target);
  const refused = runs.filter((run): run is FoundRun => isFound(run) && isRefused(accessTo(run, trust)));
  const places = refused.map(({ record }) => `  ${record.studyName}: ${withoutPassword(record.storage ?? '')}`);
  const isTrusted =
    trust ||
    (refused.length > 0 &&
      (await agrees(`Records that were not written by you here keep their trials elsewhere:\n${places.join('\n')}`)));
  const rows = await Promise.all(runs.map((run) => (isFound(run) ? describeRun(run, isTrusted) : describeBad(run))));
  if (json) {
    printJson(JSON.stringify(rows, null, 2));
  } else if (rows.length === 0) {
    print('No study has been run here yet: start one with "tuneboard run FILE".');
  } else {
    const cells = rows.map((row) => [nameAndUser(row), row.state, row.trials, row.process, row.storage ?? '']);
    print(table([['study', 'state', 'trials', 'process', 'trials are in'], ...cells]));
    for (const { study, message } of rows) if (message) print(`${study}: ${message}`);
  }
  return EXIT.done;
}

function nameAndUser({ study, user }: StatusRow): string {
  return user === undefined ? study : `${study} (run by ${user})`;
}

interface StatusRow {
  readonly study: string;
  /** The account that ran it, where it is not this one. */
  readonly user: string | undefined;
  readonly state: string;
  readonly trials: string;
  readonly process: string;
  readonly storage: string | null;
  readonly source: string;
  readonly message: string | undefined;
}

function isRefused(access: ReturnType<typeof accessTo>): access is RefusedStorage {
  return access !== null && 'refused' in access;
}

function describeBad({ folder, problem }: BadRun): StatusRow {
  return {
    study: basename(folder.path),
    user: undefined,
    state: 'unreadable',
    trials: '?',
    process: '',
    storage: null,
    source: folder.path,
    message: problem.message,
  };
}

async function describeRun({ folder, record }: FoundRun, isTrusted: boolean): Promise<StatusRow> {
  const user = otherAccount(record) ?? undefined;
  const alive = await isAlive(record);
  const isTheirs = alive && user !== undefined;
  const status = alive && !isTheirs ? await statusOf(record).catch(() => undefined) : undefined;
  const current = status?.record ?? record;
  // A tuner that answered on a socket of this user's, and knew the token, has said where its trials are.
  const access = accessTo({ folder, record: { ...record, ...current } }, isTrusted || status !== undefined);
  const stored = access === null || isRefused(access) ? undefined : await progressIn(current, access);
  const messages = [isRefused(access) ? access.refused : undefined, record.message, ...(stored?.findings ?? [])];
  return {
    study: record.studyName,
    user,
    state: status ? current.state : isActiveState(record.state) && !isTheirs ? 'interrupted' : record.state,
    trials:
      stored?.trials ??
      countsText(status?.finished ?? (current.storage === null ? 0 : undefined), current.budget.trials),
    process: status || isTheirs ? String(record.pid) : '',
    storage: current.storage === null ? null : withoutPassword(current.storage),
    source: record.source,
    message: sentences(messages) || undefined,
  };
}

function sentences(texts: readonly (string | undefined)[]): string {
  const said = texts.filter((text) => text !== undefined && text !== '') as string[];
  return said.map((text, index) => (index < said.length - 1 && !text.endsWith('.') ? `${text}.` : text)).join(' ');
}

/** Without its trials: those of another machine's database may be out of reach. */
function countsText(finished: number | undefined, total: number | null): string {
  return `${finished ?? '?'}${total === null ? '' : `/${total}`}`;
}

/** How far a study is, and what its values tell, as its storage says; undefined when it cannot be read. */
async function progressIn(
  record: Omit<RunRecord, 'token'>,
  { location, within }: AllowedStorage,
): Promise<{ readonly trials: string; readonly findings: readonly string[] } | undefined> {
  try {
    const log = await openTrialLog(location, { within });
    const name = record.storedName ?? record.studyName;
    const history = log.studies().find((study) => study.name === name)?.history;
    await log.close();
    if (!history) return undefined;
    const findings = findingsOf(history).map(({ text }) => text);
    if (populationProgress(history)) return { trials: progressText(history, 0, null), findings };
    const finished = new Budget(history, record.budget).finished + partlyTrained(history);
    return { trials: countsText(finished, record.budget.trials), findings };
  } catch {
    return undefined;
  }
}

async function statusOf(record: RunRecord): Promise<ControlStatus> {
  const client = await connectControl(record);
  client.close();
  return client.first;
}

/** `tuneboard stop [STUDY] [--now]`: waits until the tuner has ended. */
export async function stopCommand(target: string | undefined, now: boolean): Promise<ExitCode> {
  const run = await chooseRun(
    target,
    async (one) => (await isRunning(one)) || orphanScript(one.folder) !== undefined,
    'is running',
  );
  if (!(await isRunning(run))) return stopOrphan(run);
  const client = await connectControl(run.record);
  const { running } = await client.request('stop', { mode: now ? 'now' : 'afterCurrent' });
  const name = run.record.studyName;
  if (!now && running.length > 0) print(`Study "${name}" stops when its running trials have ended.`);
  await new Promise<void>((resolve) => {
    if (client.isClosed) resolve();
    else client.onClose(resolve);
  });
  client.close();
  await untilEnded(run);
  print(`Study "${name}" has stopped.`);
  return EXIT.done;
}

/** A script that has outlived its tuner takes no orders: its running trials are marked by the next start. */
async function stopOrphan({ folder, record }: FoundRun): Promise<ExitCode> {
  await endOrphanScript(folder);
  print(`Study "${record.studyName}" has stopped: its tuner had died, and its script was ended.`);
  return EXIT.done;
}

/** The connection closes a moment before the process has ended and its lock is free. */
async function untilEnded(run: FoundRun): Promise<void> {
  for (let waited = 0; waited < 10_000; waited += 50) {
    const record = await readRunRecord(run.folder.path).catch(() => undefined);
    if (!record || !(await isAlive({ ...record, state: 'running' }))) return;
    await sleep(50);
  }
}

export async function pauseCommand(target: string | undefined): Promise<ExitCode> {
  const run = await chooseRun(target, isRunning, 'is running');
  const client = await connectControl(run.record);
  try {
    await client.request('pause', {});
  } finally {
    client.close();
  }
  print(`Study "${run.record.studyName}" is paused: running trials finish, no new ones start.`);
  return EXIT.done;
}

/** `tuneboard reload [STUDY]`: a running study takes over what its study file says now. */
export async function reloadCommand(target: string | undefined): Promise<ExitCode> {
  const run = await chooseRun(target, isRunning, 'is running');
  const client = await connectControl(run.record);
  try {
    await client.request('reload', {});
  } finally {
    client.close();
  }
  print(`Study "${run.record.studyName}" has read its file again: its next trials are of the space as it is now.`);
  return EXIT.done;
}

/**
 * Ends a pause; a study that has stopped, failed or been cut off is started again in the background, which runs what its
 * record names: `trust` is needed for a record that a stranger may have written.
 */
export async function resumeCommand(target: string | undefined, cli: string, trust: boolean): Promise<ExitCode> {
  const run = await chooseRun(
    target,
    async ({ record }) => ((await isAlive(record)) ? record.state === 'paused' : record.state !== 'finished'),
    'can be resumed',
  );
  const name = run.record.studyName;
  if (!(await isRunning(run))) {
    await requireTrust(
      run,
      trust,
      `going on with it runs ${run.record.source}${run.record.python === undefined ? '' : ` with ${run.record.python}`}`,
    );
    const { source, python } = run.record;
    const args = ['--resume', ...replayArguments(run.record), ...(python === undefined ? [] : ['--python', python])];
    await launchTuner({ node: process.execPath, cli, source, args });
    print(`Study "${name}" goes on in the background.`);
    return EXIT.done;
  }
  const client = await connectControl(run.record);
  try {
    await client.request('resume', {});
  } finally {
    client.close();
  }
  print(`Study "${name}" goes on.`);
  return EXIT.done;
}
