import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second. */
const TICKS = 100;

/**
 * Seconds of CPU that a process, its children, and those of its children that have ended, have taken; undefined where `/proc`
 * does not tell.
 */
export function cpuSecondsOf(pid: number): number | undefined {
  for (;;) {
    const own = statOf(pid);
    if (!own) return undefined;
    const children = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (statOf(Number(name)) ?? []) : []));
    const running = children.filter(({ parent }) => parent === pid).reduce((sum, { ticks }) => sum + ticks, 0);
    // A child that ended meanwhile is in neither.
    if (statOf(pid)?.endedTicks === own.endedTicks) return (own.ticks + own.endedTicks + running) / TICKS;
  }
}

/** The program's name (field 2) may hold spaces and parentheses. */
function statOf(pid: number): { parent: number; ticks: number; endedTicks: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const sum = (from: number) => Number(fields[from]) + Number(fields[from + 1]);
  return { parent: Number(fields[1]), ticks: sum(11), endedTicks: sum(13) };
}
