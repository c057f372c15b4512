import { setTimeout as sleep } from 'node:timers/promises';
import { partlyTrained, populationProgress } from '../../core/schedulers/progress.ts';
import type { ControlStatus } from '../../protocol/control.ts';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { connectControl } from '../../runs/controlClient.ts';
import { launchTuner, replayArguments } from '../../runs/launchTuner.ts';
import { type FoundRun, isActiveState, isAlive, readRunRecord } from '../../runs/runRecords.ts';
import { openTrialLog } from '../../storage/openTrialLog.ts';
import { print, printJson } from '../render/print.ts';
import { progressText, table } from '../render/text.ts';
import { Budget } from '../session/budget.ts';
import { endOrphanScript, orphanScript } from '../session/orphanScript.ts';
import { chooseRun, isRunning, runsFor } from './chooseRun.ts';
import { EXIT, type ExitCode } from './exitCodes.ts';

/** `tuneboard status`: every study below the folder, running or not. */
export async function statusCommand(target: string | undefined, json: boolean): Promise<ExitCode> {
  const runs = await runsFor(target);
  const rows = await Promise.all(runs.map(describeRun));
  if (json) {
    printJson(JSON.stringify(rows, null, 2));
  } else if (rows.length === 0) {
    print('No study has been run here yet: start one with "tuneboard run FILE".');
  } else {
    const cells = rows.map((row) => [row.study, row.state, row.trials, row.process, row.storage ?? '']);
    print(table([['study', 'state', 'trials', 'process', 'trials are in'], ...cells]));
    for (const { study, message } of rows) if (message) print(`${study}: ${message}`);
  }
  return EXIT.done;
}

interface StatusRow {
  readonly study: string;
  readonly state: string;
  readonly trials: string;
  readonly process: string;
  readonly storage: string | null;
  readonly source: string;
  readonly message: string | undefined;
}

async function describeRun({ record }: FoundRun): Promise<StatusRow> {
  const status = isAlive(record) ? await statusOf(record).catch(() => undefined) : undefined;
  const current = status?.record ?? record;
  return {
    study: record.studyName,
    state: status ? current.state : isActiveState(record.state) ? 'interrupted' : record.state,
    trials:
      (await progressIn(current)) ??
      countsText(status?.finished ?? (current.storage === null ? 0 : undefined), current.budget.trials),
    process: status ? String(record.pid) : '',
    storage: current.storage,
    source: record.source,
    message: record.message,
  };
}

/** Without its trials: those of another machine's database may be out of reach. */
function countsText(finished: number | undefined, total: number | null): string {
  return `${finished ?? '?'}${total === null ? '' : `/${total}`}`;
}

/** How far a study is as its storage says; undefined when it cannot be read. */
async function progressIn(record: Omit<RunRecord, 'token'>): Promise<string | undefined> {
  if (record.storage === null) return undefined;
  try {
    const log = await openTrialLog(record.storage);
    const name = record.storedName ?? record.studyName;
    const history = log.studies().find((study) => study.name === name)?.history;
    await log.close();
    if (!history) return undefined;
    if (populationProgress(history)) return progressText(history, 0, null);
    return countsText(new Budget(history, record.budget).finished + partlyTrained(history), record.budget.trials);
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
  const run = await chooseRun(target, (one) => isRunning(one) || orphanScript(one.folder) !== undefined, 'is running');
  if (!isRunning(run)) return stopOrphan(run);
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
    if (!record || !isAlive({ ...record, state: 'running' })) return;
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

/** Ends a pause; a study that has stopped, failed or been cut off is started again in the background. */
export async function resumeCommand(target: string | undefined, cli: string): Promise<ExitCode> {
  const run = await chooseRun(
    target,
    (found) => (isRunning(found) ? found.record.state === 'paused' : found.record.state !== 'finished'),
    'can be resumed',
  );
  const name = run.record.studyName;
  if (!isRunning(run)) {
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
