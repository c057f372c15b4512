import type { SyntaxNode } from '@lezer/common';
import type { JavaScriptFile } from '../javascript/javaScriptFile.ts';
import { slice, stringValue } from '../javascript/tree.ts';
import { type CodeUse, insideQuotes } from './codeUses.ts';

/** `trial.params`, `study.bestTrial.params`, `study.bestParams`. */
const PARAMETERS = /(?:^|\.)(?:bestParams|\w{0,60}(?:trial|best)\w{0,60}\??\.params)$/i;

/** Every place of a JavaScript module that names a parameter of its study. */
export function javaScriptUses(file: JavaScriptFile): CodeUse[] {
  const { text, tree } = file;
  const uses: CodeUse[] = [];
  for (const { name, nameStart, nameEnd } of file.suggestCalls) {
    const place = insideQuotes(text, nameStart, nameEnd);
    if (place && text.slice(place.start, place.end) === name) uses.push({ name, kind: 'suggest', ...place });
  }
  tree.iterate({
    enter({ name, node }) {
      if (name === 'MemberExpression') uses.push(...memberUses(node, text));
      else if (name === 'ObjectPattern') uses.push(...patternUses(node, text));
    },
  });
  return uses;
}

function memberUses(node: SyntaxNode, text: string): CodeUse[] {
  const owner = node.firstChild;
  const key = node.lastChild?.name === ']' ? node.lastChild.prevSibling : node.lastChild;
  if (!owner || !key || !PARAMETERS.test(slice(text, owner))) return [];
  if (key.name === 'PropertyName') {
    return [{ name: slice(text, key), kind: 'lookup', start: key.from, end: key.to }];
  }
  const name = stringValue(key, text);
  const place = insideQuotes(text, key.from, key.to);
  return name !== undefined && place ? [{ name, kind: 'lookup', ...place }] : [];
}

/** `const { lr } = trial.params`: the variable keeps its name. */
function patternUses(pattern: SyntaxNode, text: string): CodeUse[] {
  const value = pattern.nextSibling?.name === 'Equals' ? pattern.nextSibling.nextSibling : null;
  if (!value || !PARAMETERS.test(slice(text, value))) return [];
  return pattern.getChildren('PatternProperty').flatMap((property): CodeUse[] => {
    const key = property.firstChild;
    if (!key || !/^(PropertyName|VariableDefinition)$/.test(key.name)) return [];
    const name = slice(text, key);
    const isShort = key.nextSibling?.name !== ':';
    return [{ name, kind: 'lookup', start: key.from, end: key.to, ...(isShort && { behind: `: ${name}` }) }];
  });
}
