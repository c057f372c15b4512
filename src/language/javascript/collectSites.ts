import type { SyntaxNode, SyntaxNodeRef, Tree } from '@lezer/common';
import type { SiteForm, SuggestCall, ValueSite } from '../insertion/sites.ts';
import { bracketsIn, foldName } from '../insertion/sites.ts';
import { optionDefaults } from './optionDefaults.ts';
import { readSuggestCall } from './suggestCalls.ts';
import {
  calleeOf,
  javaScriptLiteral,
  lastName,
  memberOf,
  propertyOf,
  slice,
  stringValue,
  withoutCast,
} from './tree.ts';

/** Calls whose contents describe the search or the data, never a parameter's value. */
const NOT_VALUES = /^(createStudy|enqueueTrial|enqueue|suggest\w+|\w*Sampler|\w*Pruner|\w*Distribution|require|log)$/;

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunction',
  'MethodDeclaration',
]);

interface Frame {
  readonly from: number;
  readonly name: string;
  readonly objective: boolean;
}

/** Every value site of a JavaScript or TypeScript module, in the order of the text. */
export function collectSites(tree: Tree, text: string): ValueSite[] {
  const collector = new SiteCollector(text);
  tree.iterate({ enter: (ref) => collector.enter(ref), leave: (ref) => collector.leave(ref) });
  const sites = collector.sites.sort((a, b) => a.start - b.start);
  // A default that both its call and its object declare is one place.
  return sites.filter((site, at) => sites[at - 1]?.start !== site.start || sites[at - 1]?.name !== site.name);
}

class SiteCollector {
  readonly sites: ValueSite[] = [];
  readonly #text: string;
  readonly #frames: Frame[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  enter(ref: SyntaxNodeRef): boolean | undefined {
    if (FUNCTIONS.has(ref.name)) {
      const objective = takesTrial(ref.node, this.#text);
      this.#frames.push({ from: ref.from, name: ref.name, objective });
      return undefined;
    }
    switch (ref.name) {
      case 'VariableDeclaration':
        this.#declaration(ref.node);
        break;
      case 'Property':
      case 'PatternProperty':
        this.#property(ref.node);
        break;
      case 'PropertyDeclaration':
        this.#classField(ref.node);
        break;
      case 'AssignmentExpression':
        this.#assignment(ref.node);
        break;
      case 'ParamList':
        this.#parameters(ref.node);
        break;
      case 'Number':
      case 'String':
      case 'BooleanLiteral':
      case 'null':
        this.#marked(ref.node);
        break;
      case 'CallExpression':
      case 'NewExpression':
        return this.#call(ref.node);
      default:
    }
    return undefined;
  }

  leave(ref: SyntaxNodeRef): void {
    const top = this.#frames.at(-1);
    if (top && top.from === ref.from && top.name === ref.name) this.#frames.pop();
  }

