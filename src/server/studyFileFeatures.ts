import { type CompletionItem, CompletionItemKind, type Hover, MarkupKind } from 'vscode-languageserver/node';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import { completeStudyFile } from '../studyfile/editing/completions.ts';
import { hoverStudyFile } from '../studyfile/editing/hover.ts';
import type { Session } from './session.ts';

interface Position {
  readonly line: number;
  readonly character: number;
}

const KINDS = {
  key: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
  parameter: CompletionItemKind.Variable,
} as const;

export function completions(session: Session, uri: string, position: Position): CompletionItem[] {
  const document = isStudyFile(uri) ? session.documents.get(uri) : undefined;
  if (!document) return [];
  return completeStudyFile(document.getText(), document.offsetAt(position), session.locale).map((item, index) => ({
    label: item.label,
    // The order of the schema, which puts first what is wanted first; an editor sorts by the alphabet otherwise.
    sortText: String(index).padStart(3, '0'),
    kind: KINDS[item.kind],
    ...(item.description === '' ? {} : { documentation: item.description }),
    textEdit: {
      range: { start: document.positionAt(item.start), end: document.positionAt(item.end) },
      newText: item.newText,
    },
  }));
}

export function hover(session: Session, uri: string, position: Position): Hover | null {
  const document = isStudyFile(uri) ? session.documents.get(uri) : undefined;
  const found = document ? hoverStudyFile(document.getText(), document.offsetAt(position), session.locale) : null;
  if (!document || !found) return null;
  return {
    contents: { kind: MarkupKind.Markdown, value: found.text },
    range: { start: document.positionAt(found.start), end: document.positionAt(found.end) },
  };
}
