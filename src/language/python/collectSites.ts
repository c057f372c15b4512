import type { SyntaxNode, SyntaxNodeRef, Tree } from '@lezer/common';
import { bracketsIn, type SiteForm, type ValueSite } from '../sites.ts';
import type { TextIndex } from '../textIndex.ts';
import { argumentDefault, declaredDefault } from './argumentDefaults.ts';
import { functionName, parameterNames, type TuningFunctions } from './scopes.ts';
import { holdsNoValues, isSteering, makesSettings } from './settings.ts';
import { isSuggestCall, readSuggestCall } from './suggestCalls.ts';
import { calleeOf, childrenOf, lastName, pythonLiteral, readArguments, slice, stringValue } from './tree.ts';

interface Span {
  readonly from: number;
  readonly to: number;
}

interface Frame {
  readonly from: number;
  readonly name: string;
  readonly kind: 'function' | 'class' | 'space';
  readonly objective: boolean;
  readonly command: boolean;
}

/** Every value site of a Python module, in the order of the text. */
export function collectSites(tree: Tree, index: TextIndex, functions: TuningFunctions): ValueSite[] {
  const collector = new SiteCollector(tree, index, functions);
  tree.iterate({
    enter: (ref) => collector.enter(ref),
    leave: (ref) => collector.leave(ref),
  });
  return [...collector.sites, ...collector.markedSites()].sort((a, b) => a.start - b.start);
}

class SiteCollector {
  readonly sites: ValueSite[] = [];
  readonly #index: TextIndex;
  readonly #text: string;
  readonly #functions: TuningFunctions;
  readonly #frames: Frame[] = [];
  readonly #literals: Span[] = [];
  readonly #comments: Span[] = [];
  readonly #tree: Tree;
  /** Functions that fire or typer makes a command line of. */
  readonly #commands: ReadonlySet<string>;

  constructor(tree: Tree, index: TextIndex, functions: TuningFunctions) {
    this.#tree = tree;
    const commands = index.text.matchAll(/\b(?:Fire|typer\.run)\(\s*([A-Za-z_]\w*)/g);
    this.#commands = new Set([...commands].map((match) => match[1] as string));
    this.#index = index;
    this.#text = index.text;
    this.#functions = functions;
  }

  enter(ref: SyntaxNodeRef): boolean | undefined {
    switch (ref.name) {
      case 'FunctionDefinition':
      case 'LambdaExpression':
        this.#enterFunction(ref.node);
        break;
      case 'ClassDefinition':
        this.#push(ref, 'class', '');
        break;
      case 'ParamList':
        this.#parameters(ref.node);
        break;
      case 'AssignStatement':
        this.#assignment(ref.node);
        break;
      case 'DictionaryExpression':
        this.#dictionary(ref.node);
        break;
      case 'CallExpression':
      case 'Decorator':
        return this.#call(ref.node);
      case 'Comment':
        this.#comments.push({ from: ref.from, to: ref.to });
        break;
      case 'Number':
      case 'String':
      case 'Boolean':
      case 'None':
        this.#literals.push({ from: ref.from, to: ref.to });
        break;
      default:
    }
    return undefined;
  }

  leave(ref: SyntaxNodeRef): void {
    const top = this.#frames.at(-1);
    if (top && top.from === ref.from && FRAME_NODES.has(ref.name)) this.#frames.pop();
  }

  #push(ref: { readonly from: number }, kind: Frame['kind'], name: string, objective = false, command = false): void {
    this.#frames.push({ from: ref.from, kind, name, objective, command });
  }

