import type { SyntaxNode, SyntaxNodeRef, Tree } from '@lezer/common';
import { bracketsIn, foldName, type SiteForm, type SuggestCall, type ValueSite } from '../insertion/sites.ts';
import type { TextIndex } from '../textIndex.ts';
import { argumentDefault, declaredDefault } from './argumentDefaults.ts';
import { CommandParsers } from './commandParsers.ts';
import { markedSites, type Span } from './markedValues.ts';
import { assignedPairs, dictionaryPath, fieldsByClass, isNamedBy, ownersOf, targetName } from './namedPlaces.ts';
import { functionName, parameterNames, type TuningFunctions } from './scopes.ts';
import { holdsNoValues, isSteering, makesSettings } from './settings.ts';
import { isSuggestCall, isSuggestName } from './suggestCalls.ts';
import { calleeOf, lastName, pythonLiteral, readArguments, slice, stringValue } from './tree.ts';

interface Frame {
  readonly from: number;
  readonly name: string;
  readonly kind: 'function' | 'class' | 'space';
  readonly objective: boolean;
  readonly command: boolean;
  /** Of a class: the field of another one that holds such an object. */
  readonly owner?: string | undefined;
}

/** Every value site of a Python module, in the order of the text. */
export function collectSites(
  tree: Tree,
  index: TextIndex,
  functions: TuningFunctions,
  calls: readonly SuggestCall[],
): ValueSite[] {
  const collector = new SiteCollector(index, functions, calls);
  tree.iterate({
    enter: (ref) => collector.enter(ref),
    leave: (ref) => collector.leave(ref),
  });
  const marked = markedSites(tree, index, collector.comments, collector.literals);
  return [...collector.sites.filter((site) => !collector.isBound(site)), ...marked].sort((a, b) => a.start - b.start);
}

const FRAME_NODES: ReadonlySet<string> = new Set(['FunctionDefinition', 'LambdaExpression', 'ClassDefinition']);

type Extra = Pick<ValueSite, 'path' | 'owners' | 'parameterOf' | 'subcommand' | 'container'>;

class SiteCollector {
  readonly sites: ValueSite[] = [];
  readonly comments: Span[] = [];
  readonly literals: Span[] = [];
  readonly #index: TextIndex;
  readonly #text: string;
  readonly #functions: TuningFunctions;
  /** The suggest calls of the module, by their ends. */
  readonly #calls: ReadonlyMap<number, SuggestCall>;
  readonly #frames: Frame[] = [];
  readonly #parsers = new CommandParsers();
  #fields: ReadonlyMap<string, string> | undefined;
  /** Functions that fire, typer or tyro makes a command line of. */
  readonly #commands: ReadonlySet<string>;
  /** What the suggest calls are given besides a name, by the folded name of the parameter. */
  readonly #ranges = new Map<string, string>();

  constructor(index: TextIndex, functions: TuningFunctions, calls: readonly SuggestCall[]) {
    this.#calls = new Map(calls.map((call) => [call.end, call]));
    const commands = index.text.matchAll(/\b(?:Fire|typer\.run|tyro\.cli)\(\s*([A-Za-z_]\w*)/g);
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
        this.#enterClass(ref.node);
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
        this.comments.push({ from: ref.from, to: ref.to });
        break;
      case 'Number':
      case 'String':
      case 'Boolean':
      case 'None':
        this.literals.push({ from: ref.from, to: ref.to });
        break;
      default:
    }
    return undefined;
  }

  leave(ref: SyntaxNodeRef): void {
    const top = this.#frames.at(-1);
    if (top && top.from === ref.from && FRAME_NODES.has(ref.name)) this.#frames.pop();
  }

  /** Whether a constant is the bound of its own parameter: `suggest_int("epochs", 1, EPOCHS)`. */
  isBound(site: ValueSite): boolean {
    if (site.form === 'suggest') return false;
    const range = this.#ranges.get(foldName(site.name));
    return range !== undefined && new RegExp(`(?<![\\w.])${site.name.replace(/\W/g, '\\$&')}(?!\\w)`).test(range);
  }

