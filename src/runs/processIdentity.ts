import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** What macOS and Windows are asked for a process's start, and how its answer reads. */
interface Question {
  readonly program: string;
  readonly args: readonly string[];
  answer(output: string | undefined): string | undefined;
}

/**
 * When a process was started, as an opaque token: together with the pid it names one process for ever, because a reused
 * pid has another token. Undefined when there is no such process (a zombie counts as none). Waits for a program on macOS
 * and Windows: for a tuner, never for an editor.
 */
export function processStart(pid: number): string | undefined {
  if (!isPid(pid)) return undefined;
  if (process.platform === 'linux') return linuxStart(pid);
  const { program, args, answer } = questionFor(pid);
  return answer(runSync(program, args));
}

/** Whether the process that had this pid and start token is still there. Waits as `processStart` does. */
export function isProcessAlive(pid: number, start: string): boolean {
  return hasProcess(pid) && processStart(pid) === start;
}

/** `isProcessAlive` for an editor: it does not block while a program answers. */
export async function findWhetherAlive(pid: number, start: string): Promise<boolean> {
  if (!hasProcess(pid)) return false;
  if (process.platform === 'linux') return linuxStart(pid) === start;
  const { program, args, answer } = questionFor(pid);
  const asked = await execute(program, args, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    windowsHide: true,
  }).catch(() => undefined);
  return answer(asked?.stdout) === start;
}

/** Whether any process has this id now, ours or not. */
export function hasProcess(pid: number): boolean {
  if (!isPid(pid)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and is somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A larger number would be cut to 32 bits and name another process. */
function isPid(pid: number): boolean {
  return Number.isInteger(pid) && pid > 0 && pid < 2 ** 31;
}

let bootId: string | undefined;

/** Clock ticks since boot (field 22 of /proc/PID/stat) alone would repeat after a reboot, so the boot's id goes with it. */
function linuxStart(pid: number): string | undefined {
  const stat = statFields(pid);
  if (!stat || stat.state === 'Z' || stat.state === 'X') return undefined;
  bootId ??= readText('/proc/sys/kernel/random/boot_id')?.trim().slice(0, 8) ?? '';
  return `${bootId}:${stat.startTicks}`;
}

/** The fields of /proc/PID/stat that we use. The program's name (field 2) may hold spaces and parentheses. */
export function statFields(
  pid: number,
): { state: string; parent: number; group: number; startTicks: string } | undefined {
  const text = readText(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    state: fields[0] ?? '',
    parent: Number(fields[1]),
    group: Number(fields[2]),
    startTicks: fields[19] ?? '',
  };
}

function questionFor(pid: number): Question {
  if (process.platform === 'win32') {
    const query = `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`;
    const args = ['-NoProfile', '-NonInteractive', '-Command', query];
    return { program: 'powershell.exe', args, answer: (output) => output?.trim() || undefined };
  }
  return {
    program: 'ps',
    args: ['-o', 'stat=,lstart=', '-p', String(pid)],
    answer: (output) => {
      const [state, ...start] = output?.trim().split(/\s+/) ?? [];
      return !state || state.startsWith('Z') ? undefined : start.join(' ');
    },
  };
}

function runSync(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, LC_ALL: 'C' },
      windowsHide: true,
    });
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
