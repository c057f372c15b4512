import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { isAtWork, type LeftWorkers, PASSWORD_VARIABLE, type WorkerRecord } from '../../protocol/workers.ts';
import { runFolderAt } from '../../runs/runFolder.ts';
import { isActiveState, readRunRecordSync, writeRunRecord } from '../../runs/runRecords.ts';
import type { RaySettings, SlurmSettings } from '../../studyfile/executor.ts';
import { END_COMMAND } from './executor.ts';
import { RayClient } from './ray/rayClient.ts';
import { cancelJobs } from './slurm/cancelJobs.ts';
import { SlurmShell } from './slurm/slurmShell.ts';

/** Pauses between two attempts, doubled each time. */
const PAUSE_MS = { first: 2000, longest: 60_000 };
const PATIENCE_MS = 24 * 3_600_000;
/** What a cluster was asked for over a connection that broke may come to be for so long after it is reached again. */
const LATE_MS = 120_000;

/**
 * Starts a process that ends what a stop has left on a cluster as soon as that can be reached. It outlives this one. `settings`
 * may have the login that Ray's address is kept without.
 */
export function endInBackground(
  cli: string,
  folder: string,
  left: LeftWorkers,
  settings: RaySettings | SlurmSettings,
): void {
  const { [PASSWORD_VARIABLE]: _, ...env } = process.env;
  if (settings.type === 'ray' && settings.address !== null) env['RAY_API_SERVER_ADDRESS'] = settings.address;
  const options = { detached: true, stdio: 'ignore', windowsHide: true, env } as const;
  spawn(process.execPath, [cli, END_COMMAND, folder, JSON.stringify(left)], options)
    // A machine that starts no more processes: the person has been told what to type.
    .on('error', () => undefined)
    .unref();
}

/** Ends these workers of the run of a folder, however long their cluster is away, and clears them from its run record. */
export async function endLeft(folder: string, left: LeftWorkers): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  let reachedAt: number | undefined;
  for (let pauseMs = PAUSE_MS.first; Date.now() < until; pauseMs = Math.min(2 * pauseMs, PAUSE_MS.longest)) {
    // The run folder was deleted.
    if (!readRunRecordSync(folder)) return;
    const missing = await endOnce(left).catch(() => undefined);
    if (missing !== undefined) reachedAt ??= Date.now();
    const isOver = missing === 0 || (reachedAt !== undefined && Date.now() - reachedAt > LATE_MS);
    if (isOver) return clear(folder, left);
    await sleep(reachedAt === undefined ? pauseMs : PAUSE_MS.first);
  }
}

/** Resolves with how many may still come to be there, though they are not yet. Throws where the cluster is not reached. */
async function endOnce(left: LeftWorkers): Promise<number> {
  const { engine, place, ids, jobName, verify } = left;
  if (engine === 'slurm') {
    const shell = new SlurmShell(place);
    if (ids.length > 0) await cancelJobs(shell, ids);
    if (jobName === undefined) return 0;
    await cancelJobs(shell, [`--name=${jobName}`]);
    return 1;
  }
  const client = new RayClient(place, process.env, verify ?? null);
  let missing = 0;
  for (const id of ids) {
    if (await client.job(id)) await client.stop(id);
    else missing++;
  }
  return missing;
}

/** The record of another run, or of one that goes on, is left alone. */
function clear(folder: string, left: LeftWorkers): void {
  const now = readRunRecordSync(folder);
  if (!now || isActiveState(now.state) || !isDeepStrictEqual(now.left, left)) return;
  const { left: _, message, ...rest } = now;
  // That of a study which was stopped is of them.
  const kept = now.state === 'stopped' || message === undefined ? {} : { message };
  const ended = (worker: WorkerRecord): WorkerRecord => (isAtWork(worker) ? { ...worker, state: 'ended' } : worker);
  writeRunRecord(runFolderAt(folder), { ...rest, ...kept, workers: (rest.workers ?? []).map(ended) });
}
