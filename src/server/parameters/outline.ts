import { type DocumentSymbol, type FoldingRange, SymbolKind } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { plainLabel } from '../../core/text/printable.ts';
import type { CodeFile, SuggestCall } from '../../language/insertion/sites.ts';
import { isStudyFile } from '../../language/studyFileAnchors.ts';
import { type StudyFilePart, studyFileFolds, studyFileParts } from '../../studyfile/editing/outline.ts';
import type { Span } from '../../studyfile/editing/positions.ts';
import type { Session } from '../session.ts';

const KINDS = { key: SymbolKind.Property, block: SymbolKind.Object, parameter: SymbolKind.Variable } as const;

/** The outline: keys and parameters of a study file; studies of a script, and what they suggest. */
export function symbolsOf(session: Session, uri: string): DocumentSymbol[] {
  const document = session.documents.get(uri);
  if (!document) return [];
  if (isStudyFile(uri)) return studyFileParts(document.getText()).map((part) => partSymbol(document, part));
  const file = session.codeFile(uri)?.file;
  return file ? scriptSymbols(document, file) : [];
}

/** Blocks of a study file. Null for other documents: the editor folds them as it does without this server. */
export function foldingOf(session: Session, uri: string): FoldingRange[] | null {
  const document = session.documents.get(uri);
  if (!document || !isStudyFile(uri)) return null;
  return studyFileFolds(document.getText()).map(({ start, end }) => ({
    startLine: document.positionAt(start).line,
    endLine: document.positionAt(end).line,
  }));
}

function rangeOf(document: TextDocument, { start, end }: Span) {
  return { start: document.positionAt(start), end: document.positionAt(end) };
}

function partSymbol(document: TextDocument, part: StudyFilePart): DocumentSymbol {
  return {
    name: plainLabel(part.label) || '""',
    detail: plainLabel(part.detail),
    kind: KINDS[part.kind],
    range: rangeOf(document, part),
    selectionRange: rangeOf(document, part.name),
    children: part.parts.map((one) => partSymbol(document, one)),
  };
}

/** Objectives with what they suggest, suggestions elsewhere, and where each study runs. */
function scriptSymbols(document: TextDocument, { search, suggestCalls }: CodeFile): DocumentSymbol[] {
  const studies = search?.studies ?? [];
  const names = [...new Set(studies.flatMap(({ objectives }) => objectives))];
  const objectives = names.flatMap((name) => {
    const place = search?.functions.get(name);
    const span = place && { start: place.from, end: place.to };
    const own = span ? suggestCalls.filter(({ start, end }) => span.start <= start && end <= span.end) : [];
    return span && own.length > 0 ? [{ name, span, own }] : [];
  });
  const inside = new Set(objectives.flatMap(({ own }) => own));
  const symbols = [
    ...objectives.map(({ name, span, own }): DocumentSymbol => {
      const start = document.positionAt(span.start);
      const children = own.map((call) => suggestionSymbol(document, call));
      const range = rangeOf(document, span);
      return {
        name: plainLabel(name),
        kind: SymbolKind.Function,
        range,
        selectionRange: { start, end: start },
        children,
      };
    }),
    ...suggestCalls.filter((call) => !inside.has(call)).map((call) => suggestionSymbol(document, call)),
    ...studies.map(({ studyName, receiver, objectives: run, start: at }): DocumentSymbol => {
      const start = document.positionAt(at);
      const range = { start, end: start };
      const name = plainLabel(studyName ?? receiver) || 'study';
      return { name, detail: plainLabel(run.join(', ')), kind: SymbolKind.Event, range, selectionRange: range };
    }),
  ];
  return symbols.sort((a, b) => a.range.start.line - b.range.start.line);
}

function suggestionSymbol(document: TextDocument, call: SuggestCall): DocumentSymbol {
  const { low, high, choices, method } = call;
  const range = choices?.text ?? (low && high ? `${low.text} … ${high.text}` : '');
  return {
    name: plainLabel(call.name) || '""',
    detail: plainLabel(`${method} ${range}`.trim()),
    kind: SymbolKind.Variable,
    range: rangeOf(document, call),
    selectionRange: rangeOf(document, { start: call.nameStart, end: call.nameEnd }),
  };
}
