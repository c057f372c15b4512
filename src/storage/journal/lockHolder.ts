import { createHash } from 'node:crypto';
import { type BigIntStats, lutimesSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Who holds a lock, noted where Optuna does not look: in the modification time of the symbolic link itself (Optuna asks
 * for that of the journal behind it). A holder that was killed is recognised by it at once instead of after 30 seconds.
 *
 * Seconds = process id + 2^22 × a number below 3,500 that stands for this boot and process namespace (ext4 keeps times up to
 * 2446, which are 3,583 × 2^22 seconds), milliseconds = 10 bits that stand for the process's start: a lock of another machine or container on a shared disk, or of a program that does not
 * mark its locks, is never taken for a dead one's of ours. Linux only; elsewhere the 30 seconds stay.
 */
export interface LockHolder {
  /** Marks a lock that this process has just made. */
  mark(lockPath: string): void;
  /** Whether the lock was marked by a process of this machine that lives no more. */
  isDead(lock: BigIntStats): boolean;
  /**
   * Whether another writer waits for a lock that this process has marked. A waiting writer, Optuna too, asks for the age of
   * the journal through the link, and following a link sets its access time. Not seen on a file system that is mounted
   * with `noatime`.
   */
  isWanted(lock: BigIntStats): boolean;
}

const PID_BITS = 22n;
const PID_MASK = (1n << PID_BITS) - 1n;
const PLACES = 3500;
/** Places of 2^22 seconds that hold times of today: 2013 to 2040. Unmarked locks have such times. */
const TODAY_FROM = 324n;
const TODAY_TO = 530n;

export function lockHolder(): LockHolder | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const machine = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8') + readlinkSync('/proc/self/ns/pid');
    const own = startOf(process.pid);
    if (own === undefined) return undefined;
    const place = placeOf(machine);
    const seconds = Number((place << PID_BITS) + BigInt(process.pid));
    // Half a millisecond, so that rounding cannot change the digit.
    const mark = seconds + (markOf(machine, own) + 0.5) / 1000;
    return {
      mark: (lockPath) => {
        try {
          lutimesSync(lockPath, mark, mark);
        } catch {
          // The file system keeps no such times: the lock is valid all the same.
        }
      },
      isWanted: (lock) => lock.atimeNs !== lock.mtimeNs,
      isDead: (lock) => {
        const time = lock.mtimeNs / 1_000_000n;
        if ((time / 1000n) >> PID_BITS !== place) return false;
        const start = startOf(Number((time / 1000n) & PID_MASK));
        return start === undefined || markOf(machine, start) !== Number(time % 1000n);
      },
    };
  } catch {
    return undefined;
  }
}

function placeOf(machine: string): bigint {
  const place = BigInt(hashOf(machine) % PLACES);
  return place >= TODAY_FROM && place <= TODAY_TO ? place + 1000n : place;
}

function markOf(machine: string, start: string): number {
  return hashOf(machine + start) % 1000;
}

function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

/** A process's start in clock ticks since boot (`proc_pid_stat(5)`, field 22); undefined when it has ended. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, field 2, may hold blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
