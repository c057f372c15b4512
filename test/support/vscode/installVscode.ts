/**
 * The VS Code that the end-to-end tests drive: the server inside the npm package code-server (MIT), taken out, its
 * JavaScript dependencies installed and nothing compiled. The window is the real workbench in a browser, the extension
 * host plain Node. About 16 s and 460 MB, into .cache/vscode; done again only when the version or this recipe changes.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../cache.ts';
import { unpackNpmPackage } from '../npmPackage.ts';
import { runToEnd } from '../processes.ts';
import { STAND_INS } from './standIns.ts';

const CODE_SERVER = 'code-server@4.139.1';
/** Raised when this file changes what it makes. */
const RECIPE = 1;
const STAMP = `${CODE_SERVER} recipe ${RECIPE}`;

export const vscodeFolder = join(cacheFolder, 'vscode');
export const serverMain = join(vscodeFolder, 'out', 'server-main.js');

/** Needed by parts of VS Code that no test touches, and compiled or fetched at install. */
const LEFT_OUT = [
  '@devcontainers/cli',
  '@github/copilot-sdk',
  '@microsoft/mxc-sdk',
  '@vscode/copilot-api',
  '@vscode/deviceid',
  '@vscode/fs-copyfile',
  '@vscode/native-watchdog',
  '@vscode/sandbox-runtime',
  '@vscode/spdlog',
  '@vscode/sqlite3',
  '@vscode/windows-process-tree',
  '@vscode/windows-registry',
  'kerberos',
  'node-addon-api',
  'ssh2',
  'tar',
];

export function isVscodeInstalled(): boolean {
  const stamp = join(vscodeFolder, '.complete');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === STAMP;
}

/** Installs it unless it is there whole. An interrupted install leaves no stamp and is started over. */
export async function installVscode(say: (line: string) => void): Promise<void> {
  if (isVscodeInstalled()) return;
  say('installing the VS Code that the end-to-end tests drive (once, about 20 s) …');
  const work = join(cacheFolder, `vscode-install-${process.pid}`);
  try {
    await unpack(work);
    leaveOutNatives(work);
    const install = ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
    await runToEnd('npm', install, { cwd: work });
    writeStandIns(work);
    await runToEnd('npm', install, { cwd: join(work, 'extensions') });
    await runToEnd(process.execPath, ['postinstall.mjs'], { cwd: join(work, 'extensions') });
    writeFileSync(join(work, '.complete'), STAMP);
    rmSync(vscodeFolder, { recursive: true, force: true });
    renameSync(work, vscodeFolder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function unpack(work: string): Promise<void> {
  const extensions = ['copilot', 'microsoft-authentication', 'ms-vscode.vscode-js-profile-table'];
  const exclude = extensions.map((extension) => `--exclude=package/lib/vscode/extensions/${extension}`);
  await unpackNpmPackage(CODE_SERVER, work, '--strip-components=3', ...exclude, 'package/lib/vscode');
}

function leaveOutNatives(work: string): void {
  const path = join(work, 'package.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { dependencies: Record<string, string> };
  for (const name of LEFT_OUT) delete manifest.dependencies[name];
  writeFileSync(path, JSON.stringify(manifest, null, 2));
}

function writeStandIns(work: string): void {
  for (const [name, source] of Object.entries(STAND_INS)) {
    const folder = join(work, 'node_modules', '@vscode', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: `@vscode/${name}`, version: '0.0.0', main: 'index.js' }),
    );
    writeFileSync(join(folder, 'index.js'), source);
  }
}
