import { realpathSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/** File systems of other machines, by the numbers that Linux's statfs(2) gives them. FUSE may be anything. */
const REMOTE = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB 2
  0x01021997, // 9P
  0x65735546, // FUSE
  0x00c36400, // Ceph
  0x0bd00bd0, // Lustre
  0x47504653, // GPFS
  0x19830326, // BeeGFS
  0x5346414f, // AFS
  0x73757245, // Coda
]);

/**
 * Whether the folder of a file is on a disk of this machine, where processes may share memory: SQLite's write-ahead log
 * needs that. What cannot be told is taken for remote.
 */
export function isOnThisMachine(path: string): boolean {
  if (process.platform === 'darwin') return !path.startsWith('/Volumes/');
  if (process.platform === 'win32') return /^[A-Za-z]:[\\/]/.test(realpathSync.native(dirname(path)));
  if (process.platform !== 'linux') return false;
  try {
    return !REMOTE.has(statfsSync(dirname(path)).type >>> 0);
  } catch {
    return false;
  }
}
