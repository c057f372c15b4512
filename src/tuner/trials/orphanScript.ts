/** Which process an Optuna script is: it may outlive its tuner, and the next one has to end it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeOwnFile } from '../../runs/ownFiles.ts';
import { isProcessAlive, processStart } from '../../runs/processIdentity.ts';
import { killTree } from '../../runs/processTree.ts';
import type { RunFolder } from '../../runs/runFolder.ts';
import { FILE_LIMITS, readRegularFileSync } from '../../storage/regularFile.ts';

interface ScriptProcess {
  readonly pid: number;
  readonly start: string;
}

const GRACE_MS = 2000;

function pathIn(folder: RunFolder): string {
  return join(folder.path, 'script.pid.json');
}

/** Notes the process of a script: the next tuner ends it if this one dies. */
export function rememberScript(folder: RunFolder, pid: number): void {
  writeOwnFile(pathIn(folder), JSON.stringify({ pid, start: processStart(pid) }));
}

export function forgetScript(folder: RunFolder): void {
  rmSync(pathIn(folder), { force: true });
}

/** The script of a run whose tuner is gone; undefined when it has ended too. */
export function orphanScript(folder: RunFolder): ScriptProcess | undefined {
  try {
    const rules = { noLink: true, maxBytes: FILE_LIMITS.note };
    const script = JSON.parse(readRegularFileSync(pathIn(folder), rules)) as ScriptProcess;
    return isProcessAlive(script.pid, script.start) ? script : undefined;
  } catch {
    // The last run ended in order.
    return undefined;
  }
}

/** Ends it with all that it started. */
export async function endOrphanScript(folder: RunFolder): Promise<void> {
  const script = orphanScript(folder);
  if (script) await killTree(script.pid, { graceMs: GRACE_MS });
  forgetScript(folder);
}
