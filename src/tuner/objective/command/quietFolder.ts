import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A checkpoint counts as complete when nothing in its folder has changed for so long. */
const QUIET_MS = 300;
const POLL_MS = 50;

/** Resolves when nothing in a folder has changed for a moment, after `mostMs` at the latest. */
export async function untilQuiet(folder: string, mostMs: number): Promise<void> {
  const began = performance.now();
  let seen = '';
  let changedAt = began;
  for (;;) {
    const now = performance.now();
    const found = fingerprint(folder);
    if (found !== seen) changedAt = now;
    seen = found;
    if (now - changedAt >= QUIET_MS || now - began >= mostMs) return;
    await sleep(POLL_MS);
  }
}

function fingerprint(folder: string): string {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
    return names.map((name) => `${name}:${stateOf(join(folder, name))}`).join('\n');
  } catch {
    // It is being replaced.
    return `${performance.now()}`;
  }
}

function stateOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.size},${stat.mtimeMs}` : '';
}
