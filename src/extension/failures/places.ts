import { lstatSync, realpathSync } from 'node:fs';
import { isAbsolute, join, normalize, relative, sep } from 'node:path';
import { Position, Uri, workspace } from 'vscode';
import type { Frame } from '../../core/failures/tracebacks.ts';

/** A place of a traceback that is in the workspace. */
export interface Place {
  readonly uri: Uri;
  readonly position: Position;
}

/** A study's view of its folder, for programs that read changed copies: what they name is the file itself. */
const OVERLAY = /[\\/]\.tuneboard[\\/][^\\/]{1,300}[\\/](?:trials|debug)[\\/]\d{1,9}[\\/]overlay(?=[\\/])/;
/** Folders of installed packages: of a failure in one, the calling line of the person's own code is shown. */
const FOREIGN = /[\\/](?:node_modules|site-packages|dist-packages|\.venv|venv)[\\/]/;

/**
 * Where a frame is in the workspace; undefined for anything but an existing regular file in one of its folders. `folders`: what
 * relative names may be relative to, such as the program's working folder.
 */
export function placeOf({ file, line, column }: Frame, folders: readonly string[]): Place | undefined {
  const path = normalize(file.replace(OVERLAY, ''));
  const roots = workspaceRoots();
  const bases = isAbsolute(path) ? [''] : [...folders, ...roots];
  for (const base of bases) {
    const found = regularFile(base === '' ? path : join(base, path), roots);
    if (found)
      return { uri: Uri.file(found), position: new Position(Math.max(0, line - 1), Math.max(0, (column ?? 1) - 1)) };
  }
  return undefined;
}

/** The innermost place that is the person's own code, else the innermost of the workspace. */
export function firstPlace(frames: readonly Frame[], folders: readonly string[]): Place | undefined {
  const places = frames.map((frame) => placeOf(frame, folders)).filter((place) => place !== undefined);
  return places.find(({ uri }) => !FOREIGN.test(uri.fsPath)) ?? places[0];
}

function workspaceRoots(): string[] {
  return (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
}

/** A log may name anything: a link out of the workspace, a device, a folder. */
function regularFile(path: string, roots: readonly string[]): string | undefined {
  try {
    if (!lstatSync(path).isFile()) return undefined;
    const real = realpathSync(path);
    const isInside = roots.some((root) => {
      const inside = relative(realpathSync(root), real);
      return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
    });
    return isInside ? path : undefined;
  } catch {
    return undefined;
  }
}
