import type { SyntaxNode } from '@lezer/common';
import type { PythonFile } from '../python/pythonFile.ts';
import { calleeOf, childrenOf, keywordValue, lastName, readArguments, slice, stringValue } from '../python/tree.ts';
import { type CodeUse, insideQuotes } from './codeUses.ts';

/** Calls whose dictionaries have the parameters of a study as keys; `params` is Tuneboard's own, with the defaults. */
const KEYED =
  /^(enqueue_trial|FixedTrial|create_trial|GridSampler|PartialFixedSampler|ask|(?:.{0,100}\.)?tuneboard\.params|tuneboard\.params)$/;
/** Calls that take names of parameters in a list. */
const LISTED = /^(plot_\w+|get_param_importances)$/;
/** `trial.params`, `study.best_trial.params`, `frozen.params`, `study.best_params`. */
const PARAMETERS = /(?:^|\.)(?:best_params|\w{0,60}(?:trial|frozen|best)\w{0,60}(?:\[-?\d{1,6}\])?\.params)$/i;

/** Every place of a Python module that names a parameter of the study that runs it. */
export function pythonUses(file: PythonFile): CodeUse[] {
  const { text, tree } = file;
  const uses: CodeUse[] = [];
  const variables = parameterVariables(file);
  const add = (node: SyntaxNode | null | undefined, kind: CodeUse['kind']) => {
    const name = stringValue(node, text);
    const place = node && insideQuotes(text, node.from, node.to);
    if (name !== undefined && place && text.slice(place.start, place.end) === name) uses.push({ name, kind, ...place });
  };
  const gives = (node: SyntaxNode | null | undefined) => node != null && givesParameters(slice(text, node), variables);
  for (const { name, nameStart, nameEnd } of file.suggestCalls) {
    const place = insideQuotes(text, nameStart, nameEnd);
    if (place && text.slice(place.start, place.end) === name) uses.push({ name, kind: 'suggest', ...place });
  }
  tree.iterate({
    enter({ name, node }) {
      if (name === 'MemberExpression') {
        if (gives(node.firstChild)) add(node.getChild('String'), 'lookup');
      } else if (name === 'BinaryExpression') {
        const [key, operator, owner] = childrenOf(node);
        if (operator?.name === 'in' && gives(owner)) add(key, 'lookup');
      } else if (name === 'CallExpression') {
        for (const key of keysOf(node, text, variables)) add(key, 'lookup');
      } else if (name === 'Comment') {
        uses.push(...commentUses(text, node));
      }
    },
  });
  return uses;
}

/** Strings of a call that name parameters. */
function keysOf(call: SyntaxNode, text: string, variables: ReadonlySet<string>): SyntaxNode[] {
  const callee = calleeOf(call, text);
  const name = lastName(callee);
  const list = readArguments(call.getChild('ArgList'), text);
  if (/^(get|pop|setdefault)$/.test(name)) {
    const owner = callee.slice(0, Math.max(0, callee.lastIndexOf('.')));
    const [key] = list.positional;
    return key?.name === 'String' && givesParameters(owner, variables) ? [key] : [];
  }
  if (LISTED.test(name)) {
    const given = keywordValue(list.keywords, 'params');
    return given && /^(Array|Tuple)Expression$/.test(given.name) ? given.getChildren('String') : [];
  }
  if (!KEYED.test(name === 'params' ? callee : name)) return [];
  const values = [...list.positional, ...list.keywords.map(({ value }) => value)];
  return values.flatMap((value) =>
    value?.name === 'DictionaryExpression'
      ? value.getChildren(':').flatMap(({ prevSibling }) => (prevSibling?.name === 'String' ? [prevSibling] : []))
      : [],
  );
}

/** Variables that hold the parameters of a trial wherever the module assigns them. */
function parameterVariables({ text, tree }: PythonFile): ReadonlySet<string> {
  const held = new Set<string>();
  const other = new Set<string>();
  tree.iterate({
    enter({ name, node }) {
      if (name !== 'AssignStatement') return;
      const target = node.firstChild;
      if (target?.name !== 'VariableName') return;
      const value = node.lastChild;
      const isHeld = value !== null && givesParameters(slice(text, value), held);
      (isHeld ? held : other).add(slice(text, target));
    },
  });
  for (const name of other) held.delete(name);
  return held;
}

/** Longer expressions only compute with parameters. */
const LONGEST = 300;

function givesParameters(expression: string, variables: ReadonlySet<string>): boolean {
  if (expression.length > LONGEST) return /^tuneboard\.params\(/.test(expression);
  return (
    variables.has(expression) ||
    PARAMETERS.test(expression) ||
    /\bTUNEBOARD_PARAMS\b/.test(expression) ||
    /(?:^|\.)tuneboard\.params(?:\(|$)/.test(expression)
  );
}

/** `hidden = 64  # n_units`: the comment that an insertion left, or finds the value by. */
function commentUses(text: string, comment: SyntaxNode): CodeUse[] {
  const written = slice(text, comment);
  if (!/^(#\s{0,9}[\p{L}_][\p{L}\p{N}_.\-/]{0,200}\s{0,200}){1,20}$/u.test(written)) return [];
  const lead = text.slice(text.lastIndexOf('\n', comment.from - 1) + 1, comment.from);
  if (!/[\d"'\])]|\b(True|False|None)\b/.test(lead)) return [];
  return [...written.matchAll(/#\s{0,9}([^\s#]+)/g)].map(({ 0: all, 1: name = '', index }) => {
    const start = comment.from + index + all.length - name.length;
    return { name, kind: 'comment', start, end: start + name.length };
  });
}
