import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When a process was started, as an opaque token: together with the pid it names one process for ever, because a reused
 * pid has another token. Undefined when there is no such process (a zombie counts as none).
 */
export function processStart(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  if (process.platform === 'linux') return linuxStart(pid);
  return process.platform === 'win32' ? windowsStart(pid) : psStart(pid);
}

/** Whether the process that had this pid and start token is still there. */
export function isProcessAlive(pid: number, start: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and is somebody else's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return processStart(pid) === start;
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

function psStart(pid: number): string | undefined {
  const text = run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
  const [state, ...start] = text?.trim().split(/\s+/) ?? [];
  return !state || state.startsWith('Z') ? undefined : start.join(' ');
}

function windowsStart(pid: number): string | undefined {
  const query = `(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`;
  return run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query])?.trim() || undefined;
}

function run(program: string, args: string[]): string | undefined {
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
