import { type Hover, type InlayHint, MarkupKind } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { ParameterNote } from '../core/importance/parameterNotes.ts';
import { exactNumber } from '../core/text/numbers.ts';
import { noteMarkdown } from '../language/insight.ts';
import { isStudyFile } from '../language/studyFileAnchors.ts';
import { parameterNumbers } from '../studyfile/editing/parameterNumbers.ts';
import type { Session } from './session.ts';
import { tunedAt } from './tuning.ts';

/** What trials say about the parameter at an offset: a key of the space, a `suggest_*` call, or a value that is tuned. */
export function noteHover(session: Session, document: TextDocument, offset: number): Hover | null {
  const { uri } = document;
  for (const note of notesFor(session, uri)) {
    const place = isStudyFile(uri)
      ? parameterNumbers(document.getText(), note.name)?.key
      : session
          .codeFile(uri)
          ?.file.suggestCalls.find(({ name, start, end }) => name === note.name && start <= offset && offset <= end);
    if (!place || offset < place.start || offset > place.end) continue;
    const range = { start: document.positionAt(place.start), end: document.positionAt(place.end) };
    return { contents: { kind: MarkupKind.Markdown, value: noteMarkdown(note, session.say, base64) }, range };
  }
  const tuned = tunedAt(session, document, offset);
  const note = tuned && notesFor(session, tuned.studyFile).find(({ name }) => name === tuned.name);
  return note ? { contents: { kind: MarkupKind.Markdown, value: noteMarkdown(note, session.say, base64) } } : null;
}

/** The best values beside `suggest_*` calls. */
export function suggestHints(session: Session, document: TextDocument, from: number, to: number): InlayHint[] {
  const notes = notesFor(session, document.uri);
  if (notes.length === 0 || isStudyFile(document.uri)) return [];
  const calls = session.codeFile(document.uri)?.file.suggestCalls ?? [];
  return calls.flatMap(({ name, start, end }) => {
    const note = start < to && end > from ? notes.find((one) => one.name === name) : undefined;
    if (!note) return [];
    const value = exactNumber(Number(note.best.toPrecision(4)));
    return [{ position: document.positionAt(end), label: `‹${session.say('best', { value })}›`, paddingLeft: true }];
  });
}

export function notesFor(session: Session, uri: string): readonly ParameterNote[] {
  return session.linksFor(uri).find(({ parameters }) => parameters && parameters.length > 0)?.parameters ?? [];
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
