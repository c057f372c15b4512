import { tmpdir } from 'node:os';
import { isMariadbInstalled, postgresBin, type ServerName, startServer } from '../support/servers.ts';
import { compareStorage } from './compareStorage.ts';
import { compareFiles } from './journal.ts';

/**
 * As `journal`, through databases: in SQLite (ours with a write-ahead log, Optuna's as it makes them), and on a PostgreSQL and
 * a MariaDB server of its own that writes to the disk as it does by default. Arguments: sqlite, postgres or mysql (all), and
 * the number of trials of one turn; Optuna takes a tenth of a second and more for a trial.
 */
export async function run([which = 'all', trials = '100']: readonly string[]): Promise<void> {
  if (which === 'sqlite' || which === 'all') await compareFiles('SQLite', '.db', [tmpdir(), trials]);
  for (const name of ['postgres', 'mysql'] as const) {
    if (which === name || which === 'all') await compareServer(name, Number(trials));
  }
}

async function compareServer(name: ServerName, trials: number): Promise<void> {
  if (name === 'postgres' ? postgresBin() === undefined : !isMariadbInstalled()) {
    console.log(`${name}: not installed`);
    return;
  }
  const server = await startServer(name, { durable: true });
  try {
    await compareStorage({ name, place: () => server.newDatabase(), trials, processes: [1, 2, 4] });
  } finally {
    await server.dispose();
  }
}
