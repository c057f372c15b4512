import { execFileSync, spawn } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createSampler } from '../../src/core/samplers/createSampler.ts';
import { floatDistribution } from '../../src/core/space/distributionRules.ts';
import type { SearchSpace } from '../../src/core/space/searchSpace.ts';
import { Direction } from '../../src/core/study/states.ts';
import { Study } from '../../src/core/study/study.ts';
import type { StudyRecord, WritableTrialLog } from '../../src/core/study/studyStore.ts';
import { openWritableStorage, storagePlace } from '../../src/storage/writableStorage.ts';
import { findPython } from '../support/python.ts';

const TRIALS = 500;
const TURNS = 8;
/** On a slow disk no further turn begins after this time, in milliseconds. */
const LONGEST_MS = 90_000;
const PARAMETERS = 5;
/** Of ours, before any is measured: what compiles itself has done so, as in a session that has run for a while. */
export const WARM_TRIALS = 400;
const WORKERS = 8;

/** Where trials are written. */
export interface Measured {
  readonly name: string;
  /** A storage of its own for each turn, as a `storage` setting. */
  place(name: string): Promise<string>;
  /** By default what a storage setting names. */
  open?(place: string): Promise<WritableTrialLog>;
  readonly trials?: number | undefined;
  /** How long the objective of a trial waits, in milliseconds; 0 by default, which is nothing but the storage's own time. */
  readonly trialMs?: number | undefined;
  /** Seconds of CPU that a server has taken so far; undefined where that cannot be told. */
  serverCpu?(): number | undefined;
  /** How many processes are measured besides, each of ours trial after trial, as each of Optuna's; none by default. */
  readonly processes?: readonly number[];
}

/**
 * Trials a second with an objective that does nothing, ours and Optuna's in the same run, every commit made durable by both.
 * As in a session, a trial's end and the next trial are made durable together, and a trial begins when it is durable. They
 * take turns, and the median trial is told next to the mean of all: disks are shared, and their speed comes and goes. Eight
 * of ours run in one process, as a session runs them, Optuna's as eight threads; of processes as many of each. CPU is that of
 * who writes; with the server's, and as many cores as there are, it tells how many trials a second there can be at most.
 */
export async function compareStorage(measured: Measured): Promise<void> {
  const { name, place, trials = TRIALS, trialMs = 0, processes = [] } = measured;
  if (!(trials >= 2 * WORKERS)) throw new Error(`a turn takes at least ${2 * WORKERS} trials, not ${trials}`);
  const python = findPython('optuna');
  const turns = { one: [] as Turn[], eight: [] as Turn[], single: [] as Turn[], threads: [] as Turn[] };
  const many = new Map(processes.map((count) => [count, { ours: [] as Turn[], theirs: [] as Turn[] }]));
  await measure(measured, 'warm', WARM_TRIALS, 1);
  const until = performance.now() + LONGEST_MS;
  for (let turn = 0; turn < TURNS && performance.now() < until; turn++) {
    turns.one.push(await measure(measured, `one${turn}`, trials, 1));
    turns.eight.push(await measure(measured, `eight${turn}`, trials, WORKERS));
    for (const [count, { ours }] of many) {
      ours.push(await measureProcesses(measured, await place(`ours${count}-${turn}`), trials, count));
    }
    if (!python) continue;
    const theirs = async (name: string, count: number, workers: number, how: 'threads' | 'processes') => {
      const storage = await place(name);
      return withServer(measured, () => measureOptuna(python, storage, [count, PARAMETERS, workers, how, trialMs]));
    };
    turns.single.push(await theirs(`single${turn}`, trials, 1, 'threads'));
    // These are slow, and every turn is weighed by its own number of trials.
    const few = (workers: number) => Math.max(Math.ceil(trials / 4), 2 * workers);
    turns.threads.push(await theirs(`threads${turn}`, few(WORKERS), WORKERS, 'threads'));
    for (const [count, others] of many) {
      others.theirs.push(await theirs(`theirs${count}-${turn}`, few(count), count, 'processes'));
    }
  }
  console.log(`${name}: ${turns.one.length} turns`);
  report('Tuneboard, one at a time', turns.one);
  report('Tuneboard, eight at a time', turns.eight);
  for (const [count, { ours }] of many) report(`Tuneboard, ${processesText(count)}`, ours);
  if (!python) {
    console.log('no interpreter with Optuna 5: nothing to compare with');
    return;
  }
  report('Optuna, one at a time', turns.single);
  report('Optuna, eight threads', turns.threads);
  for (const [count, { theirs }] of many) report(`Optuna, ${processesText(count)}`, theirs);
  compare('one at a time', turns.single, turns.one);
  compare('eight at a time : eight threads', turns.threads, turns.eight);
  for (const [count, { ours, theirs }] of many) compare(processesText(count), theirs, ours);
}

