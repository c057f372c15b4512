import { type Literal, numberLiteral } from '../literals.ts';
import { type FoundSite, type FoundSites, join } from './tunableSite.ts';

type LineLanguage = 'r' | 'julia' | 'shellscript' | 'ini';

/** Deeper brackets are data. */
const MOST_DEPTH = 50;
const NUMBER = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[ef][-+]?\d+)?/iy;
const WORD = /[\p{ID_Start}_][\p{ID_Continue}.!]*/uy;
const TEXT = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/y;
const BLANKS = /[ \t]*/y;
const TRUE_OR_FALSE = /^(true|false)$/i;

export function isLineLanguage(languageId: string): languageId is LineLanguage {
  return /^(r|julia|shellscript|ini)$/.test(languageId);
}

/**
 * Values of languages that are read word by word, without a parser: assignments and arguments by name of R and Julia,
 * variables and flags of shell scripts, entries of INI files. Takes time in proportion to the text.
 */
export function lineSites(languageId: LineLanguage, text: string): FoundSites {
  if (languageId === 'ini') return iniSites(text);
  return languageId === 'shellscript' ? shellSites(text) : new CallFinder(languageId, text).find();
}

/** `section.key` of `[section]` and `key = 0.1`. */
function iniSites(text: string): FoundSites {
  const sites: FoundSite[] = [];
  let section = '';
  for (const { line, start } of linesOf(text)) {
    const head = /^\[([^\]\n]{1,200})\]/.exec(line);
    if (head) section = (head[1] as string).trim();
    const entry = /^([^\s=:;#[][^=:]{0,200}?)[ \t]*[=:][ \t]*(\S[^;#]{0,500})/.exec(line);
    if (!entry) continue;
    const [whole, key = '', value = ''] = entry;
    const written = value.trimEnd();
    const literal = literalOf(written);
    const from = start + whole.length - value.length;
    if (literal) sites.push({ path: join(section, key), name: key, kind: 'entry', ...span(from, written), literal });
  }
  return { sites, errors: [] };
}

/** `LR` of `LR=0.1` and of `LR=${LR:-0.1}`, `--lr` of `--lr 0.1`. */
function shellSites(text: string): FoundSites {
  const sites: FoundSite[] = [];
  const add = (path: string, kind: 'constant' | 'keyword', from: number, written: string) => {
    const literal = numberOf(written);
    if (literal) sites.push({ path, name: path.replace(/^-+/, ''), kind, ...span(from, written), literal });
  };
  for (const { line, start } of linesOf(text)) {
    const code = line.replace(/(^|\s)#.*$/, '');
    for (const { 0: whole, 1: name = '', 2: value = '', index } of code.matchAll(
      /(?<![\w$-])([A-Za-z_]\w{0,80})=(?:"?\$\{\w{1,80}:?-|["']?)([-+.\deE]{1,40})(?=["'}\s;]|$)/g,
    ))
      add(name, 'constant', start + index + whole.length - value.length, value);
    for (const { 0: whole, 1: flag = '', 2: value = '', index } of code.matchAll(
      /(?<!\S)(--?[A-Za-z][\w.-]{0,80})(?:=|[ \t]{1,20})["']?([-+.\deE]{1,40})(?=["'\s;)]|$)/g,
    ))
      add(flag, 'keyword', start + index + whole.length - value.length, value);
  }
  return { sites, errors: [] };
}

/** Assignments at the top and arguments by name, in R and Julia. */
class CallFinder implements FoundSites {
  readonly sites: FoundSite[] = [];
  readonly errors: number[] = [];
  readonly #isR: boolean;
  readonly #text: string;
  /** What encloses the place: names of called functions and of structures, and '' for other brackets. */
  readonly #open: string[] = [];
  #at = 0;
  #word = '';

  constructor(languageId: LineLanguage, text: string) {
    this.#isR = languageId === 'r';
    this.#text = text;
  }

  find(): FoundSites {
    while (this.#at < this.#text.length) this.#step();
    return this;
  }

  #step(): void {
    const character = this.#text[this.#at] as string;
    if (character === '#') this.#skipComment();
    else if (character === '"' || (character === "'" && this.#isR)) this.#at += this.#take(TEXT)?.length ?? 1;
    else if (character === '(' || character === '[' || character === '{') {
      if (this.#open.length < MOST_DEPTH) this.#open.push(character === '(' ? this.#word : '');
      this.#at++;
      this.#word = '';
    } else if (character === ')' || character === ']' || character === '}') {
      this.#open.pop();
      this.#at++;
      this.#word = '';
    } else {
      const word = this.#take(WORD);
      if (word === undefined) {
        if (!/\s/.test(character)) this.#word = '';
        this.#at++;
      } else this.#named(word);
    }
  }

  /** `#` to the end of its line; in Julia `#= … =#` too. */
  #skipComment(): void {
    const isBlock = !this.#isR && this.#text.startsWith('#=', this.#at);
    const end = this.#text.indexOf(isBlock ? '=#' : '\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end + 1;
  }

  #named(word: string): void {
    this.#at += word.length;
    this.#word = word;
    const after = this.#at;
    if (!this.#isR)
      this.#at += /^::[\w{}, ]{1,60}?(?=[ \t]*=)/.exec(this.#text.slice(after, after + 64))?.[0].length ?? 0;
    this.#at += this.#take(BLANKS)?.length ?? 0;
    const sign = this.#text.startsWith('<-', this.#at) && this.#isR ? '<-' : '=';
    const follows = this.#text[this.#at + sign.length];
    if (!this.#text.startsWith(sign, this.#at) || follows === '=' || follows === '>') {
      this.#at = after;
      return;
    }
    this.#at += sign.length;
    this.#at += this.#take(BLANKS)?.length ?? 0;
    this.#value(word);
  }

  #value(name: string): void {
    const written = this.#take(NUMBER) ?? this.#take(TEXT) ?? this.#take(WORD) ?? '';
    const end = this.#at + written.length;
    const rest = /^L?[ \t]*(?=[,;)\]}#\r\n]|$)/.test(this.#text.slice(end, end + 80));
    const literal = rest ? literalOf(written) : null;
    if (!literal) return;
    const owner = this.#open.at(-1) ?? '';
    const isArgument = owner !== '';
    const path = isArgument ? `${owner}(${name})` : name;
    this.sites.push({ path, name, kind: isArgument ? 'keyword' : 'constant', ...span(this.#at, written), literal });
    this.#at = end;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }
}

function* linesOf(text: string): Generator<{ readonly line: string; readonly start: number }> {
  let start = 0;
  for (const line of text.split('\n')) {
    yield { line: line.endsWith('\r') ? line.slice(0, -1) : line, start };
    start += line.length + 1;
  }
}

function span(start: number, written: string): { readonly start: number; readonly end: number } {
  return { start, end: start + written.length };
}

function literalOf(written: string): Literal | null {
  if (TRUE_OR_FALSE.test(written)) return { type: 'boolean', value: written.toLowerCase() === 'true' };
  const text = /^(["'])([^"'\\]{0,200})\1$/.exec(written);
  return text ? { type: 'string', value: text[2] as string } : numberOf(written);
}

/** Julia writes numbers of 32 bits as `1f-3`. */
function numberOf(written: string): Literal | null {
  if (!/^[-+]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[ef][-+]?\d{1,4})?$/i.test(written)) return null;
  return numberLiteral(Number(written.replace(/f/i, 'e')), !/[.ef]/i.test(written));
}
