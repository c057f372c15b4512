import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ReadBeside } from '../language/draft/hydraArguments.ts';

/** What a person writes by hand is smaller. */
const MOST_BYTES = 1024 * 1024;

/** Reads texts by their path relative to the folder of a document; null where there is none, or no file system. */
export function readerBeside(uri: string): ReadBeside {
  if (!uri.startsWith('file:')) return () => null;
  const folder = dirname(fileURLToPath(uri));
  return (path) => {
    try {
      const place = join(folder, path);
      const found = statSync(place);
      return found.isFile() && found.size <= MOST_BYTES ? readFileSync(place, 'utf8') : null;
    } catch {
      return null;
    }
  };
}
