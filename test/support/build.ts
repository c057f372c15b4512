/** Builds what the tests drive, unless what lies in dist/ is newer than all that it is made of. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, repository } from './cache.ts';

/** A folder's own time says that something in it has gone. */
const SOURCES = ['{src,webview,media,l10n,examples/digits}', '{src,webview,media,l10n,examples/digits}/**'];
const SOURCE_FILES = ['*.{json,md,mjs}', '.{vscodeignore,npmignore}', 'LICENSE', 'node_modules/.package-lock.json'];

/** False where the build failed, which it has said. */
export function build(script: 'build' | 'package'): boolean {
  return isFresh(script === 'package') || npmRun(script);
}

/** Builds the site of the documents, which fails on a warning or a dead link. */
export function buildDocuments(): boolean {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { scripts: object };
  return !('docs' in scripts) || npmRun('docs');
}

function npmRun(script: string): boolean {
  const windows = process.platform === 'win32';
  return spawnSync('npm', ['run', '-s', script], { cwd: repository, stdio: 'inherit', shell: windows }).status === 0;
}

/** A unit test drives the bundles as they are; windows and packages need the minified ones, packed after they were built. */
function isFresh(packed: boolean): boolean {
  const metafile = join(cacheFolder, 'metafile.json');
  const last = join(repository, packed ? 'dist/tuneboard.vsix' : 'dist/tuneboard.mjs');
  if (!existsSync(metafile) || !existsSync(last)) return false;
  const built = timeOf(metafile);
  if (packed && (timeOf(last) < built || !isProduction(metafile))) return false;
  const paths = globSync([...SOURCES, ...SOURCE_FILES], { cwd: repository, exclude: ['**/.tuneboard/**'] });
  return paths.every((path) => timeOf(join(repository, path)) <= built);
}

function isProduction(metafile: string): boolean {
  return (JSON.parse(readFileSync(metafile, 'utf8')) as { production: boolean }).production;
}

function timeOf(path: string): number {
  return statSync(path).mtimeMs;
}
