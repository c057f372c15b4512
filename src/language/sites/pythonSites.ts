import type { SyntaxNode, Tree } from '@lezer/common';
import type { Span } from '../../studyfile/editing/positions.ts';
import { ABSL_FLAG } from '../python/argumentDefaults.ts';
import { CommandParsers } from '../python/commandParsers.ts';
import { assignedPairs } from '../python/namedPlaces.ts';
import { functionName } from '../python/scopes.ts';
import {
  calleeOf,
  childrenOf,
  keywordValue,
  lastName,
  pythonLiteral,
  readArguments,
  slice,
  stringValue,
} from '../python/tree.ts';
import { type FoundSite, type FoundSites, join, MOST_ENTRIES, type SiteKind } from './tunableSite.ts';

/** What a value is given to: null for a value that has no name of its own, as an operand. */
interface Slot {
  readonly name: string;
  readonly kind: SiteKind;
  /** Whether `field(default=…)` and its like stand for the value: of a class's field and of a parameter. */
  readonly isDeclared?: boolean;
}

type Scope = 'module' | 'class' | 'function';

/** Every literal of a Python module that has a name. */
export function pythonSites(tree: Tree, text: string, within?: Span): FoundSites {
  const finder = new PythonSiteFinder(text);
  finder.statements(tree.topNode, within);
  return finder;
}

const DECLARES = /^(Option|Argument|Field|field|ib|attrib)$/;
/** Values that these hold are no sites: literal types, patterns, texts that are put together. */
const WITHOUT_SITES = /^(TypeDef|TypeDefinition|TypeParamList|ImportStatement|FormatString|\w*Pattern|Comment)$/;
const PLAIN_NAME = /^[\p{ID_Start}_][\p{ID_Continue}]*(\s*\.\s*[\p{ID_Start}_][\p{ID_Continue}]*)*$/u;

class PythonSiteFinder implements FoundSites {
  readonly sites: FoundSite[] = [];
  readonly errors: number[] = [];
  readonly #text: string;
  readonly #parsers = new CommandParsers();

  constructor(text: string) {
    this.#text = text;
  }

  /** All statements of a module, or those that touch a part of it. */
  statements(module: SyntaxNode, within?: Span): void {
    for (let child = module.firstChild; child; child = child.nextSibling) {
      if (!within || (child.from <= within.end && within.start <= child.to)) this.#visit(child, '', 'module', null);
    }
  }

  children(node: SyntaxNode, prefix: string, scope: Scope): void {
    for (let child = node.firstChild; child; child = child.nextSibling) this.#visit(child, prefix, scope, null);
  }

