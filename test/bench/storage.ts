import { tmpdir } from 'node:os';
import { MemoryLog } from '../../src/core/study/memoryLog.ts';
import { isRedisInstalled, startRedis } from '../support/redisServer.ts';
import { isMariadbInstalled, postgresBin, type ServerName, startServer } from '../support/servers.ts';
import { compareStorage } from './compareStorage.ts';
import { compareFiles } from './journal.ts';

const PROCESSES = [1, 2, 4, 8];

/**
 * Through every storage: in memory, in a journal, in SQLite (ours with a write-ahead log, Optuna's as it makes them), and on a
 * PostgreSQL, a MariaDB and a Redis server of its own; the first two write to the disk as they do by default, Redis before it
 * answers. Arguments: memory, journal, sqlite, postgres, mysql or redis (all), the number of trials of one turn (16 at least;
 * Optuna takes a tenth of a second and more for a trial), and on servers how long a trial waits, in milliseconds (0): only then do several processes have more to do than one.
 */
export async function run([which = 'all', trials = '100', trialMs = '0']: readonly string[]): Promise<void> {
  const wants = (name: string) => which === name || which === 'all';
  if (wants('memory')) await compareMemory(Number(trials));
  if (wants('journal')) await compareFiles('journal', '.log', [tmpdir(), trials], PROCESSES);
  if (wants('sqlite')) await compareFiles('SQLite', '.db', [tmpdir(), trials], PROCESSES);
  for (const name of ['postgres', 'mysql'] as const) {
    if (wants(name)) await compareServer(name, Number(trials), Number(trialMs));
  }
  if (wants('redis')) await compareRedis(Number(trials), Number(trialMs));
}

async function compareRedis(trials: number, trialMs: number): Promise<void> {
  if (!isRedisInstalled()) {
    console.log('redis: not installed');
    return;
  }
  const server = await startRedis({ appendfsync: 'always' });
  try {
    const place = async () => server.url();
    const serverCpu = () => server.cpuSeconds();
    await compareStorage({ name: 'redis', place, serverCpu, trials, trialMs, processes: PROCESSES });
  } finally {
    await server.dispose();
  }
}

async function compareMemory(trials: number): Promise<void> {
  const open = async () => new MemoryLog();
  await compareStorage({ name: 'memory', place: async () => ':memory:', open, trials: 10 * trials });
}

async function compareServer(name: ServerName, trials: number, trialMs: number): Promise<void> {
  if (name === 'postgres' ? postgresBin() === undefined : !isMariadbInstalled()) {
    console.log(`${name}: not installed`);
    return;
  }
  const server = await startServer(name, { durable: true });
  try {
    const serverCpu = () => server.cpuSeconds();
    await compareStorage({ name, place: () => server.newDatabase(), serverCpu, trials, trialMs, processes: PROCESSES });
  } finally {
    await server.dispose();
  }
}
