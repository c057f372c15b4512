/**
 * A line of a shell, read and never run: the commands in it with their words, and what `cd`, `export` and the activation of
 * an environment before them in the line have set. POSIX shells, and of PowerShell and cmd what people write before a
 * program.
 */
export interface ShellCommand {
  /** Quotes are removed; variables and patterns stand as they are written. */
  readonly words: readonly string[];
  /** Variables that the line sets for it. */
  readonly env: Readonly<Record<string, string>>;
  /** Folders that the line changes to before it, in order. */
  readonly folders: readonly string[];
  /** Environment that the line activates before it: the folder of a venv's programs, or conda's `name`. */
  readonly activated: Activated | null;
  /** A variable, a pattern or a substitution stands in a word: only a shell knows the word. */
  readonly isExpanded: boolean;
}

export type ShellState = Omit<ShellCommand, 'words' | 'isExpanded'>;

export type Activated = { readonly venv: string } | { readonly conda: string };

/** A longer line is no command that a person typed. In characters. */
const LONGEST_LINE = 20_000;
const ASSIGNMENT = /^([A-Za-z_]\w{0,200})=(.*)$/s;
/** PowerShell sets variables so; the blanks are gone. */
const POWERSHELL = /^\$env:([A-Za-z_]\w{0,200})=(.*)$/is;
const ACTIVATE = /^(.{1,1000}?[\\/](?:bin|Scripts))[\\/]activate(?:\.\w{1,5})?$/i;

/** The commands of a line in their order. Null where a quote is open, and for what is too long to be a command. */
export function shellCommands(line: string): ShellCommand[] | null {
  if (line.length > LONGEST_LINE) return null;
  const parsed = new Tokens(line).commands();
  if (!parsed) return null;
  const found: ShellCommand[] = [];
  let state: ShellState = { env: {}, folders: [], activated: null };
  for (const { words, isExpanded } of parsed) {
    const setting = settingOf(words);
    if (setting) state = { ...state, ...after(state, setting) };
    else found.push(withVariables({ ...state, words, isExpanded }));
  }
  return found;
}

/** What a line leaves in the shell that ran it, for the lines after it. */
export function shellState(line: string): ShellState & { readonly isLeft: boolean } {
  let state: ShellState = { env: {}, folders: [], activated: null };
  let isLeft = false;
  for (const { words } of (line.length <= LONGEST_LINE && new Tokens(line).commands()) || []) {
    if (/^(deactivate|conda deactivate)$/.test(words.join(' ')))
      [state, isLeft] = [{ ...state, activated: null }, true];
    const setting = settingOf(words);
    if (setting) state = { ...state, ...after(state, setting) };
  }
  return { ...state, isLeft };
}

type Setting =
  | { readonly folder: string }
  | { readonly env: Readonly<Record<string, string>> }
  | { readonly activated: Activated };

function after({ env, folders }: Pick<ShellCommand, 'env' | 'folders'>, setting: Setting): Partial<ShellCommand> {
  if ('folder' in setting) return { folders: [...folders, setting.folder] };
  return 'env' in setting ? { env: { ...env, ...setting.env } } : setting;
}

/** A command that changes the shell and runs nothing. */
function settingOf(words: readonly string[]): Setting | undefined {
  const [first = '', ...rest] = words;
  const name = first.toLowerCase();
  if (['cd', 'pushd', 'set-location', 'sl', 'chdir'].includes(name)) {
    const folder = rest.filter((word) => !/^(-{1,2}[LP]?|\/d)$/i.test(word)).at(0);
    return folder === undefined || folder === '-' ? undefined : { folder };
  }
  const activated = activatedBy(first, rest);
  if (activated) return { activated };
  if (name === 'export' || name === 'set') {
    const env = assignments(name === 'set' ? [rest.join(' ')] : rest);
    return env && { env };
  }
  const shown = POWERSHELL.exec(words.join(''));
  if (shown) return { env: { [shown[1] as string]: shown[2] as string } };
  const env = assignments(words);
  return env && { env };
}

function activatedBy(first: string, rest: readonly string[]): Activated | undefined {
  if (/^(conda|mamba|micromamba)$/.test(first) && rest[0] === 'activate') return { conda: rest[1] ?? 'base' };
  const path = first === 'source' || first === '.' || first === '&' ? (rest[0] ?? '') : first;
  const venv = ACTIVATE.exec(path)?.[1];
  return venv === undefined ? undefined : { venv };
}

