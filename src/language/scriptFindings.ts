import { knownScriptProblems, type ScriptFix } from '../protocol/scriptProblems.ts';
import { SCRIPT } from '../words/en/script.ts';
import { isChinese, translator } from '../words/message.ts';
import { SCRIPT_ZH } from '../words/zh/script.ts';
import type { Finding, FindingFix } from './findings.ts';
import type { CodeFile } from './insertion/sites.ts';
import { missingModelInits } from './python/modelInit.ts';
import { PythonFile } from './python/pythonFile.ts';
import { calleeOf, lastName, stringValue } from './python/tree.ts';
import { sayIn } from './say.ts';

/** What today's libraries refuse in a training script: found before anything is run, in files that use a Trainer. */
export function scriptFindings(file: CodeFile, locale?: string): Finding[] {
  if (!(file instanceof PythonFile) || !/\b(TrainingArguments|Trainer|transformers)\b/.test(file.text)) return [];
  const findings = modelInitFindings(file, locale);
  for (const { id, fix } of knownScriptProblems) {
    if (!fix) continue;
    const texts = problemTexts(locale);
    const [message, title] = [texts(id as 'adamw-hf'), texts(`${id}Fix` as 'adamw-hfFix')];
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

function problemTexts(locale: string | undefined) {
  return translator('script', SCRIPT, isChinese(locale) ? { script: SCRIPT_ZH } : undefined);
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
  return { title: sayIn(locale)('removeChoice', { old }), edits: [{ start, end, newText: '' }] };
}

function modelInitFindings(file: PythonFile, locale: string | undefined): Finding[] {
  const code = 'no-model-init';
  const message = problemTexts(locale)(code);
  return missingModelInits(file).map(({ start, end, replacement }) => {
    const finding = { code, severity: 'warning', message, start, end } as const;
    if (replacement === null) return finding;
    const title = sayIn(locale)('passModelInit');
    return { ...finding, fix: { title, edits: [{ start, end, newText: replacement }] } };
  });
}
