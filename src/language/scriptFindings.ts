import { knownScriptProblems, type ScriptFix } from '../protocol/scriptProblems.ts';
import { isChinese } from '../studyfile/words/translation.ts';
import { CHINESE_SCRIPT_PROBLEMS } from './chinese.ts';
import type { Finding, FindingFix } from './findings.ts';
import type { CodeFile } from './insertion/sites.ts';
import { messagesFor } from './messages.ts';
import { missingModelInits } from './python/modelInit.ts';
import { PythonFile } from './python/pythonFile.ts';
import { calleeOf, lastName, stringValue } from './python/tree.ts';

/** What today's libraries refuse in a training script: found before anything is run, in files that use a Trainer. */
export function scriptFindings(file: CodeFile, locale?: string): Finding[] {
  if (!(file instanceof PythonFile) || !/\b(TrainingArguments|Trainer|transformers)\b/.test(file.text)) return [];
  const findings = modelInitFindings(file, locale);
  for (const { id, fix } of knownScriptProblems) {
    if (!fix) continue;
    const { message, title } = sentences(id, locale);
    for (const match of file.text.matchAll(fix.code)) {
      const [start, end] = [match.index, match.index + match[0].length];
      if (isComment(file, start) || !isArgumentOf(file, start, fix.argumentOf)) continue;
      const replace = { title, edits: [{ start, end, newText: fix.replacement }] };
      const remove = removal(file, start, fix, match[0], locale);
      findings.push({ code: id, severity: 'warning', message, start, end, fix: remove ?? replace });
    }
  }
  return findings.sort((a, b) => a.start - b.start);
}

function sentences(id: string, locale: string | undefined): { message: string; title: string } {
  const problem = knownScriptProblems.find((one) => one.id === id);
  const english = { message: problem?.message ?? '', title: problem?.fix?.title ?? '' };
  return isChinese(locale) ? (CHINESE_SCRIPT_PROBLEMS[id] ?? english) : english;
}

/** Comments and texts of several lines (docstrings) are nobody's arguments. */
function isComment(file: PythonFile, offset: number): boolean {
  const node = file.tree.resolveInner(offset, 1);
  return (
    node.name === 'Comment' || (node.name === 'String' && /^\w*("""|''')/.test(file.text.slice(node.from, node.to)))
  );
}

function isArgumentOf(file: PythonFile, offset: number, name: string | undefined): boolean {
  if (name === undefined) return true;
  const list = file.tree.resolveInner(offset, 1).parent;
  const call = list?.name === 'ArgList' ? list.parent : null;
  return call !== null && lastName(calleeOf(call, file.text)) === name;
}

/** In a list that has the replacement already, the old choice goes: a list of choices names each once. */
function removal(file: PythonFile, at: number, fix: ScriptFix, old: string, locale?: string): FindingFix | null {
  const node = file.tree.resolveInner(at, 1);
  const list = node.name === 'String' ? node.parent : null;
  if (!list || !/^(Array|Tuple|Set)Expression$/.test(list.name)) return null;
  const others = list.getChildren('String').map((one) => stringValue(one, file.text));
  if (!others.includes(fix.replacement)) return null;
  const next = node.nextSibling;
  const previous = node.prevSibling;
  const isFirst = previous?.name !== ',';
  const following = next?.name === ',' ? (next.nextSibling?.from ?? next.to) : node.to;
  const [start, end] = isFirst ? [node.from, following] : [previous.from, node.to];
  return { title: messagesFor(locale)('removeChoice', old), edits: [{ start, end, newText: '' }] };
}

function modelInitFindings(file: PythonFile, locale: string | undefined): Finding[] {
  const code = 'no-model-init';
  const { message } = sentences(code, locale);
  return missingModelInits(file).map(({ start, end, replacement }) => {
    const finding = { code, severity: 'warning', message, start, end } as const;
    if (replacement === null) return finding;
    const title = messagesFor(locale)('passModelInit');
    return { ...finding, fix: { title, edits: [{ start, end, newText: replacement }] } };
  });
}
