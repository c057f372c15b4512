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

const TRIALS = 250;
const TURNS = 8;
const PARAMETERS = 5;

/**
 * Trials a second through a journal with an objective that does nothing, ours and Optuna's on the same disk in the same
 * run, every commit made durable by both. As in a session, a trial's end and the next trial are made durable together, and
 * a trial begins when it is durable. They take turns, and the median trial is told next to the mean of all: disks are
 * shared, and their speed comes and goes. Arguments: the folder to write in, the number of trials of one turn.
 */
export async function run(args: readonly string[]): Promise<void> {
  const trials = Number(args[1] ?? TRIALS);
  const folder = mkdtempSync(join(args[0] ?? tmpdir(), 'tuneboard-journal-'));
  const python = findPython('optuna');
  const one: Turn[] = [];
  const eight: Turn[] = [];
  const theirs: Turn[] = [];
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      one.push(await measure(join(folder, `one-${turn}.log`), trials, 1));
      eight.push(await measure(join(folder, `eight-${turn}.log`), trials, 8));
      if (python) theirs.push(measureOptuna(python, join(folder, `optuna-${turn}.log`), trials));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  report('Tuneboard, one at a time', one);
  report('Tuneboard, eight at a time', eight);
  if (!python) {
    console.log('no interpreter with Optuna 5: nothing to compare with');
    return;
  }
  report('Optuna JournalStorage', theirs);
  compare('one at a time', theirs, one);
  compare('eight at a time', theirs, eight);
}

interface Turn {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
  readonly trials: number;
  /** Seconds a trial: between ends, of as many trials as run at a time. */
  readonly gaps: readonly number[];
}

async function measure(path: string, trials: number, parallel: number): Promise<Turn> {
  const distribution = floatDistribution(-5, 5);
  const parameters = Array.from({ length: PARAMETERS }, (_, index) => ({ name: `x${index}`, distribution }));
  const space: SearchSpace = { parameters };
  const log = await JournalLog.open(path, { create: true });
  const record = await log.createStudy({ name: 'bench', directions: [Direction.minimize] });
  const study = new Study(log, record, { space, sampler: createSampler({ type: 'random', seed: 1 }), pruner: null });
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const ends: number[] = [startedAt / 1000];
  let left = trials;
  const worker = async (): Promise<void> => {
    let told: Promise<unknown> = Promise.resolve();
    while (left-- > 0) {
      const trial = await study.ask();
      await told;
      await new Promise<void>((resolve, reject) => {
        told = study.tell(trial, { values: [0], onApplied: resolve }).then(() => ends.push(performance.now() / 1000));
        told.catch(reject);
      });
    }
    await told;
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  const { user, system } = process.cpuUsage(before);
  const wall = (performance.now() - startedAt) / 1000;
  const gaps = ends.slice(parallel).map((end, index) => (end - (ends[index] as number)) / parallel);
  const written = record.history.length;
  await log.close();
  if (written !== trials) throw new Error(`wrote ${written} trials, expected ${trials}`);
  return { wall, cpu: (user + system) / 1e6, trials, gaps };
}

const OPTUNA = `
import json, sys, time, optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
optuna.logging.set_verbosity(optuna.logging.WARNING)
path, trials, parameters = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
study = optuna.create_study(storage=JournalStorage(JournalFileBackend(path)), sampler=optuna.samplers.RandomSampler(seed=1))
def objective(trial):
    for i in range(parameters):
        trial.suggest_float(f"x{i}", -5, 5)
    return 0.0
ends = [time.perf_counter()]
cpu = time.process_time()
study.optimize(objective, n_trials=trials, callbacks=[lambda study, trial: ends.append(time.perf_counter())])
wall = time.perf_counter() - ends[0]
print(json.dumps({"wall": wall, "trials": trials, "cpu": time.process_time() - cpu, "gaps": [b - a for a, b in zip(ends, ends[1:])]}))
`;

function measureOptuna(python: string, path: string, trials: number): Turn {
  const output = execFileSync(python, ['-c', OPTUNA, path, String(trials), String(PARAMETERS)], { encoding: 'utf8' });
  return JSON.parse(output) as Turn;
}

function report(name: string, turns: readonly Turn[]): void {
  const { perTrial, median, cpu } = summary(turns);
  const times = `median ${ms(median)} and mean ${ms(perTrial)} a trial, ${ms(cpu)} of it CPU`;
  console.log(`${name}: ${(1 / perTrial).toFixed(0)} trials/s, ${times}`);
}

function compare(name: string, theirs: readonly Turn[], ours: readonly Turn[]): void {
  const [their, our] = [summary(theirs), summary(ours)];
  const ratios = (['median', 'perTrial', 'cpu'] as const).map((key) => `${(their[key] / our[key]).toFixed(1)} ×`);
  console.log(`ratio ${name}: median ${ratios[0]}, mean ${ratios[1]}, CPU ${ratios[2]}`);
}

/** Seconds a trial. */
function summary(turns: readonly Turn[]): { perTrial: number; median: number; cpu: number } {
  const gaps = turns.flatMap((turn) => turn.gaps).sort((a, b) => a - b);
  const sum = (key: 'wall' | 'cpu' | 'trials'): number => turns.reduce((total, turn) => total + turn[key], 0);
  const median = gaps[Math.floor(gaps.length / 2)] as number;
  return { perTrial: sum('wall') / sum('trials'), median, cpu: sum('cpu') / sum('trials') };
}

function ms(seconds: number): string {
  return `${(1000 * seconds).toFixed(2)} ms`;
}
