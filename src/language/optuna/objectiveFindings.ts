import type { SyntaxNode } from '@lezer/common';
import type { Finding, FindingFix } from '../findings.ts';
import { functionName, parameterNames } from '../python/scopes.ts';
import { isSuggestName } from '../python/suggestCalls.ts';
import type { Assignment, PythonCall, PythonSyntax } from '../python/syntax.ts';
import { keywordValue, lastName, readArguments, slice, stringValue } from '../python/tree.ts';
import type { Say } from '../say.ts';
import { warning } from './rangeFindings.ts';

/** A function that gets a trial, with what is in it; functions within it that get a trial of their own are apart. */
export interface TrialFunction {
  readonly node: SyntaxNode;
  /** Name of the parameter that is the trial. */
  readonly trial: string;
  /** Whether a study is known to call it. */
  readonly isObjective: boolean;
}

const LOOP = /^(For|While)Statement$|Comprehension/;

/** What goes wrong in practice in the functions that a study calls. */
export function objectiveFindings(
  syntax: PythonSyntax,
  text: string,
  functions: readonly TrialFunction[],
  say: Say,
): Finding[] {
  return functions.flatMap((one) => {
    const own = ownParts(syntax, one.node);
    return [
      ...loopFindings(text, one, own, say),
      ...reportFindings(text, one, own, say),
      ...(one.isObjective ? [...returnFindings(text, one, own, say), ...useFindings(syntax, text, one, say)] : []),
    ];
  });
}

/** The calls, and the returns and yields, of a function that are not in a function within it. */
interface OwnParts {
  readonly calls: readonly PythonCall[];
  readonly ends: readonly SyntaxNode[];
}

function ownParts(syntax: PythonSyntax, node: SyntaxNode): OwnParts {
  const { from, to } = node.getChild('Body') ?? node;
  return {
    calls: syntax.callsIn(from, to).filter(({ owner }) => owner === node.from),
    ends: syntax.endsIn(from, to).flatMap((one) => (one.owner === node.from ? [one.node] : [])),
  };
}

