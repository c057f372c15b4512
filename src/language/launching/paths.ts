/** Paths with `/` in them, relative to the root of the workspace (`.` is the root) or absolute. */

export function isAbsolutePath(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:\//.test(path);
}

/** Without `.`, `..` and empty parts; a path that leaves the root keeps its leading `..`. */
export function normalPath(path: string): string {
  const slashed = path.replaceAll('\\', '/');
  const start = /^(?:[A-Za-z]:)?\//.exec(slashed)?.[0] ?? '';
  const parts: string[] = [];
  for (const part of slashed.slice(start.length).split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || start === '') parts.push(part);
  }
  return start + parts.join('/') || '.';
}

export function joinPath(folder: string, path: string): string {
  const slashed = path.replaceAll('\\', '/');
  return normalPath(isAbsolutePath(slashed) ? slashed : `${folder}/${slashed}`);
}

export function folderOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at < 0 ? '.' : path.slice(0, at) || '/';
}

/** From a folder to a path; absolute where only one of them is, or where `from` is outside the root. */
export function relativePath(from: string, to: string): string {
  if (isAbsolutePath(from) !== isAbsolutePath(to) || from.startsWith('..')) return to;
  const [here, there] = [from, to].map((path) => path.split('/').filter((part) => part !== '.' && part !== '')) as [
    string[],
    string[],
  ];
  let same = 0;
  while (same < here.length && same < there.length && here[same] === there[same]) same++;
  return [...here.slice(same).map(() => '..'), ...there.slice(same)].join('/') || '.';
}

/** A folder of the workspace and those above it, up to the root, the nearest first. */
export function foldersAbove(folder: string): string[] {
  const found = [folder];
  for (let place = folder; place !== '.'; ) {
    place = folderOf(place);
    found.push(place);
  }
  return found;
}
