import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StudyRecord } from '../../src/core/study/studyStore.ts';
import type { StopMode } from '../../src/protocol/control.ts';
import { runFolderOf, scriptStudyName } from '../../src/runs/runFolder.ts';
import { createRunFolder } from '../../src/runs/runRecords.ts';
import { JournalLog } from '../../src/storage/journal/journalLog.ts';
import { scriptLaunch } from '../../src/tuner/objective/launch/launchContext.ts';
import type { OptunaRunOptions } from '../../src/tuner/objective/optuna/optunaRun.ts';
import { runOptunaScript } from '../../src/tuner/objective/optuna/runOptunaScript.ts';
import type { RunOutcome } from '../../src/tuner/run/outcome.ts';

type StudyEvent = Parameters<OptunaRunOptions['events']['study']>[0];

type RunOptions = Partial<OptunaRunOptions> & { readonly trialLimit?: number; readonly env?: NodeJS.ProcessEnv };

export interface ScriptRun {
  readonly outcome: Promise<RunOutcome>;
  readonly studies: StudyEvent[];
  readonly notes: string[];
  readonly pids: number[];
  stop(mode: StopMode): void;
  pause(isPaused: boolean): void;
}

/** A folder for scripts whose name has everything that a shell, a URL or a regular expression would trip over. */
export class ScriptFolder {
  readonly path = join(mkdtempSync(join(tmpdir(), 'tb-')), `it's "调参" & 100%`);

  constructor() {
    mkdirSync(this.path, { recursive: true });
  }

  write(name: string, text: string): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  writeNotebook(name: string, cells: readonly string[]): string {
    const list = cells.map((source) => ({
      cell_type: 'code',
      metadata: {},
      outputs: [],
      source: source.split(/(?<=\n)/),
    }));
    const notebook = { cells: list, metadata: { kernelspec: { language: 'python' } }, nbformat: 4, nbformat_minor: 5 };
    return this.write(name, JSON.stringify(notebook));
  }

  /** Studies in the journal of the script, read anew. */
  async studies(script: string): Promise<readonly StudyRecord[]> {
    const log = await JournalLog.open(runFolderOf(script, scriptStudyName(script)).journal);
    await log.close();
    return log.studies();
  }

  /** A file of the script's run folder. */
  read(script: string, name: string): string {
    return readFileSync(join(runFolderOf(script, scriptStudyName(script)).path, name), 'utf8');
  }

  /** Files of the script's run folder, relative to it, sorted. */
  files(script: string): string[] {
    const { path } = runFolderOf(script, scriptStudyName(script));
    const entries = readdirSync(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(path, join(entry.parentPath, entry.name)))
      .sort();
  }

  /** Starts a script as the tuner does. */
  start(script: string, python: string | null, options: RunOptions = {}): ScriptRun {
    const listeners: ((mode: StopMode) => void)[] = [];
    const pauses: ((isPaused: boolean) => void)[] = [];
    const run = { studies: [] as StudyEvent[], notes: [] as string[], pids: [] as number[] };
    const started = async (): Promise<RunOutcome> => {
      const folder = runFolderOf(script, scriptStudyName(script));
      createRunFolder(folder);
      const log = await JournalLog.open(folder.journal, { create: true });
      try {
        return await runOptunaScript({
          script,
          args: [],
          attach: 'hook',
          base: null,
          launch: scriptLaunch({
            script,
            base: dirname(script),
            python,
            objective: null,
            env: options.env ?? process.env,
          }),
          studyName: basename(script),
          metrics: [],
          folder,
          log,
          control: {
            onStop: (listener) => void listeners.push(listener),
            onPause: (listener) => void pauses.push(listener),
            onTrialLimit: (listener) => listener(options.trialLimit ?? null),
          },
          events: {
            started: (pid) => run.pids.push(pid),
            study: (study) => run.studies.push(study),
            note: (sentence) => run.notes.push(sentence),
            hookFailed: () => run.notes.push('hook failed'),
          },
          ...options,
        });
      } finally {
        await log.close();
      }
    };
    return {
      ...run,
      outcome: started(),
      stop: (mode) => {
        for (const listener of listeners) listener(mode);
      },
      pause: (isPaused) => {
        for (const listener of pauses) listener(isPaused);
      },
    };
  }

  run(script: string, python: string | null, options: RunOptions = {}): Promise<RunOutcome> {
    return this.start(script, python, options).outcome;
  }

  remove(): void {
    rmSync(dirname(this.path), { recursive: true, force: true });
  }
}

/** Waits until the condition holds; fails after `timeoutMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 120_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await sleep(20);
  }
}
