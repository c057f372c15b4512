import { basename, dirname, join, relative } from 'node:path';
import type { RunRecord } from '../../protocol/runRecord.ts';
import { type RunFolder, runFolderOf } from '../../runs/runFolder.ts';

/**
 * A run record as it reads where it was found. Its paths are absolute, so after a folder was moved or copied they name
 * the old place; what lay in or beside the run folder is then taken from where the run folder is now.
 */
export function relocated(record: RunRecord, folder: RunFolder): RunRecord {
  const old = runFolderOf(record.source, record.studyName);
  if (old.path === folder.path || basename(old.path) !== basename(folder.path)) return record;
  const from = dirname(record.source);
  const to = dirname(folder.parent);
  const moved = (path: string) => {
    const inside = relative(from, path);
    return inside.startsWith('..') ? path : join(to, inside);
  };
  return {
    ...record,
    source: moved(record.source),
    storage:
      record.storage === null || /^[a-z][\w+.-]+:\/\//i.test(record.storage) ? record.storage : moved(record.storage),
    ...(record.script === undefined ? {} : { script: moved(record.script) }),
  };
}
