import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { RUNS_FOLDER } from '../../runs/runFolder.ts';
import { type FoundRun, findRunRecords, isAlive, readRunRecord } from '../../runs/runRecords.ts';
import { UsageError } from './exitCodes.ts';

/**
 * The run that a person means: a study's name, the file it was started from, a folder, or nothing (the one run below the
 * current folder that `isWanted`). Throws UsageError when there is none or more than one.
 */
export async function chooseRun(
  target: string | undefined,
  isWanted: (run: FoundRun) => boolean,
  what: string,
): Promise<FoundRun> {
  const runs = await runsFor(target);
  const wanted = runs.filter(isWanted);
  if (wanted.length === 1) return wanted[0] as FoundRun;
  if (wanted.length > 1) {
    throw new UsageError(
      `Several studies ${what}: name one of ${wanted.map(({ record }) => `"${record.studyName}"`).join(', ')}.`,
    );
  }
  const where = target === undefined ? `below ${process.cwd()}` : `for ${target}`;
  throw new UsageError(`No study ${what} ${where}.`);
}

/** All runs that a target can mean. */
export async function runsFor(target: string | undefined): Promise<FoundRun[]> {
  if (target === undefined) return findRunRecords(process.cwd());
  const path = resolve(target);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    const record = await readRunRecord(path);
    return record
      ? (await findRunRecords(folderAbove(path))).filter(({ folder }) => folder.path === path)
      : findRunRecords(path);
  }
  if (stat)
    return (await findRunRecords(dirname(path))).filter(
      ({ record }) => record.source === path || record.script === path,
    );
  return (await findRunRecords(process.cwd())).filter(({ record }) => record.studyName === target);
}

function folderAbove(runFolder: string): string {
  const parent = dirname(runFolder);
  return basename(parent) === RUNS_FOLDER ? dirname(parent) : parent;
}

export function isRunning({ record }: FoundRun): boolean {
  return isAlive(record);
}
