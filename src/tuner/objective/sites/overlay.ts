import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { writeOwnFile } from '../../../runs/ownFiles.ts';
import { tunerMessage } from '../../../words/en/tuner.ts';
import type { Message } from '../../../words/message.ts';

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

/** Beside the view: the paths of its changed files, for a tuner that finds the view of a killed one. */
const LIST = 'overlay.json';

/** Long before any program reads: a read moves the time of the last access on, on file systems that keep it. */
const NEVER_READ = new Date('2000-01-01T00:00:00Z');

/** Makes a view of `root` at `path`. `cwd` is in the root; elsewhere the program runs where it would run. */
export function makeOverlay(path: string, root: string, cwd: string, changed: ReadonlyMap<string, string>): Overlay {
  const inside = relative(root, cwd);
  const isInside = inside !== '..' && !inside.startsWith(`..${sep}`);
  const overlay = { path, root, cwd: isInside ? join(path, inside) : cwd, changed: [...changed.keys()] };
  rmSync(path, { recursive: true, force: true });
  writeOwnFile(join(dirname(path), LIST), JSON.stringify(overlay.changed));
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

/**
 * Moves what a program made in the view to where it would have been without one, and removes the view. What cannot be moved
 * stays in it, and a sentence says where.
 */
export function collectOverlay({ path, root, changed }: Pick<Overlay, 'path' | 'root' | 'changed'>): Message[] {
  const copies = new Set(changed);
  const notes: Message[] = [];
  const visit = (folder: string) => {
    for (const entry of readdirSync(join(path, folder), { withFileTypes: true })) {
      const place = join(folder, entry.name);
      const from = join(path, place);
      const target = join(root, place);
      if (entry.isSymbolicLink() || copies.has(place)) rmSync(from, { force: true });
      else if (entry.isDirectory() && isFolder(target)) visit(place);
      else {
        const problem = move(from, target);
        // Another trial made a folder of this name meanwhile.
        if (problem && entry.isDirectory() && isFolder(target)) visit(place);
        else if (problem) notes.push(tunerMessage('overlayKept', { place: from, target, reason: problem }));
      }
    }
    if (readdirSync(join(path, folder)).length === 0) rmdirSync(join(path, folder));
  };
  if (isFolder(path)) visit('');
  if (!existsSync(path)) rmSync(join(dirname(path), LIST), { force: true });
  return notes;
}

/** A real folder: what a link leads to is not the view's, and may lie outside of the root. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Returns why it could not. A file or link at the target is replaced, as by a program that renames what it wrote. */
function move(from: string, to: string): string | undefined {
  try {
    try {
      renameSync(from, to);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
      cpSync(from, to, { recursive: true, force: true });
      rmSync(from, { recursive: true, force: true });
    }
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/**
 * Collects the overlays that a killed tuner left in the folder of a run's trials. `root`: real path of the study file's
 * folder. Only of a view that this program listed is anything moved.
 */
export function collectLeftOverlays(trials: string, root: string): Message[] {
  if (!existsSync(trials)) return [];
  const notes: Message[] = [];
  for (const entry of readdirSync(trials, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(trials, entry.name, 'overlay');
    const changed = readList(join(trials, entry.name, LIST));
    if (changed) notes.push(...collectOverlay({ path, root, changed }));
    else rmSync(path, { recursive: true, force: true });
  }
  return notes;
}

function readList(path: string): string[] | undefined {
  try {
    const list: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return Array.isArray(list) ? list.map(String) : undefined;
  } catch {
    return undefined;
  }
}
