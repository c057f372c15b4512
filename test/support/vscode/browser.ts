/**
 * The browser that shows the VS Code window: the one that TUNEBOARD_CHROMIUM names, else a headless Chromium out of an npm
 * package (MIT), which brings the libraries that a bare system lacks; on systems that it is not for, one that is installed.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { cacheFolder } from '../cache.ts';
import { unpackNpmPackage } from '../npmPackage.ts';
import { runToEnd } from '../processes.ts';

const PACKAGE = '@sparticuz/chromium@149.0.0';
const folder = join(cacheFolder, 'chromium-149');
const own = join(folder, 'chromium');

/** Where the system has no fonts, the package's one is all there is. */
const FONTS = `<fontconfig><dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'font-cache')}</cachedir></fontconfig>`;

const INSTALLED = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

export function findBrowser(): string | undefined {
  const named = process.env['TUNEBOARD_CHROMIUM'];
  if (named && existsSync(named)) return named;
  const isFor = process.platform === 'linux' && process.arch === 'x64';
  return (isFor ? [own] : INSTALLED).find((path) => existsSync(path));
}

/** Unpacks what the package has compressed: the program, libraries, a font, software graphics. About 10 s and 250 MB. */
export async function installBrowser(say: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('Install a Chromium, or name one in TUNEBOARD_CHROMIUM.');
  }
  say('installing the Chromium that the windows of the tests are shown in (once, about 10 s) …');
  const work = join(cacheFolder, `chromium-install-${process.pid}`);
  try {
    await unpackNpmPackage(PACKAGE, work, '--strip-components=2', 'package/bin');
    for (const name of readdirSync(work).filter((one) => one.endsWith('.br'))) {
      const file = join(work, name.slice(0, -'.br'.length));
      writeFileSync(file, brotliDecompressSync(readFileSync(join(work, name))));
      rmSync(join(work, name));
      if (!file.endsWith('.tar')) continue;
      await runToEnd('tar', ['-xf', file], { cwd: work });
      rmSync(file);
    }
    chmodSync(join(work, 'chromium'), 0o755);
    writeFileSync(join(work, 'fonts.conf'), FONTS);
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The system's libraries are taken where it has them, and its fonts where it has any. */
function environment(): NodeJS.ProcessEnv {
  const libraries = [process.env['LD_LIBRARY_PATH'], join(folder, 'lib')].filter(Boolean).join(':');
  const fonts = existsSync('/etc/fonts/fonts.conf') ? {} : { FONTCONFIG_PATH: folder };
  return { ...process.env, LD_LIBRARY_PATH: libraries, ...fonts };
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchBrowser(): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('No Chromium found. Install it or set TUNEBOARD_CHROMIUM to its path.');
  const env = executablePath === own ? { env: environment() as Record<string, string> } : {};
  return chromium.launch({ executablePath, args: FLAGS, ...env });
}

/** A person's browser: storage that stays while the context lives, so a reloaded window finds its state. */
export async function newContext(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, deviceScaleFactor: 1 });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  return context;
}
