import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';

/** What a person writes by hand is smaller. */
const MOST_BYTES = 1 << 20;
/** A pipe must not be waited for. Windows has no such flag, and no pipes among files. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads texts of a folder by their paths relative to it: regular files of at most a mebibyte that are inside it, also after
 * all links are followed. Null for everything else. Each file is read once.
 */
export function readerInside(folder: string): (path: string) => string | null {
  const known = new Map<string, string | null>();
  const root = attempt(() => realpathSync(folder));
  return (path) => {
    if (root === null || isAbsolute(path)) return null;
    const before = known.get(path);
    if (before !== undefined) return before;
    const text = attempt(() => textInside(root, join(root, path)));
    known.set(path, text);
    return text;
  };
}

function textInside(root: string, path: string): string | null {
  const real = realpathSync(path);
  const inside = relative(root, real);
  if (inside === '' || isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`)) return null;
  const file = openSync(real, FLAGS);
  try {
    const found = fstatSync(file);
    if (!found.isFile() || found.size > MOST_BYTES) return null;
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } finally {
    closeSync(file);
  }
}

function attempt<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}
