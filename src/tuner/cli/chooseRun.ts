import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { RUNS_FOLDER } from '../../runs/runFolder.ts';
import { type BadRun, type FoundRun, findRunRecords, isAlive, isFound } from '../../runs/runRecords.ts';
import { UsageError } from './exitCodes.ts';

/**
 * The run that a person means: a study's name, the file it was started from, a folder, or nothing (the one run below the
 * current folder that `isWanted`). Throws UsageError when there is none or more than one.
 */
export async function chooseRun(
  target: string | undefined,
  isWanted: (run: FoundRun) => boolean | Promise<boolean>,
  what: string,
): Promise<FoundRun> {
  const runs = await runsFor(target);
  const wanted: FoundRun[] = [];
  for (const run of runs.filter(isFound)) if (await isWanted(run)) wanted.push(run);
  if (wanted.length === 1) return wanted[0] as FoundRun;
  if (wanted.length > 1) {
    throw new UsageError(
      `Several studies ${what}: name one of ${wanted.map(({ record }) => `"${record.studyName}"`).join(', ')}.`,
    );
  }
  const where = target === undefined ? `below ${process.cwd()}` : `for ${target}`;
  throw new UsageError(`No study ${what} ${where}.`);
}

/** All runs that a target can mean, those whose record is bad among them where it is a folder. */
export async function runsFor(target: string | undefined): Promise<(FoundRun | BadRun)[]> {
  if (target === undefined) return findRunRecords(process.cwd());
  const path = resolve(target);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isDirectory()) {
    const isRun = basename(dirname(path)) === RUNS_FOLDER;
    return isRun
      ? (await findRunRecords(dirname(dirname(path)))).filter(({ folder }) => folder.path === path)
      : findRunRecords(path);
  }
  if (stat)
    return (await findRunRecords(dirname(path))).filter(
      (run) => isFound(run) && (run.record.source === path || run.record.script === path),
    );
  return (await findRunRecords(process.cwd())).filter((run) => isFound(run) && run.record.studyName === target);
}

export function isRunning({ record }: FoundRun): Promise<boolean> {
  return isAlive(record);
}
