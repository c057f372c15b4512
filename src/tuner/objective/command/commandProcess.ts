import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUTPUT_FAILURE } from '../../../core/study/attributes.ts';
import { ENGINE_VARIABLE } from '../../../protocol/workers.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';
import type { Message } from '../../../words/message.ts';
import { killTree, memoryKills } from '../../run/processTree.ts';
import type { ExplainedCause } from '../launch/causes.ts';
import { type LineReport, LineReports, type LineSource, tellingLine } from '../metrics/lineReport.ts';
import { OutputFile } from '../metrics/outputFile.ts';
import { PrintedLines } from '../metrics/printedLines.ts';
import type { EarlyEnd, EndCause, ObjectiveOutcome, RunningObjective, TrialHandle } from '../objective.ts';
import type { ClientSession } from './clientEndpoint.ts';

/** A checkpoint counts as complete when nothing in its folder has changed for so long. */
const QUIET_MS = 300;

const POLL_MS = 50;

export interface CommandProcessOptions {
  readonly command: { readonly program: string; readonly args: readonly string[]; readonly shell: boolean };
  readonly trial: TrialHandle;
  readonly client: ClientSession;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly metrics: readonly string[];
  readonly constraints: readonly string[];
  /** No metrics in words. */
  readonly isExact: boolean;
  readonly outputPath: string;
  readonly timeoutMs: number | null;
  /** Why it could not begin its work, from what it printed last. */
  readonly startCause?: (output: string) => ExplainedCause | undefined;
  readonly onOutput?: (chunk: Uint8Array) => void;
  /** Reads its lines instead of `metrics`. */
  readonly reader?: LineSource | undefined;
  /** Told in one sentence that some of its lines were not read. */
  readonly onSkipped: (sentence: string) => void;
}

/** How long a program may take to end after SIGTERM. */
const GRACE_MS = 5000;
/** How long a program that uses the client may take to end itself once it is to be pruned. */
const PRUNE_GRACE_MS = 10_000;
/** A program that ends by itself this soon after a report has made its last one: it has a result and is not pruned. */
const LAST_REPORT_MS = 150;
/** How long a program that comes to the end of its part may take to write its checkpoint after the report. */
const CHECKPOINT_MS = 3000;
/** How long output may still arrive from a descendant after the program itself has ended. */
const DRAIN_MS = 1000;
/**
 * Who ends a job, as Slurm does, signals all its processes, the programs first: the order to end one may come this much
 * after its end, and then it has not failed.
 */
const JOB_END_MS = 1000;
const JOB_END_SIGNALS: ReadonlySet<unknown> = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 128 + 15, 128 + 2, 128 + 1]);
const LAST_LINES = 20;
/** As a shell tells of a program of its own that was killed. */
const KILLED = 128 + 9;

