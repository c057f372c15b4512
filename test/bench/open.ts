import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floatDistribution } from '../../src/core/space/distributionRules.ts';
import { TrialState } from '../../src/core/study/states.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { JournalEncoder } from '../../src/storage/journal/journalOps.ts';

/** Opens journals of 10,000 and 100,000 trials × 8 parameters and follows one appended trial. Optuna's own line forms. */
export async function run(args: readonly string[]): Promise<void> {
  const sizes = args.length > 0 ? args.map(Number) : [10_000, 100_000];
  const folder = mkdtempSync(join(tmpdir(), 'tuneboard-open-'));
  try {
    for (const size of sizes) await measure(folder, size);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(folder: string, trials: number): Promise<void> {
  const path = join(folder, `${trials}.log`);
  writeJournal(path, trials);
  const megabytes = statSync(path).size / 1e6;
  const start = process.cpuUsage();
  const startedAt = performance.now();
  const log = await JournalLog.open(path);
  const wall = performance.now() - startedAt;
  const cpu = cpuMs(start);
  const rssMb = process.memoryUsage().rss / 1e6;
  console.log(
    `open ${trials} trials (${megabytes.toFixed(0)} MB): ${cpu.toFixed(0)} ms CPU, ${wall.toFixed(0)} ms wall, RSS ${rssMb.toFixed(0)} MB`,
  );
  const appendTimes: number[] = [];
  for (let round = 0; round < 20; round++) {
    appendFileSync(path, trialLines(trials + round));
    const before = process.cpuUsage();
    await log.refresh();
    appendTimes.push(cpuMs(before));
  }
  appendTimes.sort((a, b) => a - b);
  console.log(
    `append a trial at ${trials}: median ${appendTimes[10]?.toFixed(2)} ms CPU, worst ${appendTimes[19]?.toFixed(2)} ms`,
  );
  const length = log.studies()[0]?.history.length;
  if (length !== trials + 20) throw new Error(`read ${length} trials, expected ${trials + 20}`);
  await log.close();
}

const encoder = new JournalEncoder('6b1f7a52-54fb-4a2e-9a9a-0d8f8a9f2c11-139846454282112');
const params = Array.from({ length: 8 }, (_, index) => ({
  name: `param_${index}`,
  distribution: floatDistribution(1e-5, 1, { log: true }),
}));

function trialLines(number: number): string {
  let text = encoder.createTrial(0, { state: TrialState.running, startedAt: 1.79e12 + number * 1000 }, 1);
  for (const [index, { name, distribution }] of params.entries()) {
    const internal = ((number * 8 + index) * 0.618_033_988_749_895) % 1;
    text += encoder.change(number, { type: 'param', number, param: { name, internal, distribution } });
  }
  const values = [Math.sin(number)];
  const at = 1.79e12 + number * 1000 + 500;
  return text + encoder.change(number, { type: 'state', number, state: TrialState.complete, values, at });
}

function writeJournal(path: string, trials: number): void {
  const fd = openSync(path, 'w');
  writeSync(fd, encoder.createStudy('bench', [1]));
  for (let number = 0; number < trials; number += 1000) {
    let text = '';
    for (let next = number; next < Math.min(trials, number + 1000); next++) text += trialLines(next);
    writeSync(fd, text);
  }
  closeSync(fd);
}

function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
