import type { SyntaxNode, Tree } from '@lezer/common';
import type { Span } from '../../studyfile/editing/positions.ts';
import { optionDefaults } from '../javascript/optionDefaults.ts';
import {
  calleeOf,
  childrenOf,
  javaScriptLiteral,
  lastName,
  propertyOf,
  slice,
  stringValue,
  withoutCast,
} from '../javascript/tree.ts';
import { type FoundSite, type FoundSites, join, MOST_ENTRIES, type SiteKind } from './tunableSite.ts';

interface Slot {
  readonly name: string;
  readonly kind: SiteKind;
  /** The call whose argument it is: keys of an object there are its keywords. */
  readonly call?: string;
}

type Scope = 'module' | 'class' | 'function';

/** Every literal of a JavaScript or TypeScript module that has a name. */
export function javaScriptSites(tree: Tree, text: string, within?: Span): FoundSites {
  const finder = new JavaScriptSiteFinder(text);
  finder.statements(tree.topNode, within);
  return finder;
}

const LITERALS = /^(Number|String|TemplateString|BooleanLiteral|null)$/;
const FUNCTIONS = /^(FunctionDeclaration|FunctionExpression|ArrowFunction|MethodDeclaration)$/;
/** Types, imports and tags: literals in them are no values that a trial could replace. */
const WITHOUT_SITES =
  /^(Type\w*|\w*Type|InterfaceDeclaration|ImportDeclaration|DynamicImport|ExportGroup|JSX\w*|RegExp|LineComment|BlockComment)$/;
