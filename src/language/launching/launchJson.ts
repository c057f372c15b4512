import { type ParseError, parse } from 'jsonc-parser';
import { shellCommands } from '../../studyfile/launching/shellLine.ts';
import { folderOf, joinPath, relativePath } from './paths.ts';
import { isUnreasonable, type LaunchPlace, type RawLaunch } from './rawLaunch.ts';

interface Entries {
  readonly [key: string]: unknown;
}

const PYTHON_TYPES = /^(debugpy|python)$/;
const NODE_TYPES = /^(node|pwa-node|node-terminal)$/;
const MOST_CONFIGURATIONS = 200;

/**
 * The configurations of `.vscode/launch.json` in a folder that start a program; those that attach and compounds (which only
 * name others) start none; then those of a workspace file that is named as its folder is. `folder` is what
 * `${workspaceFolder}` means.
 */
export function debugLaunches(folder: string, place: LaunchPlace): RawLaunch[] {
  const file = joinPath(folder, '.vscode/launch.json');
  const own = configured(readEntries(file, place), file, folder, place);
  if (folder !== '.' && folder !== '') return own;
  const workspace = `${place.root.split('/').findLast((name) => name !== '') ?? ''}.code-workspace`;
  return [...own, ...configured(readEntries(workspace, place)?.['launch'], workspace, folder, place)];
}

function readEntries(file: string, { read }: LaunchPlace): Entries | undefined {
  const text = read(file);
  const errors: ParseError[] = [];
  const root: unknown =
    text === null || isUnreasonable(text) ? undefined : parse(text, errors, { allowTrailingComma: true });
  return isEntries(root) ? root : undefined;
}

function configured(root: unknown, file: string, folder: string, place: LaunchPlace): RawLaunch[] {
  if (!isEntries(root) || !Array.isArray(root['configurations'])) return [];
  const inputs = inputsOf(root['inputs']);
  return root['configurations'].slice(0, MOST_CONFIGURATIONS).flatMap((found: unknown) => {
    if (!isEntries(found) || found['request'] === 'attach') return [];
    const own = found[place.platform];
    const entry = isEntries(own) ? { ...found, ...own } : found;
    const launch = new Configuration(entry, folder, place, inputs).launch(file);
    return launch ? [launch] : [];
  });
}

/** What the editor would ask for, by the default that it would propose. */
function inputsOf(inputs: unknown): Map<string, string> {
  const found = new Map<string, string>();
  for (const input of Array.isArray(inputs) ? inputs : []) {
    if (!isEntries(input) || typeof input['id'] !== 'string' || input['password'] === true) continue;
    if (typeof input['default'] === 'string') found.set(input['id'], input['default']);
  }
  return found;
}

class Configuration {
  readonly #entry: Entries;
  readonly #folder: string;
  readonly #place: LaunchPlace;
  readonly #inputs: ReadonlyMap<string, string>;
  readonly #open = new Set<string>();

  constructor(entry: Entries, folder: string, place: LaunchPlace, inputs: ReadonlyMap<string, string>) {
    this.#entry = entry;
    this.#folder = folder;
    this.#place = place;
    this.#inputs = inputs;
  }

