import type { SyntaxNode, Tree, TreeFragment } from '@lezer/common';
import type { BestTrial } from '../../protocol/editor.ts';
import { errorCount } from '../errorCount.ts';
import type { Anchor, BestParam, CodeFile, NewBlock, SuggestCall, ValueSite, ValueSlot } from '../insertion/sites.ts';
import { quoteOf, usualQuote } from '../quotes.ts';
import { TextIndex } from '../textIndex.ts';
import { findAnchors, findSuggestCalls } from './anchors.ts';
import { collectSites } from './collectSites.ts';
import { printJavaScript, printKey } from './print.ts';
import { javaScriptSlot } from './slot.ts';
import { type JavaScriptDialect, parseJavaScript } from './tree.ts';

const EXPECTS_VALUE = /(?:[=(,[:]|\breturn|=>)\s*$/;

/** A JavaScript or TypeScript module. Everything is worked out when first asked for. */
export class JavaScriptFile implements CodeFile {
  readonly text: string;
  readonly tree: Tree;
  readonly index: TextIndex;
  #sites: readonly ValueSite[] | undefined;
  #anchors: readonly Anchor[] | undefined;
  #suggestCalls: readonly SuggestCall[] | undefined;
  #quote: '"' | "'" | undefined;
  readonly #dialect: JavaScriptDialect;

  constructor(text: string, dialect: JavaScriptDialect, fragments?: readonly TreeFragment[]) {
    this.text = text;
    this.index = new TextIndex(text);
    this.#dialect = dialect;
    this.tree = parseJavaScript(text, dialect, fragments);
  }

  get sites(): readonly ValueSite[] {
    this.#sites ??= collectSites(this.tree, this.text);
    return this.#sites;
  }

  get anchors(): readonly Anchor[] {
    this.#anchors ??= findAnchors(this.tree, this.text, this.suggestCalls);
    return this.#anchors;
  }

  get suggestCalls(): readonly SuggestCall[] {
    this.#suggestCalls ??= findSuggestCalls(this.tree, this.text);
    return this.#suggestCalls;
  }

  get quote(): '"' | "'" {
    this.#quote ??= usualQuote(this.text, "'");
    return this.#quote;
  }

  print(param: BestParam, like?: string): string {
    return printJavaScript(param.value, quoteOf(like) ?? this.quote);
  }

  additions(): readonly ValueSite[] {
    return [];
  }

  slotAt(offset: number): ValueSlot | null {
    return javaScriptSlot(this.tree, this.index, offset);
  }

  /** `const bestParams = {…};` after the statement at the cursor; only the object where a value is expected; at the end where that breaks it. */
  newBlock(best: BestTrial, offset: number): NewBlock | null {
    const { text, index } = this;
    const lead = text === '' || /[\r\n]$/.test(text) ? '' : index.lineBreak;
    const atEnd = `${lead}const bestParams = ${this.#object(best, '')};${index.lineBreak}`;
    const blocks = [this.#blockAt(best, offset), { start: text.length, end: text.length, text: atEnd }];
    const errors = errorCount(this.tree);
    const isSafe = (block: NewBlock) => {
      const result = text.slice(0, block.start) + block.text + text.slice(block.end);
      return errorCount(parseJavaScript(result, this.#dialect)) <= errors;
    };
    return blocks.find(isSafe) ?? null;
  }

  #blockAt(best: BestTrial, offset: number): NewBlock {
    const { index, text } = this;
    const line = index.lineAt(offset);
    const lead = text.slice(index.lineStart(line), offset);
    const rest = text.slice(offset, index.lineEnd(line));
    const node = this.tree.resolveInner(offset, -1);
    const inText = /^(String|TemplateString|LineComment|BlockComment|RegExp)$/.test(node.name);
    if (!inText && lead.trim() !== '' && EXPECTS_VALUE.test(lead) && /^\s*($|[)\],;])/.test(rest)) {
      return { start: offset, end: offset, text: this.#object(best, index.indentationAt(offset)) };
    }
    const statement = statementAround(node, offset);
    if (!statement && lead.trim() === '') {
      const indent = lead + (/^[ \t]*/.exec(rest)?.[0] ?? '');
      const end = rest.trim() === '' ? '' : `${index.lineBreak}${indent}`;
      const at = rest.trim() === '' ? offset : offset + indent.length - lead.length;
      return { start: at, end: at, text: `const bestParams = ${this.#object(best, indent)};${end}` };
    }
    const end = index.lineEnd(index.lineAt(statement?.to ?? offset));
    const indent = index.indentationAt(statement?.from ?? offset);
    const block = `${index.lineBreak}${indent}const bestParams = ${this.#object(best, indent)};`;
    return { start: end, end, text: block };
  }

  #object(best: BestTrial, indent: string): string {
    const unit = indent.includes('\t') ? '\t' : '  ';
    const lines = best.params.map(
      (param) => `${indent}${unit}${printKey(param.name, this.quote)}: ${this.print(param)},${this.index.lineBreak}`,
    );
    return `{${this.index.lineBreak}${lines.join('')}${indent}}`;
  }
}

/** The statement that begins before and ends after `offset`: nothing can be put inside it. */
function statementAround(node: SyntaxNode, offset: number): SyntaxNode | null {
  let found: SyntaxNode | null = null;
  for (let at: SyntaxNode | null = node; at; at = at.parent) {
    if (at.name === 'Script' || at.name === 'Block') break;
    if (at.from < offset && at.to > offset) found = at;
  }
  return found;
}
