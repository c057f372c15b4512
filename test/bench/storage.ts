import { tmpdir } from 'node:os';
import { compareStorage } from './journal.ts';

/** As `journal`, through databases in SQLite. Optuna takes a third of a second for a trial: fewer of them by default. */
export function run(args: readonly string[]): Promise<void> {
  return compareStorage([args[0] ?? tmpdir(), args[1] ?? '100'], '.db');
}
