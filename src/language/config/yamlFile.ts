import { type Document, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, type Scalar } from 'yaml';
import type { ParamValue } from '../../core/space/distributions.ts';
import type { BestTrial } from '../../protocol/editor.ts';
import type { BestParam, CodeFile, NewBlock, ValueSite, ValueSlot } from '../insertion/sites.ts';
import { isOpenAfter, typedBefore } from '../insertion/slotText.ts';
import { type Literal, listLiteral, NULL_LITERAL } from '../literals.ts';
import { quoteOf, requote } from '../quotes.ts';
import { TextIndex } from '../textIndex.ts';

/**
 * A YAML configuration: every scalar under a key is a place for a value. In a folder of a name, as Hydra's groups are, the
 * keys of its root are known by that name too: `lr` in `optim/adam.yaml` is `optim.lr`, unless its `# @package` says otherwise.
 */
export class YamlFile implements CodeFile {
  readonly text: string;
  readonly index: TextIndex;
  readonly anchors = [];
  readonly suggestCalls = [];
  #documents: readonly Document.Parsed[] | undefined;
  #sites: readonly ValueSite[] | undefined;
  readonly #folder: string | undefined;

  constructor(text: string, folder?: string) {
    this.text = text;
    this.#folder = folder;
    this.index = new TextIndex(text);
  }

  get documents(): readonly Document.Parsed[] {
    if (!this.#documents) {
      const parsed = parseAllDocuments(this.text, { lineCounter: new LineCounter(), uniqueKeys: false });
      this.#documents = Array.isArray(parsed) ? (parsed as Document.Parsed[]) : [];
    }
    return this.#documents;
  }

  get sites(): readonly ValueSite[] {
    if (!this.#sites) {
      const sites: ValueSite[] = [];
      for (const document of this.documents) collect(document.contents, [], sites, this.text);
      const isElsewhere = /^#\s*@package\b/m.test(this.text);
      const owners = this.#folder === undefined || isElsewhere ? [] : [this.#folder];
      this.#sites = sites.map((site) => (site.path.length === 0 ? { ...site, owners } : site));
    }
    return this.#sites;
  }

  print(param: BestParam, like?: string): string {
    return printYaml(param.value, like, param.kind === 'float');
  }

  additions(): readonly ValueSite[] {
    return [];
  }

  slotAt(offset: number): ValueSlot | null {
    const line = this.index.lineAt(offset);
    const lineStart = this.index.lineStart(line);
    const { lead, typed, start } = typedBefore(this.text, lineStart, offset);
    if (!isOpenAfter(this.text, offset, this.index.lineEnd(line), typed)) return null;
    const name = keyBefore(lead);
    if (name === undefined || this.#inBlockText(start)) return null;
    return { name, path: [], typed, start };
  }

  /** A `best_params:` mapping after the top-level entry that the cursor is in. */
  newBlock(best: BestTrial, offset: number): NewBlock | null {
    const root = this.documents.find((document) => document.range[0] <= offset && offset <= document.range[2]);
    const contents = root?.contents ?? null;
    if (contents && !isEmptyScalar(contents) && !(isMap(contents) && !contents.flow)) return null;
    const indent = contents?.range ? ' '.repeat(this.index.positionAt(contents.range[0]).character) : '';
    const { lineBreak } = this.index;
    const lines = best.params.map((param) => `${indent}  ${printYaml(param.name)}: ${this.print(param)}${lineBreak}`);
    const text = `${indent}best_params:${lineBreak}${lines.join('')}`;
    const block = this.#placeBlock(text, indent, offset);
    const result = this.text.slice(0, block.start) + block.text + this.text.slice(block.end);
    const isBroken = (file: YamlFile) => file.documents.some((document) => document.errors.length > 0);
    return isBroken(new YamlFile(result)) && !isBroken(this) ? null : block;
  }

  /** Before the next entry of the root, else at the end. */
  #placeBlock(text: string, indent: string, offset: number): NewBlock {
    const lineText = (line: number) => this.text.slice(this.index.lineStart(line), this.index.lineEnd(line));
    const isEntry = (line: number) =>
      lineText(line).startsWith(indent) && /^[^\s#]/.test(lineText(line).slice(indent.length));
    let line = this.index.lineAt(offset);
    if (lineText(line).trim() !== '') line++;
    while (line < this.index.lineCount && !isEntry(line)) line++;
    if (line < this.index.lineCount)
      return { start: this.index.lineStart(line), end: this.index.lineStart(line), text };
    const end = this.text.length;
    return {
      start: end,
      end,
      text: this.text === '' || /[\r\n]$/.test(this.text) ? text : this.index.lineBreak + text,
    };
  }

  /** Whether the offset is inside a text of several lines, where `lr: ` is no key. */
  #inBlockText(offset: number): boolean {
    let inside = false;
    const visit = (node: unknown): void => {
      if (isPair(node)) visit(node.value);
      else if (isMap(node) || isSeq(node)) for (const item of node.items) visit(item);
      else if (isScalar(node) && node.range && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED')) {
        inside ||= node.range[0] < offset && offset <= node.range[2];
      }
    };
    for (const document of this.documents) visit(document.contents);
    return inside;
  }
}

