/** Starts and ends the VS Code server of installVscode.ts on a free loopback port, with a profile of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { cacheFolder } from '../cache.ts';
import { endProcessTree, runToEnd } from '../processes.ts';
import { serverMain } from './installVscode.ts';

export interface ServerOptions {
  /** A folder whose window state, settings and extensions outlive the server; left out: a new one, removed at the end. */
  readonly profile?: string;
  /** A .vsix file, installed as a person would, or an unpacked extension's folder, copied. */
  readonly extension?: string;
  /** Folders of further extensions, unpacked. */
  readonly companions?: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether every folder counts as trusted; otherwise VS Code opens it in Restricted Mode. */
  readonly trusted?: boolean;
  /** Lets a page run a test suite inside the extension host. */
  readonly smokeTestDriver?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly port?: number;
  /** `zh-cn`, for instance. */
  readonly locale?: string;
}

/** With these the window asks nothing from outside and shows nothing that a test did not ask for. */
const QUIET_SETTINGS: Readonly<Record<string, unknown>> = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  // A message that takes the focus would close the palette or the quick pick in use.
  'workbench.quickOpen.closeOnFocusLost': false,
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  // As on the desktop; in a browser files are saved a second after a change.
  'files.autoSave': 'off',
  'npm.fetchOnlinePackageInfo': false,
  'remote.autoForwardPorts': false,
  'git.openRepositoryInParentFolders': 'never',
  'window.commandCenter': false,
  'workbench.colorTheme': 'Dark Modern',
};

export class VscodeServer {
  readonly port: number;
  readonly profile: string;
  readonly #process: ChildProcess;
  readonly #temporary: boolean;

  private constructor(started: ChildProcess, port: number, profile: Profile) {
    this.#process = started;
    this.port = port;
    this.profile = profile.folder;
    this.#temporary = profile.temporary;
  }

  static async start(options: ServerOptions = {}): Promise<VscodeServer> {
    const profile = await prepareProfile(options);
    const args = [serverMain, ...profile.args];
    args.push('--host', '127.0.0.1', '--port', String(options.port ?? 0), '--without-connection-token');
    args.push('--accept-server-license-terms', '--telemetry-level', 'off');
    if (options.trusted !== false) args.push('--disable-workspace-trust');
    if (options.smokeTestDriver) args.push('--enable-smoke-test-driver');
    if (options.locale) args.push('--locale', options.locale);
    // VSCODE_CLI keeps the PATH given here; without it the extension host takes the login shell's.
    const env = { ...process.env, VSCODE_CLI: '1', ...options.env };
    const started = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    try {
      return new VscodeServer(started, await listeningPort(started), profile);
    } catch (error) {
      await endProcessTree(started);
      throw error;
    }
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  urlOf(folder: string): string {
    return `${this.origin}/?folder=${encodeURIComponent(folder)}`;
  }

  async stop(): Promise<void> {
    await endProcessTree(this.#process);
    if (this.#temporary) rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Profile {
  readonly folder: string;
  readonly temporary: boolean;
  readonly args: readonly string[];
}

async function prepareProfile(options: ServerOptions): Promise<Profile> {
  const folder = options.profile ?? mkdtempSync(join(tmpdir(), 'tuneboard-vscode-'));
  const settings = { ...QUIET_SETTINGS, ...options.settings };
  const extensions = join(folder, 'extensions');
  mkdirSync(extensions, { recursive: true });
  writeSettings(folder, settings);
  const args = ['--user-data-dir', join(folder, 'data'), '--extensions-dir', extensions];
  // Before anything is installed: VS Code takes what lies there only as long as it has no list of its own.
  for (const companion of options.companions ?? []) {
    cpSync(companion, join(extensions, basename(companion)), { recursive: true });
  }
  const vsix = options.extension?.endsWith('.vsix') ? options.extension : undefined;
  if (vsix && (options.companions || options.profile)) {
    await runToEnd(process.execPath, [serverMain, ...args, '--install-extension', vsix, '--force'], {});
  } else if (vsix) {
    cpSync(await installedOnce(vsix), extensions, { recursive: true });
  } else if (options.extension && !existsSync(join(extensions, 'extension-under-test'))) {
    cpSync(options.extension, join(extensions, 'extension-under-test'), { recursive: true });
  }
  if (options.locale) writeLanguagePack(folder, options.locale);
  return { folder, temporary: options.profile === undefined, args };
}

/**
 * The folder of extensions into which VS Code has installed this very package; made by whoever needs it first and copied by
 * the others, since VS Code names what is in it by paths from there.
 */
async function installedOnce(vsix: string): Promise<string> {
  const { mtimeMs, size } = statSync(vsix);
  const installed = join(cacheFolder, `extension-${Math.round(mtimeMs)}-${size}`);
  if (existsSync(installed)) return installed;
  const work = mkdtempSync(`${installed}-`);
  try {
    const extensions = join(work, 'extensions');
    const args = [serverMain, '--user-data-dir', join(work, 'data'), '--extensions-dir', extensions];
    await runToEnd(process.execPath, [...args, '--install-extension', vsix, '--force'], {});
    try {
      renameSync(extensions, installed);
    } catch (error) {
      if (!existsSync(installed)) throw error;
    }
    for (const name of readdirSync(cacheFolder)) {
      const isOlder = name.startsWith('extension-') && !name.startsWith(basename(installed));
      if (isOlder) rmSync(join(cacheFolder, name), { recursive: true, force: true });
    }
    return installed;
  } finally {
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * A language pack without a word in it. VS Code takes a locale only from a pack, and Microsoft's come from its gallery;
 * with this one VS Code itself speaks English and hands the locale to extensions.
 */
function writeLanguagePack(profile: string, locale: string): void {
  const data = join(profile, 'data');
  const words = join(data, `words-${locale}.json`);
  writeFileSync(words, JSON.stringify({ version: '1.0.0', contents: {} }));
  const extension = { extensionIdentifier: { id: `tuneboard.empty-pack-${locale}` }, version: '1.0.0' };
  const pack = { hash: 'empty', extensions: [extension], translations: { vscode: words }, label: locale };
  writeFileSync(join(data, 'languagepacks.json'), JSON.stringify({ [locale]: pack }));
}

/** A setting of the machine is not read from the user's file in a remote window, and this is one; so both have them. */
function writeSettings(profile: string, settings: Readonly<Record<string, unknown>>): void {
  for (const name of ['User', 'Machine']) {
    const folder = join(profile, 'data', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings, null, 2));
  }
}

function listeningPort(started: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const match = /Extension host agent listening on (\d+)/.exec(output);
      if (match) resolve(Number(match[1]));
    };
    started.stdout?.on('data', read);
    started.stderr?.on('data', read);
    started.on('error', reject);
    started.on('exit', (code) => reject(new Error(`the VS Code server ended with ${code}:\n${output.slice(-2000)}`)));
    setTimeout(
      () => reject(new Error(`the VS Code server did not start in three minutes:\n${output.slice(-2000)}`)),
      180_000,
    ).unref();
  });
}
