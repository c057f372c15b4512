import type { SyntaxNode } from '@lezer/common';
import type { BestTrial } from '../../protocol/editor.ts';
import { errorCount } from '../errorCount.ts';
import type { NewBlock } from '../insertion/sites.ts';
import type { PythonFile } from './pythonFile.ts';
import { parsePython } from './tree.ts';

/** Where a dict may stand as it is: after an operator, an opening bracket or a `return`. */
const EXPECTS_VALUE = /(?:[=(,[]|\breturn)\s*$/;

/**
 * `best_params = {…}` as a statement of its own at the cursor's line or after the statement that the cursor is in; only
 * the dict where the cursor stands after `=`, `(` or `return` and nothing follows. At the end of the file where that
 * would break the code.
 */
export function newPythonBlock(file: PythonFile, best: BestTrial, offset: number): NewBlock | null {
  const { text, index } = file;
  const atEnd = `${text === '' || /[\r\n]$/.test(text) ? '' : index.lineBreak}best_params = ${dict(file, best, '')}${index.lineBreak}`;
  const blocks = [blockAt(file, best, offset), { start: text.length, end: text.length, text: atEnd }];
  const errors = errorCount(file.tree);
  const isSafe = (block: NewBlock) =>
    errorCount(parsePython(text.slice(0, block.start) + block.text + text.slice(block.end))) <= errors;
  return blocks.find(isSafe) ?? null;
}

function blockAt(file: PythonFile, best: BestTrial, offset: number): NewBlock {
  const { index, text } = file;
  const line = index.lineAt(offset);
  const lineStart = index.lineStart(line);
  const lead = text.slice(lineStart, offset);
  const rest = text.slice(offset, index.lineEnd(line));
  const inText = /^(Comment|String|FormatString|ContinuedString)$/.test(file.nodeAt(offset).name);
  if (!inText && lead.trim() !== '' && EXPECTS_VALUE.test(lead) && /^\s*$|^\s*[)\],]/.test(rest)) {
    return { start: offset, end: offset, text: dict(file, best, index.indentationAt(offset)) };
  }
  const statement = statementAround(file, lead.trim() === '' ? offset : index.lineEnd(line));
  if (!statement && lead.trim() === '' && rest.trim() === '') {
    const isEnd = offset === text.length && text !== '';
    return {
      start: offset,
      end: offset,
      text: `best_params = ${dict(file, best, lead)}${isEnd ? index.lineBreak : ''}`,
    };
  }
  if (!statement && lead.trim() === '') {
    const indent = lead + indentOf(rest);
    const block = `best_params = ${dict(file, best, indent)}${index.lineBreak}`;
    return { start: lineStart, end: lineStart, text: indent + block };
  }
  const end = index.lineEnd(index.lineAt(statement?.to ?? offset));
  const indent = statement ? index.indentationAt(statement.from) : index.indentationAt(lineStart);
  return { start: end, end, text: `${index.lineBreak}${indent}best_params = ${dict(file, best, indent)}` };
}

function indentOf(text: string): string {
  return /^[ \t]*/.exec(text)?.[0] ?? '';
}

/** The simple statement that begins before and ends at or after `offset`: nothing can be put inside it. */
function statementAround(file: PythonFile, offset: number): SyntaxNode | null {
  let at: SyntaxNode | null = file.nodeAt(offset);
  let found: SyntaxNode | null = null;
  for (; at; at = at.parent) {
    if (at.name === 'Script' || at.name === 'Body') break;
    if (at.from < offset && at.to >= offset) found = at;
  }
  return found && found.name !== 'Comment' ? found : null;
}

function dict(file: PythonFile, best: BestTrial, indent: string): string {
  const lineBreak = file.index.lineBreak;
  const unit = indent.includes('\t') ? '\t' : '    ';
  const lines = best.params.map((param) => {
    const key = file.print({ name: '', value: param.name, kind: 'categorical' });
    return `${indent}${unit}${key}: ${file.print(param)},${lineBreak}`;
  });
  return `{${lineBreak}${lines.join('')}${indent}}`;
}
