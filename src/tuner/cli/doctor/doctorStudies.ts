import { readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { withoutPassword } from '../../../storage/sql/connect/serverUrl.ts';
import { inspectStorage, type StoragePlace, storagePlace } from '../../../storage/writableStorage.ts';
import type { RaySettings, SlurmSettings } from '../../../studyfile/executor.ts';
import type { StudyFile } from '../../../studyfile/studyFile.ts';
import { RayClient } from '../../cluster/ray/rayClient.ts';
import { lastLine, SlurmShell } from '../../cluster/slurm/slurmShell.ts';
import { loadStudyToRun } from '../../run/openStudy.ts';
import type { Finding } from './doctor.ts';

const STUDY_FILE = /\.study\.ya?ml$/i;
const NAMES: Readonly<Record<string, string>> = {
  local: 'this machine',
  ray: 'Ray',
  slurm: 'Slurm',
};

/** Something to look at, once however many study files name it. */
interface Check {
  readonly key: string;
  readonly look: () => Promise<Finding>;
}

/**
 * Whether the storages and clusters can be reached and used that study files name: those of `targets` (storages, study files,
 * folders), without any those of this folder. Nothing is changed, and no password printed.
 */
export async function studyFindings(targets: readonly string[]): Promise<Finding[]> {
  const found = targets.length === 0 ? filesIn('.').map(fileChecks) : targets.map(checksOf);
  const checks = (await Promise.all(found)).flat();
  const once = new Map(checks.map((check) => [check.key, check]));
  return Promise.all([...once.values()].map(({ look }) => look()));
}

async function checksOf(target: string): Promise<Check[]> {
  if (!statSync(target, { throwIfNoEntry: false })?.isDirectory()) {
    return STUDY_FILE.test(target) ? fileChecks(target) : [storageCheck(target, '.', true)];
  }
  const files = filesIn(target);
  const none = { what: target, found: 'no study file', missing: 'Name a folder that has one, or a storage.' };
  return files.length > 0
    ? (await Promise.all(files.map(fileChecks))).flat()
    : [{ key: target, look: async () => none }];
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => STUDY_FILE.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** The file itself, and what it needs elsewhere. */
async function fileChecks(path: string): Promise<Check[]> {
  const what = basename(path);
  const key = `file ${resolve(path)}`;
  try {
    const file = await loadStudyToRun(path);
    const found = `study "${file.name}": trials in ${storageName(file)}, run on ${NAMES[file.executor.type]}`;
    const checks: Check[] = [{ key, look: async () => ({ what, found }) }];
    if (file.storage !== 'journal') checks.push(storageCheck(file.storage, join(path, '..')));
    if (file.executor.type !== 'local') checks.push(clusterCheck(file.executor, join(path, '..')));
    return checks;
  } catch (error) {
    return [{ key, look: async () => unusable(what, error) }];
  }
}

function storageName({ storage }: StudyFile): string {
  if (storage === 'journal') return 'a journal';
  return withoutPassword(storage);
}

/** @param isNamed Whether a person named the storage itself: a file that is not there is then a slip of the pen. */
function storageCheck(storage: string, folder: string, isNamed = false): Check {
  let place: StoragePlace;
  try {
    place = storagePlace(storage, folder);
  } catch (error) {
    return { key: storage, look: async () => unusable('storage', error) };
  }
  return {
    key: place.path,
    look: () => inspectStorage(place, isNamed).catch((error) => unusable('storage', error)),
  };
}

function clusterCheck(settings: RaySettings | SlurmSettings, folder: string): Check {
  const what = NAMES[settings.type] as string;
  const look = () => (settings.type === 'ray' ? rayFinding(settings, folder) : slurmFinding(settings));
  return { key: JSON.stringify(settings), look: () => look().catch((error: unknown) => unusable(what, error)) };
}

async function rayFinding({ address, verify }: RaySettings, folder: string): Promise<Finding> {
  const client = new RayClient(address, process.env, verify === null ? null : resolve(folder, verify));
  return { what: 'Ray', found: `${await client.version()} at ${client.address}` };
}

async function slurmFinding({ ssh, options }: SlurmSettings): Promise<Finding> {
  const shell = new SlurmShell(ssh);
  const version = await shell.run('sbatch', ['--version']);
  const found = `${version.stdout.trim().replace(/^slurm(-wlm)? /, '')} on ${shell.place}`;
  const { stdout, stderr, code } = await shell.run('sinfo', ['-h', '-o', '%R']);
  if (code !== 0) return { what: 'Slurm', found, missing: `Its controller does not answer: ${lastLine(stderr)}.` };
  const partitions = [...new Set(stdout.split('\n').filter((line) => line !== ''))];
  const { partition } = options;
  const unknown = partition?.split(',').find((name) => !partitions.includes(name));
  if (unknown === undefined) return { what: 'Slurm', found: `${found}: partitions ${partitions.join(', ')}` };
  return { what: 'Slurm', found, missing: `It has no partition "${unknown}", but ${partitions.join(', ')}.` };
}

function unusable(what: string, error: unknown): Finding {
  return { what, found: 'not usable', missing: (error as Error).message };
}
