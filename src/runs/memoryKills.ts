import { readFileSync } from 'node:fs';

/** The lines of a file, none where there is no such file. */
export type ReadLines = (path: string) => readonly string[];

/**
 * How many processes the kernel has ended for want of memory: in the control group of this process, where there is one that
 * counts them, else on the machine. Undefined: nobody counts them here. A count that has grown while a program was killed
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