  #enterFunction(node: SyntaxNode): void {
    const name = functionName(node, this.#text);
    const isSpace = name !== '' ? this.#functions.spaces.has(name) : isSpaceArgument(node, this.#text);
    const objective = this.#functions.objectives.has(name) || parameterNames(node, this.#text).includes('trial');
    this.#push(
      node,
      isSpace ? 'space' : 'function',
      name,
      objective,
      this.#commands.has(name) || isCommand(node, this.#text),
    );
  }

  get #silent(): boolean {
    return this.#frames.some((frame) => frame.kind === 'space');
  }

  get #inFunction(): boolean {
    return this.#frames.some((frame) => frame.kind === 'function');
  }

  get #scope(): string {
    return this.#frames.map((frame) => frame.name).join('.');
  }

  #add(name: string, form: SiteForm, value: SyntaxNode | null, path: readonly string[] = []): void {
    if (this.#silent || !value || value.type.isError || value.to === value.from) return;
    if (value.name === 'CallExpression' && isSuggestCall(value, this.#text)) return;
    this.sites.push({
      name,
      path,
      form,
      start: value.from,
      end: value.to,
      literal: pythonLiteral(value, this.#text),
      inObjective: this.#frames.some((frame) => frame.objective),
    });
  }

  #assignment(node: SyntaxNode): void {
    for (const [target, value] of assignedPairs(node)) {
      const name = targetName(target, this.#text);
      if (name) this.#add(name, this.#inFunction ? 'local' : 'constant', declaredDefault(value, this.#text));
    }
  }

  #dictionary(node: SyntaxNode): void {
    const form = this.#inFunction ? 'local' : 'constant';
    for (const colon of node.getChildren(':')) {
      const key = stringValue(colon.prevSibling, this.#text);
      if (key !== undefined) this.#add(key, form, colon.nextSibling, dictionaryPath(node, this.#text));
    }
  }

  #parameters(list: SyntaxNode): void {
    const command = this.#frames.at(-1)?.command ?? false;
    for (const operator of list.getChildren('AssignOp')) {
      const before = operator.prevSibling;
      const target = before?.name === 'TypeDef' ? before.prevSibling : before;
      if (target?.name !== 'VariableName') continue;
      const value = declaredDefault(operator.nextSibling, this.#text);
      this.#add(slice(this.#text, target), command ? 'default' : 'local', value);
    }
  }

  /** Returns false where nothing inside is a place for a value. */
  #call(node: SyntaxNode): boolean | undefined {
    const callee = lastName(calleeOf(node, this.#text));
    if (isSuggestCall(node, this.#text)) {
      this.#suggest(node);
      return false;
    }
    const found = argumentDefault(node, callee, this.#text);
    if (found && !this.#silent) this.sites.push(...found);
    if (holdsNoValues(callee)) return false;
    if (isSteering(callee) || callee === 'set_defaults') return undefined;
    const form = makesSettings(callee) ? 'settings' : callee === 'dict' && !this.#inFunction ? 'constant' : 'local';
    for (const keyword of readArguments(node.getChild('ArgList'), this.#text).keywords) {
      this.#add(keyword.name, form, keyword.value);
    }
    return undefined;
  }

  #suggest(node: SyntaxNode): void {
    const call = readSuggestCall(node, this.#text, this.#scope);
    if (!call || this.#silent) return;
    const named = namedBy(node, call.name, this.#text);
    const nameComment = named ? null : this.#commentPlace(node.to);
    this.sites.push({
      name: call.name,
      path: [],
      form: 'suggest',
      start: node.from,
      end: node.to,
      literal: null,
      inObjective: true,
      ...bracketsIn(node.parent?.name, node.prevSibling === null),
      ...(nameComment === null ? {} : { nameComment: { at: nameComment, text: `  # ${call.name}` } }),
    });
  }

  /** The end of the code of the line, where a comment may go; null after a backslash or inside a text. */
  #commentPlace(offset: number): number | null {
    const end = this.#index.lineEnd(this.#index.lineAt(offset));
    const rest = this.#text.slice(offset, end);
    const code = rest.replace(/#[^'"]*$/, '').trimEnd();
    return /["'\\#]/.test(code.replace(/(["'])[^"'\\#]*\1/g, '')) ? null : offset + code.length;
  }

  /**
   * Values that comments name, `hidden = 64  # n_units`: so a replaced `suggest_int("n_units", …)` is found again. The
   * names of a line stand for its values in order, those without a name of their own first.
   */
  markedSites(): ValueSite[] {
    return this.#comments.flatMap((comment) => {
      const text = slice(this.#text, comment);
      if (!/^(#\s*[A-Za-z_][\w.\-/]*\s*)+$/.test(text)) return [];
      const names = [...text.matchAll(/#\s*([^\s#]+)/g)].map((match) => match[1] as string);
      const values = this.#markedValues(comment, names.length);
      return names.map((name, place): ValueSite => {
        const site = { name, path: [], form: 'suggest', inObjective: true } as const;
        const value = values?.[place];
        if (!value) return { ...site, start: comment.from, end: comment.from, literal: null, isUnclear: true };
        return { ...site, start: value.from, end: value.to, literal: pythonLiteral(value, this.#text) };
      });
    });
  }

  /** The literals are in the order of the text. */
  #literalsBetween(start: number, end: number): Span[] {
    let low = 0;
    let high = this.#literals.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#literals[middle] as Span).from < start) low = middle + 1;
      else high = middle;
    }
    let last = low;
    while (last < this.#literals.length && (this.#literals[last] as Span).to <= end) last++;
    return this.#literals.slice(low, last);
  }

  #markedValues(comment: Span, count: number): SyntaxNode[] | null {
    const start = this.#index.lineStart(this.#index.lineAt(comment.from));
    const here = this.#literalsBetween(start, comment.from)
      .map((one) => this.#tree.resolveInner(one.from, 1))
      .filter((one) => !isKey(one));
    const nameless = here.filter((one) => !isNamed(signed(one)));
    const chosen = nameless.length === count ? nameless : here.length === count ? here : null;
    return chosen?.map(signed) ?? null;
  }
}

function isKey(node: SyntaxNode): boolean {
  return node.parent?.name === 'DictionaryExpression' && node.nextSibling?.name === ':';
}

/** Whether a value has a keyword, a key or a variable. */
function isNamed(node: SyntaxNode): boolean {
  return node.prevSibling?.name === 'AssignOp' || node.prevSibling?.name === ':';
}

const FRAME_NODES: ReadonlySet<string> = new Set(['FunctionDefinition', 'LambdaExpression', 'ClassDefinition']);

function signed(node: SyntaxNode): SyntaxNode {
  const { parent } = node;
  return parent?.name === 'UnaryExpression' && parent.to === node.to ? parent : node;
}

/** Targets with their values: of `a = 1`, and of `a, b = 1, 2`. */
function assignedPairs(node: SyntaxNode): [target: SyntaxNode, value: SyntaxNode][] {
  const parts = childrenOf(node).filter((child) => !/^(TypeDef|Comment|,)$/.test(child.name) && !child.type.isError);
  const operators = parts.filter((child) => child.name === 'AssignOp' || child.name === 'UpdateOp');
  const [operator] = operators;
  if (!operator || operators.length > 1 || operator.name !== 'AssignOp') return [];
  const at = parts.indexOf(operator);
  const values = parts.slice(at + 1);
  return values.length === at ? values.map((value, place) => [parts[place] as SyntaxNode, value]) : [];
}

/** `lr`, `self.lr`, `config["lr"]`. */
function targetName(target: SyntaxNode, text: string): string | null {
  if (target.name === 'VariableName') return slice(text, target);
  if (target.name !== 'MemberExpression') return null;
  const last = target.lastChild;
  if (last?.name === 'PropertyName') return slice(text, last);
  const key = stringValue(target.getChild('String'), text);
  return key ?? null;
}

/** Keys of the dictionaries around a dictionary, outermost first. */
function dictionaryPath(node: SyntaxNode, text: string): string[] {
  const path: string[] = [];
  let at: SyntaxNode | null = node;
  while (at?.parent?.name === 'DictionaryExpression' && at.prevSibling?.name === ':') {
    const key = stringValue(at.prevSibling.prevSibling, text);
    if (key !== undefined) path.unshift(key);
    at = at.parent;
  }
  return path;
}

/** Whether the key, keyword or variable that a value is given to says the parameter's name already. */
function namedBy(node: SyntaxNode, name: string, text: string): boolean {
  const operator = node.prevSibling;
  let target = operator?.name === 'AssignOp' || operator?.name === ':' ? operator.prevSibling : null;
  if (target?.name === 'TypeDef') target = target.prevSibling;
  if (node.parent?.name === 'AssignStatement') {
    target = assignedPairs(node.parent).find(([, value]) => value.from === node.from)?.[0] ?? null;
  }
  if (!target) return false;
  const written = stringValue(target, text) ?? targetName(target, text) ?? '';
  return written.replace(/[_-]/g, '').toLowerCase() === name.replace(/[_-]/g, '').toLowerCase();
}

/** `hp_space=lambda trial: {…}`. */
function isSpaceArgument(lambda: SyntaxNode, text: string): boolean {
  const operator = lambda.prevSibling;
  const keyword = operator?.name === 'AssignOp' ? operator.prevSibling : null;
  return keyword !== null && slice(text, keyword) === 'hp_space';
}

/** A function whose parameters are command line arguments: decorated by `@app.command()`. */
function isCommand(definition: SyntaxNode, text: string): boolean {
  const { parent } = definition;
  if (parent?.name !== 'DecoratedStatement') return false;
  return parent.getChildren('Decorator').some((one) => /\.(command|callback)\b/.test(slice(text, one)));
}
