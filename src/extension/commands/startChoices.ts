/** Files of one kind that a search may list: more would make the list slow to send, sort and filter. */
export const MOST_FOUND = 5000;
const MOST_RECENT = 10;

/** Folders of other people's code, where no script of the workspace is. */
export const FOREIGN_FOLDERS = ['**/node_modules', '**/site-packages', '**/.venv', '**/venv'];

/** A file by its address and by its path as it is shown. */
interface StartFile {
  readonly id: string;
  readonly path: string;
}

/** Files to start a study on, by why they are listed. */
export interface StartChoices<File> {
  readonly open: readonly File[];
  readonly recent: readonly File[];
  readonly studyFiles: readonly File[];
  readonly scripts: readonly File[];
}

/**
 * The same files with each one only where it is most relevant: open and recent ones in the order given, then the found
 * ones by path, `MOST_FOUND` of each kind. Also tells whether there were more.
 */
export function startChoices<File extends StartFile>(
  all: StartChoices<File>,
): StartChoices<File> & { readonly hasMore: boolean } {
  const seen = new Set<string>();
  const unseen = (files: readonly File[]) => files.filter(({ id }) => !seen.has(id) && seen.add(id));
  const found = (files: readonly File[]) => byPath(unseen(files.slice(0, MOST_FOUND)));
  return {
    open: unseen(all.open),
    recent: unseen(all.recent),
    studyFiles: found(all.studyFiles),
    scripts: found(all.scripts),
    hasMore: all.studyFiles.length > MOST_FOUND || all.scripts.length > MOST_FOUND,
  };
}

/** A folder's files together and numbers by their value. Keys, as a collator is too slow for so many paths. */
function byPath<File extends StartFile>(files: readonly File[]): File[] {
  const keyed = files.map((file) => ({ file, key: sortKey(file.path) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return keyed.map(({ file }) => file);
}

function sortKey(path: string): string {
  return path
    .toLowerCase()
    .replaceAll('/', '\0')
    .replace(/\d+/g, (digits) => digits.padStart(12, '0'));
}

/** Paths of what was started last, the newest first. */
export function recentSources(records: Iterable<{ readonly source: string; readonly startedAt: number }>): string[] {
  const newestFirst = [...records].sort((a, b) => b.startedAt - a.startedAt);
  return [...new Set(newestFirst.map(({ source }) => source))].slice(0, MOST_RECENT);
}

/**
 * One glob pattern for what is excluded: `folders` and the patterns that the setting `search.exclude` switches on, or
 * undefined when there are none. A pattern with a condition on the file beside it cannot be part of one and is left out.
 */
export function excludePattern(folders: readonly string[], setting: unknown): string | undefined {
  const entries = Object.entries(typeof setting === 'object' && setting !== null ? setting : {});
  const patterns = entries.flatMap(([pattern, isOn]) => (isOn === true ? (asAlternative(pattern) ?? []) : []));
  const all = [...new Set([...folders, ...patterns])];
  return all.length > 1 ? `{${all.join(',')}}` : all[0];
}

/** A comma outside braces would begin another alternative, and braces without a partner would spoil all of them. */
function asAlternative(pattern: string): string | undefined {
  let depth = 0;
  let text = '';
  for (const letter of pattern) {
    if (letter === '{') depth += 1;
    if (letter === '}') depth -= 1;
    if (depth < 0) return undefined;
    text += letter === ',' && depth === 0 ? '?' : letter;
  }
  return depth === 0 && text !== '' ? text : undefined;
}
