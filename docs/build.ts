/**
 * `npm run docs`: installs what builds the site (docs/package.json), writes the reference and API pages from the code, and
 * builds docs/.vitepress/dist. Any warning or dead link ends it with 1.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);

/** Runs a program; its own output is shown. Throws where it fails or warns. */
function run(program: string, args: readonly string[], cwd = here): void {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  const warning = /^.*\bwarn(ing)?\b.*$/im.exec(`${stdout}\n${stderr}`);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}.`);
  if (warning && program !== 'npm') throw new Error(`The site is built without warnings: ${warning[0].trim()}`);
}

/** `npm ci` only where the lock file is another than what is installed. */
function install(): void {
  const lock = readFileSync(join(here, 'package-lock.json'), 'utf8');
  const stamp = join(here, 'node_modules', '.tuneboard-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  run('npm', ['ci', '--no-audit', '--no-fund']);
  writeFileSync(stamp, lock);
}

const bin = (name: string) => join(here, 'node_modules', name);

const ENTRIES = {
  library: { entry: 'src/library/node.ts', tsconfig: 'src/library/tsconfig.types.json' },
  trainer: { entry: 'src/trainer/library.ts', tsconfig: 'src/trainer/tsconfig.types.json' },
};

/** One Markdown page for each thing that the package exports. */
function api(name: keyof typeof ENTRIES): void {
  const { entry, tsconfig } = ENTRIES[name];
  const out = join(here, 'api', name);
  rmSync(out, { recursive: true, force: true });
  const options = {
    entryPoints: [join(root, entry)],
    tsconfig: join(root, tsconfig),
    name: name === 'library' ? 'tuneboard' : 'tuneboard/trainer',
    plugin: ['typedoc-plugin-markdown'],
    out,
    readme: 'none',
    entryFileName: 'index',
    // The compiler of the project has checked the types; this one is older.
    skipErrorChecking: true,
    disableSources: true,
    excludePrivate: true,
    excludeExternals: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    hideGenerator: true,
    logLevel: 'Warn',
    // What is not exported is named in signatures all the same; links into the internals lead nowhere.
    validation: { notExported: false, invalidLink: false, invalidPath: false },
  };
  const file = join(here, 'node_modules', `.typedoc-${name}.json`);
  writeFileSync(file, JSON.stringify(options));
  run(process.execPath, [bin('typedoc/bin/typedoc'), '--options', file]);
}

/** VitePress finds links to pages that are not there; this finds places within pages that are not there. */
function checkAnchors(): void {
  const site = join(here, '.vitepress', 'dist');
  const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
  const html = new Map(pages.map((name) => [`/${name.replaceAll('\\', '/')}`, readFileSync(join(site, name), 'utf8')]));
  const dead: string[] = [];
  for (const [page, text] of html) {
    for (const [, link = ''] of text.matchAll(/href="([^":]*#[^"]+)"/g)) {
      const { pathname, hash } = new URL(link, `http://site${page}`);
      const target = html.has(pathname)
        ? pathname
        : pathname.endsWith('/')
          ? `${pathname}index.html`
          : `${pathname}.html`;
      if (!html.get(target)?.includes(`id="${decodeURIComponent(hash.slice(1))}"`)) dead.push(`${page}: ${link}`);
    }
  }
  if (dead.length > 0) throw new Error(`Links to places that are not there:\n${dead.join('\n')}`);
}

try {
  install();
  run(process.execPath, [join(here, 'generate.ts')]);
  api('library');
  api('trainer');
  run(process.execPath, [bin('vitepress/bin/vitepress.js'), 'build', here]);
  checkAnchors();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
