import { pythonRepr } from '../../core/text/pythonRepr.ts';
import type { BestParam, CodeFile, NewBlock, ValueSite, ValueSlot } from '../insertion/sites.ts';
import { isOpenAfter, typedBefore } from '../insertion/slotText.ts';
import { type Literal, numberIn, numberLiteral } from '../literals.ts';
import { quoteOf } from '../quotes.ts';
import { tomlSites } from '../sites/configSites.ts';
import { TextIndex } from '../textIndex.ts';
import { printJson } from './jsonFile.ts';

/** Languages whose configuration stands in lines, as VS Code calls them. */
export const LINE_LANGUAGES: ReadonlySet<string> = new Set(['toml', 'ini', 'properties', 'dotenv', 'shellscript']);

/** `key = value` or `key: value`; `export KEY=value` in a shell. A line is looked at up to its comment. */
const ENTRY =
  /^([ \t]{0,80}(?:export[ \t]{1,9})?)([\p{L}_][\p{L}\p{N}_.-]{0,200})([ \t]{0,80}[=:][ \t]{0,80})(\S.{0,2000})?$/u;
/** `--flag value` and `--flag=value`. */
const FLAG =
  /(?<=^|\s)--([A-Za-z][\w.-]{0,200})(=|[ \t]{1,80})("[^"\n]{0,500}"|'[^'\n]{0,500}'|[^\s"'\\;|&$`-][^\s"'\\;|&$`]{0,500}|-[\d.][^\s"'\\;|&$`]{0,60})/g;

/**
 * A configuration in lines: INI and `.env` files, and TOML; in a shell script its variables and the flags that it passes.
 */
export class LinesFile implements CodeFile {
  readonly text: string;
  readonly index: TextIndex;
  readonly anchors = [];
  readonly suggestCalls = [];
  readonly #languageId: string;
  #sites: readonly ValueSite[] | undefined;

  constructor(text: string, languageId: string) {
    this.text = text;
    this.index = new TextIndex(text);
    this.#languageId = languageId;
  }

  get sites(): readonly ValueSite[] {
    this.#sites ??= this.#languageId === 'toml' ? tomlValueSites(this.text) : this.#lineSites();
    return this.#sites;
  }

  print(param: BestParam, like?: string): string {
    if (this.#languageId === 'toml') return printToml(param);
    const { value } = param;
    const quote = quoteOf(like);
    const plain =
      typeof value === 'string'
        ? value
        : typeof value === 'number'
          ? pythonRepr(value, param.kind === 'float' ? 'float' : undefined)
          : printWord(value, like);
    if (quote && !plain.includes(quote)) return `${quote}${plain}${quote}`;
    // A shell would take such a text apart or run what is in it.
    const needsQuotes = this.#languageId !== 'ini' && this.#languageId !== 'properties' && /[^\w.,:/@%+=-]/.test(plain);
    return needsQuotes ? `'${plain.replaceAll("'", "'\\''")}'` : plain;
  }

  additions(): readonly ValueSite[] {
    return [];
  }

  slotAt(offset: number): ValueSlot | null {
    const line = this.index.lineAt(offset);
    const { lead, typed, start } = typedBefore(this.text, this.index.lineStart(line), offset);
    if (!isOpenAfter(this.text, offset, this.index.lineEnd(line), typed)) return null;
    const entry =
      /^[ \t]{0,80}(?:export[ \t]{1,9})?["']?([\p{L}_][\p{L}\p{N}_.-]{0,200})["']?[ \t]{0,80}=[ \t]{0,80}$/u.exec(lead);
    return entry ? { name: entry[1] as string, path: [], typed, start } : null;
  }

  newBlock(): NewBlock | null {
    return null;
  }

  #lineSites(): ValueSite[] {
    const sites: ValueSite[] = [];
    const isShell = this.#languageId === 'shellscript';
    let section = '';
    for (let line = 0; line < this.index.lineCount; line++) {
      const start = this.index.lineStart(line);
      const written = this.text.slice(start, Math.min(this.index.lineEnd(line), start + 5000));
      if (/^\s*[#;]/.test(written)) continue;
      const header = /^\s*\[([^\]\n]{1,200})\]/.exec(written)?.[1];
      if (header !== undefined && !isShell) section = header.trim();
      else sites.push(...entrySites(written, start, section, isShell));
    }
    return sites;
  }
}

function entrySites(written: string, start: number, section: string, isShell: boolean): ValueSite[] {
  const path = section === '' ? [] : section.split('.');
  const entry = ENTRY.exec(written);
  // A shell takes `KEY = value` for a command.
  if (entry && (!isShell || entry[3] === '=')) {
    const [, lead = '', name = '', between = '', rest = ''] = entry;
    const value = /^("[^"\n]*"|'[^'\n]*'|[^\s#;"'`$]+)(?=\s*$|\s+[#;]|;)/.exec(rest)?.[1];
    if (value === undefined || (isShell && /^[^\s"']/.test(rest) && /^\S+\s+[^\s#;]/.test(rest))) return [];
    const at = start + lead.length + name.length + between.length;
    return [site(name, path, at, value, 'constant', 0)];
  }
  if (!isShell) return [];
  return [...written.matchAll(FLAG)].map((flag) => {
    const [, name = '', between = '', value = ''] = flag;
    return site(name, [], start + flag.index + 2 + name.length + between.length, value, 'constant', 0);
  });
}

function site(
  name: string,
  path: readonly string[],
  start: number,
  value: string,
  form: ValueSite['form'],
  container: number,
): ValueSite {
  return { name, path, form, start, end: start + value.length, literal: literalOf(value), container };
}

function literalOf(value: string): Literal | null {
  const inside = quoteOf(value) === undefined ? value : value.slice(1, -1);
  const number = numberIn(inside);
  if (number !== undefined && inside === value) return numberLiteral(number, !/[.e]/i.test(value));
  if (/^(true|false)$/i.test(inside)) return { type: 'boolean', value: /^true$/i.test(inside) };
  // What is worked out by the reader of the file is no value.
  return /[$`{}]/.test(inside) ? null : { type: 'string', value: inside };
}

/** True and false as they were written. */
function printWord(value: BestParam['value'], like: string | undefined): string {
  const word = typeof value === 'boolean' || value === null ? String(value) : JSON.stringify(value);
  if (/^["']?[A-Z][a-z]/.test(like ?? '')) return word.replace(/^[a-z]/, (letter) => letter.toUpperCase());
  return /^["']?[A-Z]{2}/.test(like ?? '') ? word.toUpperCase() : word;
}

function tomlValueSites(text: string): ValueSite[] {
  return tomlSites(text).sites.map(({ path, name, start, end, literal }) => {
    const steps = path.split('.').slice(0, -1);
    return { name, path: steps, form: 'constant', start, end, literal, container: containerOf(steps) };
  });
}

/** A number for each table, so that entries of one stand together. */
function containerOf(steps: readonly string[]): number {
  let hash = 0;
  for (const character of steps.join('.')) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) | 0;
  return hash;
}

/** As JSON, but for a number with an exponent and infinities. */
function printToml(param: BestParam): string {
  const { value, kind } = param;
  if (typeof value !== 'number') return printJson(value, kind);
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return pythonRepr(value, kind === 'float' ? 'float' : undefined);
}
