import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { History } from '../../../src/core/study/history.ts';
import { TrialState } from '../../../src/core/study/states.ts';
import { ownerOf } from '../../../src/runs/trialOwner.ts';
import { openTrialLog } from '../../../src/storage/openTrialLog.ts';

const cli = fileURLToPath(new URL('../../../src/tuner/main.ts', import.meta.url));

export interface RealScale {
  readonly counted: number;
  /** Share of the workers' time in which a trial of theirs ran. */
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
    return { counted: history.count(TrialState.complete), efficiency: busyShare(history) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Mean over the workers: how long its trials ran, of the time from its first one's start to its last one's end. */
function busyShare(history: History): number {
  const spans = new Map<string, { from: number; to: number; busy: number }>();
  for (let number = 0; number < history.length; number++) {
    const session = ownerOf(history.systemAttrs(number))?.session ?? '';
    const [from, to] = [history.startedAt[number] as number, history.completedAt[number] as number];
    const known = spans.get(session) ?? { from, to, busy: 0 };
    spans.set(session, { from: Math.min(known.from, from), to: Math.max(known.to, to), busy: known.busy + to - from });
  }
  const shares = [...spans.values()].map(({ from, to, busy }) => busy / (to - from));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function run(args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`A worker ended with ${code}.`))));
  });
}
