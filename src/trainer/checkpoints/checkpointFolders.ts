import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAside, removeGone } from '../io/removeAside.ts';
import { isRunning } from '../training/isRunning.ts';

const NAME = /^checkpoint-(\d+)$/;
const ASIDE = /^\.(checkpoint-\d+)\.(\d+)\.(part|old)$/;

export function checkpointName(step: number): string {
  return `checkpoint-${step}`;
}

/** Where a checkpoint is written before it gets its name. */
export function asideName(step: number, pid = process.pid): string {
  return `.${checkpointName(step)}.${pid}.part`;
}

interface Checkpoint {
  readonly path: string;
  readonly step: number;
  readonly modified: number;
}

/** The checkpoints in a folder, in no order; none where there is no folder. */
export function checkpointsIn(folder: string): Checkpoint[] {
  if (!existsSync(folder)) return [];
  const found: Checkpoint[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const step = NAME.exec(entry.name)?.[1];
    if (step === undefined || !entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    found.push({ path, step: Number(step), modified: statSync(path).mtimeMs });
  }
  return found;
}

/** The checkpoint with the most updates; undefined when there is none. */
export function lastCheckpoint(folder: string): string | undefined {
  return checkpointsIn(folder).sort((a, b) => b.step - a.step)[0]?.path;
}

/** By age, oldest first; by updates where the file system does not tell the ages apart, as Hugging Face has it. */
function oldestFirst(folder: string): Checkpoint[] {
  const found = checkpointsIn(folder);
  const times = found.map(({ modified }) => modified);
  const isTold = Math.max(...times) - Math.min(...times) >= 1000;
  return found.sort((a, b) => (isTold ? a.modified - b.modified : 0) || a.step - b.step);
}

export interface Rotation {
  /** Checkpoints to keep; null or less than 1: all. */
  readonly limit: number | null;
  /** The one just written, and the best. They stay whatever the limit. */
  readonly keep: readonly (string | null)[];
}

/** Deletes the oldest checkpoints over the limit. */
export async function rotateCheckpoints(folder: string, { limit, keep }: Rotation): Promise<void> {
  if (limit === null || limit < 1) return;
  const checkpoints = oldestFirst(folder);
  const kept = new Set(keep.flatMap((path) => (path !== null && existsSync(path) ? [realpathSync(path)] : [])));
  const inside = checkpoints.filter(({ path }) => kept.has(realpathSync(path))).length;
  let surplus = checkpoints.length - Math.max(limit, inside);
  for (const { path } of checkpoints) {
    if (surplus <= 0) break;
    if (kept.has(realpathSync(path))) continue;
    await removeAside(path);
    surplus--;
  }
}

/** Deletes all checkpoints but one: what is left when `save_total_limit` is 1 and training has ended. */
export async function keepOnly(folder: string, best: string): Promise<void> {
  for (const { path } of checkpointsIn(folder)) {
    if (realpathSync(path) !== realpathSync(best)) await removeAside(path);
  }
}

/**
 * Deletes what processes that are gone have left half written or half deleted, and gives a checkpoint its name back that one
 * of them had put aside for another that did not come. Several processes may do so at once.
 */
export async function removeRemains(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const [, checkpoint, pid, kind] = ASIDE.exec(name) ?? [];
    if (checkpoint === undefined || isRunning(Number(pid))) continue;
    const [aside, place] = [join(folder, name), join(folder, checkpoint)];
    if (kind === 'old' && !existsSync(place) && (await renamed(aside, place))) continue;
    await removeAside(aside);
  }
  await removeGone(folder);
}

/** False where another process has been faster: then `from` is gone, or there is something at `to`. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
