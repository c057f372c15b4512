import { type Node, parseTree } from 'jsonc-parser';
import type { ParamValue } from '../../core/space/distributions.ts';
import { pythonRepr } from '../../core/text/pythonRepr.ts';
import type { BestTrial } from '../../protocol/editor.ts';
import type { BestParam, CodeFile, NewBlock, ValueSite, ValueSlot } from '../insertion/sites.ts';
import { isOpenAfter, typedBefore } from '../insertion/slotText.ts';
import type { Literal } from '../literals.ts';
import { NULL_LITERAL } from '../literals.ts';
import { TextIndex } from '../textIndex.ts';

/** A JSON configuration, comments and trailing commas allowed: every value under a key is a place for a value. */
export class JsonFile implements CodeFile {
  readonly text: string;
  readonly index: TextIndex;
  readonly anchors = [];
  readonly suggestCalls = [];
  #root: Node | null | undefined;
  #sites: readonly ValueSite[] | undefined;

  constructor(text: string) {
    this.text = text;
    this.index = new TextIndex(text);
  }

  get root(): Node | null {
    this.#root ??= parseTree(this.text, [], { allowTrailingComma: true, allowEmptyContent: true }) ?? null;
    return this.#root;
  }

  get sites(): readonly ValueSite[] {
    if (!this.#sites) {
      const sites: ValueSite[] = [];
      if (this.root) collect(this.root, [], sites, this.text);
      this.#sites = sites;
    }
    return this.#sites;
  }

  print(param: BestParam): string {
    return printJson(param.value, param.kind);
  }

  additions(): readonly ValueSite[] {
    return [];
  }

  slotAt(offset: number): ValueSlot | null {
    const line = this.index.lineAt(offset);
    const lineStart = this.index.lineStart(line);
    const { lead, typed, start } = typedBefore(this.text, lineStart, offset);
    if (!isOpenAfter(this.text, offset, this.index.lineEnd(line), typed) || typed.startsWith("'")) return null;
    const match = /^(?:[^"/]|"(?:[^"\\]|\\.)*"|\/(?!\/))*?"([^"\\]+)"\s*:\s*$/.exec(lead);
    return match ? { name: match[1] as string, path: [], typed, start } : null;
  }

  /** A `"best_params"` property at the end of the outermost object; the whole object where the file is empty. */
  newBlock(best: BestTrial, offset: number): NewBlock | null {
    const { lineBreak } = this.index;
    if (!this.root)
      return this.text.trim() === '' ? { start: offset, end: offset, text: object(best, '', lineBreak) } : null;
    if (this.root.type !== 'object') return null;
    const close = this.root.offset + this.root.length - 1;
    if (this.text[close] !== '}') return null;
    const last = this.root.children?.at(-1);
    const indent = last ? this.index.indentationAt(last.offset) || '  ' : '  ';
    const property = `"best_params": ${object(best, indent, lineBreak)}`;
    if (!last) return { start: this.root.offset + 1, end: close, text: `${lineBreak}${indent}${property}${lineBreak}` };
    const end = last.offset + last.length;
    const comma = /^\s*,/.exec(this.text.slice(end));
    if (comma) {
      const at = end + comma[0].length;
      return { start: at, end: at, text: `${lineBreak}${indent}${property},` };
    }
    return { start: end, end, text: `,${lineBreak}${indent}${property}` };
  }
}

function collect(node: Node, path: readonly string[], sites: ValueSite[], text: string): void {
  if (node.type === 'array') for (const item of node.children ?? []) collect(item, path, sites, text);
  if (node.type !== 'object') return;
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (!key || !value || typeof key.value !== 'string') continue;
    const literal = jsonLiteral(value);
    const [start, end] = [value.offset, value.offset + value.length];
    // While `"lr":` waits for its value, the key of the next line stands in its place.
    if (/^\s*:/.test(text.slice(end, end + 100))) continue;
    if (literal) {
      sites.push({ name: key.value, path, form: 'constant', start, end, literal, container: node.offset });
    } else collect(value, [...path, key.value], sites, text);
  }
}

export function jsonLiteral(node: Node): Literal | null {
  switch (node.type) {
    case 'number':
      return { type: 'number', value: node.value as number, integer: Number.isInteger(node.value) };
    case 'string':
      // `${seed}` and `{{ seed }}` are worked out by what reads the file.
      return /\$\{|\{\{/.test(node.value as string) ? null : { type: 'string', value: node.value as string };
    case 'boolean':
      return { type: 'boolean', value: node.value as boolean };
    case 'null':
      return NULL_LITERAL;
    case 'array': {
      const items = (node.children ?? []).map(jsonLiteral);
      return items.includes(null) ? null : { type: 'list', value: items.map((item) => item?.value ?? null) };
    }
    default:
      return null;
  }
}

function object(best: BestTrial, indent: string, lineBreak: string): string {
  const unit = indent.includes('\t') ? '\t' : '  ';
  const lines = best.params.map(
    (param) => `${indent}${unit}${JSON.stringify(param.name)}: ${printJson(param.value, param.kind)}`,
  );
  return `{${lineBreak}${lines.join(`,${lineBreak}`)}${lineBreak}${indent}}`;
}

/** JSON has no infinities and no NaN; they are written as text. `1.0` stays a float to a reader that tells them apart. */
export function printJson(value: ParamValue, kind?: BestParam['kind']): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return JSON.stringify(String(value));
  if (typeof value === 'number') return pythonRepr(value, kind === 'float' ? kind : undefined);
  return JSON.stringify(value);
}
