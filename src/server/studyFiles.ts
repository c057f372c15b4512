import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { comparableUri } from '../language/links.ts';
import { readSiteReference } from '../language/sites/siteReference.ts';
import { type PlacedParameter, placedParameters } from '../studyfile/editing/spaceEdits.ts';
import { parseStudyFile } from '../studyfile/parseStudyFile.ts';

/** What a person writes by hand is smaller. */
const MOST_BYTES = 1024 * 1024;

/** A parameter of a study file that stands in a certain file of code. */
export interface TunedHere extends PlacedParameter {
  readonly studyFile: string;
  readonly path: string;
}

interface ReadStudyFile {
  readonly text: string;
  readonly parameters: readonly PlacedParameter[];
  /** Words of its command that may be files, as addresses. */
  readonly words: readonly string[];
}

/** The study files of the workspace, read when a document asks what of it they vary. */
export class KnownStudyFiles {
  readonly #textOf: (uri: string) => string | undefined;
  readonly #read = new Map<string, ReadStudyFile>();
  #uris: readonly string[] = [];

  /** `textOf` gives the text of an open document. */
  constructor(textOf: (uri: string) => string | undefined) {
    this.#textOf = textOf;
  }

  /** Takes what there is now; what was read of the others is forgotten. */
  set(uris: readonly string[]): void {
    this.#uris = uris;
    this.#read.clear();
  }

  /** Addresses of the study files, open or not. */
  get uris(): readonly string[] {
    return this.#uris;
  }

  /** What study files vary in this file. */
  tunedIn(uri: string): TunedHere[] {
    const wanted = comparableUri(uri);
    return this.#uris.flatMap((studyFile) =>
      this.#readNow(studyFile).parameters.flatMap((parameter) => {
        const reference = readSiteReference(parameter.at);
        if (!reference || comparableUri(besideUri(studyFile, reference.file)) !== wanted) return [];
        return [{ ...parameter, studyFile, path: reference.path }];
      }),
    );
  }

  /** What a study file says now. */
  textOf(uri: string): string {
    return this.#readNow(uri).text;
  }

  /** Whether a study file runs this file, so that Start Study starts it. */
  hasOneFor(uri: string): boolean {
    const wanted = comparableUri(uri);
    return this.#uris.some((studyFile) => this.#readNow(studyFile).words.includes(wanted));
  }

  #readNow(uri: string): ReadStudyFile {
    const open = this.#textOf(uri);
    const known = this.#read.get(uri);
    if (known && (open === undefined || open === known.text)) return known;
    const text = open ?? readText(pathOf(uri)) ?? '';
    const objective = parseStudyFile(text).file?.objective;
    const paths =
      objective?.kind === 'command'
        ? objective.argv.map((word) => join(objective.cwd, word))
        : objective?.kind === 'optuna'
          ? [objective.path]
          : [];
    const words = paths.map((path) => comparableUri(besideUri(uri, path)));
    const read = { text, parameters: placedParameters(text), words };
    this.#read.set(uri, read);
    return read;
  }
}

/** The text of a file; null where there is none, or it is no source that a person wrote. */
export function readText(path: string | null): string | null {
  try {
    const found = path === null ? undefined : statSync(path);
    return path !== null && found?.isFile() && found.size <= MOST_BYTES ? readFileSync(path, 'utf8') : null;
  } catch {
    return null;
  }
}

/** Tells whether a file is as it was: when it was changed last, and its size; undefined where there is none. */
export function stampOf(path: string): string | undefined {
  try {
    const found = statSync(path);
    return `${found.mtimeMs} ${found.size}`;
  } catch {
    return undefined;
  }
}

/** The entries of a folder by name; none where it cannot be read. */
export function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** The path of a file on this machine; null for any other. */
export function pathOf(uri: string): string | null {
  return uri.startsWith('file:') ? fileURLToPath(uri) : null;
}

/** The address of a file that is named from the folder of another. */
export function besideUri(uri: string, path: string): string {
  const from = pathOf(uri);
  return from === null ? '' : pathToFileURL(resolve(dirname(from), path)).toString();
}

/** A file's path from the folder of another, with slashes. */
export function relativePath(from: string, to: string): string {
  const [base, path] = [pathOf(from), pathOf(to)];
  if (base === null || path === null) return to.split('/').at(-1) ?? to;
  return relative(dirname(base), path).replaceAll('\\', '/');
}
