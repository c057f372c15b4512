import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { RunRecord } from '../../protocol/runRecord.ts';
import type { RunFolder } from '../../runs/runFolder.ts';

/**
 * A run record as it reads where it was found. Its paths are absolute, so after a folder was moved or copied they name
 * the old place; what lay in or beside the run folder is then taken from where the run folder is now. What a run was
 * started from lies beside its run folder, whatever the record says: a record cannot name a program elsewhere.
 */
export function relocated(record: RunRecord, folder: RunFolder): RunRecord {
  const to = dirname(folder.parent);
  const from = dirname(record.source);
  if (from === to) return record;
  const moved = (path: string) => {
    const inside = relative(from, path);
    return inside.startsWith('..') || isAbsolute(inside) ? path : join(to, inside);
  };
  const { storage } = record;
  return {
    ...record,
    source: join(to, basename(record.source)),
    storage: storage === null || /^[a-z][\w+.-]+:\/\//i.test(storage) ? storage : moved(storage),
    ...(record.script === undefined ? {} : { script: moved(record.script) }),
  };
}