/** A name suggested in a loop is one parameter: each turn gets the first turn's value. */
function loopFindings(text: string, { node, trial }: TrialFunction, { calls }: OwnParts, say: Say): Finding[] {
  const findings: Finding[] = [];
  for (const { node: call, callee, name: method } of calls) {
    if (!isSuggestName(method) || receiverOf(callee) !== trial) continue;
    const list = readArguments(call.getChild('ArgList'), text);
    const name = keywordValue(list.keywords, 'name') ?? list.positional[0];
    if (!name || stringValue(name, text) === undefined) continue;
    const loop = loopAround(call, node);
    if (!loop || isAssignedIn(loop, trial, text) || endsInBreak(call, loop)) continue;
    const variable = loopVariable(loop, text);
    const written = slice(text, name);
    const isSimple = /^(["'])[^"'{}\\]{0,200}\1$/.test(written);
    const newText = `f${written.slice(0, -1)}_{${variable}}${written.at(-1)}`;
    const fix: FindingFix | undefined =
      variable && variable !== '_' && isSimple
        ? { title: say('nameByTurn', { name: newText }), edits: [{ start: name.from, end: name.to, newText }] }
        : undefined;
    findings.push(
      warning('suggested-in-loop', say('suggestedInLoop', { name: written }), { start: name.from, end: name.to }, fix),
    );
  }
  return findings;
}

function reportFindings(text: string, { node, trial }: TrialFunction, { calls }: OwnParts, say: Say): Finding[] {
  const findings: Finding[] = [];
  for (const { node: call, callee } of calls) {
    if (callee !== `${trial}.report`) continue;
    const list = call.getChild('ArgList');
    const { positional, keywords } = readArguments(list, text);
    if (!list || positional.length !== 1 || keywords.length > 0 || /\*/.test(slice(text, list))) continue;
    const loop = loopAround(call, node);
    const variable = loop ? loopVariable(loop, text) : null;
    const at = (positional[0] as SyntaxNode).to;
    const fix =
      variable && variable !== '_'
        ? { title: say('addStep', { variable }), edits: [{ start: at, end: at, newText: `, step=${variable}` }] }
        : undefined;
    findings.push({
      ...warning('report-without-step', say('reportWithoutStep'), { start: call.from, end: call.to }, fix),
      severity: 'error',
    });
  }
  return findings;
}

/** An objective that returns nothing fails its trial. */
function returnFindings(text: string, { node }: TrialFunction, own: OwnParts, say: Say): Finding[] {
  const body = node.getChild('Body');
  if (!body || isStub(body, text)) return [];
  if (own.ends.some(({ name }) => name !== 'ReturnStatement')) return [];
  // `sys.exit()` and the like end the program.
  const ends = own.calls.some(({ callee }) => /(^|\.)_?(exit|abort|fail|skip|quit)$/.test(callee));
  const findings = own.ends.flatMap((one) => {
    const value = one.firstChild?.nextSibling;
    if (value && value.name !== 'None' && value.name !== ';') return [];
    return [warning('returns-none', say('returnsNone'), { start: one.from, end: one.to })];
  });
  if (findings.length === 0 && !ends && !neverFallsThrough(body)) {
    const name = node.getChild('VariableName');
    if (name)
      findings.push(
        warning('returns-none', say('endsWithoutReturn', { name: functionName(node, text) }), {
          start: name.from,
          end: name.to,
        }),
      );
  }
  return findings;
}

function isStub(body: SyntaxNode, text: string): boolean {
  return statementsOf(body).every(
    (one) => one.name === 'PassStatement' || /^(?:\.\.\.|[rR]?["'])/.test(slice(text, one)),
  );
}

function statementsOf(body: SyntaxNode): SyntaxNode[] {
  const statements: SyntaxNode[] = [];
  for (let child = body.firstChild; child; child = child.nextSibling) {
    if (/(Statement|Definition)$/.test(child.name)) statements.push(child);
  }
  return statements;
}

/** Whether control never reaches the end of a block, as far as its form tells; true where it is hard to tell. */
function neverFallsThrough(body: SyntaxNode): boolean {
  const last = statementsOf(body).at(-1);
  if (!last) return true;
  switch (last.name) {
    case 'ReturnStatement':
    case 'RaiseStatement':
      return true;
    case 'IfStatement': {
      const bodies = last.getChildren('Body');
      return last.getChild('else') !== null && bodies.every(neverFallsThrough);
    }
    case 'WithStatement':
      return last.getChildren('Body').every(neverFallsThrough);
    case 'ExpressionStatement':
    case 'AssignStatement':
    case 'UpdateStatement':
    case 'ForStatement':
    case 'ImportStatement':
    case 'FunctionDefinition':
      return false;
    default:
      // `try`, `while`, `match`, `assert`: they may well end it.
      return true;
  }
}

/** A suggestion that nothing reads costs a dimension of the search, and an objective without its trial searches nothing. */
function useFindings(syntax: PythonSyntax, text: string, { node, trial }: TrialFunction, say: Say): Finding[] {
  const body = node.getChild('Body');
  if (!body || isStub(body, text)) return [];
  const uses = syntax.variablesIn(body.from, body.to);
  const suggestions: { readonly call: SyntaxNode; readonly variable: string | null }[] = [];
  let isOpen = false;
  for (const { node: call, callee, name } of syntax.callsIn(body.from, body.to)) {
    if (/^(locals|vars|eval|exec|globals)$/.test(callee)) isOpen = true;
    if (!isSuggestName(name) || receiverOf(callee) !== trial) continue;
    const { parent } = call;
    if (parent?.name === 'ExpressionStatement') suggestions.push({ call, variable: null });
    const target = parent?.name === 'AssignStatement' ? parent.firstChild : null;
    const isOnly = target?.name === 'VariableName' && parent?.getChildren('AssignOp').length === 1;
    if (target && isOnly) suggestions.push({ call, variable: slice(text, target) });
  }
  if (isOpen || /\b(?:params|nonlocal|global)\b/.test(slice(text, body))) return [];
  if (!uses.has(trial)) {
    const only = slice(text, body).trim();
    const name = node.getChild('VariableName');
    if (!name || /^(raise|assert)\b/.test(only)) return [];
    return [
      warning('unused-suggestion', say('unusedTrial', { name: functionName(node, text) }), {
        start: name.from,
        end: name.to,
      }),
    ];
  }
  return suggestions.flatMap(({ call, variable }) => {
    // Assigned, not read.
    const isOne = ({ target, variable: own }: Assignment) => target?.name === 'VariableName' && own === variable;
    const written = variable === null ? 0 : syntax.assignmentsIn(body.from, body.to).filter(isOne).length;
    if (variable !== null && (uses.get(variable) ?? 0) > written) return [];
    const place =
      variable === null
        ? { start: call.from, end: call.to }
        : { start: (call.parent as SyntaxNode).from, end: call.to };
    return [
      warning(
        'unused-suggestion',
        say('unusedSuggestion', { name: variable ?? slice(text, call).slice(0, 60) }),
        place,
      ),
    ];
  });
}

function receiverOf(callee: string): string {
  return callee.slice(0, Math.max(0, callee.lastIndexOf('.'))).trim();
}

function loopAround(node: SyntaxNode, owner: SyntaxNode): SyntaxNode | null {
  for (let at = node.parent; at && at.from >= owner.from && at.name !== 'FunctionDefinition'; at = at.parent) {
    if (LOOP.test(at.name)) return at;
  }
  return null;
}

/** The variable of `for i in …`; null for any other loop. */
function loopVariable(loop: SyntaxNode, text: string): string | null {
  const word = loop.getChild('for');
  const variable = word?.nextSibling;
  return variable?.name === 'VariableName' && variable.nextSibling?.name === 'in' ? slice(text, variable) : null;
}

function isAssignedIn(loop: SyntaxNode, name: string, text: string): boolean {
  let isAssigned = false;
  loop.cursor().iterate((ref) => {
    if (ref.name !== 'AssignStatement' && ref.name !== 'ForStatement') return;
    const target = ref.name === 'ForStatement' ? ref.node.getChild('for')?.nextSibling : ref.node.firstChild;
    if (target && slice(text, target) === name) isAssigned = true;
  });
  return isAssigned;
}

/** A loop that is left after the call gives it one turn. */
function endsInBreak(call: SyntaxNode, loop: SyntaxNode): boolean {
  for (let at: SyntaxNode | null = call; at && at.from > loop.from; at = at.parent) {
    if (at.name !== 'Body') continue;
    return statementsOf(at).some(({ name }) => name === 'BreakStatement' || name === 'ReturnStatement');
  }
  return false;
}

/** The functions of a module that get a trial: objectives, and those that suggest with a parameter of theirs. */
export function trialFunctions(
  definitions: readonly SyntaxNode[],
  text: string,
  objectives: ReadonlySet<string>,
): TrialFunction[] {
  const found: TrialFunction[] = [];
  for (const node of definitions) {
    const own = parameterNames(node, text);
    const [first, second] = own;
    const trial = own.includes('trial') ? 'trial' : first === 'self' || first === 'cls' ? second : first;
    if (trial === undefined) continue;
    const name = functionName(node, text);
    const owner = node.parent?.parent;
    const isCall =
      name === '__call__' && owner?.name === 'ClassDefinition' && objectives.has(functionName(owner, text));
    const isObjective = (objectives.has(name) || isCall) && lastName(name) === name;
    if (isObjective || trial === 'trial') found.push({ node, trial, isObjective });
  }
  // Of several functions of one name, in different functions, one may be something else.
  const names = found.map(({ node }) => functionName(node, text));
  return found.map((one, at) => ({ ...one, isObjective: one.isObjective && !isTwice(names, names[at] as string) }));
}

function isTwice(names: readonly string[], name: string): boolean {
  return name !== '__call__' && names.indexOf(name) !== names.lastIndexOf(name);
}
