import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TrialState } from '../../../src/core/study/states.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';

const cli = fileURLToPath(new URL('../../../src/tuner/main.ts', import.meta.url));

export interface RealScale {
  readonly counted: number;
  /** Share of the workers' time in which a trial of theirs ran, from the first trial that began to the last that ended. */
  readonly efficiency: number;
}

/** Real worker processes on one SQLite database; a trial is a program that waits, as one on a GPU would. */
export async function realWorkers(workers: number, trialsEach: number, seconds: number): Promise<RealScale> {
  const folder = mkdtempSync(join(tmpdir(), 'scale-'));
  try {
    const source = join(folder, 'scale.study.yaml');
    const trials = workers * trialsEach;
    writeFileSync(
      source,
      `metric: loss
objective: { command: "sleep ${seconds}; echo loss={x}", shell: true }
space: { x: { type: float, low: 0.0, high: 1.0 } }
pruner: none
budget: { trials: ${trials} }
storage: sqlite:///study.db
`,
    );
    await Promise.all(Array.from({ length: workers }, () => run(['worker', '--study-file', source], folder)));
    const log = await openTrialLog(join(folder, 'study.db'));
    const history = log.studies()[0]?.history;
    await log.close();
    if (!history) throw new Error('The workers left no study.');
    const durations = history.completedAt.map((end, number) => end - (history.startedAt[number] as number));
    const span = Math.max(...history.completedAt) - Math.min(...history.startedAt);
    const busy = durations.reduce((sum, duration) => sum + duration, 0);
    return { counted: history.count(TrialState.complete), efficiency: busy / (workers * span) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`A worker ended with ${code}.`))));
  });
}