/** Undefined unless every word is an assignment. */
function assignments(words: readonly string[]): Record<string, string> | undefined {
  const env: Record<string, string> = {};
  for (const word of words) {
    const found = ASSIGNMENT.exec(word);
    if (!found) return undefined;
    env[found[1] as string] = found[2] as string;
  }
  return words.length === 0 ? undefined : env;
}

/** `A=1 python …` and `env A=1 python …`. */
function withVariables(command: ShellCommand): ShellCommand {
  const env: Record<string, string> = { ...command.env };
  let at = 0;
  for (; at < command.words.length; at++) {
    const word = command.words[at] as string;
    const found = ASSIGNMENT.exec(word);
    if (found) env[found[1] as string] = found[2] as string;
    else if (word !== 'env' || at === command.words.length - 1) break;
  }
  return { ...command, env, words: command.words.slice(at) };
}

interface Tokenised {
  readonly words: readonly string[];
  readonly isExpanded: boolean;
}

/** Cuts a line into commands at the shell's operators; redirections and comments are left out. */
class Tokens {
  readonly #line: string;
  readonly #commands: Tokenised[] = [];
  #words: string[] = [];
  #word: string | null = null;
  #isExpanded = false;
  /** The next word is the file of a redirection. */
  #isTarget = false;

  constructor(line: string) {
    this.#line = line;
  }

  commands(): Tokenised[] | null {
    const line = this.#line;
    for (let at = 0; at < line.length; at++) {
      const char = line[at] as string;
      if (char === "'" || char === '"') {
        const end = this.#quoted(at, char);
        if (end === null) return null;
        at = end;
      } else if (char === '\\' && /[\s"'\\$`|&;<>()#*?{}]/.test(line[at + 1] ?? '')) {
        at++;
        // A backslash before the end of a line joins it with the next one.
        if (line[at] !== '\n') this.#add(line[at] as string);
      } else if (char === '#' && this.#word === null) {
        at = this.#endOfLine(at);
        this.#endCommand();
      } else at = this.#plain(char, at);
    }
    this.#endCommand();
    return this.#commands;
  }

  #plain(char: string, at: number): number {
    const next = this.#line[at + 1] ?? '';
    if (char === ' ' || char === '\t') this.#endWord();
    else if (char === '>' || char === '<' || (char === '&' && next === '>')) return this.#redirection(at);
    // PowerShell calls what follows.
    else if (char === '&' && this.#words.length === 0 && this.#word === null && next === ' ') return at;
    else if (/[&|;\n\r()]/.test(char)) this.#endCommand();
    else {
      if (/[$`*?]/.test(char) || (char === '~' && this.#word === null)) this.#expands(at);
      this.#add(char);
    }
    return at;
  }

  #expands(at: number): void {
    // PowerShell's way to set a variable is read.
    if (
      !this.#line
        .slice(at, at + 5)
        .toLowerCase()
        .startsWith('$env:')
    )
      this.#isExpanded = true;
  }

  #redirection(at: number): number {
    const found = /^(?:&>>?|[<>]{1,3}(?:&\d?)?)/.exec(this.#line.slice(at, at + 6))?.[0] ?? '>';
    // `2>` names a stream.
    if (this.#word !== null && /^\d$/.test(this.#word)) this.#word = null;
    this.#endWord();
    this.#isTarget = !/&\d$/.test(found);
    return at + found.length - 1;
  }

  /** The place of the closing quote; null where there is none. */
  #quoted(start: number, quote: string): number | null {
    const line = this.#line;
    this.#word ??= '';
    for (let at = start + 1; at < line.length; at++) {
      const char = line[at] as string;
      if (char === quote) return at;
      if (quote === '"' && char === '\\' && /["\\$`]/.test(line[at + 1] ?? '')) this.#word += line[++at];
      else {
        if (quote === '"' && (char === '$' || char === '`')) this.#isExpanded = true;
        this.#word += char;
      }
    }
    return null;
  }

  #endOfLine(at: number): number {
    const end = this.#line.indexOf('\n', at);
    return end < 0 ? this.#line.length : end;
  }

  #add(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  #endWord(): void {
    if (this.#word !== null && !this.#isTarget) this.#words.push(this.#word);
    if (this.#word !== null) this.#isTarget = false;
    this.#word = null;
  }

  #endCommand(): void {
    this.#endWord();
    this.#isTarget = false;
    if (this.#words.length > 0) this.#commands.push({ words: this.#words, isExpanded: this.#isExpanded });
    this.#words = [];
    this.#isExpanded = false;
  }
}
