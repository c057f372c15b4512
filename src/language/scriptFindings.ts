import { knownScriptProblems } from '../protocol/scriptProblems.ts';
import { isChinese } from '../studyfile/translation.ts';
import { CHINESE_SCRIPT_PROBLEMS } from './chinese.ts';
import type { Finding } from './findings.ts';
import { PythonFile } from './python/pythonFile.ts';
import type { CodeFile } from './sites.ts';

/** What today's libraries refuse in a training script: found before anything is run, in files that use a Trainer. */
export function scriptFindings(file: CodeFile, locale?: string): Finding[] {
  if (!(file instanceof PythonFile) || !/\b(TrainingArguments|Trainer|transformers)\b/.test(file.text)) return [];
  const findings: Finding[] = [];
  for (const { id, fix, ...problem } of knownScriptProblems) {
    if (!fix) continue;
    const translated = isChinese(locale) ? CHINESE_SCRIPT_PROBLEMS[id] : undefined;
    const { message, title } = translated ?? { message: problem.message, title: fix.title };
    for (const match of file.text.matchAll(fix.code)) {
      const [start, end] = [match.index, match.index + match[0].length];
      if (isComment(file, start)) continue;
      const edits = [{ start, end, newText: fix.replacement }];
      findings.push({ code: id, severity: 'warning', message, start, end, fix: { title, edits } });
    }
  }
  return findings.sort((a, b) => a.start - b.start);
}

/** Comments and texts of several lines (docstrings) are nobody's arguments. */
function isComment(file: PythonFile, offset: number): boolean {
  const node = file.tree.resolveInner(offset, 1);
  return (
    node.name === 'Comment' || (node.name === 'String' && /^\w*("""|''')/.test(file.text.slice(node.from, node.to)))
  );
}