  #visit(node: SyntaxNode, prefix: string, scope: Scope, slot: Slot | null): void {
    switch (node.name) {
      case 'Number':
      case 'String':
      case 'ContinuedString':
      case 'Boolean':
      case 'None':
        this.#literal(node, prefix, slot);
        return;
      case 'UnaryExpression':
        if (slot && node.lastChild?.name === 'Number') this.#literal(node, prefix, slot);
        else this.children(node, prefix, scope);
        return;
      case 'ParenthesizedExpression':
        for (const child of childrenOf(node)) this.#visit(child, prefix, scope, slot);
        return;
      case 'ArrayExpression':
      case 'TupleExpression':
        this.#list(node, prefix, scope, slot);
        return;
      case 'DictionaryExpression':
        this.#dictionary(node, prefix, scope, slot);
        return;
      case 'CallExpression':
      case 'Decorator':
        this.#call(node, prefix, scope, slot);
        return;
      case 'LambdaExpression':
        this.#parameters(node.getChild('ParamList'), prefix, join(prefix, 'lambda'));
        if (node.lastChild) this.#visit(node.lastChild, prefix, 'function', null);
        return;
      case 'AssignStatement':
      case 'NamedExpression':
        this.#assignment(node, prefix, scope);
        return;
      case 'DecoratedStatement':
        this.#decorated(node, prefix, scope);
        return;
      case 'FunctionDefinition':
        this.#function(node, prefix, scope);
        return;
      case 'ClassDefinition': {
        const own = join(prefix, functionName(node, this.#text));
        for (const child of childrenOf(node)) this.children(child, own, 'class');
        return;
      }
      default:
        if (node.type.isError) this.errors.push(node.from);
        if (!WITHOUT_SITES.test(node.name)) this.children(node, prefix, scope);
    }
  }

  #literal(node: SyntaxNode, path: string, slot: Slot | null): void {
    const literal = slot && pythonLiteral(node, this.#text);
    if (!literal) return;
    this.sites.push({ path, name: slot.name, kind: slot.kind, start: node.from, end: node.to, literal });
  }

  #list(node: SyntaxNode, prefix: string, scope: Scope, slot: Slot | null): void {
    let place = 0;
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.name === ',') place++;
      else if (slot && place < MOST_ENTRIES) this.#visit(child, `${prefix}[${place}]`, scope, slot);
      else this.#visit(child, prefix, scope, null);
    }
  }

  #dictionary(node: SyntaxNode, prefix: string, scope: Scope, slot: Slot | null): void {
    const kind = slot?.kind ?? kindIn(scope);
    let key: string | undefined;
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.name === ',' || child.name === '**') key = undefined;
      else if (child.nextSibling?.name === ':') {
        key = child.name === 'Number' ? slice(this.#text, child) : stringValue(child, this.#text);
      } else if (key === undefined) this.#visit(child, prefix, scope, null);
      // While `"lr":` waits for its value, the key of the next line stands in its place.
      else this.#visit(child, join(prefix, key), scope, { name: key, kind });
    }
  }

  #assignment(node: SyntaxNode, prefix: string, scope: Scope): void {
    const values = new Map(assignedPairs(node).map(([target, value]) => [value.from, target]));
    let first: SyntaxNode | undefined;
    for (const child of childrenOf(node)) {
      if (child.name === 'AssignOp') first ??= node.firstChild ?? undefined;
      else if (!first) this.#visit(child, prefix, scope, null);
      else {
        // Of `a = b = 1` the first is its name.
        const isLast = child.from === node.lastChild?.from;
        const target = values.get(child.from) ?? (isLast && values.size === 0 ? first : undefined);
        const name = target && targetPath(target, this.#text);
        if (!name) this.#visit(child, prefix, scope, null);
        else {
          const slot = { name: lastName(name), kind: kindIn(scope), isDeclared: scope === 'class' };
          this.#visit(child, join(prefix, name), scope, slot);
        }
      }
    }
  }

  #decorated(node: SyntaxNode, prefix: string, scope: Scope): void {
    const definition = node.getChild('FunctionDefinition');
    for (const child of childrenOf(node)) {
      // click's options belong to the function that they decorate.
      const isFlag = child.name === 'Decorator' && lastName(calleeOf(child, this.#text)) === 'option';
      const own = isFlag && definition ? join(prefix, functionName(definition, this.#text)) : prefix;
      this.#visit(child, own, scope, null);
    }
  }

  #function(node: SyntaxNode, prefix: string, scope: Scope): void {
    const name = functionName(node, this.#text);
    const own = join(prefix, name);
    this.#parameters(node.getChild('ParamList'), prefix, name === '__init__' && scope === 'class' ? prefix : own);
    const body = node.getChild('Body');
    if (body) this.children(body, own, 'function');
  }

  #parameters(list: SyntaxNode | null, prefix: string, owner: string): void {
    let target = '';
    for (const child of list ? childrenOf(list) : []) {
      if (child.name === 'VariableName' && child.prevSibling?.name !== 'AssignOp') target = slice(this.#text, child);
      else if (child.type.isError) this.errors.push(child.from);
      else if (child.prevSibling?.name === 'AssignOp' && target !== '') {
        this.#visit(child, `${owner}(${target})`, 'function', { name: target, kind: 'default', isDeclared: true });
      } else if (child.name !== 'AssignOp') this.#visit(child, prefix, 'function', null);
    }
  }

  #call(node: SyntaxNode, prefix: string, scope: Scope, slot: Slot | null): void {
    const whole = calleeOf(node, this.#text);
    const callee = PLAIN_NAME.test(whole) ? whole.replace(/\s+/g, '') : calledName(node, this.#text);
    const last = lastName(callee);
    this.#parsers.note(node, whole, this.#text);
    for (const child of childrenOf(node)) {
      if (child.name !== 'ArgList') this.#visit(child, prefix, scope, null);
    }
    const list = node.getChild('ArgList');
    if (!list) return;
    const flag = this.#flag(list, whole, last, prefix);
    if (flag !== null) this.#declared(list, flag.path, scope, flag.slot, flag.place);
    else if (slot?.isDeclared && DECLARES.test(last)) {
      this.#declared(list, prefix, scope, { name: slot.name, kind: slot.kind }, last === 'field' ? null : 0);
    } else this.#arguments(list, join(prefix, callee), prefix, last, scope);
  }

  /** The path of a command line argument's default; null for a call that declares none. */
  #flag(list: SyntaxNode, whole: string, callee: string, prefix: string) {
    const isAbsl = ABSL_FLAG.test(callee);
    if (!isAbsl && callee !== 'add_argument' && callee !== 'option') return null;
    const { positional, keywords } = readArguments(list, this.#text);
    const named = keywordValue(keywords, 'name');
    const names = [...(named && isAbsl ? [named] : []), ...positional].map((one) => stringValue(one, this.#text));
    const spelt = (isAbsl ? names[0] : (names.find((name) => name?.startsWith('--')) ?? names[0]))?.split('/')[0];
    if (spelt === undefined) return null;
    const subcommand = this.#parsers.subcommandOf(whole);
    const owner = subcommand === null ? prefix : join(prefix, subcommand);
    const slot: Slot = { name: spelt.trim().replace(/^-+/, ''), kind: 'flag' };
    const flag = isAbsl ? `--${slot.name}` : spelt.trim();
    return { path: join(owner, flag), slot, place: isAbsl ? 1 : null };
  }

  /** Arguments of a call that declares a value: its default is the value, `ge=0` and `help="…"` are none. */
  #declared(list: SyntaxNode, path: string, scope: Scope, slot: Slot, place: number | null): void {
    const { positional, keywords } = readArguments(list, this.#text);
    const named = keywordValue(keywords, 'default');
    const value = named ?? (place === null ? null : positional[place]);
    if (value) this.#visit(value, path, scope, slot);
    const made = keywordValue(keywords, 'default_factory');
    if (made) this.#visit(made, path, scope, null);
  }

  #arguments(list: SyntaxNode, owner: string, prefix: string, callee: string, scope: Scope): void {
    let place = 0;
    let keyword: string | undefined;
    for (let child = list.firstChild; child; child = child.nextSibling) {
      if (child.name === ',') {
        place++;
        keyword = undefined;
      } else if (child.nextSibling?.name === 'AssignOp') keyword = slice(this.#text, child);
      else if (child.name === '(' || child.name === ')' || child.name === 'AssignOp') continue;
      else if (keyword !== undefined && callee !== '') {
        this.#visit(child, `${owner}(${keyword})`, scope, { name: keyword, kind: 'keyword' });
      } else if (callee !== '' && place < MOST_ENTRIES && isWhole(child)) {
        this.#visit(child, `${owner}(${place})`, scope, { name: callee, kind: 'position' });
      } else this.#visit(child, prefix, scope, null);
    }
  }
}

/** Whether an argument is that node alone: not `*args`, nor `x for x in y`. */
function isWhole(node: SyntaxNode): boolean {
  return /^[(,]$/.test(node.prevSibling?.name ?? '') && /^[),]$/.test(node.nextSibling?.name ?? '');
}

function kindIn(scope: Scope): SiteKind {
  return scope === 'module' ? 'constant' : scope === 'class' ? 'field' : 'local';
}

/** What a call of something that is no plain name calls: `fit` of `make(3).fit(x)`; of `f(1)(2)` nothing. */
function calledName(call: SyntaxNode, text: string): string {
  const callee = call.firstChild;
  const last = callee?.name === 'MemberExpression' ? callee.lastChild : null;
  return last?.name === 'PropertyName' ? slice(text, last) : '';
}

/** `lr`, `self.lr`, `config.lr` of `config["lr"]`; null for any other target. */
function targetPath(target: SyntaxNode, text: string): string | null {
  if (target.name === 'VariableName') return slice(text, target);
  if (target.name !== 'MemberExpression') return null;
  const owner = target.firstChild && targetPath(target.firstChild, text);
  const last = target.lastChild;
  const key = last?.name === 'PropertyName' ? slice(text, last) : stringValue(target.getChild('String'), text);
  return owner && key !== undefined ? `${owner}.${key}` : null;
}
