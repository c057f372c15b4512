/** Real tuner processes for tests: a folder of their own, study files, and what came of them. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import type { RunRecord } from '../../src/protocol/runRecord.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';

export const cli = fileURLToPath(new URL('../../src/tuner/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class TunerFolder {
  readonly path: string;
  readonly #children: ChildProcess[] = [];

  /** The folder's name is hostile on purpose: a blank, quotes and Chinese. */
  constructor(base = tmpdir(), name = `tune'r "中文" `) {
    this.path = mkdtempSync(join(base, name));
  }

  write(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  /** Writes a study of a Node program that sees `lr` and `steps` and reports `score`. */
  study(program: string, options: { head?: string; command?: string; objective?: string } = {}): string {
    this.write('train.mjs', program);
    return this.write(
      'demo.study.yaml',
      `name: demo
direction: maximize
metric: score
objective:
  command: ${options.command ?? `["${process.execPath}", train.mjs, --lr, "{lr}", --steps, "{steps}"]`}
${options.objective ?? ''}
space:
  lr: { type: float, low: 1.0e-5, high: 1.0e-1, log: true }
  steps: { type: int, low: 1, high: 4 }
${options.head ?? 'budget: { trials: 4 }'}
`,
    );
  }

  start(
    args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
    program = cli,
    { detached = false } = {},
  ): { child: ChildProcess; ended: Promise<Ended>; stdout: () => string } {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.path,
      env,
      detached,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    return { child, ended, stdout: () => stdout };
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(args).ended;
  }

  record(study = 'demo'): RunRecord {
    return JSON.parse(readFileSync(join(this.path, '.tuneboard', study, 'run.json'), 'utf8')) as RunRecord;
  }

  /** Undefined: no run has got that far. */
  recordIfAny(study = 'demo'): RunRecord | undefined {
    try {
      return this.record(study);
    } catch {
      return undefined;
    }
  }

  journal(study = 'demo'): string {
    return join(this.path, '.tuneboard', study, 'journal.log');
  }

  /** A study of the run's journal, by the name that it has there. */
  async load(study = 'demo', storedName = study): Promise<StudyRecord> {
    const log = await JournalLog.open(this.journal(study));
    const record = log.studies().find(({ name }) => name === storedName);
    await log.close();
    if (!record) throw new Error(`no study ${study} in the journal`);
    return record;
  }

  /** Names of the trials that have a checkpoint. */
  checkpoints(study = 'demo'): string[] {
    return readdirSync(join(this.path, '.tuneboard', study, 'checkpoints')).sort();
  }

  /** Ends what a failed test left running, too: it would keep the test's process from its end. */
  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Waits until `condition` holds, which is asked `everyMs`; fails after `timeoutMs`, which is far more than a loaded machine
 * needs.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { everyMs = 20, timeoutMs = 120_000 } = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${condition}`);
    await sleep(everyMs);
  }
}

/** How often a test kills its tuner; TUNEBOARD_KILLS for more. */
export const KILLS = Number(process.env['TUNEBOARD_KILLS'] ?? 6);

/** Kills the tuner at random moments, then lets it come to its end. */
export async function killAgainAndAgain(folder: TunerFolder, source: string): Promise<void> {
  for (let kill = 0; kill < KILLS; kill++) {
    const tuner = folder.start(['run', source]);
    await until(() => tuner.stdout().includes('Study "demo"') || tuner.child.exitCode !== null);
    await sleep(150 + Math.random() * 700);
    tuner.child.kill('SIGKILL');
    await tuner.ended;
  }
  const last = await folder.run('run', source);
  assert.equal(last.code, 0, last.stderr);
  assert.deepEqual(processesWith(folder.path), [], 'no program is left behind');
}

/** Pids of living processes whose command line holds a text. */
export function processesWith(text: string): number[] {
  return readdirProc().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text) && pid !== process.pid;
    } catch {
      return false;
    }
  });
}

function readdirProc(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