  #push(ref: { readonly from: number }, kind: Frame['kind'], name: string, objective = false, command = false): void {
    this.#frames.push({ from: ref.from, kind, name, objective, command });
  }

  #enterClass(node: SyntaxNode): void {
    const name = functionName(node, this.#text);
    this.#fields ??= fieldsByClass(this.#text);
    const owner = this.#fields.get(name);
    this.#frames.push({ from: node.from, kind: 'class', name, objective: false, command: false, owner });
  }

  #enterFunction(node: SyntaxNode): void {
    const name = functionName(node, this.#text);
    const isSpace = name !== '' ? this.#functions.spaces.has(name) : isSpaceArgument(node, this.#text);
    const objective = this.#functions.objectives.has(name) || parameterNames(node, this.#text).includes('trial');
    const command = this.#commands.has(name) || isCommand(node, this.#text);
    this.#push(node, isSpace ? 'space' : 'function', name, objective, command);
  }

  get #silent(): boolean {
    return this.#frames.some((frame) => frame.kind === 'space');
  }

  get #inFunction(): boolean {
    return this.#frames.some((frame) => frame.kind === 'function');
  }

  #add(name: string, form: SiteForm, value: SyntaxNode | null, extra?: Partial<Extra>): void {
    if (this.#silent || !value || value.type.isError || value.to === value.from) return;
    if (value.name === 'CallExpression' && isSuggestCall(value, this.#text)) return;
    this.sites.push({
      name,
      path: [],
      form,
      start: value.from,
      end: value.to,
      literal: pythonLiteral(value, this.#text),
      inObjective: this.#frames.some((frame) => frame.objective),
      ...extra,
    });
  }

  #assignment(node: SyntaxNode): void {
    for (const [target, value] of assignedPairs(node)) {
      const name = targetName(target, this.#text);
      if (!name) continue;
      const frame = this.#frames.at(-1);
      const extra = { container: frame?.from ?? 0, ...(frame?.owner === undefined ? {} : { owners: [frame.owner] }) };
      this.#add(name, this.#inFunction ? 'local' : 'constant', declaredDefault(value, this.#text), extra);
    }
  }

  #dictionary(node: SyntaxNode): void {
    const form = this.#inFunction ? 'local' : 'constant';
    for (const colon of node.getChildren(':')) {
      const key = stringValue(colon.prevSibling, this.#text);
      const value = colon.nextSibling;
      // While `"lr":` waits for its value, the key of the next line stands in its place.
      const isWhole = /^([,}]|Comment)$/.test(value?.nextSibling?.name ?? '');
      if (key !== undefined && isWhole)
        this.#add(key, form, value, { path: dictionaryPath(node, this.#text), container: node.from });
    }
  }

  #parameters(list: SyntaxNode): void {
    const frame = this.#frames.at(-1);
    const outer = this.#frames.at(-2);
    const parameterOf = frame?.name === '__init__' && outer?.kind === 'class' ? outer.name : (frame?.name ?? '');
    const extra = frame?.command ? { subcommand: frame.name } : { parameterOf, container: list.from };
    for (const operator of list.getChildren('AssignOp')) {
      const before = operator.prevSibling;
      const target = before?.name === 'TypeDef' ? before.prevSibling : before;
      if (target?.name !== 'VariableName') continue;
      const value = declaredDefault(operator.nextSibling, this.#text);
      this.#add(slice(this.#text, target), frame?.command ? 'default' : 'local', value, extra);
    }
  }

  /** Returns false where nothing inside is a place for a value. */
  #call(node: SyntaxNode): boolean | undefined {
    const whole = calleeOf(node, this.#text);
    const callee = lastName(whole);
    if (isSuggestName(callee)) {
      this.#suggest(node);
      return false;
    }
    this.#parsers.note(node, whole, this.#text);
    const found = this.#silent ? null : argumentDefault(node, callee, this.#index);
    if (found) {
      const subcommand = this.#parsers.subcommandOf(whole) ?? decorated(node, this.#text);
      for (const site of found) this.sites.push(subcommand === null ? site : { ...site, subcommand });
    }
    if (holdsNoValues(callee)) return false;
    if (isSteering(callee)) return undefined;
    const form = makesSettings(callee) ? 'settings' : callee === 'dict' && !this.#inFunction ? 'constant' : 'local';
    const owners = ownersOf(node, callee, this.#text);
    for (const keyword of readArguments(node.getChild('ArgList'), this.#text).keywords) {
      this.#add(keyword.name, form, keyword.value, { owners, container: node.from });
    }
    return undefined;
  }

  #suggest(node: SyntaxNode): void {
    const call = this.#calls.get(node.to);
    if (!call) return;
    const key = foldName(call.name);
    this.#ranges.set(key, `${this.#ranges.get(key) ?? ''} ${this.#text.slice(call.nameEnd, call.end)}`);
    if (this.#silent) return;
    // Outside an objective the name alone does not say that this was the parameter's place.
    const isLocal = this.#inFunction || node.parent?.name === 'ArgList';
    const isClear = !isLocal || this.#frames.some((frame) => frame.objective);
    const named = isClear && isNamedBy(node, call.name, this.#text);
    const nameComment = named ? null : this.#commentPlace(node.to);
    this.sites.push({
      name: call.name,
      path: [],
      form: 'suggest',
      start: node.from,
      end: node.to,
      literal: null,
      call,
      inObjective: true,
      // A sign before the value would be read as the value's own.
      ...(node.parent?.name === 'UnaryExpression'
        ? { brackets: 'always' as const }
        : bracketsIn(node.parent?.name, node.prevSibling === null)),
      ...(nameComment === null ? {} : { nameComment: { at: nameComment, text: `  # ${call.name}` } }),
    });
  }

  /** The end of the code of the line, where a comment may go; null after a backslash or inside a text. */
  #commentPlace(offset: number): number | null {
    const end = this.#index.lineEnd(this.#index.lineAt(offset));
    const rest = this.#text.slice(offset, end);
    const hash = rest.indexOf('#', Math.max(rest.lastIndexOf('"'), rest.lastIndexOf("'")) + 1);
    const code = (hash < 0 ? rest : rest.slice(0, hash)).trimEnd();
    return /["'\\#]/.test(code.replace(/(["'])[^"'\\#]*\1/g, '')) ? null : offset + code.length;
  }
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

/** The function under a decorator, which is click's subcommand. */
function decorated(node: SyntaxNode, text: string): string | null {
  // The last child: a search from the first would go through all the decorators for each of them.
  const definition = node.name === 'Decorator' ? node.parent?.lastChild : null;
  return definition?.name === 'FunctionDefinition' ? functionName(definition, text) : null;
}