function isEmptyScalar(node: unknown): boolean {
  return isScalar(node) && node.value === null;
}

function collect(node: unknown, path: readonly string[], sites: ValueSite[], text: string): void {
  if (isSeq(node)) {
    for (const item of node.items) collect(item, path, sites, text);
    return;
  }
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    if (!isScalar(key)) continue;
    const name = String(key.value);
    const literal = yamlLiteral(value);
    const range = rangeOf(value);
    const container = node.range?.[0] ?? 0;
    const colon = key.range ? /^\s*:(?=\s)/.exec(text.slice(key.range[1], key.range[1] + 100)) : null;
    if (literal && range && range[1] > range[0]) {
      sites.push({ name, path, form: 'constant', start: range[0], end: range[1], literal, container });
    } else if (isEmptyScalar(value) && isScalar(value) && !value.anchor && !value.tag && key.range && colon) {
      const at = key.range[1] + colon[0].length;
      const place = { start: at, end: at, before: ' ', container };
      sites.push({ name, path, form: 'constant', literal: NULL_LITERAL, ...place });
    } else collect(value, [...path, name], sites, text);
  }
}

/** The key at the end of a line, before its colon and at least one blank; undefined where there is none. */
function keyBefore(lead: string): string | undefined {
  const key = lead.trimEnd();
  if (!key.endsWith(':') || key.length === lead.length) return undefined;
  const before = key.slice(0, -1).trimEnd();
  const entry = before.replace(/^\s*(?:- +)*/, '');
  return /^(["']?)([^"'#:{}[\]\n]+)\1$/.exec(entry)?.[2] ?? /[{,]\s*(["']?)([\w.-]+)\1$/.exec(before)?.[2];
}

function rangeOf(node: unknown): readonly [number, number] | null {
  if ((isScalar(node) || isSeq(node)) && node.range) return [node.range[0], node.range[1]];
  return null;
}

export function yamlLiteral(node: unknown): Literal | null {
  if (isSeq(node)) return node.flow ? listLiteral(node.items.map(yamlLiteral)) : null;
  if (!isScalar(node)) return null;
  const { value, source, type } = node as Scalar;
  if (type === 'BLOCK_LITERAL' || type === 'BLOCK_FOLDED') return null;
  if (value === null) return source === '' ? null : NULL_LITERAL;
  if (typeof value === 'number') return { type: 'number', value, integer: /^[-+]?\d+$/.test(source ?? '') };
  if (typeof value === 'boolean') return { type: 'boolean', value };
  // `${oc.env:SEED,1}` and `{{ seed }}` are worked out by what reads the file.
  if (typeof value !== 'string' || /\$\{|\{\{/.test(value)) return null;
  return { type: 'string', value };
}

/** YAML 1.1 readers (PyYAML) take `1e-05` for text: an exponent is written with a point, `1.0e-05`, which both read. */
export function printYaml(value: ParamValue, like?: string, isFloat = false): string {
  if (typeof value === 'number') return printNumber(value, isFloat);
  if (typeof value === 'string') {
    const quote = quoteOf(like);
    if (quote && !/[\\\n]/.test(value)) {
      return quote === "'" ? `'${value.replaceAll("'", "''")}'` : requote(JSON.stringify(value), '"');
    }
    return isPlain(value) ? value : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => printYaml(item)).join(', ')}]`;
  return JSON.stringify(value);
}

function printNumber(value: number, isFloat: boolean): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  const text = Math.abs(value) < 1e-4 && value !== 0 ? value.toExponential() : String(value);
  const match = /^(-?\d+)(\.\d+)?e([-+])(\d+)$/.exec(text);
  if (match) return `${match[1]}${match[2] ?? '.0'}e${match[3]}${(match[4] as string).padStart(2, '0')}`;
  return isFloat && Number.isInteger(value) ? `${text}.0` : text;
}

/** Text that every YAML reader takes for that same text without quotes. */
function isPlain(text: string): boolean {
  return /^[A-Za-z_][\w./-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null|nan|inf)$/i.test(text);
}
