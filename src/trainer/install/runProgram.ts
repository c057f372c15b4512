import { spawn } from 'node:child_process';

export interface ProgramEnd {
  /** Null when a signal ended it, or it did not start. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it did not start, or that it was ended by `signal` of the options (AbortError). */
  readonly error?: NodeJS.ErrnoException;
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** What it may read; nothing without. */
  readonly input?: string | Uint8Array | undefined;
  /** Ends the program. */
  readonly signal?: AbortSignal;
  /** Keep from it what a person presses at the terminal (Ctrl+C): it is for this process, which decides what to do about it. */
  readonly isApart?: boolean;
  readonly onLine?: (line: string) => void;
}

/** Runs a program to its end; one that cannot be started ends with the code null and says so in `stderr`. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = spawn(program, [...args], {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
      detached: options.isApart === true && process.platform !== 'win32',
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.env && { env: options.env }),
      ...(options.signal && { signal: options.signal }),
    });
    let [stdout, stderr, rest] = ['', '', ''];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) options.onLine?.(line);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', (error) =>
      resolve({ code: null, signal: null, stdout, stderr: stderr + error.message, error }),
    );
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    // A program that does not read its input is none the worse for it.
    child.stdin?.on('error', () => undefined).end(options.input);
  });
}