const PLAIN_NAME = /^[\p{ID_Start}$_#][\p{ID_Continue}$]*(\s*\??\.\s*[\p{ID_Start}$_#][\p{ID_Continue}$]*)*$/u;
/** What takes the name of a module, a text to print or a type, and no value. */
const WITHOUT_ARGUMENTS = /^(require|import|console\.\w+)$/;

class JavaScriptSiteFinder implements FoundSites {
  readonly sites: FoundSite[] = [];
  readonly errors: number[] = [];
  readonly #text: string;
  /** Where defaults of command line options start, which a call has declared already. */
  readonly #declared = new Set<number>();

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

  #visit(written: SyntaxNode, prefix: string, scope: Scope, slot: Slot | null): void {
    const node = withoutCast(written);
    if (LITERALS.test(node.name)) {
      this.#literal(node, prefix, slot);
      if (node.firstChild) this.children(node, prefix, scope);
      return;
    }
    if (FUNCTIONS.test(node.name)) {
      this.#function(node, prefix, scope, slot);
      return;
    }
    switch (node.name) {
      case 'UnaryExpression':
        if (slot && node.lastChild?.name === 'Number') this.#literal(node, prefix, slot);
        else this.children(node, prefix, scope);
        return;
      case 'ParenthesizedExpression':
        for (const child of childrenOf(node)) this.#visit(child, prefix, scope, slot);
        return;
      case 'ArrayExpression':
        this.#list(node, prefix, scope, slot);
        return;
      case 'ObjectExpression':
        this.#object(node, prefix, scope, slot);
        return;
      case 'CallExpression':
      case 'NewExpression':
        this.#call(node, prefix, scope);
        return;
      case 'VariableDeclaration':
        this.#declaration(node, prefix, scope);
        return;
      case 'AssignmentExpression':
        this.#assignment(node, prefix, scope);
        return;
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const name = node.getChild('VariableDefinition');
        const own = name ? join(prefix, slice(this.#text, name)) : prefix;
        for (const child of childrenOf(node)) {
          if (child.name === 'ClassBody') this.children(child, own, 'class');
        }
        return;
      }
      case 'PropertyDeclaration': {
        const field = propertyOf(node, this.#text);
        if (field) this.#visit(field.value, join(prefix, field.name), 'class', { name: field.name, kind: 'field' });
        return;
      }
      case 'EnumDeclaration':
        this.#enum(node, prefix);
        return;
      default:
        if (node.type.isError) this.errors.push(node.from);
        if (!WITHOUT_SITES.test(node.name)) this.children(node, prefix, scope);
    }
  }

  #literal(node: SyntaxNode, path: string, slot: Slot | null): void {
    const literal = slot && !this.#declared.has(node.from) ? javaScriptLiteral(node, this.#text) : null;
    if (!slot || !literal) return;
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

  #object(node: SyntaxNode, prefix: string, scope: Scope, slot: Slot | null): void {
    for (const child of childrenOf(node)) {
      if (child.name !== 'Property') {
        if (child.type.isError) this.errors.push(child.from);
        continue;
      }
      const property = propertyOf(child, this.#text);
      if (!property || property.nameNode.name === ']') {
        // A method is named by its key; a key that is computed names nothing.
        const method = child.getChild('ParamList') ? child.getChild('PropertyDefinition') : null;
        if (method) this.#methodOf(child, join(prefix, slice(this.#text, method)));
        else this.children(child, prefix, scope);
        continue;
      }
      const { name } = property;
      if (slot?.call !== undefined) {
        this.#visit(property.value, `${slot.call}(${name})`, scope, { name, kind: 'keyword' });
      } else this.#visit(property.value, join(prefix, name), scope, { name, kind: slot?.kind ?? kindIn(scope) });
    }
  }

  #declaration(node: SyntaxNode, prefix: string, scope: Scope): void {
    let target: SyntaxNode | null = null;
    let isValue = false;
    for (const child of childrenOf(node)) {
      if (child.name === 'Equals') isValue = true;
      else if (child.name === ',' || child.name === ';') isValue = false;
      else if (!isValue && child.name !== 'TypeAnnotation') {
        target = child;
        if (/Pattern$/.test(child.name)) this.#pattern(child, prefix, 'local');
        else if (child.type.isError) this.errors.push(child.from);
      } else if (isValue) {
        const name = target?.name === 'VariableDefinition' ? slice(this.#text, target) : null;
        if (name === null) this.#visit(child, prefix, scope, null);
        else this.#visit(child, join(prefix, name), scope, { name, kind: kindIn(scope) });
      }
    }
  }

  #assignment(node: SyntaxNode, prefix: string, scope: Scope): void {
    const [target, operator, value] = childrenOf(node);
    const isPlain = operator?.name === 'Equals' || /^(\?\?|\|\|)=$/.test(operator ? slice(this.#text, operator) : '');
    const path = target && isPlain ? targetPath(target, this.#text) : null;
    if (!path || !value) this.children(node, prefix, scope);
    else this.#visit(value, join(prefix, path), scope, { name: lastName(path), kind: kindIn(scope) });
  }

  #enum(node: SyntaxNode, prefix: string): void {
    const name = node.getChild('TypeDefinition');
    const own = name ? join(prefix, slice(this.#text, name)) : prefix;
    for (const equals of node.getChild('EnumBody')?.getChildren('Equals') ?? []) {
      const key = equals.prevSibling && slice(this.#text, equals.prevSibling);
      if (key && equals.nextSibling) {
        this.#visit(equals.nextSibling, join(own, key), 'module', { name: key, kind: 'constant' });
      }
    }
  }

  #function(node: SyntaxNode, prefix: string, scope: Scope, slot: Slot | null): void {
    const named = node.getChild('VariableDefinition') ?? node.getChild('PropertyDefinition');
    const isOwn = named && node.name !== 'ArrowFunction';
    // `const train = (lr = 0.1) => …` is named by its variable, which is the prefix already.
    const own = isOwn ? join(prefix, slice(this.#text, named)) : slot && !slot.call ? prefix : join(prefix, 'function');
    const isConstructor = scope === 'class' && isOwn && slice(this.#text, named) === 'constructor';
    const body = isOwn || slot ? own : prefix;
    for (const child of childrenOf(node)) {
      if (child.name === 'ParamList') this.#parameters(child, isConstructor ? prefix : own);
      else if (child.from !== named?.from || !isOwn) this.#visit(child, body, 'function', null);
    }
  }

  #methodOf(node: SyntaxNode, own: string): void {
    for (const child of childrenOf(node)) {
      if (child.name === 'ParamList') this.#parameters(child, own);
      else this.#visit(child, own, 'function', null);
    }
  }

  #parameters(list: SyntaxNode, owner: string): void {
    let target: SyntaxNode | null = null;
    let isValue = false;
    for (const child of childrenOf(list)) {
      if (child.name === 'Equals') isValue = true;
      else if (child.name === ',') isValue = false;
      else if (isValue) {
        const name = target?.name === 'VariableDefinition' ? slice(this.#text, target) : null;
        if (name === null) this.#visit(child, owner, 'function', null);
        else this.#visit(child, `${owner}(${name})`, 'function', { name, kind: 'default' });
      } else if (/Pattern$/.test(child.name)) this.#pattern(child, owner, 'default');
      else if (child.type.isError) this.errors.push(child.from);
      if (!isValue && child.name !== 'TypeAnnotation') target = child;
    }
  }

  /** `{ lr = 0.1, nested: { depth = 3 } }`: what is not given has its own default. */
  #pattern(pattern: SyntaxNode, owner: string, kind: SiteKind): void {
    for (const child of childrenOf(pattern)) {
      if (/Pattern$/.test(child.name)) this.#pattern(child, owner, kind);
      if (child.name !== 'PatternProperty') continue;
      const equals = child.getChild('Equals');
      const key = childrenOf(child)[0];
      for (const inner of childrenOf(child)) if (/Pattern$/.test(inner.name)) this.#pattern(inner, owner, kind);
      if (!equals?.nextSibling || !key) continue;
      const name = stringValue(key, this.#text) ?? slice(this.#text, key);
      const path = kind === 'default' ? `${owner}(${name})` : join(owner, name);
      this.#visit(equals.nextSibling, path, 'function', { name, kind });
    }
  }

  #call(node: SyntaxNode, prefix: string, scope: Scope): void {
    const whole = calleeOf(node, this.#text);
    const callee = PLAIN_NAME.test(whole) ? whole.replace(/\s+|\?/g, '') : calledName(node, this.#text);
    for (const option of optionDefaults(node, lastName(whole), this.#text) ?? []) {
      if (!option.literal || this.#declared.has(option.start)) continue;
      this.#declared.add(option.start);
      const { name, start, end, literal } = option;
      this.sites.push({ path: join(prefix, `--${name}`), name, kind: 'flag', start, end, literal });
    }
    const owner = join(prefix, callee);
    for (const child of childrenOf(node)) {
      if (child.name !== 'ArgList') this.#visit(child, prefix, scope, null);
      else if (callee === '' || WITHOUT_ARGUMENTS.test(callee)) this.children(child, prefix, scope);
      else this.#arguments(child, owner, lastName(callee), prefix, scope);
    }
  }

  #arguments(list: SyntaxNode, owner: string, callee: string, prefix: string, scope: Scope): void {
    let place = 0;
    for (const child of childrenOf(list)) {
      if (child.name === ',') place++;
      else if (FUNCTIONS.test(child.name) || place >= MOST_ENTRIES) this.#visit(child, prefix, scope, null);
      else this.#visit(child, `${owner}(${place})`, scope, { name: callee, kind: 'position', call: owner });
    }
  }
}

function kindIn(scope: Scope): SiteKind {
  return scope === 'module' ? 'constant' : scope === 'class' ? 'field' : 'local';
}

function calledName(call: SyntaxNode, text: string): string {
  const callee = call.firstChild?.name === 'new' ? call.firstChild.nextSibling : call.firstChild;
  const last = callee?.name === 'MemberExpression' ? callee.lastChild : null;
  return last?.name === 'PropertyName' ? slice(text, last) : '';
}

/** `lr`, `this.lr`, `config.lr` of `config['lr']`; null for any other target. */
function targetPath(target: SyntaxNode, text: string): string | null {
  if (target.name === 'VariableName' || target.name === 'this') return slice(text, target);
  if (target.name !== 'MemberExpression') return null;
  const owner = target.firstChild && targetPath(target.firstChild, text);
  const last = target.lastChild;
  const isProperty = last?.name === 'PropertyName' || last?.name === 'PrivatePropertyName';
  const key = isProperty && last ? slice(text, last) : stringValue(target.getChild('String'), text);
  return owner && key !== undefined ? `${owner}.${key}` : null;
}