  get #form(): SiteForm {
    return this.#frames.length > 0 ? 'local' : 'constant';
  }

  #add(name: string, form: SiteForm, value: SyntaxNode, path: readonly string[] = [], container = 0): void {
    if (value.type.isError || value.to === value.from || isSuggest(value, this.#text)) return;
    const literal = javaScriptLiteral(value, this.#text);
    const inObjective = this.#frames.some((frame) => frame.objective);
    this.sites.push({ name, path, form, start: value.from, end: value.to, literal, inObjective, container });
  }

  /** A value after a comment with a name, which a replaced suggest call left behind. */
  #marked(node: SyntaxNode): void {
    const isKey = node.parent?.name === 'Property' && propertyOf(node.parent, this.#text)?.value.from !== node.from;
    if (isKey) return;
    const isSigned = node.parent?.name === 'UnaryExpression' && !markedName(node, this.#text);
    const value = isSigned ? (node.parent as SyntaxNode) : node;
    const name = markedName(value, this.#text);
    const literal = name ? javaScriptLiteral(value, this.#text) : null;
    if (!name || !literal) return;
    const place = { start: value.from, end: value.to, literal };
    this.sites.push({ name, path: [], form: 'suggest', ...place, inObjective: true });
  }

  #declaration(node: SyntaxNode): void {
    for (const equals of node.getChildren('Equals')) {
      let target = equals.prevSibling;
      if (target?.name === 'TypeAnnotation') target = target.prevSibling;
      if (target?.name === 'VariableDefinition' && equals.nextSibling) {
        this.#add(slice(this.#text, target), this.#form, valueAfter(equals) ?? equals.nextSibling);
      }
    }
  }

  #property(node: SyntaxNode): void {
    const property = propertyOf(node, this.#text);
    if (!property) return;
    const path = node.name === 'Property' ? objectPath(node, this.#text) : [];
    const option = path.at(-1);
    if (property.name === 'default' && option && node.parent && memberOf(node.parent, 'type', this.#text)) {
      this.#optionDefault(option, property.value);
      return;
    }
    const inCall = isInCall(node);
    this.#add(property.name, inCall ? 'local' : this.#form, property.value, path, node.parent?.from);
  }

  /** `const options = { lr: { type: 'string', default: '0.1' } }`, handed to parseArgs or yargs by name. */
  #optionDefault(name: string, value: SyntaxNode): void {
    const literal = javaScriptLiteral(value, this.#text);
    const asText = literal?.type === 'string' ? { asText: true } : {};
    this.sites.push({ name, path: [], form: 'default', start: value.from, end: value.to, literal, ...asText });
  }

  #classField(node: SyntaxNode): void {
    const property = propertyOf(node, this.#text);
    if (property) this.#add(property.name, 'constant', property.value);
  }

  #assignment(node: SyntaxNode): void {
    const target = node.firstChild;
    const equals = node.getChild('Equals');
    const value = equals ? valueAfter(equals) : null;
    if (!target || !value) return;
    const name = target.name === 'MemberExpression' ? lastName(slice(this.#text, target)) : slice(this.#text, target);
    if (/^[\w$]+$/.test(name)) this.#add(name, this.#form, value);
  }

  #parameters(list: SyntaxNode): void {
    for (const equals of list.getChildren('Equals')) {
      let target = equals.prevSibling;
      if (target?.name === 'TypeAnnotation') target = target.prevSibling;
      const value = valueAfter(equals);
      if (target?.name === 'VariableDefinition' && value) this.#add(slice(this.#text, target), 'local', value);
    }
  }

  /** Returns false where nothing inside is a place for a value. */
  #call(node: SyntaxNode): boolean | undefined {
    const callee = lastName(calleeOf(node, this.#text));
    const suggest = readSuggestCall(node, this.#text, String(this.#frames[0]?.from ?? ''));
    if (suggest) this.#suggest(node, suggest);
    if (suggest || NOT_VALUES.test(callee)) return false;
    const defaults = optionDefaults(node, callee, this.#text);
    if (!defaults) return undefined;
    this.sites.push(...defaults);
    return callee === 'parseArgs' ? false : undefined;
  }

  #suggest(node: SyntaxNode, call: SuggestCall): void {
    const whole = node.parent?.name === 'AwaitExpression' ? node.parent : node;
    const site = { name: call.name, path: [], form: 'suggest', literal: null, call, inObjective: true } as const;
    const before = isNamedBy(whole, call.name, this.#text) ? {} : { before: `/* ${call.name} */ ` };
    const brackets = bracketsIn(whole.parent?.name, whole.prevSibling === null);
    this.sites.push({ ...site, start: whole.from, end: whole.to, ...before, ...brackets });
  }
}

function isSuggest(node: SyntaxNode, text: string): boolean {
  const call = node.name === 'AwaitExpression' ? node.getChild('CallExpression') : node;
  return call?.name === 'CallExpression' && readSuggestCall(call, text, '') !== null;
}

/** The node after `=` that is no comment. */
function valueAfter(equals: SyntaxNode): SyntaxNode | null {
  let at = equals.nextSibling;
  while (at?.name === 'BlockComment' || at?.name === 'LineComment') at = at.nextSibling;
  return at && withoutCast(at);
}

/** `/* n_units *\/ 64`: the name that a replaced suggest call left behind. */
function markedName(value: SyntaxNode, text: string): string | null {
  const before = text.slice(Math.max(0, value.from - 200), value.from);
  return /\/\*\s*([^\s*]+)\s*\*\/\s*\(?$/.exec(before)?.[1] ?? null;
}

/** Whether the property or variable that a value is given to says the parameter's name already. */
function isNamedBy(node: SyntaxNode, name: string, text: string): boolean {
  const operator = node.prevSibling;
  if (operator?.name !== 'Equals' && operator?.name !== ':') return false;
  let target = operator.prevSibling;
  if (target?.name === 'TypeAnnotation') target = target.prevSibling;
  if (!target) return false;
  return foldName(stringValue(target, text) ?? slice(text, target)) === foldName(name);
}

/** Keys of the objects around a property, outermost first. */
function objectPath(property: SyntaxNode, text: string): string[] {
  const path: string[] = [];
  let object = property.parent;
  while (object?.name === 'ObjectExpression' && object.parent?.name === 'Property') {
    const outer = propertyOf(object.parent, text);
    if (outer) path.unshift(outer.name);
    object = object.parent.parent;
  }
  return path;
}

/** Whether the object is handed to a call: its keys are that call's named arguments. */
function isInCall(property: SyntaxNode): boolean {
  let at: SyntaxNode | null = property.parent;
  while (at?.name === 'ObjectExpression' || at?.name === 'Property') at = at.parent;
  return at?.name === 'ArgList';
}

/** Whether a function's first parameter is called `trial`. */
export function takesTrial(definition: SyntaxNode, text: string): boolean {
  const list = definition.getChild('ParamList');
  const first = list?.getChild('VariableDefinition') ?? definition.getChild('VariableDefinition');
  return first !== null && first !== undefined && slice(text, first) === 'trial';
}
