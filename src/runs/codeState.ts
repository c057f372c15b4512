import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Git } from './git.ts';
import { makeOwnFolder, writeOwnFile } from './ownFiles.ts';
import type { RunFolder } from './runFolder.ts';

/** The code of one run: the commit that was checked out, and what differed from it. */
export interface CodeState {
  readonly version: 1;
  /** When it was taken, epoch milliseconds. */
  readonly at: number;
  /** Absolute path of the repository; absent where the code is in none. */
  readonly top?: string;
  /** Absent in a repository without a commit. */
  readonly commit?: string;
  /** Absent where no branch is checked out. */
  readonly branch?: string;
  /** What `git diff HEAD` says, at most 256 KiB of it. */
  readonly diff: string;
  readonly isCut: boolean;
  /** Files that the commit does not have so, by absolute path, as far as there is room. */
  readonly files: Readonly<Record<string, string>>;
}

const MOST_DIFF = 256 * 1024;
const MOST_FILES = 100;
const MOST_BYTES = 2 * 1024 * 1024;
const LARGEST_FILE = 256 * 1024;
/** Runs whose code is kept. */
const MOST_STATES = 50;
const CODE = /\.(pyw?|ipynb|[cm]?[jt]sx?|ya?ml|jsonc?|toml|ini|cfg|conf|sh|bash|r|jl|cpp|cc|cxx|c|h|hpp|java|rs|go)$/i;

/**
 * Keeps the code that a run starts with in its folder: commit, branch, a bounded diff, and the files of `sources` and of the
 * working tree that the commit does not have. Never fails: without git the sources alone are kept.
 */
export async function recordCode(
  folder: RunFolder,
  base: string,
  sources: readonly string[],
  at: number,
): Promise<void> {
  try {
    const state = await codeState(base, sources, at);
    makeOwnFolder(folder.code);
    for (const old of statesIn(folder).slice(0, -(MOST_STATES - 1)))
      rmSync(join(folder.code, `${old}.json`), { force: true });
    writeOwnFile(join(folder.code, `${at}.json`), JSON.stringify(state));
  } catch {
    // A full disk or a folder that is gone is no reason to fail a study.
  }
}

/** The code that was there when a trial began; null where none was kept. */
export function codeAt(folder: RunFolder, startedAt: number): CodeState | null {
  const times = statesIn(folder).filter((at) => at <= startedAt);
  const at = times.at(-1);
  try {
    const state =
      at === undefined ? null : (JSON.parse(readFileSync(join(folder.code, `${at}.json`), 'utf8')) as CodeState);
    return state?.version === 1 && typeof state.files === 'object' && state.files !== null ? state : null;
  } catch {
    return null;
  }
}

/** The text that a file had in a state; null where it is not known. */
export async function textIn(state: CodeState, path: string): Promise<string | null> {
  const kept = Object.hasOwn(state.files, path) ? state.files[path] : undefined;
  if (typeof kept === 'string') return kept;
  if (!state.top || !state.commit || !/^[0-9a-f]{40,64}$/.test(state.commit)) return null;
  const inside = relative(state.top, path).replaceAll('\\', '/');
  if (inside.startsWith('..')) return null;
  const answer = await new Git(state.top).run(['cat-file', 'blob', `${state.commit}:${inside}`], 4 * MOST_BYTES);
  return answer && !answer.isCut ? answer.output.toString('utf8') : null;
}

async function codeState(base: string, sources: readonly string[], at: number): Promise<CodeState> {
  const git = new Git(base);
  const top = await git.text(['rev-parse', '--show-toplevel']);
  if (top === null) return { version: 1, at, diff: '', isCut: false, files: readAll(sources) };
  const commit = await git.text(['rev-parse', '--verify', '--quiet', 'HEAD']);
  const branch = await git.text(['symbolic-ref', '--short', '--quiet', 'HEAD']);
  const plain = ['--no-ext-diff', '--no-textconv', '--ignore-submodules=all'];
  const diff = commit === null ? null : await git.run(['diff', ...plain, 'HEAD'], MOST_DIFF);
  const changed = commit === null ? null : await git.run(['diff', ...plain, '--name-only', '-z', 'HEAD']);
  const others = await git.run(['-C', top, 'ls-files', '-z', '--others', '--exclude-standard']);
  const names = [changed, others].flatMap(
    (answer) => answer?.output.toString('utf8').split('\0').filter(Boolean) ?? [],
  );
  const dirty = names
    .filter((name) => CODE.test(name) && !/(^|\/)\.tuneboard\//.test(name))
    .map((name) => resolve(top, name));
  // Sources that git ignores, or that lie elsewhere, are in no commit.
  const untracked = commit === null ? sources : await notTracked(git, sources);
  return {
    version: 1,
    at,
    top,
    ...(commit !== null && { commit }),
    ...(branch !== null && branch !== '' && { branch }),
    diff: diff?.output.toString('utf8') ?? '',
    isCut: diff?.isCut ?? false,
    files: readAll([...untracked, ...dirty]),
  };
}

async function notTracked(git: Git, sources: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(sources.map((path) => git.text(['ls-files', '--error-unmatch', '--', path])));
  return sources.filter((_, place) => answers[place] === null);
}

function readAll(paths: readonly string[]): Record<string, string> {
  const files: Record<string, string> = {};
  let room = MOST_BYTES;
  for (const path of new Set(paths)) {
    if (Object.keys(files).length >= MOST_FILES) break;
    try {
      const { size } = statSync(path);
      if (size > LARGEST_FILE || size > room) continue;
      files[path] = readFileSync(path, 'utf8');
      room -= size;
    } catch {
      // Gone meanwhile, or deleted in the working tree.
    }
  }
  return files;
}

/** When the states of a folder were taken, ascending. */
function statesIn(folder: RunFolder): number[] {
  try {
    const names = readdirSync(folder.code).flatMap((name) => /^(\d{1,16})\.json$/.exec(name)?.[1] ?? []);
    return names.map(Number).sort((a, b) => a - b);
  } catch {
    return [];
  }
}
