import { serverUrl } from '../../storage/kinds.ts';
import { readRegularFile } from '../../storage/regularFile.ts';
import { expandEnvironment } from '../../storage/sql/connect/serverUrl.ts';

/** In bytes: what a person writes by hand is smaller. */
const LARGEST_STUDY_FILE = 1 << 20;

/**
 * The database on a server that a study is kept in, without its password: as the arguments name it, else the study file
 * at `source`. Undefined for other storages, and for what the tuner will refuse anyway.
 */
export async function storageServer(source: string, args: readonly string[]): Promise<string | undefined> {
  const at = args.indexOf('--storage');
  if (at >= 0 && at + 1 < args.length) return locationOf(args[at + 1] as string);
  if (!/\.(ya?ml|json)$/i.test(source)) return undefined;
  const { parseStudyFile } = await import('../../studyfile/parseStudyFile.ts');
  const { file } = parseStudyFile(await studyFileText(source));
  return file === null ? undefined : locationOf(file.storage);
}

function locationOf(storage: string): string | undefined {
  try {
    return serverUrl(expandEnvironment(storage))?.location;
  } catch {
    // The tuner says what is wrong with it.
    return undefined;
  }
}

/** The text of a study file; empty for what is none: a link to a device or a named pipe may bear such a name. */
export function studyFileText(path: string): Promise<string> {
  return readRegularFile(path, { maxBytes: LARGEST_STUDY_FILE }).catch(() => '');
}
