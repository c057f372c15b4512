import { spawn } from 'node:child_process';
import type { CancellationToken } from 'vscode';
import { TuneboardError } from '../../core/errors.ts';
import type { Collaborators } from './collaborators.ts';

export interface TunerCommand {
  /** Words of the command line after `tuneboard`. */
  readonly args: readonly string[];
  readonly cwd?: string;
  /** What it reads from its standard input; nothing where it is left out. */
  readonly input?: string;
  readonly env: NodeJS.ProcessEnv;
  /** Asks the program to end (SIGTERM). */
  readonly token: CancellationToken;
  /** Gets each JSON object that it prints, one a line. */
  readonly onMessage: (message: Readonly<Record<string, unknown>>) => void;
}

/**
 * Runs the command line to its end, in the editor's own Node. Resolves with whether it was left to end by itself; rejects
 * with its sentence when it fails, and when a line of its answer cannot be read. `code` of that error: as given.
 */
export function runTunerCommand(
  parts: Pick<Collaborators, 'dist'>,
  command: TunerCommand,
  code: string,
): Promise<boolean> {
  const { args, cwd, input, env, token, onMessage } = command;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [parts.dist('tuneboard.mjs'), ...args], {
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
      ...(cwd !== undefined && { cwd }),
    });
    // A program that has ended already says so by its exit.
    child.stdin?.on('error', () => undefined).end(input);
    let [rest, errors] = ['', ''];
    let unreadable: string | undefined;
    const take = (line: string) => {
      const message = line.startsWith('{') ? objectIn(line) : null;
      if (message) onMessage(message);
      else if (message === undefined) unreadable ??= line;
    };
    const cancelling = token.onCancellationRequested(() => child.kill());
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(line);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.once('error', (error) => reject(new TuneboardError(code, error.message)));
    child.once('close', (exitCode) => {
      cancelling.dispose();
      if (token.isCancellationRequested) return resolve(false);
      take(rest);
      const what = `tuneboard ${args[0] ?? ''}`;
      if (exitCode === 0 && unreadable === undefined) return resolve(true);
      if (exitCode === 0) {
        return reject(new TuneboardError(code, `The answer of "${what}" cannot be read: ${start(unreadable ?? '')}`));
      }
      const last = errors
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^tuneboard: /, '');
      return reject(new TuneboardError(code, last || `exit code ${exitCode}`));
    });
  });
}

/** Undefined for what is no JSON object. */
function objectIn(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function start(line: string): string {
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
