import type { SyntaxNode, Tree, TreeFragment } from '@lezer/common';
import type { BestTrial } from '../../protocol/editor.ts';
import type {
  Anchor,
  BestParam,
  CodeFile,
  NewBlock,
  SearchParts,
  StudyCall,
  SuggestCall,
  ValueSite,
  ValueSlot,
} from '../insertion/sites.ts';
import { quoteOf, usualQuote } from '../quotes.ts';
import { TextIndex } from '../textIndex.ts';
import { findAnchors, findSuggestCalls } from './anchors.ts';
import { collectSites } from './collectSites.ts';
import { newPythonBlock } from './newBlock.ts';
import { printPython } from './print.ts';
import { findTuningFunctions, type TuningFunctions } from './scopes.ts';
import { pythonSlot } from './slot.ts';
import { findSearchParts } from './studyCalls.ts';
import { firstFrom, PythonSyntax } from './syntax.ts';
import { trainingArgumentAdditions } from './trainingArguments.ts';
import { parsePython } from './tree.ts';

/** A Python module, or a cell of a notebook. Everything is worked out when first asked for. */
export class PythonFile implements CodeFile {
  readonly text: string;
  readonly tree: Tree;
  readonly index: TextIndex;
  #syntax: PythonSyntax | undefined;
  #functions: TuningFunctions | undefined;
  #sites: readonly ValueSite[] | undefined;
  #anchors: readonly Anchor[] | undefined;
  #suggestCalls: readonly SuggestCall[] | undefined;
  #quote: '"' | "'" | undefined;
  #search: SearchParts | undefined;

  constructor(text: string, fragments?: readonly TreeFragment[]) {
    this.text = text;
    this.index = new TextIndex(text);
    this.tree = parsePython(text, fragments);
  }

  get syntax(): PythonSyntax {
    this.#syntax ??= new PythonSyntax(this.tree, this.text);
    return this.#syntax;
  }

  get #tuningFunctions(): TuningFunctions {
    this.#functions ??= findTuningFunctions(this.syntax, this.text);
    return this.#functions;
  }

  get sites(): readonly ValueSite[] {
    this.#sites ??= collectSites(this.tree, this.index, this.#tuningFunctions, this.suggestCalls);
    return this.#sites;
  }

  get anchors(): readonly Anchor[] {
    this.#anchors ??= this.#tied(findAnchors(this.syntax, this.text, this.#tuningFunctions));
    return this.#anchors;
  }

  /** With the studies that an objective or an `optimize` belongs to, where the module has several. */
  #tied(anchors: Anchor[]): Anchor[] {
    const { studies, functions } = this.search;
    if (studies.length < 2) return anchors;
    const byObjective = new Map<string, StudyCall[]>();
    for (const study of studies) {
      for (const name of study.objectives) {
        const known = byObjective.get(name);
        if (known) known.push(study);
        else byObjective.set(name, [study]);
      }
    }
    // In the order of the text: the first function behind an objective's anchor is its own.
    const starts = [...functions].map(([name, { from }]) => ({ name, from }));
    return anchors.map((anchor) => {
      const { kind, offset } = anchor;
      const own =
        kind === 'objective'
          ? byObjective.get(starts[firstFrom(starts, ({ from }) => from, offset)]?.name ?? '')
          : studies.filter(({ lineStart, start }) => lineStart <= offset && offset <= start);
      return own && own.length > 0 ? { ...anchor, studies: own } : anchor;
    });
  }

  get suggestCalls(): readonly SuggestCall[] {
    this.#suggestCalls ??= findSuggestCalls(this.syntax, this.text);
    return this.#suggestCalls;
  }

  get search(): SearchParts {
    this.#search ??= findSearchParts(this.syntax, this.index);
    return this.#search;
  }

  get quote(): '"' | "'" {
    this.#quote ??= usualQuote(this.text, '"');
    return this.#quote;
  }

  print(param: BestParam, like?: string): string {
    return printPython(param, quoteOf(like) ?? this.quote);
  }

  additions(names: readonly string[]): ValueSite[] {
    return trainingArgumentAdditions(this.tree, this.index, names, (name) =>
      printPython({ value: name, kind: 'categorical' }, this.quote),
    );
  }

  slotAt(offset: number): ValueSlot | null {
    return pythonSlot(this.tree, this.index, offset);
  }

  newBlock(best: BestTrial, offset: number): NewBlock | null {
    return newPythonBlock(this, best, offset);
  }

  /** The start of the module's statement at an offset, with the comments right above it; the end of the text for none. */
  statementStart(offset: number): number {
    let at: SyntaxNode | null = offset < this.text.length ? this.tree.resolveInner(offset, 1) : null;
    while (at?.parent && at.parent.name !== 'Script') at = at.parent;
    if (!at || at.name === 'Script') return this.text.length;
    let line = this.index.lineAt(at.from);
    while (line > 0 && this.text.startsWith('#', this.index.lineStart(line - 1))) line--;
    return this.index.lineStart(line);
  }

  /** The innermost node that covers the offset, on its left side where two meet. */
  nodeAt(offset: number): SyntaxNode {
    return this.tree.resolveInner(offset, -1);
  }
}
