import { dirname, join } from 'node:path';
import { importedFiles } from '../language/tuning/importedFiles.ts';

/** A script, module or configuration file, by its path on this machine. */
export interface Source {
  readonly path: string;
  readonly languageId: string;
  readonly text: string;
}

/** Paths that are tried: most of what an import may mean is not there, and a script can name a hundred thousand. */
const MOST_TRIED = 5000;

/**
 * The modules and configuration files that a script imports or names, and those that they import, the nearest first. `read`
 * gives the file at a path, null for none, and `isFollowed: false` for a file whose own imports are left out.
 */
export function importedSources<T extends Source & { readonly isFollowed?: boolean }>(
  script: Source,
  most: number,
  read: (path: string) => T | null,
): T[] {
  const tried = new Set([script.path]);
  const found: T[] = [];
  const open: Source[] = [script];
  for (let next = open.shift(); next; next = open.shift()) {
    for (const name of importedFiles(next.languageId, next.text)) {
      // Absolute names start at the script's folder, relative ones at the module's own.
      for (const path of [join(dirname(next.path), name), join(dirname(script.path), name)]) {
        if (found.length >= most || tried.size > MOST_TRIED) return found;
        if (tried.has(path)) continue;
        tried.add(path);
        const source = read(path);
        if (!source) continue;
        found.push(source);
        if (source.isFollowed !== false) open.push(source);
      }
    }
  }
  return found;
}