  launch(file: string): RawLaunch | undefined {
    const type = this.#text('type') ?? '';
    const name = this.#text('name') ?? '';
    const isPython = PYTHON_TYPES.test(type);
    if (!isPython && !NODE_TYPES.test(type)) return undefined;
    const { cwd: ownCwd, program, module } = this.#entry;
    const cwd = joinPath(this.#folder, typeof ownCwd === 'string' ? this.#path(ownCwd) : '.');
    const line = isPython ? this.#pythonLine(program, module, cwd) : this.#nodeLine(program, cwd);
    if (!line) return undefined;
    const env = { ...this.#fileVariables(), ...this.#variables() };
    const isGeneric = typeof program === 'string' && /\$\{(file|relativeFile|fileBasename\w*)\}/.test(program);
    const python = isPython ? this.#python() : undefined;
    // A configuration for whatever file is open says something only where it has more than that.
    if (isGeneric && line.args.length === 0 && Object.keys(env).length === 0 && ownCwd === undefined && !python)
      return undefined;
    const named = { by: 'debug', name, file, cwd, env, python } as const;
    return { ...named, line, open: [...this.#open], isSpecific: !isGeneric };
  }

  #pythonLine(program: unknown, module: unknown, cwd: string): RawLaunch['line'] | undefined {
    const before = ['python', ...this.#words('pythonArgs', cwd)];
    const args = this.#words('args', cwd);
    if (typeof module === 'string') return { before, script: null, module: this.#filled(module), args };
    if (typeof program !== 'string') return undefined;
    return { before, script: this.#fromRoot(program), module: null, args };
  }

  #nodeLine(program: unknown, cwd: string): RawLaunch['line'] | undefined {
    const runtime = this.#text('runtimeExecutable') ?? 'node';
    const words = this.#words('runtimeArgs', cwd);
    const args = this.#words('args', cwd);
    if (typeof program !== 'string' || /(^|[\\/])(npm|yarn|pnpm)(\.cmd)?$/.test(runtime)) return undefined;
    return { before: [this.#path(runtime), ...words], script: this.#fromRoot(program), module: null, args };
  }

  /** A program is relative to the workspace folder, whatever the working folder. */
  #fromRoot(program: string): string {
    const path = this.#path(program);
    return joinPath(this.#place.root, joinPath(this.#folder, path));
  }

  #python(): string | undefined {
    for (const key of ['python', 'pythonPath']) {
      const value = this.#entry[key];
      const word = Array.isArray(value) ? value[0] : value;
      if (typeof word !== 'string' || /\$\{(command|config):/.test(word)) continue;
      const path = this.#path(word);
      return /[\\/]/.test(path) ? joinPath(this.#folder, path) : path;
    }
    return undefined;
  }

  /** A list, or one text that is split as a shell does. */
  #words(key: string, cwd: string): string[] {
    const value = this.#entry[key];
    if (typeof value === 'string') {
      // `${command:pickArgs}` asks for all of them.
      if (/^\$\{command:[^}]{1,200}\}$/.test(value.trim())) {
        this.#open.add(value.trim());
        return [];
      }
      const [command] = shellCommands(`program ${this.#filled(value, cwd)}`) ?? [];
      return command?.words.slice(1) ?? [];
    }
    if (!Array.isArray(value)) return [];
    return value
      .filter((word) => ['string', 'number', 'boolean'].includes(typeof word))
      .map((word) => this.#filled(String(word), cwd));
  }

  #variables(): Record<string, string> {
    const { env } = this.#entry;
    if (!isEntries(env)) return {};
    return Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => {
        if (!['string', 'number', 'boolean'].includes(typeof value)) return [];
        const text = String(value);
        // What the editor's own environment has, a study has too.
        if (/^\$\{env:[^}]{1,200}\}$/.test(text)) return [];
        const filled = this.#filled(text.replace(/[:;]?\$\{env:[^}]{1,200}\}[:;]?/g, ''));
        return [[name, filled]];
      }),
    );
  }

  #fileVariables(): Record<string, string> {
    const file = this.#text('envFile');
    if (file === undefined) return {};
    const text = this.#place.read(this.#toPlace(joinPath(this.#folder, this.#path(file))));
    return text === null ? {} : dotEnv(text);
  }

  #toPlace(path: string): string {
    const { root } = this.#place;
    return path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
  }

  #text(key: string): string | undefined {
    const value = this.#entry[key];
    return typeof value === 'string' ? value : undefined;
  }

  /** A path relative to the root. */
  #path(text: string): string {
    return this.#filled(
      text.replaceAll('\\', '/').replace(/^\$\{(workspaceFolder|workspaceRoot)(:[^}]{0,200})?\}\/?/, './'),
    );
  }

  /** `cwd`: a path that begins at the workspace folder is written from there. */
  #filled(text: string, cwd?: string): string {
    const { root, script } = this.#place;
    const home = joinPath(root, this.#folder);
    const rooted = /^\$\{(?:workspaceFolder|workspaceRoot)(?::[^}]{0,200})?\}(?:[\\/](.*))?$/s.exec(text);
    if (rooted && cwd !== undefined && !rooted[1]?.includes('${')) {
      return relativePath(cwd, joinPath(this.#folder, rooted[1] ?? '.'));
    }
    const known: Readonly<Record<string, string>> = {
      workspaceFolder: home,
      workspaceRoot: home,
      workspaceFolderBasename: home.split('/').at(-1) ?? '',
      cwd: home,
      file: joinPath(root, script),
      fileDirname: joinPath(root, folderOf(script)),
      fileBasename: script.split('/').at(-1) ?? '',
      fileBasenameNoExtension: (script.split('/').at(-1) ?? '').replace(/\.[^.]*$/, ''),
      fileExtname: /\.[^.]*$/.exec(script)?.[0] ?? '',
      relativeFile: relativePath(this.#folder, script),
      relativeFileDirname: relativePath(this.#folder, folderOf(script)),
      fileWorkspaceFolder: home,
      pathSeparator: '/',
      '/': '/',
    };
    return text.replace(/\$\{([^{}]{1,200})\}/g, (all, name: string) => {
      const plain = name.startsWith('workspaceFolder:') ? 'workspaceFolder' : name;
      const value = Object.hasOwn(known, plain) ? known[plain] : this.#inputs.get(name.replace(/^input:/, ''));
      if (value !== undefined) return value;
      this.#open.add(all);
      return name.replace(/^\w+:/, '').replace(/[^\w]/g, '_').toUpperCase();
    });
  }
}

/** `NAME=value` lines, with `export`, quotes and comments. */
export function dotEnv(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const [, name, raw = ''] =
      /^\s{0,20}(?:export\s{1,20})?([A-Za-z_][\w.]{0,200})\s{0,20}=\s{0,20}(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const quote = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(raw);
    env[name] = quote ? (quote[2] as string) : (raw.split(/\s#/, 1)[0] ?? '').trim();
  }
  return env;
}

export function isEntries(value: unknown): value is Entries {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
