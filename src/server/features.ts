import type { CodeLens, InlineCompletionItem } from 'vscode-languageserver/node';
import { plainLabel } from '../core/text/printable.ts';
import { bestParamsEdits } from '../language/insertion/bestParamsEdits.ts';
import { ghostTextAt } from '../language/insertion/ghostText.ts';
import { lensesFor } from '../language/lenses.ts';
import { isNotebookCell } from '../language/notebooks.ts';
import { isStudyFile, studyFileAnchors } from '../language/studyFileAnchors.ts';
import type { BestParamsEdits, BestParamsEditsParams } from '../protocol/editor.ts';
import type { Session } from './session.ts';

export function codeLenses(session: Session, uri: string): CodeLens[] {
  const document = session.documents.get(uri);
  if (!document) return [];
  const anchors = isStudyFile(uri) ? studyFileAnchors(document.getText()) : (session.codeFile(uri)?.file.anchors ?? []);
  // The lens of a notebook's study stands in the cells that tune, not in every cell.
  if (isNotebookCell(uri) && anchors.length === 0) return [];
  // A study runs a notebook as a whole, and its parameters go into all of its cells.
  return lensesFor(anchors, session.linksFor(uri), session.fileOf(uri), session.say, session.isTrusted).map((lens) => {
    const start = document.positionAt(lens.offset);
    return {
      range: { start, end: start },
      command: { title: lensTitle(lens.title), command: lens.command, arguments: [...lens.arguments] },
    };
  });
}

export function inlineCompletions(
  session: Session,
  uri: string,
  position: { readonly line: number; readonly character: number },
): InlineCompletionItem[] {
  const links = session.linksFor(uri);
  const code = links.length > 0 ? session.codeFile(uri) : null;
  if (!code) return [];
  const ghost = ghostTextAt(code.file, links, code.document.offsetAt(position));
  if (!ghost) return [];
  const { document } = code;
  const range = { start: document.positionAt(ghost.start), end: document.positionAt(ghost.end) };
  return [{ insertText: ghost.text, range }];
}

/** A document that is not open, or holds no code, matches nothing. */
export function editsForBest(session: Session, { uri, best, cursor }: BestParamsEditsParams): BestParamsEdits {
  const code = session.codeFile(uri);
  if (!code) return { edits: [], unmatched: best.params.map((param) => param.name), unchanged: [] };
  const offset = cursor ? code.document.offsetAt(cursor) : null;
  return bestParamsEdits(code.file, best, offset, session.siblings(uri));
}

/** A lens begins with an icon of ours; what it says after that may name a study. */
function lensTitle(title: string): string {
  const icon = /^\$\([\w~-]+\)\s/.exec(title)?.[0] ?? '';
  return icon + plainLabel(title.slice(icon.length));
}
