import type { Tree } from '@lezer/common';
import { parsePython } from '../../python/tree.ts';
import { TextIndex } from '../../textIndex.ts';
import type { LabelledEdit, PlannedEdits } from '../bestParamsEdits.ts';

const SIGNS: Readonly<Record<string, string>> = {
  python: '#',
  yaml: '#',
  toml: '#',
  shellscript: '#',
  javascript: '//',
  javascriptreact: '//',
  typescript: '//',
  typescriptreact: '//',
  jsonc: '//',
};

/**
 * The edits, and at the end of each line that one changes a comment that says where its value comes from; an earlier one
 * goes. A line where a comment would be part of something else (a text over lines, a line that goes on) gets none, and so
 * does a language without comments behind values.
 */
export function withNotes(languageId: string, text: string, planned: PlannedEdits, note: string): PlannedEdits {
  const sign = SIGNS[languageId];
  if (sign === undefined || note === '') return planned;
  const index = new TextIndex(text);
  const lines = new Set(
    planned.edits.filter(({ newText }) => !newText.includes('tuneboard: ')).map(({ end }) => index.lineAt(end)),
  );
  const tree = languageId === 'python' ? parsePython(text) : undefined;
  const notes: LabelledEdit[] = [];
  for (const line of lines) {
    const [start, end] = [index.lineStart(line), index.lineEnd(line)];
    const written = text.slice(start, end);
    const old = written.indexOf(`${sign} tuneboard:`);
    const from = old < 0 ? end : start + written.slice(0, old).trimEnd().length;
    // What the person wrote behind the value stays, and the name of a replaced parameter is read from its comment.
    const hasOther = planned.edits.some((edit) => edit.end > from && index.lineAt(edit.end) === line);
    const comment = `${sign} tuneboard: ${note}`;
    if (hasOther || !endsCode(languageId, tree, from, written.slice(0, from - start), sign)) continue;
    const touching = planned.edits.find((edit) => edit.end === from);
    notes.push({
      start: from,
      end,
      newText: `  ${comment}`,
      label: comment,
      order: touching ? Number.POSITIVE_INFINITY : 0,
    });
  }
  const edits = [...planned.edits, ...notes].sort((a, b) => a.start - b.start || (a.order ?? 0) - (b.order ?? 0));
  return { ...planned, edits };
}

/** Whether a comment may follow at `offset`, the end of the code `written` of its line. */
function endsCode(languageId: string, tree: Tree | undefined, offset: number, written: string, sign: string): boolean {
  if (/[\\`]\s*$/.test(written) || written.includes(sign)) return false;
  if (tree) return !/String/.test(tree.resolveInner(offset, 1).name);
  if (languageId === 'yaml') return !/[|>][-+\d]{0,3}\s*$/.test(written);
  return !/<\w[^>]*$|`/.test(written);
}
