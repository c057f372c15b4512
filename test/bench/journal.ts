import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compareStorage, flushTime, ms } from './compareStorage.ts';

/** Through a journal. Arguments: the folder to write in, the number of trials of one turn. */
export function run(args: readonly string[]): Promise<void> {
  return compareFiles('journal', '.log', args);
}

/** Ours and Optuna's beside each other on one disk. */
export async function compareFiles(
  name: string,
  extension: '.log' | '.db',
  args: readonly string[],
  processes: readonly number[] = [8],
): Promise<void> {
  const within = resolve(args[0] ?? tmpdir());
  // Absolute: eight processes of Optuna wait for each other without a pause when the lock's link leads nowhere.
  const folder = mkdtempSync(join(within, 'tuneboard-journal-'));
  try {
    await compareStorage({
      name,
      place: async (turn) => join(folder, `${turn}${extension}`),
      trials: args[1] === undefined ? undefined : Number(args[1]),
      processes,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(`one flush takes ${ms(flushTime(within))} here`);
}
