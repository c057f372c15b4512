import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { TuneboardError } from '../../core/errors.ts';
import { SERVER_PASSWORD } from '../../storage/sql/connect/serverUrl.ts';
import { clusterMessage } from '../../words/en/cluster.ts';

/** One file of a package. */
export interface PackedFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly isExecutable: boolean;
  /** Its content as it is sent. */
  readonly read: () => Uint8Array;
}

export interface PackOptions {
  /** Absolute. */
  readonly folder: string;
  /** Further patterns, as in .gitignore. */
  readonly excludes: readonly string[];
  /** Files whose patterns count, beside .gitignore. */
  readonly ignoreFiles: readonly string[];
  readonly mostBytes: number;
  /** What says that more is too much. */
  readonly limitOf: string;
}

/** Never sent, whatever the ignore files say: our own records hold tokens, these files hold secrets, the rest is of no use elsewhere. */
const NEVER = [
  '.git',
  '.tuneboard',
  '.tuneboard-worker',
  '__pycache__',
  '.env',
  '.env.*',
  '.envrc',
  '.netrc',
  '_netrc',
  '.pgpass',
  '.my.cnf',
  '.npmrc',
  '.pypirc',
  '.ssh',
  '.aws',
  '.azure',
  '.gnupg',
  '.kube',
  '.docker',
  '.config/gcloud',
  '.git-credentials',
  'id_rsa*',
  'id_dsa*',
  'id_ecdsa*',
  'id_ed25519*',
  '*.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  '*.keystore',
  '*.kdbx',
  'credentials.json',
  'client_secret*.json',
  'service-account*.json',
];

/** Passwords in URLs, in a study file. One of a database may hold a slash, or be in the query (see ServerUrl). */
const PASSWORDS = [
  /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*:\/\/[^\s:/@'"]*):[^\s/@'"]+(?=@)/gi,
  SERVER_PASSWORD,
  /([?&])(?:password|passwd|ssl_?password)=[^\s&'"]*&?/gi,
];
/** How many of the largest files a refusal names. */
const NAMED = 3;

interface Rules {
  /** Relative to the folder that they were written in. */
  readonly base: string;
  readonly matcher: Ignore;
}

/**
 * Finds the files of a working folder that workers need: without what ignore files name, and without secrets. Passwords in
 * study files are cut out. Throws `outside-folder` for a link to a file outside, and `too-large`, before anything is read.
 */
export function packFolder(options: PackOptions): PackedFile[] {
  const paths: { readonly path: string; readonly size: number; readonly mode: number }[] = [];
  const top: Rules = {
    base: '',
    matcher: ignore()
      .add(NEVER)
      .add([...options.excludes]),
  };
  const root = realpathSync(options.folder);
  const walk = (folder: string, rules: readonly Rules[]) => {
    const here = [...rules, ...rulesIn(options, folder)];
    for (const entry of entriesOf(join(options.folder, folder))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const isFolder = entry.isDirectory();
      if (here.some((one) => isIgnored(one, path, isFolder))) continue;
      if (isFolder) {
        if (!isEnvironment(join(options.folder, path))) walk(path, here);
        continue;
      }
      const stat = statSync(join(options.folder, path), { throwIfNoEntry: false });
      // A link to a folder may lead round in a circle; a socket or a pipe has no content.
      if (!stat?.isFile()) continue;
      if (entry.isSymbolicLink()) requireInside(root, path);
      paths.push({ path, size: stat.size, mode: stat.mode });
    }
  };
  walk('', [top]);
  requireSize(paths, options);
  return paths.map(({ path, mode }) => ({
    path,
    isExecutable: (mode & 0o111) !== 0,
    read: () => contentOf(join(options.folder, path)),
  }));
}

/** A folder that somebody else filled could send any file of this machine to the cluster by a link. */
function requireInside(root: string, path: string): void {
  const inside = relative(root, realpathSync(join(root, path)));
  if (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside)) return;
  throw new TuneboardError('outside-folder', clusterMessage('linkLeadsOut', { path, folder: root }));
}

function isIgnored({ base, matcher }: Rules, path: string, isFolder: boolean): boolean {
  const own = base === '' ? path : path.slice(base.length + 1);
  return matcher.ignores(isFolder ? `${own}/` : own);
}

function rulesIn({ folder, ignoreFiles }: PackOptions, relative: string): Rules[] {
  return ['.gitignore', ...ignoreFiles].flatMap((name) => {
    try {
      return { base: relative, matcher: ignore().add(readFileSync(join(folder, relative, name), 'utf8')) };
    } catch {
      return [];
    }
  });
}

function entriesOf(folder: string): Dirent[] {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A virtual environment is full of this machine's paths. */
function isEnvironment(folder: string): boolean {
  return statSync(join(folder, 'pyvenv.cfg'), { throwIfNoEntry: false }) !== undefined;
}

function requireSize(files: readonly { path: string; size: number }[], { folder, mostBytes, limitOf }: PackOptions) {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total <= mostBytes) return;
  const largest = files.toSorted((a, b) => b.size - a.size).slice(0, NAMED);
  const named = largest.map(({ path, size }) => `${path} (${inMegabytes(size)})`).join(', ');
  throw new TuneboardError(
    'too-large',
    clusterMessage('workingFolderTakesNameWhat', {
      folder,
      total: inMegabytes(total),
      limitOf,
      mostBytes: inMegabytes(mostBytes),
      named,
    }),
  );
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 * 10 ? 1 : 0)} MB`;
}

function contentOf(path: string): Uint8Array {
  const bytes = readFileSync(path);
  if (!/\.study\.ya?ml$/i.test(path)) return bytes;
  return Buffer.from(PASSWORDS.reduce((text, pattern) => text.replace(pattern, '$1'), bytes.toString('utf8')));
}