function processesText(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

export interface Turn {
  /** Seconds. */
  readonly wall: number;
  readonly cpu: number;
  /** Of the server; NaN where that cannot be told. */
  readonly server: number;
  readonly trials: number;
  /** Seconds a trial: between ends, of as many trials as run at a time. */
  readonly gaps: readonly number[];
}

/** What the server took meanwhile goes with it. */
async function withServer(measured: Measured, run: () => Promise<Turn> | Turn): Promise<Turn> {
  const before = measured.serverCpu?.() ?? Number.NaN;
  const turn = await run();
  return { ...turn, server: (measured.serverCpu?.() ?? Number.NaN) - before };
}

/**
 * Trials in processes of their own, which begin together, as many each. They have run trials of another study together before,
 * as Optuna's have.
 */
async function measureProcesses(measured: Measured, storage: string, trials: number, count: number): Promise<Turn> {
  const log = await openWritableStorage(storagePlace(storage, '.'));
  for (const name of ['bench', 'warm']) await log.createStudy({ name, directions: [Direction.minimize] });
  await log.close();
  const args = [
    fileURLToPath(new URL('compareStorageWorker.ts', import.meta.url)),
    storage,
    `${trials}`,
    `${measured.trialMs ?? 0}`,
  ];
  const workers = Array.from({ length: count }, () =>
    spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const lines = workers.map((worker) => createInterface(worker.stdout)[Symbol.asyncIterator]());
  for (const line of lines) await line.next();
  const before = measured.serverCpu?.() ?? Number.NaN;
  const startedAt = performance.now();
  for (const worker of workers) worker.stdin.end('go\n');
  const ends = (await Promise.all(
    lines.map(async (line) => JSON.parse((await line.next()).value as string)),
  )) as Turn[];
  const wall = (performance.now() - startedAt) / 1000;
  const server = (measured.serverCpu?.() ?? Number.NaN) - before;
  const cpu = ends.reduce((sum, turn) => sum + turn.cpu, 0);
  return {
    wall,
    cpu,
    server,
    trials: trials * count,
    gaps: ends.flatMap((turn) => turn.gaps).map((gap) => gap / count),
  };
}

async function measure(measured: Measured, name: string, trials: number, parallel: number): Promise<Turn> {
  const { place, open, trialMs = 0 } = measured;
  const storage = await place(name);
  const log = await (open ? open(storage) : openWritableStorage(storagePlace(storage, '.')));
  const record = await log.createStudy({ name: 'bench', directions: [Direction.minimize] });
  const turn = await withServer(measured, () => runTrials(log, record, trials, parallel, trialMs));
  const written = record.history.length;
  await log.close();
  if (written !== trials) throw new Error(`wrote ${written} trials, expected ${trials}`);
  return turn;
}

/** Runs trials of an objective that does nothing, for so long, on a study that is open. */
export async function runTrials(
  log: WritableTrialLog,
  record: StudyRecord,
  trials: number,
  parallel: number,
  trialMs: number,
): Promise<Turn> {
  const distribution = floatDistribution(-5, 5);
  const parameters = Array.from({ length: PARAMETERS }, (_, index) => ({ name: `x${index}`, distribution }));
  const space: SearchSpace = { parameters };
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
      if (trialMs > 0) await delay(trialMs);
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
  return { wall, cpu: (user + system) / 1e6, server: Number.NaN, trials, gaps: gapsOf(ends, parallel) };
}

const optunaScript = fileURLToPath(new URL('journal.py', import.meta.url));

function measureOptuna(
  python: string,
  storage: string,
  words: readonly [trials: number, parameters: number, workers: number, 'threads' | 'processes', trialMs: number],
): Turn {
  const output = execFileSync(python, [optunaScript, storage, ...words.map(String)], { encoding: 'utf8' });
  const [, , workers] = words;
  const { wall, cpu, ends } = JSON.parse(output) as { wall: number; cpu: number; ends: readonly number[] };
  return { wall, cpu, server: Number.NaN, trials: ends.length, gaps: gapsOf([0, ...ends], workers) };
}

/** Seconds a trial, from when each ended. */
function gapsOf(ends: readonly number[], parallel: number): number[] {
  return ends.slice(parallel).map((end, index) => (end - (ends[index] as number)) / parallel);
}

function report(name: string, turns: readonly Turn[]): void {
  const { perTrial, median, cpu, server } = summary(turns);
  const ofServer = Number.isNaN(server) ? '' : `, ${ms(server)} of the server's`;
  const times = `median ${ms(median)} and mean ${ms(perTrial)} a trial, ${ms(cpu)} of CPU${ofServer}`;
  console.log(`${name}: ${(1 / perTrial).toFixed(0)} trials/s, ${times}`);
}

function compare(name: string, theirs: readonly Turn[], ours: readonly Turn[]): void {
  const [their, our] = [summary(theirs), summary(ours)];
  const ratios = (['median', 'perTrial', 'cpu'] as const).map((key) => `${(their[key] / our[key]).toFixed(1)} ×`);
  console.log(`ratio ${name}: median ${ratios[0]}, mean ${ratios[1]}, CPU ${ratios[2]}`);
}

/** Seconds a trial. */
function summary(turns: readonly Turn[]): Record<'perTrial' | 'median' | 'cpu' | 'server', number> {
  const gaps = turns.flatMap((turn) => turn.gaps).sort((a, b) => a - b);
  const sum = (key: 'wall' | 'cpu' | 'server' | 'trials'): number =>
    turns.reduce((total, turn) => total + turn[key], 0);
  const median = gaps[Math.floor(gaps.length / 2)] as number;
  const each = (key: 'wall' | 'cpu' | 'server'): number => sum(key) / sum('trials');
  return { perTrial: each('wall'), median, cpu: each('cpu'), server: each('server') };
}

/** Median seconds to append a line and make it durable, by itself: what no journal can go below, once a trial. */
export function flushTime(folder: string): number {
  const path = join(folder, `tuneboard-flush-${process.pid}`);
  const fd = openSync(path, 'a');
  try {
    const times = Array.from({ length: 200 }, () => {
      const startedAt = performance.now();
      writeSync(fd, `${'x'.repeat(900)}\n`);
      fdatasyncSync(fd);
      return (performance.now() - startedAt) / 1000;
    });
    return times.sort((a, b) => a - b)[100] as number;
  } finally {
    closeSync(fd);
    rmSync(path);
  }
}

export function ms(seconds: number): string {
  return `${(1000 * seconds).toFixed(2)} ms`;
}
