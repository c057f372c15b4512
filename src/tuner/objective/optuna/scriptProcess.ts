import { type ChildProcess, spawn } from 'node:child_process';
import { killTree } from '../../../runs/processTree.ts';
import { readInTurns } from '../metrics/printedLines.ts';

/** How long a script may take to end after SIGTERM, in milliseconds. */
const GRACE_MS = 5000;
/** How long output may still arrive from a descendant after the script itself has ended. */
const DRAIN_MS = 1000;

export interface ScriptExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: Error;
}

/** The process of a script, in a group of its own. */
export class ScriptProcess {
  readonly exit: Promise<ScriptExit>;
  readonly #child: ChildProcess;
  readonly #marker: string;
  #ending: Promise<void> | undefined;

  constructor(options: {
    readonly command: string;
    readonly args: readonly string[];
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    /** `NAME=value` of the environment by which descendants are found. */
    readonly marker: string;
    readonly onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  }) {
    this.#marker = options.marker;
    this.#child = spawn(options.command, [...options.args], {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    for (const name of ['stdout', 'stderr'] as const) {
      readInTurns(this.#child[name], (chunk) => options.onOutput(name, chunk));
    }
    this.exit = this.#ended();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks the script to end as Ctrl+C would. */
  interrupt(): void {
    this.#child.kill(process.platform === 'win32' ? 'SIGTERM' : 'SIGINT');
  }

  /** Ends the script and everything that it started. */
  end(graceMs = GRACE_MS): Promise<void> {
    const { pid } = this.#child;
    this.#ending ??= pid === undefined ? Promise.resolve() : killTree(pid, { graceMs, marker: this.#marker });
    return this.#ending;
  }

  /** Resolves when the script is gone and its output has been read. What it leaves holding its output is ended. */
  #ended(): Promise<ScriptExit> {
    return new Promise((resolve) => {
      this.#child.once('error', (error) => {
        if (this.#child.pid === undefined) resolve({ code: null, signal: null, error });
      });
      let exit: ScriptExit | undefined;
      let timer: NodeJS.Timeout | undefined;
      this.#child.once('exit', (code, signal) => {
        exit = { code, signal };
        timer = setTimeout(() => void this.end(GRACE_MS / 2).then(() => this.#release()), DRAIN_MS);
      });
      this.#child.once('close', async (code, signal) => {
        clearTimeout(timer);
        await this.#ending;
        resolve(exit ?? { code, signal });
      });
    });
  }

  #release(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }
}
