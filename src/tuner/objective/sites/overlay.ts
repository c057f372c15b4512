import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/**
 * A view of a folder in which some files have another content. The folders that lead to these files, and to the working
 * folder, are real; everything else is a symbolic link to what it is. So a program that writes into a folder that is
 * there writes into the folder itself, and what it makes beside the changed files is moved there afterwards.
 */
export interface Overlay {
  readonly path: string;
  /** The folder that it is a view of. */
  readonly root: string;
  readonly cwd: string;
  /** Paths of the changed files, relative to the root. */
  readonly changed: readonly string[];
}

/** Long before any program reads: a read moves the time of the last access on, on file systems that keep it. */
const NEVER_READ = new Date('2000-01-01T00:00:00Z');

/** Makes a view of `root` at `path`. `cwd` is in the root; elsewhere the program runs where it would run. */
export function makeOverlay(path: string, root: string, cwd: string, changed: ReadonlyMap<string, string>): Overlay {
  const inside = relative(root, cwd);
  const isInside = inside !== '..' && !inside.startsWith(`..${sep}`);
  const overlay = { path, root, cwd: isInside ? join(path, inside) : cwd, changed: [...changed.keys()] };
  rmSync(path, { recursive: true, force: true });
  const real = new Set(['']);
  for (const place of [...(isInside ? [join(inside, 'any')] : []), ...changed.keys()]) {
    for (let folder = dirname(place); folder !== '.'; folder = dirname(folder)) real.add(folder);
  }
  for (const folder of [...real].sort()) {
    mkdirSync(join(path, folder), { mode: 0o700 });
    for (const name of readdirSync(join(root, folder))) {
      const entry = join(folder, name);
      const text = changed.get(entry);
      if (text !== undefined) writeCopy(join(path, entry), text, join(root, entry));
      else if (!real.has(entry)) symlinkSync(join(root, entry), join(path, entry));
    }
  }
  return overlay;
}

function writeCopy(copy: string, text: string, original: string): void {
  writeFileSync(copy, text);
  chmodSync(copy, statSync(original).mode);
  utimesSync(copy, NEVER_READ, new Date());
}

/** Whether the program has read a changed file; undefined where the file system does not say. */
export function wasRead({ path }: Overlay, changed: string): boolean | undefined {
  const copy = join(path, changed);
  const stat = statSync(copy, { throwIfNoEntry: false });
  if (!stat || stat.atimeMs !== NEVER_READ.getTime()) return true;
  readFileSync(copy);
  return statSync(copy).atimeMs === NEVER_READ.getTime() ? undefined : false;
}

/** Moves what a program made in the view to where it would have been without one, and removes the view. */
export function collectOverlay(overlay: Overlay): void {
  const changed = new Set(overlay.changed);
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(overlay.path, folder), { withFileTypes: true })) {
      const place = join(folder, entry.name);
      if (entry.isSymbolicLink() || changed.has(place)) continue;
      const target = join(overlay.root, place);
      if (entry.isDirectory() && existsSync(target)) visit(place);
      else move(join(overlay.path, place), target);
    }
  };
  if (existsSync(overlay.path)) visit('');
  rmSync(overlay.path, { recursive: true, force: true });
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    cpSync(from, to, { recursive: true, force: true });
  }
}

/** Removes the overlays that a killed tuner left in the folder of a run's trials. What these trials made in them goes too. */
export function removeLeftOverlays(trials: string): void {
  if (!existsSync(trials)) return;
  for (const entry of readdirSync(trials, { withFileTypes: true })) {
    if (entry.isDirectory()) rmSync(join(trials, entry.name, 'overlay'), { recursive: true, force: true });
  }
}
