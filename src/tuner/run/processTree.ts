import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { processStart, statFields } from '../../runs/processIdentity.ts';

const execute = promisify(execFile);

/** One process, named so that a reused pid is not mistaken for it. */
interface Member {
  readonly pid: number;
  readonly start: string | undefined;
}

/**
 * Ends a process and everything that it started: first politely (SIGTERM), then, after `graceMs`, for certain (SIGKILL).
 * POSIX: the process group (our children lead one of their own) and all descendants, also those that made a group of
 * their own; on Linux also processes that lost their parent but still carry `marker` (NAME=value) in their environment.
 * Windows: `taskkill /T`. Resolves when nothing of the tree is left, or after SIGKILL was sent.
 */
export async function killTree(pid: number, options: { graceMs: number; marker?: string }): Promise<void> {
  if (process.platform === 'win32') return killWindowsTree(pid, options.graceMs);
  const members = await treeOf(pid, options.marker);
  signalAll(pid, members, 'SIGTERM');
  const deadline = performance.now() + options.graceMs;
  let pause = 5;
  while (performance.now() < deadline) {
    if (!(await isAnyLeft(pid, members, options.marker))) return;
    await sleep(pause);
    pause = Math.min(pause * 2, 100);
  }
  // What was started meanwhile is found by a second look.
  const rest = [...members, ...(await treeOf(pid, options.marker))];
  signalAll(pid, rest, 'SIGKILL');
  for (let attempt = 0; attempt < 40 && (await isAnyLeft(pid, rest, options.marker)); attempt++) await sleep(25);
}

/** Ends the processes that carry `marker` in their environment and have no parent that we know (Linux only). */
export async function killMarked(marker: string, graceMs: number): Promise<number> {
  const marked = markedProcesses(marker);
  await Promise.all(marked.map((pid) => killTree(pid, { graceMs, marker })));
  return marked.length;
}

async function treeOf(root: number, marker: string | undefined): Promise<Member[]> {
  const parents = process.platform === 'linux' ? linuxParents() : await psParents();
  const children = new Map<number, number[]>();
  for (const [child, parent] of parents) children.set(parent, [...(children.get(parent) ?? []), child]);
  const found = new Set<number>([root, ...(marker ? markedProcesses(marker) : [])]);
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  found.delete(process.pid);
  return [...found].map((pid) => ({ pid, start: processStart(pid) })).filter((member) => member.start !== undefined);
}

async function isAnyLeft(root: number, members: readonly Member[], marker: string | undefined): Promise<boolean> {
  if (isGroupAlive(root)) return true;
  if (members.some((member) => processStart(member.pid) === member.start)) return true;
  return marker !== undefined && markedProcesses(marker).length > 0;
}

/** Whether a process group has a member that is not a zombie waiting for its parent. */
function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  for (const pid of linuxPids()) {
    const stat = statFields(pid);
    if (stat?.group === group && stat.state !== 'Z') return true;
  }
  return false;
}

function signalAll(group: number, members: readonly Member[], signal: 'SIGTERM' | 'SIGKILL'): void {
  send(-group, signal);
  for (const member of members) if (processStart(member.pid) === member.start) send(member.pid, signal);
}

function send(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended in the meantime.
  }
}

function linuxPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function linuxParents(): [child: number, parent: number][] {
  return linuxPids().flatMap((pid) => {
    const stat = statFields(pid);
    return stat ? [[pid, stat.parent] as [number, number]] : [];
  });
}

async function psParents(): Promise<[child: number, parent: number][]> {
  const { stdout } = await execute('ps', ['-A', '-o', 'pid=,ppid=']).catch(() => ({ stdout: '' }));
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    return pid && parent !== undefined ? [[pid, parent] as [number, number]] : [];
  });
}

function markedProcesses(marker: string): number[] {
  if (process.platform !== 'linux') return [];
  return linuxPids().filter((pid) => {
    if (pid === process.pid) return false;
    try {
      return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`.includes(`\0${marker}\0`);
    } catch {
      return false;
    }
  });
}

async function killWindowsTree(pid: number, graceMs: number): Promise<void> {
  const start = processStart(pid);
  await execute('taskkill', ['/PID', String(pid), '/T']).catch(() => undefined);
  const deadline = performance.now() + graceMs;
  while (performance.now() < deadline && processStart(pid) === start) await sleep(100);
  await execute('taskkill', ['/PID', String(pid), '/T', '/F']).catch(() => undefined);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The lines of a file, none where there is no such file. */
type ReadLines = (path: string) => readonly string[];

/**
 * How many processes the kernel has ended for want of memory: in the control group of this process, where there is one that
 * counts them, else on the machine. Undefined: the system does not count them. A count that has grown while a program was killed
 * says why it was. Source: Linux, Documentation/admin-guide/cgroup-v2.rst (memory.events), cgroup-v1/memory.rst
 * (memory.oom_control), and vmstat's oom_kill.
 */
export function memoryKills(lines: ReadLines = linesOf): number | undefined {
  const groups = lines('/proc/self/cgroup').map((line) => /^\d+:([^:]*):(.*)$/.exec(line) ?? []);
  const pathOf = (controller: string) => groups.find(([, names]) => names?.split(',').includes(controller))?.[2];
  const [first, second] = [pathOf('memory'), pathOf('')];
  return (
    countIn(first === undefined ? [] : lines(`/sys/fs/cgroup/memory${first}/memory.oom_control`)) ??
    countIn(second === undefined ? [] : lines(`/sys/fs/cgroup${second}/memory.events`)) ??
    countIn(lines('/proc/vmstat'))
  );
}

function countIn(lines: readonly string[]): number | undefined {
  const count = lines.map((line) => /^oom_kill (\d+)$/.exec(line)?.[1]).find((digits) => digits !== undefined);
  return count === undefined ? undefined : Number(count);
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return [];
  }
}