/** One program run for one trial. */
export class CommandProcess implements RunningObjective {
  readonly outcome: Promise<ObjectiveOutcome>;
  readonly #options: CommandProcessOptions;
  readonly #child: ChildProcess;
  readonly #output: OutputFile;
  readonly #lastLines: string[] = [];
  #ending: Promise<void> | undefined;
  #exit: Exit | undefined;
  #onEnd: (() => void) | undefined;
  #isOver = false;
  #hasReported = false;
  #cause: EndCause | 'timeout' | undefined;
  readonly #killsBefore = memoryKills();
  /** Why its part is over, while it may still write its checkpoint. */
  #partEnd: EarlyEnd | undefined;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(options: CommandProcessOptions) {
    this.#options = options;
    const { command, trial } = options;
    this.#output = new OutputFile(options.outputPath);
    const reports = options.reader ?? new LineReports(options);
    this.#child = spawn(command.program, [...command.args], {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own: Ctrl+C in the terminal reaches the tuner only, and the whole group can be ended.
      detached: process.platform !== 'win32',
      shell: command.shell,
      windowsHide: true,
    });
    const lines = new PrintedLines<LineReport | undefined>({
      parse: (line) => reports.read(line),
      onLine: (line, report) => this.#onLine(line, report),
      onSkipped: options.onSkipped,
    });
    const streams = [this.#child.stdout, this.#child.stderr].map((stream) =>
      lines.follow(stream, (piece) => {
        this.#output.write(piece);
        options.onOutput?.(piece);
      }),
    );
    trial.onEarlyEnd((cause) => this.#endSoon(cause));
    if (options.timeoutMs !== null) this.#later(options.timeoutMs, () => this.#end('timeout'));
    this.outcome = this.#ended().then(async (exit) => {
      for (const stream of streams) stream.end();
      if (JOB_END_SIGNALS.has(exit.signal ?? exit.code)) await this.#orderToEnd();
      await this.#ending;
      this.#finish();
      return this.#judge(exit);
    });
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  end(cause: EndCause): void {
    this.#end(cause);
  }

  #onLine(line: string, report: LineReport | undefined): void {
    if (report?.gradient) this.#options.trial.reportGradient(report.gradient);
    if (line !== '' && line.trim() !== '') {
      this.#lastLines.push(line.length > 500 ? `${line.slice(0, 500)}…` : line);
      if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
    }
    if (!report || Object.keys(report.metrics).length === 0) return;
    this.#hasReported = true;
    this.#options.trial.report(report.metrics, report.step);
    // It goes on with the next part: waiting for a quiet folder would let it train to its end.
    if (this.#partEnd && this.#options.trial.isBeyondEnd) this.#end(this.#partEnd);
  }

  /**
   * Ends the tree, unless the program ends by itself first; one that talks to the tuner gets longer for that, and one
   * that is not worthless gets the time to write its checkpoint.
   */
  #endSoon(cause: EarlyEnd): void {
    const { client, trial } = this.#options;
    if (client.isConnected) this.#later(PRUNE_GRACE_MS, () => this.#end(cause));
    else if (cause === 'pruned' || !trial.part) this.#later(LAST_REPORT_MS, () => this.#end(cause));
    else {
      this.#partEnd = cause;
      void untilQuiet(trial.part.checkpoint, CHECKPOINT_MS).then(() => this.#end(cause));
    }
  }

  #end(cause: EndCause | 'timeout'): void {
    const { pid } = this.#child;
    if (this.#cause || this.#isOver || pid === undefined) return;
    // It has ended in time.
    if (cause === 'timeout' && (this.#onEnd || this.#ending)) return;
    // Only what it left is still at work: a program that has ended well has its result.
    if (this.#ending && this.#exit?.code === 0) return;
    this.#cause = cause;
    this.#ending ??= this.#killTree(pid, cause === 'pruned' ? GRACE_MS / 2 : GRACE_MS);
    this.#onEnd?.();
  }

  /** Resolves when it is or was asked to end, or will not be: while what it left was ended, that time has passed already. */
  #orderToEnd(): Promise<void> {
    if (this.#ending) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEnd = resolve;
      this.#later(JOB_END_MS, resolve);
    });
  }

  #killTree(pid: number, graceMs: number): Promise<void> {
    const { name, value } = this.#options.trial.marker;
    return killTree(pid, { graceMs, marker: `${name}=${value}` });
  }

  #later(ms: number, action: () => void): void {
    // setTimeout holds 31 bits: a longer limit is as good as none.
    if (ms < 2 ** 31) this.#timers.push(setTimeout(action, ms));
  }

  /** Resolves when the program is gone and its output has been read. What it leaves holding its output is ended. */
  #ended(): Promise<Exit> {
    return new Promise((resolve) => {
      this.#child.once('error', (error: NodeJS.ErrnoException) => {
        if (this.#child.pid === undefined) resolve({ code: null, signal: null, error });
      });
      this.#child.once('exit', (code, signal) => {
        this.#exit = { code, signal };
        const timer = setTimeout(() => {
          this.#ending ??= this.#killTree(this.#child.pid as number, GRACE_MS / 2);
          void this.#ending.then(() => resolve({ code, signal }));
        }, DRAIN_MS);
        this.#timers.push(timer);
      });
      this.#child.once('close', (code, signal) => resolve(this.#exit ?? { code, signal }));
    });
  }

  #finish(): void {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#output.close();
    const { failure } = this.#output;
    if (failure !== undefined) void this.#options.trial.setUserAttr(OUTPUT_FAILURE, failure).catch(() => undefined);
    this.#options.client.close();
  }

  #judge({ code, signal, error }: Exit): ObjectiveOutcome {
    const lastLines = this.#lastLines;
    if (error) return this.#couldNotStart(error);
    if (this.#cause === 'timeout') {
      const seconds = Math.round((this.#options.timeoutMs ?? 0) / 100) / 10;
      const reason = tunerMessage('programTookLongerThanS', { seconds });
      return { type: 'failed', code: 'timeout', reason, lastLines };
    }
    // A program that finished well in the moment it was ended has still been ended: its last value may be missing.
    if (this.#cause) return { type: 'ended', cause: this.#cause };
    const { toldEnd } = this.#options.client;
    if (toldEnd) return { type: 'ended', cause: toldEnd };
    if (code === 0) return { type: 'done', lastLines };
    if ((signal === 'SIGKILL' || code === KILLED) && memoryKills() !== this.#killsBefore) {
      return { type: 'failed', code: 'memory', reason: memoryReason(process.env), lastLines };
    }
    const start = signal || this.#hasReported ? undefined : this.#options.startCause?.(lastLines.join('\n'));
    if (start) return { type: 'failed', code: start.cause.code, reason: start.message, lastLines, cause: start.cause };
    const last = tellingLine(lastLines);
    const reason = signal
      ? last
        ? tunerMessage('programEnded', { signal, last })
        : tunerMessage('programEndedPrintedNothing', { signal })
      : last
        ? tunerMessage('programEndedExitCode', { code: code ?? -1, last })
        : tunerMessage('programEndedExitCodePrinted', { code: code ?? -1 });
    return { type: 'failed', code: signal ? 'signal' : 'exit', reason, lastLines };
  }

  #couldNotStart(error: NodeJS.ErrnoException): ObjectiveOutcome {
    const { program } = this.#options.command;
    const base = { type: 'failed', lastLines: [] } as const;
    if (error.code === 'ENOENT' && !isFolder(this.#options.cwd)) {
      const reason = tunerMessage('workingFolderDoesNotExist', { cwd: this.#options.cwd });
      return { ...base, code: 'not-found', reason, isFatal: true };
    }
    if (error.code === 'ENOENT') {
      const isPython = /(^|[\\/])(python[\d.]*|py)(\.exe)?$/i.test(program);
      const reason = isPython
        ? tunerMessage('programNotFoundInstallPython', { program })
        : tunerMessage('programNotFoundCheckCommand', { program });
      return { ...base, code: isPython ? 'no-python' : 'not-found', reason, isFatal: true };
    }
    if (error.code === 'EACCES') {
      const reason = tunerMessage('programMayNotExecutedMake', { program });
      return { ...base, code: 'not-found', reason, isFatal: true };
    }
    return {
      ...base,
      code: 'spawn',
      reason: tunerMessage('programCouldNotStarted', { program, reason: error.message }),
    };
  }
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: NodeJS.ErrnoException;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Why a program was killed whose memory was used up, and what to do about it where it ran. */
function memoryReason(env: NodeJS.ProcessEnv): Message {
  const reason =
    env[ENGINE_VARIABLE] === 'slurm'
      ? tunerMessage('programKilledBecauseNeededMore')
      : tunerMessage('programKilledBecauseNeededMoreMemory');
  return reason;
}

/** Resolves when nothing in a folder has changed for a moment, after `mostMs` at the latest. */
export async function untilQuiet(folder: string, mostMs: number): Promise<void> {
  const began = performance.now();
  let seen = '';
  let changedAt = began;
  for (;;) {
    const now = performance.now();
    const found = fingerprint(folder);
    if (found !== seen) changedAt = now;
    seen = found;
    if (now - changedAt >= QUIET_MS || now - began >= mostMs) return;
    await sleep(POLL_MS);
  }
}

function fingerprint(folder: string): string {
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
    return names.map((name) => `${name}:${stateOf(join(folder, name))}`).join('\n');
  } catch {
    // It is being replaced.
    return `${performance.now()}`;
  }
}

function stateOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.size},${stat.mtimeMs}` : '';
}
