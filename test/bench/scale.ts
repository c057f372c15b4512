import type { SamplerType } from '../../src/core/samplers/samplerMethods.ts';
import { benchOptions, wholeNumber } from './benchOptions.ts';
import { realWorkers } from './scale/realWorkers.ts';
import { simulateWorkers } from './scale/simulateWorkers.ts';
import { printTable } from './table.ts';

const DEFAULTS = {
  /** Worker processes. */
  real: '1,2,4',
  /** Simulated workers. */
  workers: '16,64,256,1000',
  sampler: 'random',
  /** Of the median simulated trial. */
  seconds: '60',
  deaths: '0.02',
  latency: '5',
  write: '1',
};

const REPORTS = 5;
const HEARTBEAT_SECONDS = 30;
/** Trials a worker: fewer where there are many, so that it takes a minute. */
const TRIALS: readonly (readonly [workers: number, each: number])[] = [
  [16, 30],
  [64, 16],
  [256, 8],
  [Number.POSITIVE_INFINITY, 5],
];

/** How busy workers are that share one study, what they ask of the storage, and that none of their trials is lost or doubled. */
export async function run(args: readonly string[]): Promise<void> {
  const options = benchOptions(args, DEFAULTS);
  const counts = (text: string, name: string) => text.split(',').map((one) => wholeNumber(one, name));
  if (options.real !== '0') {
    console.log('real processes on SQLite, trials that wait 2 s');
    const rows: string[][] = [];
    for (const workers of counts(options.real, 'real')) {
      const { counted, efficiency } = await realWorkers(workers, 8, 2);
      rows.push([String(workers), `${counted} of ${workers * 8}`, efficiency.toFixed(3)]);
    }
    printTable(['workers', 'trials', 'efficiency'], rows);
  }
  const { seconds, deaths, latency, write } = options;
  console.log(
    `\nsimulated: trials of ${seconds} s (log-normal, σ 0.5), ${REPORTS} reports, ${Number(deaths) * 100} % of workers' trials end with the worker's death, ${latency} ms to the storage and back, ${write} ms a write`,
  );
  const rows: string[][] = [];
  for (const workers of counts(options.workers, 'workers')) {
    const each = TRIALS.find(([most]) => workers <= most)?.[1] ?? 1;
    const trials = workers * each;
    const result = await simulateWorkers({
      workers,
      trials,
      seconds: Number(seconds),
      deaths: Number(deaths),
      latencyMs: Number(latency),
      writeMs: Number(write),
      reports: REPORTS,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      sampler: options.sampler as SamplerType,
      seed: 1,
    });
    const fixed = (value: number) => value.toFixed(1);
    rows.push([
      String(workers),
      `${result.counted} of ${trials}`,
      `${result.retried} of ${result.died}`,
      String(result.doubled),
      result.efficiency.toFixed(3),
      result.efficiencyWithRetries.toFixed(3),
      fixed(result.reads),
      fixed(result.writes),
      fixed(result.beats),
      `${result.longestWaitMs.toFixed(0)} ms`,
    ]);
  }
  printTable(
    [
      'workers',
      'trials',
      'run again',
      'doubled',
      'efficiency',
      'to the last retry',
      'reads',
      'writes',
      'signs',
      'longest wait',
    ],
    rows,
  );
}
