import { closeSync, fstatSync, readSync, statSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { ARTIFACT, OPTUNA_ARTIFACT } from '../../core/study/attributes.ts';
import type { History } from '../../core/study/history.ts';
import { terminalLines } from '../../core/text/printable.ts';
import type { ArtifactKind, ArtifactPreview, PanelArtifact } from '../../protocol/panel.ts';
import { kindNamed } from '../../storage/kinds.ts';
import { checkRegularFile, openRegularFile } from '../../storage/regularFile.ts';
import { StorageError } from '../../storage/storageError.ts';
import type { StudyEntry } from '../studies/studyEntry.ts';
import type { Translate } from '../window/words.ts';

const KINDS: Readonly<Record<Exclude<ArtifactKind, 'other'>, readonly string[]>> = {
  image: ['.png', '.jpg', '.jpeg', '.gif', '.webp', '.bmp'],
  audio: ['.wav', '.mp3', '.ogg', '.flac', '.m4a'],
  csv: ['.csv', '.tsv'],
  json: ['.json'],
  text: ['.txt', '.md', '.log', '.yaml', '.yml', '.toml', '.ini', '.py', '.js', '.ts'],
};
const MIME: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.bmp': 'image/bmp',
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.flac': 'audio/flac',
  '.m4a': 'audio/mp4',
};
const MOST_ARTIFACTS = 200;
/** A larger picture or sound is opened with the editor. */
const LARGEST_MEDIA = 8 << 20;
const SHOWN_TEXT = 16 << 10;
const SHOWN_LINES = 60;
const SHOWN_COLUMNS = 12;

interface Found {
  readonly name: string;
  readonly path: string;
}

/** A file that a trial wrote, where the page may see it. */
export interface Artifact extends PanelArtifact {
  /** Null where it may not be opened. */
  readonly path: string | null;
  /** The study's folder, which it has to be in whenever it is opened: a file may be replaced by a link meanwhile. */
  readonly within: string;
}

/** The files that a trial named, and those of Optuna's artifact store where it lies in the study's folder. */
export function artifactsOf(study: StudyEntry, history: History, number: number, t: Translate): Artifact[] {
  const folder = folderOf(study);
  const found: Found[] = [];
  for (const [key, value] of Object.entries(history.userAttrs(number))) {
    if (key.startsWith(ARTIFACT) && typeof value === 'string')
      found.push({ name: key.slice(ARTIFACT.length), path: value });
  }
  for (const [key, value] of Object.entries(history.systemAttrs(number))) {
    const stored = key.startsWith(OPTUNA_ARTIFACT) ? optunaArtifact(value) : null;
    if (stored) found.push({ name: stored.filename, path: join(folder ?? '', 'artifacts', stored.id) });
  }
  const names = new Set<string>();
  return found.slice(0, MOST_ARTIFACTS).map(({ name, path }) => described(unique(name, names), path, folder, t));
}

/** Optuna keeps several files of one name apart by ids; here the second is `note (2).txt`. */
function unique(name: string, names: Set<string>): string {
  const ending = extname(name);
  let own = name;
  for (let count = 2; names.has(own); count++)
    own = `${name.slice(0, name.length - ending.length)} (${count})${ending}`;
  names.add(own);
  return own;
}

/** Its path, if it is still a regular file in the study's folder. Throws what keeps it from being opened. */
export function checkedPath({ path, within }: Artifact): string | null {
  return path === null ? null : checkRegularFile(path, { within });
}

/** Of a study that this window runs its file's folder, else that of the storage's file. */
function folderOf({ run, storage }: StudyEntry): string | undefined {
  if (run) return dirname(dirname(run.folder.path));
  const { log } = storage ?? {};
  return log && kindNamed(log.kind).watch === 'file' ? dirname(log.location) : undefined;
}

/** As Optuna's `upload_artifact` notes it: JSON within JSON. */
function optunaArtifact(value: unknown): { readonly id: string; readonly filename: string } | null {
  try {
    const { artifact_id: id, filename } = JSON.parse(String(value)) as Record<string, unknown>;
    // It is the name of a file in the store, and nothing else.
    return typeof id === 'string' && /^[\w-]{1,100}$/.test(id) && typeof filename === 'string'
      ? { id, filename }
      : null;
  } catch {
    return null;
  }
}

function described(name: string, path: string, folder: string | undefined, t: Translate): Artifact {
  const refused = { name, kind: kindOfFile(name), size: null, path: null, within: folder ?? '' };
  try {
    if (folder === undefined) return { ...refused, problem: t('artifactElsewhere') };
    const real = checkRegularFile(path, { within: folder });
    return { ...refused, size: statSync(real).size, problem: null, path: real };
  } catch (error) {
    const isMissing = error instanceof StorageError && error.code === 'not-found';
    return { ...refused, problem: isMissing ? t('artifactMissing') : t('artifactOutside') };
  }
}

export function kindOfFile(name: string): ArtifactKind {
  const ending = extname(name).toLowerCase();
  const kinds = Object.entries(KINDS) as [Exclude<ArtifactKind, 'other'>, readonly string[]][];
  return kinds.find(([, endings]) => endings.includes(ending))?.[0] ?? 'other';
}

/** What the page shows of it; null where the editor has to open it. Throws what keeps it from being read. */
export function previewOf({ name, kind, path, size, within }: Artifact): ArtifactPreview | null {
  if (path === null || size === null) return null;
  const beginning = (most: number) => beginningOf(path, within, most);
  const lines = () => terminalLines(beginning(SHOWN_TEXT).toString('utf8')).slice(0, SHOWN_LINES);
  switch (kind) {
    case 'image':
    case 'audio': {
      if (size > LARGEST_MEDIA) return null;
      const type = MIME[extname(name).toLowerCase()] ?? '';
      return { kind, url: `data:${type};base64,${beginning(LARGEST_MEDIA).toString('base64')}` };
    }
    case 'csv':
      return { kind, rows: rowsOf(lines(), extname(name).toLowerCase() === '.tsv' ? '\t' : ',') };
    case 'json':
    case 'text':
      return { kind: 'text', text: lines().join('\n') };
    case 'other':
      return null;
    default:
      return kind satisfies never;
  }
}

function beginningOf(path: string, within: string, most: number): Buffer {
  const fd = openRegularFile(path, { within });
  try {
    const bytes = Buffer.alloc(Math.min(most, fstatSync(fd).size));
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(fd);
  }
}

/** Cells of a table, quotes understood where they are on one line. */
export function rowsOf(lines: readonly string[], separator: string): string[][] {
  return lines.map((line) => {
    const cells: string[] = [];
    let cell = '';
    let isQuoted = false;
    for (let at = 0; at < line.length; at++) {
      const letter = line[at] as string;
      if (letter === '"' && isQuoted && line[at + 1] === '"') {
        cell += '"';
        at++;
      } else if (letter === '"') isQuoted = !isQuoted;
      else if (letter === separator && !isQuoted) {
        cells.push(cell);
        cell = '';
      } else cell += letter;
    }
    return [...cells, cell].slice(0, SHOWN_COLUMNS);
  });
}
