import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import { floatDistribution } from '../../src/core/space/distributionRules.ts';
import type { SearchSpace } from '../../src/core/space/searchSpace.ts';
import { Direction } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { findPython } from '../support/python.ts';

const TRIALS = 2000;
const PARAMETERS = 5;

/**
 * Trials a second through a journal with an objective that does nothing, ours and Optuna's on the same disk in the same
 * run, every commit made durable by both. As in a session, a trial's end and the next trial are made durable together, and
 * a trial begins when it is durable. Arguments: the folder to write in, the number of trials.
 */
export async function run(args: readonly string[]): Promise<void> {
  const trials = Number(args[1] ?? TRIALS);
  const folder = mkdtempSync(join(args[0] ?? tmpdir(), 'tuneboard-journal-'));
  try {
    const ours = await measure(join(folder, 'ours-1.log'), trials, 1);
    const parallel = await measure(join(folder, 'ours-8.log'), trials, 8);
    report('Tuneboard, one at a time', trials, ours);
    report('Tuneboard, eight at a time', trials, parallel);
    const python = findPython('optuna');
    if (!python) {
      console.log('no interpreter with Optuna 5: nothing to compare with');
      return;
    }
    const theirs = measureOptuna(python, join(folder, 'optuna.log'), trials);
    report('Optuna JournalStorage', trials, theirs);
    console.log(`ratio one at a time: wall ${ratio(theirs.wall, ours.wall)}, CPU ${ratio(theirs.cpu, ours.cpu)}`);
    console.log(
      `ratio eight at a time: wall ${ratio(theirs.wall, parallel.wall)}, CPU ${ratio(theirs.cpu, parallel.cpu)}`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Seconds {
  readonly wall: number;
  readonly cpu: number;
}

async function measure(path: string, trials: number, parallel: number): Promise<Seconds> {
  const distribution = floatDistribution(-5, 5);
  const parameters = Array.from({ length: PARAMETERS }, (_, index) => ({ name: `x${index}`, distribution }));
  const space: SearchSpace = { parameters };
  const log = await JournalLog.open(path, { create: true });
  const record = await log.createStudy({ name: 'bench', directions: [Direction.minimize] });
  const study = new Study(log, record, { space, sampler: createSampler({ type: 'random', seed: 1 }), pruner: null });
  const startedAt = performance.now();
  const before = process.cpuUsage();
  let left = trials;
  const worker = async (): Promise<void> => {
    let told: Promise<unknown> = Promise.resolve();
    while (left-- > 0) {
      const trial = await study.ask();
      await told;
      await new Promise<void>((resolve, reject) => {
        told = study.tell(trial, { values: [0], onApplied: resolve });
        told.catch(reject);
      });
    }
    await told;
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  const { user, system } = process.cpuUsage(before);
  const seconds = { wall: (performance.now() - startedAt) / 1000, cpu: (user + system) / 1e6 };
  const written = record.history.length;
  await log.close();
  if (written !== trials) throw new Error(`wrote ${written} trials, expected ${trials}`);
  return seconds;
}

const OPTUNA = `
import sys, time, optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
optuna.logging.set_verbosity(optuna.logging.WARNING)
path, trials, parameters = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
study = optuna.create_study(storage=JournalStorage(JournalFileBackend(path)), sampler=optuna.samplers.RandomSampler(seed=1))
def objective(trial):
    for i in range(parameters):
        trial.suggest_float(f"x{i}", -5, 5)
    return 0.0
wall, cpu = time.perf_counter(), time.process_time()
study.optimize(objective, n_trials=trials)
print(time.perf_counter() - wall, time.process_time() - cpu)
`;

function measureOptuna(python: string, path: string, trials: number): Seconds {
  const output = execFileSync(python, ['-c', OPTUNA, path, String(trials), String(PARAMETERS)], { encoding: 'utf8' });
  const [wall = Number.NaN, cpu = Number.NaN] = output.trim().split(' ').map(Number);
  return { wall, cpu };
}

function report(name: string, trials: number, { wall, cpu }: Seconds): void {
  console.log(`${name}: ${(trials / wall).toFixed(0)} trials/s, ${((1000 * cpu) / trials).toFixed(2)} ms CPU a trial`);
}

function ratio(theirs: number, ours: number): string {
  return `${(theirs / ours).toFixed(1)} ×`;
}
